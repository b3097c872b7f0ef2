//! Memory as `x` writes it.

use super::CommandError;
use super::format::{Letter, MemoryFormat};
use super::values::{character, float};
use std::fmt::Write;
use trapline_debugger::FrameView;
use trapline_symbols::{Radix, Target};

/// More is not shown at once.
const MOST: u64 = 1 << 16;
/// Longer strings are cut.
const LONGEST_STRING: u64 = 200;

/// Writes memory from an address on. Returns what comes after it, too.
pub(super) fn dump(
    frame: &FrameView<'_>,
    address: u64,
    format: MemoryFormat,
) -> Result<(String, u64), CommandError> {
    let target: &dyn Target = frame.target();
    let count = format.count.unwrap_or(1);
    if count > MOST {
        return Err(CommandError::new(format!("{count} are too many to show")));
    }
    match format.letter {
        Some(Letter::String) => strings(target, address, count),
        letter => units(target, address, count, letter, format.size),
    }
}

fn read(target: &dyn Target, address: u64, buffer: &mut [u8]) -> Result<(), CommandError> {
    target
        .read_memory(address, buffer)
        .map_err(CommandError::new)
}

fn strings(
    target: &dyn Target,
    mut address: u64,
    count: u64,
) -> Result<(String, u64), CommandError> {
    let mut text = String::new();
    for _ in 0..count {
        let mut bytes = Vec::new();
        let begin = address;
        loop {
            let mut byte = [0];
            read(target, address, &mut byte)?;
            address += 1;
            if byte == [0] || address - begin > LONGEST_STRING {
                break;
            }
            bytes.push(byte[0]);
        }
        let is_cut = address - begin > LONGEST_STRING;
        let shown = String::from_utf8_lossy(&bytes);
        let dots = if is_cut { "..." } else { "" };
        let _ = writeln!(text, "{begin:#010x}:  {shown:?}{dots}");
    }
    Ok((text, address))
}

fn units(
    target: &dyn Target,
    address: u64,
    count: u64,
    letter: Option<Letter>,
    size: Option<u8>,
) -> Result<(String, u64), CommandError> {
    let letter = letter.unwrap_or(Letter::Radix(Radix::Hexadecimal));
    let size = size.unwrap_or(match letter {
        Letter::Character => 1,
        Letter::Float => 8,
        _ => 4,
    });
    if letter == Letter::Float && size < 4 {
        return Err(CommandError::new(
            "floating point numbers have 4 or 8 bytes: /w, /g",
        ));
    }
    let in_row = match (letter, size) {
        (Letter::Radix(Radix::Binary), 4..) => 2,
        (_, 8) => 2,
        (_, 4) => 4,
        _ => 8,
    };
    let mut text = String::new();
    for index in 0..count {
        let at = address.wrapping_add(index * u64::from(size));
        let mut bytes = [0; 8];
        read(target, at, &mut bytes[..usize::from(size)])?;
        let bits = u64::from_le_bytes(bytes);
        if index % in_row == 0 {
            let line = if index == 0 { "" } else { "\n" };
            let _ = write!(text, "{line}{at:#010x}:");
        }
        let _ = write!(text, "  {}", unit(bits, size, letter));
    }
    text.push('\n');
    Ok((text, address.wrapping_add(count * u64::from(size))))
}

/// Some bytes as a number.
fn unit(bits: u64, size: u8, letter: Letter) -> String {
    let width = usize::from(size);
    let unused = 64 - 8 * u32::from(size);
    match letter {
        Letter::Radix(Radix::Decimal) => (((bits << unused) as i64) >> unused).to_string(),
        Letter::Radix(Radix::Octal) => format!("{bits:#o}"),
        Letter::Radix(Radix::Binary) => format!("{bits:0width$b}", width = 8 * width),
        Letter::Unsigned => bits.to_string(),
        Letter::Character => character(bits),
        Letter::Float => float(bits, size),
        _ => format!("{bits:#0width$x}", width = 2 + 2 * width),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_written_in_their_size_and_format() {
        assert_eq!(unit(0xff, 1, Letter::Radix(Radix::Decimal)), "-1");
        assert_eq!(unit(0xff, 4, Letter::Radix(Radix::Decimal)), "255");
        assert_eq!(
            unit(0xff, 4, Letter::Radix(Radix::Hexadecimal)),
            "0x000000ff"
        );
        assert_eq!(unit(5, 1, Letter::Radix(Radix::Binary)), "00000101");
        assert_eq!(unit(97, 1, Letter::Character), "97 'a'");
        assert_eq!(unit(0x3f80_0000, 4, Letter::Float), "1");
        assert_eq!(unit(u64::MAX, 8, Letter::Unsigned), u64::MAX.to_string());
    }
}
