//! Messages of log points.

use std::fmt;

/// A message with expressions in braces, `"{count} of {limit}"`. Two braces stand for one that is
/// meant as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogMessage {
    text: String,
    parts: Vec<LogPart>,
}

/// A part of a [`LogMessage`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LogPart {
    /// As it is.
    Text(String),
    /// An expression, whose value is written in its place.
    Expression(String),
}

/// Why a text is no message.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LogMessageError {
    /// A brace is opened and not closed.
    #[error("the brace that is opened at column {0} is not closed; two of them are one as it is")]
    Open(usize),
    /// A brace is closed that was not opened.
    #[error("the brace at column {0} closes none; two of them are one as it is")]
    Close(usize),
    /// There is nothing in the braces.
    #[error("there is no expression in the braces at column {0}")]
    Empty(usize),
}

impl LogMessage {
    /// Reads a message.
    ///
    /// # Errors
    ///
    /// If braces do not match, with the column, counted in characters from 1.
    pub fn new(text: impl Into<String>) -> Result<LogMessage, LogMessageError> {
        let text = text.into();
        let parts = read(&text)?;
        Ok(LogMessage { text, parts })
    }

    /// The parts, in order.
    pub fn parts(&self) -> &[LogPart] {
        &self.parts
    }

    /// The message with the values that `value` has for its expressions.
    pub(crate) fn write(&self, mut value: impl FnMut(&str) -> String) -> String {
        let parts = self.parts.iter();
        let texts = parts.map(|part| match part {
            LogPart::Text(text) => text.clone(),
            LogPart::Expression(expression) => value(expression),
        });
        texts.collect()
    }
}

impl fmt::Display for LogMessage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

fn read(text: &str) -> Result<Vec<LogPart>, LogMessageError> {
    let mut parts = Vec::new();
    let mut plain = String::new();
    let mut chars = text.chars().zip(1..).peekable();
    while let Some((char, column)) = chars.next() {
        match char {
            '{' | '}' if chars.next_if(|(next, _)| *next == char).is_some() => plain.push(char),
            '{' => {
                if !plain.is_empty() {
                    parts.push(LogPart::Text(std::mem::take(&mut plain)));
                }
                let expression = read_expression(&mut chars, column)?;
                parts.push(LogPart::Expression(expression));
            }
            '}' => return Err(LogMessageError::Close(column)),
            char => plain.push(char),
        }
    }
    if !plain.is_empty() {
        parts.push(LogPart::Text(plain));
    }
    Ok(parts)
}

/// An expression may have braces itself, in pairs.
fn read_expression(
    chars: &mut impl Iterator<Item = (char, usize)>,
    opened: usize,
) -> Result<String, LogMessageError> {
    let mut expression = String::new();
    let mut depth = 0;
    for (char, _) in chars {
        match char {
            '}' if depth == 0 && expression.trim().is_empty() => {
                return Err(LogMessageError::Empty(opened));
            }
            '}' if depth == 0 => return Ok(expression.trim().to_owned()),
            '}' => depth -= 1,
            '{' => depth += 1,
            _ => {}
        }
        expression.push(char);
    }
    Err(LogMessageError::Open(opened))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expressions_are_told_from_text() {
        let message = LogMessage::new("x is { x }, {{as it is}}{y}").unwrap();
        let text = |text: &str| LogPart::Text(text.to_owned());
        let expression = |text: &str| LogPart::Expression(text.to_owned());
        assert_eq!(
            message.parts(),
            [
                text("x is "),
                expression("x"),
                text(", {as it is}"),
                expression("y"),
            ]
        );
    }

    #[test]
    fn braces_within_an_expression_are_its_own() {
        let message = LogMessage::new("{ {int}p }").unwrap();
        assert_eq!(message.parts(), [LogPart::Expression("{int}p".to_owned())]);
        assert_eq!(
            message.write(|expression| expression.len().to_string()),
            "6"
        );
    }

    #[test]
    fn braces_that_do_not_match_are_errors() {
        assert_eq!(LogMessage::new("ä {x"), Err(LogMessageError::Open(3)));
        assert_eq!(LogMessage::new("{{int}p}"), Err(LogMessageError::Close(6)));
        assert_eq!(LogMessage::new("{ }"), Err(LogMessageError::Empty(1)));
    }
}
