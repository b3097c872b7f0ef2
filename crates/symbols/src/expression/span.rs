//! Places in the text of an expression, and showing them to its author.

/// A line longer than this is cut around the place that is shown.
const LONGEST_SHOWN: usize = 100;

/// A part of an expression's text, as byte positions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Span {
    /// Where it begins.
    pub start: usize,
    /// Where it ends; this byte is no longer part of it.
    pub end: usize,
}

impl Span {
    /// From this one's beginning to the other's end.
    pub fn to(self, other: Span) -> Span {
        Span {
            start: self.start,
            end: other.end,
        }
    }

    /// The line and column where it begins in `source`, both from 1; columns count characters.
    pub fn position(self, source: &str) -> (usize, usize) {
        let before = &source[..source.floor_char_boundary(self.start)];
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        let line = before.bytes().filter(|byte| *byte == b'\n').count() + 1;
        (line, before[line_start..].chars().count() + 1)
    }

    /// Two lines of plain text: the line of `source` in which the span begins, and below it a
    /// caret at its column, followed by tildes as far as it goes. Control characters become
    /// spaces, so that caret and column agree; long lines are cut at both sides.
    ///
    /// ```
    /// use trapline_symbols::expression::Span;
    ///
    /// let span = Span { start: 4, end: 7 };
    /// assert_eq!(span.underline("1 + foo"), "1 + foo\n    ^~~");
    /// ```
    pub fn underline(self, source: &str) -> String {
        let (_, column) = self.position(source);
        let start = source.floor_char_boundary(self.start);
        let end = source.floor_char_boundary(self.end.max(start));
        let line_start = source[..start].rfind('\n').map_or(0, |newline| newline + 1);
        let line = source[line_start..].lines().next().unwrap_or("");
        let width = match source[start..end].lines().next() {
            Some(marked) => marked.chars().count(),
            None => 0,
        };

        let caret = column - 1;
        let characters: Vec<char> = line.chars().collect();
        let first = if characters.len() > LONGEST_SHOWN {
            caret.saturating_sub(LONGEST_SHOWN / 2)
        } else {
            0
        };
        let last = characters.len().min(first + LONGEST_SHOWN);
        let width = width.clamp(1, (last + 1).saturating_sub(caret).max(1));

        let dots = if first > 0 { "..." } else { "" };
        let mut text = String::from(dots);
        for character in characters.get(first..last).unwrap_or_default() {
            text.push(if character.is_control() {
                ' '
            } else {
                *character
            });
        }
        if last < characters.len() {
            text.push_str("...");
        }
        text.push('\n');
        text.extend(std::iter::repeat_n(' ', dots.len() + caret - first));
        text.push('^');
        text.extend(std::iter::repeat_n('~', width - 1));
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_count_characters_and_lines_begin_anew() {
        assert_eq!(Span { start: 0, end: 1 }.position("abc"), (1, 1));
        assert_eq!(Span { start: 3, end: 4 }.position("\u{e4}+b"), (1, 3));
        assert_eq!(Span { start: 5, end: 6 }.position("a +\n b"), (2, 2));
        // Positions beyond the text, or within a character, are moved to where text is.
        assert_eq!(Span { start: 9, end: 9 }.position("ab"), (1, 3));
        assert_eq!(Span { start: 1, end: 9 }.position("\u{e4}"), (1, 1));
    }

    #[test]
    fn the_caret_stands_below_its_character() {
        let shown = |start, end, source| Span { start, end }.underline(source);
        assert_eq!(shown(2, 3, "a $ b"), "a $ b\n  ^");
        assert_eq!(shown(3, 3, "a +"), "a +\n   ^");
        assert_eq!(shown(5, 8, "a +\n bcd\n+ e"), " bcd\n ^~~");
        assert_eq!(shown(2, 3, "\ta\u{1b}b"), " a b\n  ^");
        assert_eq!(shown(0, 0, ""), "\n^");
        assert_eq!(shown(7, 3, "a"), "a\n ^");
    }

    #[test]
    fn long_lines_are_cut_around_the_caret() {
        let source = format!("{}x{}", "a".repeat(500), "b".repeat(500));
        let shown = Span {
            start: 500,
            end: 1001,
        }
        .underline(&source);
        let (line, marks) = shown.split_once('\n').unwrap();
        let caret = marks.find('^').unwrap();
        assert_eq!(line.as_bytes()[caret], b'x');
        assert!(line.len() <= LONGEST_SHOWN + 6, "{line}");
        assert!(line.starts_with("...a") && line.ends_with("b..."), "{line}");
        assert!(marks.len() <= line.len(), "{shown}");
    }
}
