//! What there is to know.

use super::{Argument, Command, Group, find, run_inner};
use crate::debug::line::Line;
use crate::debug::view;
use crate::debug::{CommandError, Context, Next};
use crate::text::{FAINT, harmless};
use std::fmt::Write;
use trapline_debugger::Breakpoint;

const PLAIN: Command = Command {
    group: Group::Status,
    ..Command::PLAIN
};

pub(super) const COMMANDS: &[Command] = &[Command {
    names: &["info", "i", "inf"],
    usage: "info WHAT",
    summary: "what there is: locals, breakpoints, functions, modules, memory ...",
    inner: INFO,
    run: |context, line| run_inner(context, find("info")?, line),
    ..PLAIN
}];

const INFO: &[Command] = &[
    Command {
        names: &["locals", "lo"],
        usage: "info locals",
        summary: "the variables of the selected frame",
        run: |context, line| variables(context, line, view::Which::Locals),
        ..PLAIN
    },
    Command {
        names: &["args", "arguments"],
        usage: "info args",
        summary: "the arguments of the selected frame",
        run: |context, line| variables(context, line, view::Which::Arguments),
        ..PLAIN
    },
    Command {
        names: &["frame", "f"],
        usage: "info frame",
        summary: "where the selected frame is",
        run: frame,
        ..PLAIN
    },
    Command {
        names: &["breakpoints", "b", "br"],
        usage: "info breakpoints",
        summary: "where the program stops",
        run: breakpoints,
        ..PLAIN
    },
    Command {
        names: &["display"],
        usage: "info display",
        summary: "what is shown at each stop",
        run: |context, _| {
            let mut text = String::new();
            for display in &context.console.displays {
                let _ = writeln!(text, "{}: {}", display.number, display.text());
            }
            if text.is_empty() {
                text += "Nothing is displayed.\n";
            }
            context.print(&text);
            Ok(Next::Prompt)
        },
        ..PLAIN
    },
    Command {
        names: &["functions", "fu"],
        usage: "info functions [PART]",
        summary: "the functions of the program, those with a part of a name in theirs",
        argument: Argument::Place,
        run: functions,
        ..PLAIN
    },
    Command {
        names: &["sources"],
        usage: "info sources [PART]",
        summary: "the source files of the program",
        run: sources,
        ..PLAIN
    },
    Command {
        names: &["line"],
        usage: "info line PLACE",
        summary: "which code a place in the source has become",
        argument: Argument::Place,
        run: line_places,
        ..PLAIN
    },
    Command {
        names: &["modules", "sharedlibrary"],
        usage: "info modules",
        summary: "the modules of the program",
        run: modules,
        ..PLAIN
    },
    Command {
        names: &["memory", "mem"],
        usage: "info memory",
        summary: "the memories of the selected frame's instance",
        run: memory,
        ..PLAIN
    },
    Command {
        names: &["registers", "wasm"],
        usage: "info registers",
        summary: "the locals, operands and globals of WebAssembly at the selected frame",
        details: "Expressions read them as `$local0`, `$stack0` and `$global0`.",
        run: registers,
        ..PLAIN
    },
    Command {
        names: &["program"],
        usage: "info program",
        summary: "whether the program runs, and why it has stopped",
        run: |context, _| {
            let text = match context.frames(0..1) {
                Ok(_) => context.console.last_stop.clone(),
                Err(_) => "The program is not running.\n".to_owned(),
            };
            context.print(&text);
            Ok(Next::Prompt)
        },
        ..PLAIN
    },
];

fn variables(
    context: &mut Context<'_, '_, '_>,
    line: &Line<'_>,
    which: view::Which,
) -> Result<Next, CommandError> {
    line.nothing_more()?;
    // Says so if there is no frame.
    context.frame()?;
    let text = view::variables(context, context.console.level, which, "");
    context.print(&text);
    Ok(Next::Prompt)
}

