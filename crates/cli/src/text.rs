//! Text for terminals: styles, and words that others have chosen.

use anstyle::{AnsiColor, Style};

/// The word that begins an error.
pub(crate) const ERROR: Style = AnsiColor::Red.on_default().bold();
/// The word that begins a remark.
pub(crate) const NOTE: Style = AnsiColor::Cyan.on_default().bold();
/// What the eye should find first.
pub(crate) const STRONG: Style = Style::new().bold();
/// What it need not.
pub(crate) const FAINT: Style = Style::new().dimmed();
/// The frame around a piece of source code.
pub(crate) const RULE: Style = AnsiColor::Blue.on_default().bold();

/// Names and paths from a guest longer than this are cut.
const LONGEST: usize = 400;

/// Makes text from a guest fit to be printed: without control characters, which a terminal would
/// obey, and of bounded length.
pub(crate) fn harmless(text: &str) -> String {
    let mut clean = String::with_capacity(text.len().min(LONGEST));
    for (count, char) in text.chars().enumerate() {
        if count == LONGEST {
            clean.push_str("...");
            break;
        }
        if char.is_control() || is_direction(char) {
            clean.extend(char.escape_default());
        } else {
            clean.push(char);
        }
    }
    clean
}

/// Characters that change the order in which others are shown.
fn is_direction(char: char) -> bool {
    matches!(char, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// A noun with its number.
pub(crate) fn count(number: u64, noun: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {noun}{plural}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn guests_cannot_speak_to_the_terminal() {
        assert_eq!(harmless("plain::name<T>(é)"), "plain::name<T>(é)");
        assert_eq!(harmless("\x1b[2J\r\n"), r"\u{1b}[2J\r\n");
        assert_eq!(harmless("a\u{202e}b"), r"a\u{202e}b");
        assert_eq!(harmless(&"x".repeat(1000)).len(), LONGEST + 3);
    }
}
