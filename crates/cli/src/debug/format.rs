//! The letters behind the slash of `print` and `x`, which are gdb's.

use super::CommandError;
use trapline_symbols::Radix;

/// How values are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Letter {
    /// `x`, `d`, `o`, `t`: integers in a radix.
    Radix(Radix),
    /// `u`: without sign.
    Unsigned,
    /// `c`: as characters.
    Character,
    /// `f`: as floating point numbers.
    Float,
    /// `a`: as addresses.
    Address,
    /// `s`: as strings that end with a zero.
    String,
    /// `i`: as instructions.
    Instruction,
    /// `r`: as they are built, and not as what they stand for.
    Raw,
}

/// A format as `x` takes it: how many, how, of which size.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct MemoryFormat {
    pub(crate) count: Option<u64>,
    pub(crate) letter: Option<Letter>,
    /// In bytes: 1, 2, 4 or 8.
    pub(crate) size: Option<u8>,
}

/// What there is, for errors.
const LETTERS: &str = "x d u o t c f a s i r";

fn letter(char: char) -> Option<Letter> {
    Some(match char {
        'x' | 'z' => Letter::Radix(Radix::Hexadecimal),
        'd' => Letter::Radix(Radix::Decimal),
        'o' => Letter::Radix(Radix::Octal),
        't' => Letter::Radix(Radix::Binary),
        'u' => Letter::Unsigned,
        'c' => Letter::Character,
        'f' => Letter::Float,
        'a' => Letter::Address,
        's' => Letter::String,
        'i' => Letter::Instruction,
        'r' => Letter::Raw,
        _ => return None,
    })
}

impl MemoryFormat {
    /// Reads what stands behind the slash.
    pub(crate) fn parse(text: &str) -> Result<MemoryFormat, CommandError> {
        let digits = text.find(|char: char| !char.is_ascii_digit());
        let (count, letters) = text.split_at(digits.unwrap_or(text.len()));
        let mut format = MemoryFormat::default();
        if !count.is_empty() {
            let parsed = count.parse();
            let error = || CommandError::new(format!("`{count}` is too many"));
            format.count = Some(parsed.map_err(|_| error())?);
        }
        for char in letters.chars() {
            match (char, letter(char)) {
                ('b', _) => format.size = Some(1),
                ('h', _) => format.size = Some(2),
                ('w', _) => format.size = Some(4),
                ('g', _) => format.size = Some(8),
                (_, Some(letter)) => format.letter = Some(letter),
                (_, None) => {
                    return Err(CommandError::new(format!(
                        "`{char}` is no format; there are {LETTERS}, and the sizes b h w g"
                    )));
                }
            }
        }
        Ok(format)
    }

    /// What stands behind a later slash, with this for what it leaves out.
    pub(crate) fn or(self, before: MemoryFormat) -> MemoryFormat {
        MemoryFormat {
            count: self.count,
            letter: self.letter.or(before.letter),
            size: self.size.or(before.size),
        }
    }
}

/// The format of `print`: one letter.
pub(crate) fn value_format(text: Option<&str>) -> Result<Option<Letter>, CommandError> {
    let Some(text) = text else {
        return Ok(None);
    };
    let mut chars = text.chars();
    match (chars.next().and_then(letter), chars.next()) {
        (Some(letter), None) => Ok(Some(letter)),
        _ => Err(CommandError::new(format!(
            "`/{text}` is no format for a value; there are {LETTERS}"
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_letters_and_sizes_come_in_any_order_of_letters() {
        let format = MemoryFormat::parse("8xw").unwrap();
        assert_eq!(format.count, Some(8));
        assert_eq!(format.letter, Some(Letter::Radix(Radix::Hexadecimal)));
        assert_eq!(format.size, Some(4));
        assert_eq!(MemoryFormat::parse("8wx").unwrap(), format);
        let later = MemoryFormat::parse("b").unwrap().or(format);
        assert_eq!(later.letter, format.letter);
        assert_eq!((later.count, later.size), (None, Some(1)));
    }

    #[test]
    fn what_is_no_format_is_named() {
        let error = MemoryFormat::parse("4q").unwrap_err();
        assert!(error.to_string().starts_with("`q` is no format"), "{error}");
        assert!(value_format(Some("xx")).is_err());
        assert_eq!(value_format(Some("c")).unwrap(), Some(Letter::Character));
        assert_eq!(value_format(None).unwrap(), None);
    }
}
