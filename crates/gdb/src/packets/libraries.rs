//! `qXfer:libraries:read`: the modules, with where their files lie.

use super::{Result, split};
use crate::address::code_address;
use crate::client::Client;
use crate::reply::{PacketError, Reply};
use crate::wire::{MAX_PACKET, hex_number};
use std::collections::HashSet;
use trapline_debugger::DebugModule;

/// So much is told at once: each byte can become two, behind a letter.
const MOST: usize = MAX_PACKET / 2 - 1;

/// `qXfer`.
pub(super) fn transfer<T: 'static>(client: &Client<'_, '_, '_, T>, rest: &[u8]) -> Result {
    let Some(range) = rest.strip_prefix(b"libraries:read::") else {
        return Ok(Reply::Unsupported);
    };
    let (offset, length) = split(range, b',', "there is no length")?;
    let numbers = hex_number(offset).zip(hex_number(length));
    let (offset, length) =
        numbers.ok_or(PacketError::Malformed("offsets and lengths are numbers"))?;
    let modules = client.debuggee.debugger().modules().iter();
    client.told_modules.set(Some(modules.len()));
    let list = list(modules);
    let rest = usize::try_from(offset)
        .ok()
        .and_then(|offset| list.get(offset..));
    let rest = rest.ok_or(PacketError::Malformed("the list ends before that"))?;
    let length = usize::try_from(length).map_or(MOST, |length| length.min(MOST));
    let (mark, part) = match rest.get(..length) {
        Some(part) if length < rest.len() => (b'm', part),
        _ => (b'l', rest),
    };
    let mut answer = vec![mark];
    answer.extend(part);
    Ok(Reply::Data(answer))
}

/// The list of all modules. A client takes two of one name for the same.
fn list<'m>(modules: impl Iterator<Item = &'m DebugModule>) -> Vec<u8> {
    let mut list = "<library-list>".to_owned();
    let mut names = HashSet::new();
    for module in modules {
        let path = module.path().map(|path| path.display().to_string());
        let mut name = path.unwrap_or_else(|| module.name());
        if !names.insert(name.clone()) {
            name += &format!("#{}", module.id().index());
            names.insert(name.clone());
        }
        let address = code_address(module.id(), 0);
        list += &format!(
            "<library name=\"{}\"><section address=\"{address:#x}\"/></library>",
            escaped(&name)
        );
    }
    list += "</library-list>";
    list.into_bytes()
}

/// Text between quotes.
fn escaped(text: &str) -> String {
    let mut escaped = String::new();
    for char in text.chars() {
        match char {
            '&' => escaped += "&amp;",
            '<' => escaped += "&lt;",
            '>' => escaped += "&gt;",
            '"' => escaped += "&quot;",
            // What cannot be in such text at all.
            char if char.is_control() => escaped.push('\u{fffd}'),
            char => escaped.push(char),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::escaped;

    #[test]
    fn names_may_have_any_characters() {
        assert_eq!(escaped("a&b\"<c>\0"), "a&amp;b&quot;&lt;c&gt;\u{fffd}");
    }
}
