//! `completions`: what a name that was begun may become.

use super::Handle;
use crate::context::{Context, Refusal};
use crate::evaluation::Effects;
use crate::protocol::{
    CompletionItem, CompletionItemType, CompletionsArguments, CompletionsBody, CompletionsRequest,
};
use crate::references::{ScopeKind, ShownValue};

use std::collections::BTreeSet;

/// More are not offered.
const MOST: usize = 200;

impl Handle for CompletionsRequest {
    fn handle(
        context: &mut Context<'_>,
        arguments: CompletionsArguments,
    ) -> Result<CompletionsBody, Refusal> {
        let level = context.level_or_first(arguments.frame_id)?;
        let column = context.session.column_from_client(arguments.column);
        let before = before(&arguments.text, column);
        let begun = begun(before);
        let lead = &before[..before.len() - begun.len()];
        let whole = lead.strip_suffix('.').or_else(|| lead.strip_suffix("->"));
        let names = match whole {
            Some(whole) => members(context, level, operand(whole)),
            // What is in namespaces is not listed.
            None if lead.ends_with("::") => BTreeSet::new(),
            None => variables(context, level),
        };
        let kind = match whole {
            Some(_) => CompletionItemType::Field,
            None => CompletionItemType::Variable,
        };
        let fitting = names.into_iter().filter(|name| name.starts_with(begun));
        let start = before.encode_utf16().count() - begun.encode_utf16().count();
        let targets = fitting.take(MOST).map(|name| CompletionItem {
            label: name,
            item_type: Some(kind),
            start: Some(context.session.column_to_client(start as u32 + 1)),
            length: Some(begun.encode_utf16().count() as u32),
            ..CompletionItem::default()
        });
        Ok(CompletionsBody {
            targets: targets.collect(),
        })
    }
}

/// The text in front of a column, counted in UTF-16 code units from 1.
fn before(text: &str, column: u32) -> &str {
    let mut units = 0;
    let end = text.char_indices().find(|(_, char)| {
        units += char.len_utf16() as u32;
        units >= column
    });
    match end {
        Some((index, _)) => &text[..index],
        None => text,
    }
}

fn is_part_of_name(char: char) -> bool {
    char.is_alphanumeric() || matches!(char, '_' | '$')
}

/// The name at the end of a text that was begun.
fn begun(text: &str) -> &str {
    let start = text.trim_end_matches(is_part_of_name).len();
    &text[start..]
}

/// The operand at the end of a text, of which members are wanted: names, members and indices.
fn operand(text: &str) -> &str {
    let mut start = text.len();
    let mut depth = 0_usize;
    let mut chars = text.char_indices().rev().peekable();
    while let Some((index, char)) = chars.next() {
        match char {
            ']' | ')' => depth += 1,
            '[' | '(' if depth > 0 => depth -= 1,
            _ if depth > 0 => {}
            '>' if chars.peek().is_some_and(|(_, char)| *char == '-') => {
                chars.next();
                start = index - 1;
                continue;
            }
            '.' | ':' => {}
            char if is_part_of_name(char) => {}
            _ => break,
        }
        start = index;
    }
    &text[start..]
}

/// The members of what an expression stands for; none if it is none.
fn members(context: &mut Context<'_>, level: usize, expression: &str) -> BTreeSet<String> {
    let evaluated = context.with_environment(
        level,
        Effects::None,
        |environment| environment.evaluate(expression),
        expression,
    );
    let Ok(value) = evaluated else {
        return BTreeSet::new();
    };
    let mut whole = ShownValue {
        level,
        value,
        expression: None,
        is_raw: true,
        is_hex: false,
    };
    let mut parts = context.parts(&whole, 0..MOST as u64).unwrap_or_default();
    // Members are reached through pointers.
    if let [only] = &parts[..]
        && (only.value.name().starts_with('*') || only.value.name().is_empty())
    {
        whole = only.clone();
        parts = context.parts(&whole, 0..MOST as u64).unwrap_or_default();
    }
    let names = parts.iter().map(|part| part.value.name().to_owned());
    names
        .filter(|name| name.chars().all(is_part_of_name))
        .collect()
}

/// The names of variables that are known in a frame.
fn variables(context: &Context<'_>, level: usize) -> BTreeSet<String> {
    let kinds = [ScopeKind::Locals, ScopeKind::Globals];
    let known = kinds
        .into_iter()
        .flat_map(|kind| super::variables::known(context, level, kind).unwrap_or_default());
    let names = known.filter_map(|variable| variable.name);
    // Compilers name tables of theirs as nobody could.
    names
        .filter(|name| name.chars().all(is_part_of_name))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_operand_is_what_members_are_wanted_of() {
        assert_eq!(operand("x + a.b[i + 1]"), "a.b[i + 1]");
        assert_eq!(operand("*list->head"), "list->head");
        assert_eq!(operand("f(a, b)"), "f(a, b)");
        assert_eq!(operand(""), "");
        assert_eq!(operand("a -> b"), "b");
    }

    #[test]
    fn columns_are_counted_as_the_protocol_does() {
        assert_eq!(before("a𝄞b", 1), "");
        assert_eq!(before("a𝄞b", 4), "a𝄞");
        assert_eq!(before("ab", 9), "ab");
        assert_eq!(begun("x + na"), "na");
    }
}
