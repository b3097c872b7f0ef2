//! A command as it is typed: its word, a format, and the rest.

use super::CommandError;

/// A command line, taken apart.
///
/// ```text
///   x/8xw buffer + 4        break main.c:42 if x > 3
///   ^ ^^^ ^^^^^^^^^^        ^     ^^^^^^^^^^^^^^^^^
///   word  |   rest          word  rest
///       format
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Line<'a> {
    /// The command's word.
    pub(crate) word: &'a str,
    /// What stands behind its slash.
    pub(crate) format: Option<&'a str>,
    /// What comes after that, without the spaces around it.
    pub(crate) rest: &'a str,
}

impl<'a> Line<'a> {
    pub(crate) fn new(text: &'a str) -> Line<'a> {
        let text = text.trim();
        let is_word = |char: char| char.is_alphanumeric() || matches!(char, '-' | '_' | '?' | '!');
        let end = text.find(|char| !is_word(char)).unwrap_or(text.len());
        let (word, rest) = text.split_at(end);
        let (format, rest) = match rest.strip_prefix('/').filter(|_| !word.is_empty()) {
            Some(rest) => {
                let end = rest.find(char::is_whitespace).unwrap_or(rest.len());
                (Some(&rest[..end]), &rest[end..])
            }
            None => (None, rest),
        };
        Line {
            word,
            format,
            rest: rest.trim(),
        }
    }

    /// The line for a command whose word is the first of the rest.
    pub(crate) fn inner(&self) -> Line<'a> {
        let inner = Line::new(self.rest);
        Line {
            format: inner.format.or(self.format),
            ..inner
        }
    }

    /// Fails if something is behind the command.
    pub(crate) fn nothing_more(&self) -> Result<(), CommandError> {
        match self.rest {
            "" => Ok(()),
            rest => Err(CommandError::new(format!(
                "`{}` takes nothing behind it, and there is `{rest}`",
                self.word
            ))),
        }
    }

    /// Fails if there is a format.
    pub(crate) fn no_format(&self) -> Result<(), CommandError> {
        match self.format {
            None => Ok(()),
            Some(format) => Err(CommandError::new(format!(
                "`{}` takes no format, and there is `/{format}`",
                self.word
            ))),
        }
    }

    /// The rest as a number, if there is one.
    pub(crate) fn count(&self) -> Result<Option<u64>, CommandError> {
        match self.rest {
            "" => Ok(None),
            rest => number(rest).map(Some),
        }
    }

    /// The words of the rest.
    pub(crate) fn words(&self) -> impl Iterator<Item = &'a str> + use<'a> {
        self.rest.split_whitespace()
    }
}

/// A number, decimal or hexadecimal.
pub(crate) fn number(text: &str) -> Result<u64, CommandError> {
    let parsed = match text.strip_prefix("0x").or(text.strip_prefix("0X")) {
        Some(hex) => u64::from_str_radix(hex, 16),
        None => text.parse(),
    };
    parsed.map_err(|_| CommandError::new(format!("`{text}` is no number")))
}

/// Splits words as a shell does: at spaces, with quotes of both kinds and backslashes.
pub(crate) fn shell_words(text: &str) -> Result<Vec<String>, CommandError> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote = None;
    let mut chars = text.chars();
    while let Some(char) = chars.next() {
        match (quote, char) {
            (Some(open), _) if char == open => quote = None,
            (None, '"' | '\'') => {
                quote = Some(char);
                word.get_or_insert_default();
            }
            (None | Some('"'), '\\') => match chars.next() {
                Some(next) => word.get_or_insert_default().push(next),
                None => return Err(CommandError::new("there is nothing behind the backslash")),
            },
            (None, _) if char.is_whitespace() => words.extend(word.take()),
            _ => word.get_or_insert_default().push(char),
        }
    }
    if let Some(quote) = quote {
        return Err(CommandError::new(format!(
            "a quote `{quote}` is not closed"
        )));
    }
    words.extend(word);
    Ok(words)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(text: &str) -> (&str, Option<&str>, &str) {
        let line = Line::new(text);
        (line.word, line.format, line.rest)
    }

    #[test]
    fn commands_are_taken_apart() {
        assert_eq!(
            parts("  x/8xw  buffer + 4 "),
            ("x", Some("8xw"), "buffer + 4")
        );
        assert_eq!(
            parts("break main.c:42 if x > 3"),
            ("break", None, "main.c:42 if x > 3")
        );
        assert_eq!(parts("p*pointer"), ("p", None, "*pointer"));
        assert_eq!(parts("p/x"), ("p", Some("x"), ""));
        assert_eq!(parts("info locals"), ("info", None, "locals"));
        assert_eq!(Line::new("info locals").inner().word, "locals");
        assert_eq!(parts(""), ("", None, ""));
        assert_eq!(parts("/x"), ("", None, "/x"));
    }

    #[test]
    fn words_are_split_as_a_shell_does() {
        let words = |text| shell_words(text).unwrap();
        assert_eq!(
            words(r#"a "b c" d\ e 'f "g' """#),
            ["a", "b c", "d e", "f \"g", ""]
        );
        assert_eq!(words("   "), [""; 0]);
        assert!(shell_words("a 'b").is_err());
        assert!(shell_words("a\\").is_err());
    }

    #[test]
    fn numbers_are_decimal_or_hexadecimal() {
        assert_eq!(number("12").unwrap(), 12);
        assert_eq!(number("0x1F").unwrap(), 31);
        assert_eq!(number("1f").unwrap_err().to_string(), "`1f` is no number");
    }
}
