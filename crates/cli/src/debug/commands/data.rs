//! Values: variables, expressions, memory, types.

use super::{Argument, Command, Group};
use crate::core_dump;
use crate::debug::format::{Letter, MemoryFormat, value_format};
use crate::debug::line::{Line, number};
use crate::debug::{CommandError, Context, Display, Next, memory, values, view};
use crate::text::harmless;
use std::fmt::Write;
use std::path::Path;
use trapline_debugger::ModuleId;
use trapline_symbols::expression::Environment;

const PLAIN: Command = Command {
    group: Group::Data,
    ..Command::PLAIN
};

const EXPRESSIONS: &str = "\
Expressions are those of C, and read Rust's and Zig's names too: `list->head.next`, `*p`, `buffer[2..5]`,
`(unsigned char)c`, `x as u8`, `v.len() > 3`. `array@4` are four elements. The machine's own are `$local0`, `$stack0`,
`$global0`, `$pc` and `$memory[address]`; values that were shown are `$1`, `$2` ... and `$` for the last.

Formats: /x /o /t hexadecimal, octal, binary; /d /u with and without sign; /c characters; /f floating
point; /a addresses; /r without the forms that libraries' types are known by.";

pub(super) const COMMANDS: &[Command] = &[
    Command {
        names: &["print", "p", "inspect"],
        usage: "print[/FORMAT] [EXPRESSION]",
        summary: "the value of an expression",
        details: EXPRESSIONS,
        argument: Argument::Expression,
        run: print,
        ..PLAIN
    },
    Command {
        names: &["call"],
        usage: "call EXPRESSION",
        summary: "evaluate an expression that may call functions of the program",
        details: "The program runs for it, and stops at no breakpoints meanwhile.",
        argument: Argument::Expression,
        run: call,
        ..PLAIN
    },
    Command {
        names: &["display"],
        usage: "display[/FORMAT] [EXPRESSION]",
        summary: "show the value of an expression at each stop, or those all now",
        argument: Argument::Expression,
        run: display,
        ..PLAIN
    },
    Command {
        names: &["undisplay"],
        usage: "undisplay [NUMBERS]",
        summary: "show these no longer, or none",
        run: undisplay,
        ..PLAIN
    },
    Command {
        names: &["x"],
        usage: "x[/COUNT FORMAT SIZE] [ADDRESS]",
        summary: "memory at an address",
        details: "\
As in `x/8xw buffer`: eight words in hexadecimal. Formats are those of `print`, /s strings and /i instructions
(ADDRESS is an offset in the module then, as for `break`). Sizes are b h w g: 1, 2, 4 and 8 bytes. ADDRESS is an
expression: a number, a pointer, or a variable whose place is meant. Without it the memory goes on.",
        argument: Argument::Expression,
        repeats: true,
        run: examine,
        ..PLAIN
    },
    Command {
        names: &["coredump", "generate-core-file", "gcore"],
        usage: "coredump FILE",
        summary: "write a core dump of the program as it stands here",
        details: "`trapline debug --core FILE PROGRAM` looks at it later.",
        run: write_core_dump,
        ..PLAIN
    },
    Command {
        names: &["ptype"],
        usage: "ptype TYPE | EXPRESSION",
        summary: "what a type consists of, or that of an expression",
        argument: Argument::Expression,
        run: |context, line| types(context, line, true),
        ..PLAIN
    },
    Command {
        names: &["whatis"],
        usage: "whatis TYPE | EXPRESSION",
        summary: "the name of the type of an expression",
        argument: Argument::Expression,
        run: |context, line| types(context, line, false),
        ..PLAIN
    },
];

/// What begins a type in C and C++.
const KEYWORDS: [&str; 4] = ["struct ", "union ", "enum ", "class "];

/// Memory that was looked at last.
#[derive(Clone, Copy, Debug, Default)]
pub(in crate::debug) struct Examined {
    format: MemoryFormat,
    next: Option<u64>,
    /// The module, if it was its code.
    code: Option<ModuleId>,
}

fn print(context: &mut Context<'_, '_, '_>, line: &Line<'_>) -> Result<Next, CommandError> {
    let letter = value_format(line.format)?;
    let source = if line.rest.is_empty() { "$" } else { line.rest };
    let calls = context.console.settings.calls;
    let text = evaluate(context, source, letter, calls)?;
    context.print(&text);
    Ok(Next::Prompt)
}