fn frame(context: &mut Context<'_, '_, '_>, _: &Line<'_>) -> Result<Next, CommandError> {
    let level = context.console.level;
    let frames = context.frames(level..level + 2)?;
    let frame = frames
        .first()
        .ok_or_else(|| CommandError::new("there is no stack"))?;
    let mut text = view::frame_line(context, frame, true);
    if let Some(location) = &frame.location {
        let _ = writeln!(text, "  file      {}", harmless(&location.file));
    }
    if let (Some(module), Some(pc)) = (frame.module, frame.wasm_pc) {
        let module = context.debugger().module(module)?;
        let _ = writeln!(text, "  module    {}", harmless(&module.name()));
        let index = frame
            .function_index
            .map_or(String::new(), |index| index.to_string());
        let _ = writeln!(text, "  function  {index}");
        let _ = writeln!(text, "  wasm pc   {pc:#x}");
    }
    if let Some(caller) = frames.get(1) {
        let _ = write!(
            text,
            "  called by {}",
            view::frame_line(context, caller, true)
        );
    }
    context.print(&text);
    Ok(Next::Prompt)
}

fn breakpoints(context: &mut Context<'_, '_, '_>, _: &Line<'_>) -> Result<Next, CommandError> {
    let debugger = context.debugger();
    let mut text = String::new();
    for breakpoint in debugger.breakpoints().iter() {
        text += &breakpoint_text(breakpoint);
    }
    let exceptions = &debugger.settings().exceptions;
    let caught = match (exceptions.caught, exceptions.uncaught) {
        (true, true) => Some("all exceptions".to_owned()),
        (true, false) => Some("exceptions that are caught".to_owned()),
        (false, true) => Some("exceptions that nothing catches".to_owned()),
        (false, false) => None,
    };
    let tags = exceptions
        .tags
        .iter()
        .map(|tag| format!("exceptions with the tag {}", harmless(tag)));
    let panics = debugger
        .settings()
        .stop_at_panics
        .then(|| "panics and the like".to_owned());
    let also: Vec<_> = caught.into_iter().chain(tags).chain(panics).collect();
    if text.is_empty() {
        text += "There are no breakpoints.\n";
    }
    if !also.is_empty() {
        let _ = writeln!(
            text,
            "The program also stops at traps, and at {}.",
            also.join(", ")
        );
    }
    context.print(&text);
    Ok(Next::Prompt)
}

fn breakpoint_text(breakpoint: &Breakpoint) -> String {
    let settings = breakpoint.settings();
    let mut text = format!(
        "{:<3} {}",
        breakpoint.id(),
        harmless(&breakpoint.kind().to_string())
    );
    if !settings.enabled {
        text += " (disabled)";
    }
    if settings.one_shot {
        text += " (once)";
    }
    text.push('\n');
    for place in breakpoint.places() {
        let _ = writeln!(text, "      {}", view::breakpoint_place(place));
    }
    if let Some(problem) = breakpoint.problem() {
        let _ = writeln!(text, "      {FAINT}{problem}{FAINT:#}");
    }
    if let Some(condition) = &settings.condition {
        let _ = writeln!(text, "      stops only if {}", harmless(condition));
    }
    if let Some(condition) = &settings.hit_condition {
        let _ = writeln!(text, "      stops at hits {condition}");
    }
    if settings.ignore > 0 {
        let _ = writeln!(text, "      passes by {} times more", settings.ignore);
    }
    if let Some(log) = &settings.log {
        let _ = writeln!(text, "      writes {}", harmless(&log.to_string()));
    }
    if breakpoint.hits() > 0 {
        let _ = writeln!(
            text,
            "      hit {}",
            crate::text::count(breakpoint.hits(), "time")
        );
    }
    for command in &settings.commands {
        let _ = writeln!(text, "        {}", harmless(command));
    }
    text
}

/// A name without what stands in angle brackets: there are names of other functions and types.
fn without_arguments(name: &str) -> String {
    let mut depth = 0;
    let mut before = ' ';
    let outside = |char: &char| {
        let is_arrow = before == '-' && *char == '>';
        before = *char;
        match char {
            '<' => depth += 1,
            '>' if !is_arrow => {
                depth -= 1;
                return false;
            }
            _ => {}
        }
        depth == 0
    };
    name.chars().filter(outside).collect()
}

/// More are not listed.
const LISTED: usize = 2000;

