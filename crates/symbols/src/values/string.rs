//! Text in the guest's memory.

use super::{Inspector, Value};
use crate::types::{Encoding, TypeId, TypeKind};
use crate::{Place, ValueError};

/// No more characters of a text are shown.
const LONGEST: u64 = 200;
/// So many bytes are read at a time when the end of a text has to be found.
const CHUNK: u64 = 64;

impl Inspector<'_> {
    /// The size of characters of a type, if it is one of which strings are made in C: not of those
    /// that are used as plain bytes.
    pub(crate) fn character_size(&self, id: Option<TypeId>) -> Result<Option<u64>, ValueError> {
        let Some(id) = id else { return Ok(None) };
        let Some((_, type_)) = self.symbols.bare_type(id)? else {
            return Ok(None);
        };
        Ok(match (&type_.kind, type_.size) {
            (TypeKind::Base(Encoding::SignedCharacter | Encoding::UnsignedCharacter), Some(1))
                if type_.name.as_deref() == Some("char") =>
            {
                Some(1)
            }
            (TypeKind::Base(Encoding::Utf), Some(size @ (1 | 2 | 4))) => Some(size),
            (TypeKind::Base(_), Some(size @ 4)) if type_.name.as_deref() == Some("wchar_t") => {
                Some(size)
            }
            _ => None,
        })
    }

    /// The text at an address, up to a zero.
    pub(crate) fn terminated_text(&self, address: u64, size: u64) -> Result<String, ValueError> {
        let mut bytes = Vec::new();
        while (bytes.len() as u64) < (LONGEST + 1) * size {
            let at = address.saturating_add(bytes.len() as u64);
            // What is left of the memory may be less than a chunk.
            let left = self.target.memory_size().saturating_sub(at) / size * size;
            let len = left.min(CHUNK);
            let chunk = Place::Memory(at).load(self.target, 0, len.max(size))?;
            let end = chunk
                .chunks_exact(size as usize)
                .position(|character| character.iter().all(|&byte| byte == 0));
            match end {
                Some(end) => {
                    bytes.extend_from_slice(&chunk[..end * size as usize]);
                    return Ok(quote(&bytes, size, false));
                }
                None => bytes.extend_from_slice(&chunk),
            }
        }
        bytes.truncate((LONGEST * size) as usize);
        Ok(quote(&bytes, size, true))
    }

    /// A text of known length at an address; `count` counts characters.
    pub(crate) fn text_at(
        &self,
        address: u64,
        count: u64,
        size: u64,
    ) -> Result<String, ValueError> {
        self.check_extent(address, count, size)?;
        let shown = count.min(LONGEST);
        let bytes = match shown {
            0 => Vec::new(),
            _ => Place::Memory(address).load(self.target, 0, shown * size)?,
        };
        Ok(quote(&bytes, size, shown < count))
    }

    /// The text in an array of characters: up to a zero, or all of it.
    pub(crate) fn text_in(
        &self,
        value: &Value,
        count: u64,
        size: u64,
    ) -> Result<String, ValueError> {
        let at = value.at.as_ref().map_err(Clone::clone)?;
        let shown = count.min(LONGEST);
        let mut bytes = at.place.load(self.target, at.offset, shown * size)?;
        let end = bytes
            .chunks_exact(size as usize)
            .position(|character| character.iter().all(|&byte| byte == 0));
        if let Some(end) = end {
            bytes.truncate(end * size as usize);
        }
        Ok(quote(&bytes, size, end.is_none() && shown < count))
    }

    /// That so many things can be in memory there. What claims more is damaged.
    pub(crate) fn check_extent(
        &self,
        address: u64,
        count: u64,
        size: u64,
    ) -> Result<(), ValueError> {
        let end = count
            .checked_mul(size.max(1))
            .and_then(|len| address.checked_add(len));
        if end.is_some_and(|end| end <= self.target.memory_size()) || count == 0 {
            return Ok(());
        }
        let what = format!("{count} elements at {address:#x} are more than the memory has");
        Err(ValueError::Corrupt(what))
    }
}

/// A text in quotes. `is_cut` says that there is more of it.
pub(crate) fn quote(bytes: &[u8], size: u64, is_cut: bool) -> String {
    let mut text = String::from("\"");
    match size {
        1 => quote_utf8(&mut text, bytes),
        2 => {
            let units = bytes
                .chunks_exact(2)
                .map(|unit| u16::from_le_bytes([unit[0], unit[1]]));
            for unit in char::decode_utf16(units) {
                match unit {
                    Ok(character) => text.push_str(&escape(character, '"')),
                    Err(error) => {
                        text.push_str(&format!("\\u{{{:x}}}", error.unpaired_surrogate()));
                    }
                }
            }
        }
        _ => {
            for code in bytes.chunks_exact(4) {
                let code = u32::from_le_bytes([code[0], code[1], code[2], code[3]]);
                match char::from_u32(code) {
                    Some(character) => text.push_str(&escape(character, '"')),
                    None => text.push_str(&format!("\\u{{{code:x}}}")),
                }
            }
        }
    }
    text.push('"');
    if is_cut {
        text.push_str("...");
    }
    text
}

fn quote_utf8(text: &mut String, bytes: &[u8]) {
    for chunk in bytes.utf8_chunks() {
        for character in chunk.valid().chars() {
            text.push_str(&escape(character, '"'));
        }
        for byte in chunk.invalid() {
            text.push_str(&format!("\\x{byte:02x}"));
        }
    }
}

/// A character as it stands between quotes.
pub(crate) fn escape(character: char, quote: char) -> String {
    match character {
        '\'' | '"' if character != quote => character.to_string(),
        '\0' => "\\0".to_string(),
        // Escapes what does not print, and the quotes.
        character => character.escape_debug().to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_quoted_whatever_its_bytes_are() {
        assert_eq!(quote(b"a\"b'c\n\xff", 1, false), r#""a\"b'c\n\xff""#);
        assert_eq!(quote("ä".as_bytes(), 1, true), "\"ä\"...");
        assert_eq!(quote(&[0x61, 0, 0, 0xd8], 2, false), r#""a\u{d800}""#);
        assert_eq!(quote(&0x1f600u32.to_le_bytes(), 4, false), "\"\u{1f600}\"");
    }
}