fn call(context: &mut Context<'_, '_, '_>, line: &Line<'_>) -> Result<Next, CommandError> {
    let letter = value_format(line.format)?;
    if line.rest.is_empty() {
        return Err(CommandError::new("say what to call"));
    }
    context.live()?;
    let text = evaluate(context, line.rest, letter, true)?;
    context.print(&text);
    Ok(Next::Prompt)
}

/// Evaluates an expression, and writes its value down with a number of the history. Nothing is written
/// for a function that returns nothing.
fn evaluate(
    context: &mut Context<'_, '_, '_>,
    source: &str,
    letter: Option<Letter>,
    calls: bool,
) -> Result<String, CommandError> {
    let raw = context.console.settings.raw;
    let evaluated = context.evaluate(source, calls, |environment, value| {
        if value.type_id().is_none() && value.place().is_err() {
            return Ok(None);
        }
        let text = values::show(environment, value, letter, raw)?;
        Ok(environment.record(value).map(|number| (number, text)))
    })?;
    Ok(match evaluated {
        Some((number, text)) => format!("${number} = {text}\n"),
        None => String::new(),
    })
}

/// Evaluates an expression for what it does.
pub(super) fn assign(context: &mut Context<'_, '_, '_>, source: &str) -> Result<(), CommandError> {
    if source.is_empty() {
        return Err(CommandError::new(
            "say what to set: set var VARIABLE = EXPRESSION",
        ));
    }
    let calls = context.console.settings.calls;
    context.evaluate(source, calls, |_, _| Ok(()))
}

fn display(context: &mut Context<'_, '_, '_>, line: &Line<'_>) -> Result<Next, CommandError> {
    if line.rest.is_empty() {
        show_displays(context);
        return Ok(Next::Prompt);
    }
    value_format(line.format)?;
    let console = &mut *context.console;
    console.last_display += 1;
    let display = Display {
        number: console.last_display,
        format: line.format.map(str::to_owned),
        expression: line.rest.to_owned(),
    };
    console.displays.push(display.clone());
    if context.frame().is_ok() {
        let text = displayed(context, &display);
        context.print(&text);
    }
    Ok(Next::Prompt)
}

/// Shows what is to be shown at each stop.
pub(in crate::debug) fn show_displays(context: &mut Context<'_, '_, '_>) {
    for display in context.console.displays.clone() {
        let text = displayed(context, &display);
        context.print(&text);
    }
}

fn displayed(context: &mut Context<'_, '_, '_>, display: &Display) -> String {
    let raw = context.console.settings.raw;
    let letter = value_format(display.format.as_deref()).unwrap_or_default();
    let shown = context.evaluate(&display.expression, false, |environment, value| {
        values::show(environment, value, letter, raw)
    });
    let Display { number, .. } = display;
    match shown {
        Ok(text) => format!("{number}: {} = {text}\n", harmless(&display.text())),
        // What is not there in this frame is not shown, as in gdb.
        Err(_) => String::new(),
    }
}

fn undisplay(context: &mut Context<'_, '_, '_>, line: &Line<'_>) -> Result<Next, CommandError> {
    let displays = &mut context.console.displays;
    if line.rest.is_empty() {
        displays.clear();
    }
    for word in line.words() {
        let wanted = number(word)?;
        let before = displays.len();
        displays.retain(|display| u64::from(display.number) != wanted);
        if displays.len() == before {
            return Err(CommandError::new(format!("there is no display {word}")));
        }
    }
    Ok(Next::Prompt)
}

fn examine(context: &mut Context<'_, '_, '_>, line: &Line<'_>) -> Result<Next, CommandError> {
    let before = context.console.examined;
    let format = MemoryFormat::parse(line.format.unwrap_or_default())?.or(before.format);
    if format.letter == Some(Letter::Instruction) {
        return instructions(context, line, format);
    }
    let address = match (line.rest, before.next.filter(|_| before.code.is_none())) {
        ("", Some(next)) => next,
        ("", None) => return Err(CommandError::new("say where: x ADDRESS")),
        (source, _) => address_of(context, source)?,
    };
    let (text, next) = memory::dump(&context.frame()?, address, format)?;
    context.console.examined = Examined {
        format,
        next: Some(next),
        code: None,
    };
    context.print(&text);
    Ok(Next::Prompt)
}

