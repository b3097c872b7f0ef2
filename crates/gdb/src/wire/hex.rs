//! Numbers and bytes as text. Nothing is guessed: what is not wholly a number is none.

/// Bytes in hexadecimal digits.
pub(crate) fn to_hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digits = bytes
        .iter()
        .flat_map(|byte| [byte >> 4, byte & 15])
        .map(|digit| char::from(DIGITS[usize::from(digit)]));
    digits.collect()
}

/// The bytes that hexadecimal digits stand for, two for each.
pub(crate) fn hex_bytes(text: &[u8]) -> Option<Vec<u8>> {
    let pairs = text.chunks(2);
    pairs
        .map(|pair| match *pair {
            [high, low] => Some(digit(high)? << 4 | digit(low)?),
            _ => None,
        })
        .collect()
}

/// A number in hexadecimal digits, of at most 64 bits.
pub(crate) fn hex_number(text: &[u8]) -> Option<u64> {
    if !(1..=16).contains(&text.len()) {
        return None;
    }
    let mut digits = text.iter().map(|byte| digit(*byte));
    digits.try_fold(0, |number, digit| Some(number << 4 | u64::from(digit?)))
}

/// A number in decimal digits.
pub(crate) fn decimal(text: &[u8]) -> Option<u32> {
    let is_number = !text.is_empty() && text.iter().all(u8::is_ascii_digit);
    let text = std::str::from_utf8(text).ok().filter(|_| is_number)?;
    text.parse().ok()
}

/// The value of a hexadecimal digit.
pub(crate) fn digit(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).map(|digit| digit as u8)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_read_as_they_are_written() {
        let bytes: Vec<u8> = (0..=255).collect();
        assert_eq!(hex_bytes(to_hex(&bytes).as_bytes()), Some(bytes));
        assert_eq!(hex_bytes(b""), Some(Vec::new()));
        assert_eq!(hex_bytes(b"abc"), None);
        assert_eq!(hex_bytes(b"0g"), None);
    }

    #[test]
    fn only_numbers_are_numbers() {
        assert_eq!(hex_number(b"4000000000000000"), Some(1 << 62));
        assert_eq!(hex_number(b"Ff"), Some(255));
        for text in [&b""[..], b"+1", b"-1", b" 1", b"0x1", b"10000000000000000"] {
            assert_eq!(hex_number(text), None, "{text:?}");
        }
        assert_eq!(decimal(b"0012"), Some(12));
        for text in [&b""[..], b"+1", b"a", b"4294967296"] {
            assert_eq!(decimal(text), None, "{text:?}");
        }
    }
}