fn functions(context: &mut Context<'_, '_, '_>, line: &Line<'_>) -> Result<Next, CommandError> {
    let mut text = String::new();
    let mut found = 0;
    for module in context.debugger().modules().iter() {
        let Some(symbols) = module.symbols() else {
            let _ = writeln!(
                text,
                "{FAINT}{} has no debug information{FAINT:#}",
                harmless(&module.name())
            );
            continue;
        };
        let functions = symbols
            .functions()
            .map_err(|error| CommandError::new(error.to_string()))?;
        let mut lines: Vec<_> = functions
            .iter()
            .filter_map(|function| {
                let name = &function.name;
                let place = function
                    .declared
                    .as_ref()
                    .map(view::place)
                    .unwrap_or_default();
                without_arguments(name)
                    .contains(line.rest)
                    .then_some((place, name))
            })
            .collect();
        lines.sort_unstable();
        lines.dedup();
        found += lines.len();
        for (place, name) in lines.into_iter().take(LISTED) {
            let _ = writeln!(text, "{place:<24} {}", harmless(name));
        }
    }
    match found {
        0 => text += "There are no such functions.\n",
        LISTED.. => text += "(There are more; name a part of what you are looking for.)\n",
        _ => {}
    }
    context.print(&text);
    Ok(Next::Prompt)
}

fn sources(context: &mut Context<'_, '_, '_>, line: &Line<'_>) -> Result<Next, CommandError> {
    let mut text = String::new();
    let debugger = context.debugger();
    for module in debugger.modules().iter() {
        let Some(symbols) = module.symbols() else {
            continue;
        };
        let files = symbols
            .files()
            .map_err(|error| CommandError::new(error.to_string()))?;
        for file in files.iter().filter(|file| file.contains(line.rest)) {
            let missing = match debugger.sources().find(file, module.path()) {
                Some(_) => "",
                None => " (not to be found here)",
            };
            let _ = writeln!(text, "{}{FAINT}{missing}{FAINT:#}", harmless(file));
        }
    }
    if text.is_empty() {
        text += "There are no such source files.\n";
    }
    context.print(&text);
    Ok(Next::Prompt)
}

fn line_places(context: &mut Context<'_, '_, '_>, line: &Line<'_>) -> Result<Next, CommandError> {
    let spot = crate::debug::location::parse(line.rest, &context.whereabouts())?;
    let mut text = String::new();
    for place in context.debugger().places(&spot.kind)? {
        let _ = writeln!(text, "{}", view::breakpoint_place(&place));
    }
    context.print(&text);
    Ok(Next::Prompt)
}

fn modules(context: &mut Context<'_, '_, '_>, _: &Line<'_>) -> Result<Next, CommandError> {
    let mut text = String::new();
    for module in context.debugger().modules().iter() {
        let opened = module.module_symbols();
        let symbols = match &opened.symbols {
            Some(_) => "with debug information",
            None => "without debug information",
        };
        let _ = writeln!(
            text,
            "{:<3} {}, {} bytes, {symbols}",
            module.id().index(),
            harmless(&module.name()),
            module.wasm().len()
        );
        for note in &opened.notes {
            let _ = writeln!(text, "      {FAINT}{}{FAINT:#}", harmless(note));
        }
    }
    context.print(&text);
    Ok(Next::Prompt)
}

fn memory(context: &mut Context<'_, '_, '_>, _: &Line<'_>) -> Result<Next, CommandError> {
    let text = view::memories(context)?;
    context.print(&text);
    Ok(Next::Prompt)
}

fn registers(context: &mut Context<'_, '_, '_>, _: &Line<'_>) -> Result<Next, CommandError> {
    let text = view::registers(context)?;
    context.print(&text);
    Ok(Next::Prompt)
}

#[cfg(test)]
mod tests {
    use super::without_arguments;

    #[test]
    fn what_stands_in_angle_brackets_is_left_out() {
        assert_eq!(without_arguments("a::b<c::d<e>, f>::g"), "a::b::g");
        assert_eq!(without_arguments("<a as b>::c"), "::c");
        assert_eq!(without_arguments("f(fn() -> u8)"), "f(fn() -> u8)");
        assert_eq!(without_arguments("operator>>"), "operator");
    }
}