/// The address that an expression is, or that of the variable that it is.
fn address_of(context: &mut Context<'_, '_, '_>, source: &str) -> Result<u64, CommandError> {
    let calls = context.console.settings.calls;
    context.evaluate(source, calls, |environment, value| {
        let inspector = environment.inspector();
        // An array or a structure is where it is; a number, or a pointer, leads to where it says.
        let scalar = environment.scalar(value).map_err(CommandError::new)?;
        let address = match scalar {
            Some(scalar) => u64::try_from(scalar.bits()).ok(),
            None => value.address(),
        };
        address.ok_or_else(|| {
            let name = inspector.type_name(value).unwrap_or_default();
            CommandError::new(format!(
                "a value of type `{}` is no address",
                harmless(&name)
            ))
        })
    })
}

fn instructions(
    context: &mut Context<'_, '_, '_>,
    line: &Line<'_>,
    format: MemoryFormat,
) -> Result<Next, CommandError> {
    let before = context.console.examined;
    let (module, wasm_pc) = match (line.rest, before.code.zip(before.next)) {
        ("", Some((module, next))) => (module, next as u32),
        ("" | "$pc", _) => {
            let here = context.whereabouts().code;
            here.ok_or_else(|| {
                CommandError::new("the program is not running; say where: x/i OFFSET")
            })?
        }
        (text, _) => {
            let spot = match number(text) {
                Ok(_) => format!("*{text}"),
                Err(_) => text.to_owned(),
            };
            let spot = crate::debug::location::parse(&spot, &context.whereabouts())?;
            let places = context.debugger().places(&spot.kind)?;
            let first = places
                .first()
                .ok_or_else(|| CommandError::new("there is no such place"))?;
            (first.module, first.wasm_pc)
        }
    };
    let count = format.count.unwrap_or(1).min(10_000) as usize;
    let (text, next) = view::instructions(context, module, wasm_pc, count)?;
    context.console.examined = Examined {
        format,
        next: next.map(u64::from),
        code: Some(module),
    };
    context.print(&text);
    Ok(Next::Prompt)
}

fn write_core_dump(
    context: &mut Context<'_, '_, '_>,
    line: &Line<'_>,
) -> Result<Next, CommandError> {
    if line.rest.is_empty() {
        return Err(CommandError::new("say which file to write"));
    }
    let path = Path::new(line.rest);
    context.live()?;
    let reason = context.console.last_reason.clone();
    let program = context.console.program.for_dumps(reason);
    let debuggee = context.live()?;
    let length = {
        let session = debuggee.session();
        let store = session.store().map_err(CommandError::new)?;
        let dump = core_dump::of_stopped(&*session, session.frames(), store, &program);
        let dump = dump.map_err(CommandError::new)?;
        crate::dump_file::write(path, &dump.dump).map_err(CommandError::new)?
    };
    let path = harmless(&path.display().to_string());
    context.print(&format!("Core dump written to {path}, {length}.\n"));
    Ok(Next::Prompt)
}

fn types(
    context: &mut Context<'_, '_, '_>,
    line: &Line<'_>,
    in_full: bool,
) -> Result<Next, CommandError> {
    line.no_format()?;
    if line.rest.is_empty() {
        return Err(CommandError::new("say which type"));
    }
    let source = line.rest;
    let mut text = String::new();
    context.with_environment(false, |environment| {
        // A variable hides a type of its name; what begins with a keyword is none.
        let is_type = KEYWORDS.iter().any(|keyword| source.starts_with(keyword));
        let value = match is_type {
            true => None,
            false => Some(environment.evaluate(source)),
        };
        let id = match value {
            Some(Ok(value)) => value.type_id(),
            Some(Err(error)) => match environment.find_type(source) {
                Ok(id) => id,
                Err(_) => return Err(CommandError::new(error.render(source))),
            },
            None => {
                let found = environment.find_type(source);
                found.map_err(|error| CommandError::new(error.render(source)))?
            }
        };
        let symbols = environment.symbols();
        match in_full {
            true => text = values::definition(symbols, id)?,
            false => {
                let name = symbols.type_name(id).map_err(CommandError::new)?;
                let _ = writeln!(text, "{}", harmless(&name));
            }
        }
        Ok(())
    })?;
    context.print(&text);
    Ok(Next::Prompt)
}
