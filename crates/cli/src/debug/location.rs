//! Places in a program, as users say them.

use super::CommandError;
use super::line::number;
use trapline_debugger::{BreakpointKind, ModuleId};

/// What `break` and its like are given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Spot {
    pub(crate) kind: BreakpointKind,
    /// What stands behind `if`.
    pub(crate) condition: Option<String>,
}

/// Where the user is, for what is left out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Whereabouts {
    pub(crate) file: Option<String>,
    pub(crate) line: Option<u32>,
    /// The instruction, and its module.
    pub(crate) code: Option<(ModuleId, u32)>,
}

/// Reads a place, and a condition behind it:
///
/// ```text
///   main.c:42        a line of a file          +3  -2     so many lines further
///   main.c:42:7      a column of it            *0x1234    an instruction, by its offset in the module
///   42               a line of this file       name       a function
///   nothing          here
/// ```
pub(crate) fn parse(text: &str, here: &Whereabouts) -> Result<Spot, CommandError> {
    let (place, condition) = split_condition(text);
    if condition == Some("") {
        return Err(CommandError::new("there is no condition behind `if`"));
    }
    Ok(Spot {
        kind: place_of(place, here)?,
        condition: condition.map(str::to_owned),
    })
}

/// What is before the word `if`, and behind it.
fn split_condition(text: &str) -> (&str, Option<&str>) {
    if let Some(condition) = text.strip_prefix("if")
        && condition.starts_with(|char: char| char.is_whitespace() || char == '(')
    {
        return ("", Some(condition.trim()));
    }
    let word = text.match_indices(" if").find(|(at, _)| {
        let behind = text[at + 3..].chars().next();
        behind.is_none_or(|char| char.is_whitespace() || char == '(')
    });
    match word {
        Some((at, word)) => (text[..at].trim(), Some(text[at + word.len()..].trim())),
        None => (text.trim(), None),
    }
}

fn place_of(text: &str, here: &Whereabouts) -> Result<BreakpointKind, CommandError> {
    if let Some(address) = text.strip_prefix('*') {
        let wasm_pc = number(address.trim())?;
        let wasm_pc = u32::try_from(wasm_pc);
        let wasm_pc = wasm_pc.map_err(|_| CommandError::new("no module is as large as that"))?;
        return Ok(instruction(wasm_pc));
    }
    let this_file = || {
        let missing = "there is no file to take the line of; say FILE:LINE";
        here.file.clone().ok_or_else(|| CommandError::new(missing))
    };
    if text.is_empty() {
        return match here.code {
            Some((module, wasm_pc)) => Ok(BreakpointKind::address(module, wasm_pc)),
            None => Err(CommandError::new(
                "say where: a function, FILE:LINE or *OFFSET",
            )),
        };
    }
    if let Some(distance) = text.strip_prefix(['+', '-'])
        && let Ok(distance) = distance.parse::<u32>()
    {
        let missing = || CommandError::new("there is no line to count from");
        let from = here.line.ok_or_else(missing)?;
        let line = match text.starts_with('+') {
            true => from.saturating_add(distance),
            false => from.saturating_sub(distance).max(1),
        };
        return Ok(BreakpointKind::line(this_file()?, line));
    }
    if let Ok(line) = text.parse() {
        return Ok(BreakpointKind::line(this_file()?, line));
    }
    if let Some((file, last)) = text.rsplit_once(':')
        && let Ok(last) = last.trim().parse::<u32>()
        && !file.ends_with(':')
    {
        if let Some((file, line)) = file.rsplit_once(':')
            && let Ok(line) = line.trim().parse()
        {
            return Ok(column(file.trim(), line, last));
        }
        return Ok(BreakpointKind::line(file.trim(), last));
    }
    Ok(BreakpointKind::function(text))
}

/// An instruction of the first module.
fn instruction(wasm_pc: u32) -> BreakpointKind {
    BreakpointKind::Address {
        module: None,
        wasm_pc,
    }
}

fn column(file: &str, line: u32, column: u32) -> BreakpointKind {
    BreakpointKind::Source {
        file: file.to_owned(),
        line,
        column: Some(column),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn here() -> Whereabouts {
        Whereabouts {
            file: Some("a.c".to_owned()),
            line: Some(10),
            code: None,
        }
    }

    fn kind(text: &str) -> BreakpointKind {
        parse(text, &here()).unwrap().kind
    }

    #[test]
    fn places_are_lines_columns_functions_and_instructions() {
        assert_eq!(kind("main.c:42"), BreakpointKind::line("main.c", 42));
        assert_eq!(kind("C:\\x.c:42"), BreakpointKind::line("C:\\x.c", 42));
        assert_eq!(kind("main.c:42:7"), column("main.c", 42, 7));
        assert_eq!(kind("42"), BreakpointKind::line("a.c", 42));
        assert_eq!(kind("+3"), BreakpointKind::line("a.c", 13));
        assert_eq!(kind("-30"), BreakpointKind::line("a.c", 1));
        assert_eq!(kind("*0x1234"), instruction(0x1234));
        assert_eq!(kind("ns::f"), BreakpointKind::function("ns::f"));
    }

    #[test]
    fn conditions_begin_with_a_word_of_their_own() {
        let spot = |text| parse(text, &here()).unwrap();
        let parsed = spot("notify if x > 3");
        assert_eq!(parsed.kind, BreakpointKind::function("notify"));
        assert_eq!(parsed.condition.as_deref(), Some("x > 3"));
        assert_eq!(spot("f if(x)").condition.as_deref(), Some("(x)"));
        assert_eq!(split_condition("if x"), ("", Some("x")));
        assert_eq!(spot("iffy").condition, None);
        assert!(parse("f if", &here()).is_err());
    }

    #[test]
    fn what_cannot_be_completed_is_refused() {
        let nowhere = Whereabouts::default();
        for text in ["", "42", "+1", "*x", "*0x100000000"] {
            assert!(parse(text, &nowhere).is_err(), "{text}");
        }
    }
}
