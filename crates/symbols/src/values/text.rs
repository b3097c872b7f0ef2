//! Values as text on one line.

use super::view::Style;
use super::{Inspector, Value};
use crate::ValueError;

/// Parts of parts are written as deep as this.
const DEEPEST: usize = 4;
/// No more of the parts of anything are written.
const MOST_PARTS: u64 = 10;
/// Once a text is as long as this, what is left is cut.
const LONGEST: usize = 400;

impl Inspector<'_> {
    pub(crate) fn write(&self, value: &Value) -> Result<String, ValueError> {
        let mut text = String::new();
        self.write_to(&mut text, value, 0)?;
        Ok(text)
    }

    /// The text of a value that is part of another's.
    pub(crate) fn write_part(&self, value: &Value) -> String {
        let mut text = String::new();
        self.write_or_error(&mut text, value, DEEPEST - 1);
        text
    }

    fn write_or_error(&self, text: &mut String, value: &Value, depth: usize) {
        let before = text.len();
        if let Err(error) = self.write_to(text, value, depth) {
            text.truncate(before);
            text.push_str(&format!("<{error}>"));
        }
    }

    fn write_to(&self, text: &mut String, value: &Value, depth: usize) -> Result<(), ValueError> {
        let view = self.view(value)?;
        let (open, between, close) = match view.style {
            Style::Fields => ("{", Some(" = "), "}"),
            Style::RustFields => ("{", Some(": "), "}"),
            Style::ZigFields => (".{", Some(" = "), "}"),
            Style::Tuple => ("(", None, ")"),
            Style::Braces => ("{", None, "}"),
            Style::Brackets => ("[", None, "]"),
            Style::Target if depth > 0 => ("", None, ""),
            Style::Target if view.children.count() > 1 => ("{", Some(" = "), "}"),
            Style::Nothing | Style::Target | Style::Same => ("", None, ""),
        };
        text.push_str(&view.lead);
        match view.style {
            Style::Nothing => return Ok(()),
            Style::Target if depth > 0 => return Ok(()),
            Style::Target if view.children.count() == 0 => return Ok(()),
            Style::Target => text.push_str(" -> "),
            Style::Fields | Style::RustFields | Style::Braces | Style::Brackets
                if !view.lead.is_empty() =>
            {
                text.push(' ');
            }
            _ => {}
        }
        text.push_str(open);
        if depth >= DEEPEST && view.children.count() > 0 {
            text.push_str("...");
            text.push_str(close);
            return Ok(());
        }
        let count = view.children.count();
        let most = if view.style == Style::Same {
            1
        } else {
            MOST_PARTS
        };
        // What is written so far stays if the parts cannot be found.
        match view.children.page(self, 0..most) {
            Ok(children) => {
                for (number, child) in children.iter().enumerate() {
                    if number > 0 {
                        text.push_str(", ");
                    }
                    if text.len() > LONGEST {
                        text.push_str("...");
                        text.push_str(close);
                        return Ok(());
                    }
                    if let Some(between) = between
                        && !child.name.is_empty()
                    {
                        text.push_str(&child.name);
                        text.push_str(between);
                    }
                    self.write_or_error(text, child, depth + 1);
                }
                if count > most && most > 1 {
                    text.push_str(", ...");
                }
            }
            Err(error) => text.push_str(&format!("<{error}>")),
        }
        text.push_str(close);
        Ok(())
    }
}
