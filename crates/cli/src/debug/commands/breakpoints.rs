//! Where the program stops.

use super::{Argument, Command, Group, run_inner};
use crate::debug::line::{Line, number};
use crate::debug::view;
use crate::debug::{CommandError, Context, Next, location};
use std::fmt::Write;
use trapline_debugger::{
    Breakpoint, BreakpointId, BreakpointKind, BreakpointSettings, HitCondition, LogMessage,
};

const PLAIN: Command = Command {
    group: Group::Breakpoints,
    ..Command::PLAIN
};

const PLACES: &str = "\
PLACE is
  FUNCTION         its beginning, after what sets up its frame; a part of the name's path is enough
  FILE:LINE        the line, or the next one with code; FILE can be the last part of its path
  FILE:LINE:COLUMN that column of it
  LINE, +N, -N     a line of the file that is shown
  *OFFSET          an instruction, by its offset in the module file
and without it where the selected frame is.

With `if CONDITION` the program stops only where the expression is true. It can call no functions of the
program.";

pub(super) const COMMANDS: &[Command] = &[
    Command {
        names: &["break", "b", "br", "brea"],
        usage: "break [PLACE] [if CONDITION]",
        summary: "stop at a place",
        details: PLACES,
        argument: Argument::Place,
        run: |context, line| add(context, line, BreakpointSettings::default()),
        ..PLAIN
    },
    Command {
        names: &["tbreak", "tb"],
        usage: "tbreak [PLACE] [if CONDITION]",
        summary: "stop at a place once",
        details: PLACES,
        argument: Argument::Place,
        run: |context, line| {
            let mut settings = BreakpointSettings::default();
            settings.one_shot = true;
            add(context, line, settings)
        },
        ..PLAIN
    },
    Command {
        names: &["dprintf", "logpoint"],
        usage: "dprintf PLACE, MESSAGE",
        summary: "write a message at a place, without stopping",
        details: "\
Expressions in braces are written as their values, as in `dprintf list.c:20, at {i} of {list->len}`.",
        argument: Argument::Place,
        run: log_point,
        ..PLAIN
    },
    Command {
        names: &["delete", "d"],
        usage: "delete [NUMBERS]",
        summary: "remove breakpoints, all without numbers",
        run: delete,
        ..PLAIN
    },
    Command {
        names: &["clear"],
        usage: "clear [PLACE]",
        summary: "remove the breakpoints at a place",
        argument: Argument::Place,
        run: clear,
        ..PLAIN
    },
    Command {
        names: &["enable", "en"],
        usage: "enable [once] [NUMBERS]",
        summary: "have breakpoints stop the program again",
        details: "With `once`, remove them where they first do.",
        run: enable,
        ..PLAIN
    },
    Command {
        names: &["disable", "dis"],
        usage: "disable [NUMBERS]",
        summary: "keep breakpoints, but do not stop at them",
        run: |context, line| {
            edit_all(context, line.rest, |settings| settings.enabled = false)
        },
        ..PLAIN
    },
    Command {
        names: &["condition", "cond"],
        usage: "condition NUMBER [CONDITION]",
        summary: "change where a breakpoint's condition is true, or stop always",
        argument: Argument::Expression,
        run: condition,
        ..PLAIN
    },
    Command {
        names: &["ignore"],
        usage: "ignore NUMBER COUNT",
        summary: "pass by a breakpoint so many times",
        run: ignore,
        ..PLAIN
    },
    Command {
        names: &["hits"],
        usage: "hits NUMBER [CONDITION]",
        summary: "stop at certain hits of a breakpoint: `hits 1 >= 10`, `hits 1 % 100`",
        run: hits,
        ..PLAIN
    },
    Command {
        names: &["commands", "comm"],
        usage: "commands [NUMBER]",
        summary: "do something where a breakpoint stops the program",
        details: "\
The commands come in the lines behind it, up to one that says `end`. If the first is `silent` then the
stop is not shown. Without NUMBER the last breakpoint is meant.",
        run: commands,
        ..PLAIN
    },
    Command {
        names: &["catch"],
        usage: "catch throw|uncaught|panic|tag TAG",
        summary: "stop at exceptions, or at errors that the program finds in itself",
        inner: CATCH,
        run: |context, line| match line.rest {
            "" => Err(CommandError::new("say what: throw, uncaught, panic, tag TAG")),
            _ => run_inner(context, this("catch")?, line),
        },
        ..PLAIN
    },
    Command {
        names: &["uncatch"],
        usage: "uncatch throw|uncaught|panic|tag TAG",
        summary: "stop at these no longer",
        inner: UNCATCH,
        run: |context, line| run_inner(context, this("uncatch")?, line),
        ..PLAIN
    },
    Command {
        names: &["watch", "rwatch", "awatch"],
        usage: "watch EXPRESSION",
        summary: "not there yet: stop where a variable changes",
        argument: Argument::Expression,
        run: |_, _| {
            Err(CommandError::new(
                "watchpoints are not there yet; a breakpoint with a condition may serve instead",
            ))
        },
        ..PLAIN
    },
];

fn this(name: &str) -> Result<&'static Command, CommandError> {
    super::find(name)
}

const CATCH: &[Command] = &[
    Command {
        names: &["throw"],
        usage: "catch throw",
        summary: "stop at all exceptions that are thrown",
        run: |context, _| {
            catch(context, |filters| {
                filters.caught = true;
                filters.uncaught = true;
            })
        },
        ..PLAIN
    },
    Command {
        names: &["uncaught"],
        usage: "catch uncaught",
        summary: "stop at exceptions that nothing in the program catches",
        run: |context, _| catch(context, |filters| filters.uncaught = true),
        ..PLAIN
    },
    Command {
        names: &["panic"],
        usage: "catch panic",
        summary: "stop at panics of Rust and Zig, `std::terminate`, failed assertions and `abort`",
        run: |context, _| {
            context.debugger_mut().settings_mut().stop_at_panics = true;
            Ok(Next::Prompt)
        },
        ..PLAIN
    },
    Command {
        names: &["tag"],
        usage: "catch tag TAG",
        summary: "stop at exceptions with a tag",
        run: |context, line| {
            let tag = tag(line)?;
            catch(context, |filters| filters.tags.push(tag))
        },
        ..PLAIN
    },
];

const UNCATCH: &[Command] = &[
    Command {
        names: &["throw"],
        usage: "uncatch throw",
        summary: "stop at no exceptions",
        run: |context, _| {
            catch(context, |filters| {
                filters.caught = false;
                filters.uncaught = false;
            })
        },
        ..PLAIN
    },
    Command {
        names: &["uncaught"],
        usage: "uncatch uncaught",
        summary: "do not stop at exceptions that nothing catches",
        run: |context, _| catch(context, |filters| filters.uncaught = false),
        ..PLAIN
    },
    Command {
        names: &["panic"],
        usage: "uncatch panic",
        summary: "do not stop at panics and the like",
        run: |context, _| {
            context.debugger_mut().settings_mut().stop_at_panics = false;
            Ok(Next::Prompt)
        },
        ..PLAIN
    },
    Command {
        names: &["tag"],
        usage: "uncatch tag TAG",
        summary: "do not stop at exceptions with a tag",
        run: |context, line| {
            let tag = tag(line)?;
            catch(context, |filters| {
                filters.tags.retain(|other| *other != tag)
            })
        },
        ..PLAIN
    },
];

fn tag(line: &Line<'_>) -> Result<String, CommandError> {
    match line.rest {
        "" => Err(CommandError::new("say which tag")),
        tag => Ok(tag.to_owned()),
    }
}

fn catch(
    context: &mut Context<'_, '_, '_>,
    change: impl FnOnce(&mut trapline_debugger::ExceptionFilters),
) -> Result<Next, CommandError> {
    change(&mut context.debugger_mut().settings_mut().exceptions);
    Ok(Next::Prompt)
}

fn add(
    context: &mut Context<'_, '_, '_>,
    line: &Line<'_>,
    mut settings: BreakpointSettings,
) -> Result<Next, CommandError> {
    line.no_format()?;
    let spot = location::parse(line.rest, &context.whereabouts())?;
    settings.condition = spot.condition;
    place(context, spot.kind, settings)
}

fn place(
    context: &mut Context<'_, '_, '_>,
    kind: BreakpointKind,
    settings: BreakpointSettings,
) -> Result<Next, CommandError> {
    let debugger = context.debugger_mut();
    let id = debugger.add_breakpoint_with(kind, settings);
    let Some(breakpoint) = debugger.breakpoints().get(id) else {
        return Ok(Next::Prompt);
    };
    if let Some(problem) = breakpoint.problem() {
        let problem = problem.to_owned();
        debugger.breakpoints_mut().remove(id);
        return Err(CommandError::new(problem));
    }
    let text = view::breakpoint_placed(breakpoint);
    context.console.last_breakpoint = Some(id);
    context.print(&text);
    Ok(Next::Prompt)
}

fn log_point(context: &mut Context<'_, '_, '_>, line: &Line<'_>) -> Result<Next, CommandError> {
    let missing = "say where and what: dprintf PLACE, MESSAGE";
    let (place_text, message) = line
        .rest
        .split_once(',')
        .ok_or_else(|| CommandError::new(missing))?;
    let spot = location::parse(place_text.trim(), &context.whereabouts())?;
    let message = message.trim();
    let message = message
        .strip_prefix('"')
        .and_then(|text| text.strip_suffix('"'))
        .unwrap_or(message);
    let mut settings = BreakpointSettings::default();
    settings.condition = spot.condition;
    settings.log = Some(LogMessage::new(message).map_err(CommandError::new)?);
    place(context, spot.kind, settings)
}

/// The breakpoints with the numbers in a text: `1 3-5`; all if it is empty.
fn chosen(context: &Context<'_, '_, '_>, text: &str) -> Result<Vec<BreakpointId>, CommandError> {
    let all = context.debugger().breakpoints();
    if text.trim().is_empty() {
        return Ok(all.iter().map(Breakpoint::id).collect());
    }
    let mut ids = Vec::new();
    for word in text.split([' ', ',']).filter(|word| !word.is_empty()) {
        let (first, last) = word.split_once('-').unwrap_or((word, word));
        let (first, last) = (number(first)?, number(last)?);
        let known = all.iter().map(Breakpoint::id);
        let within: Vec<_> = known
            .filter(|id| (first..=last).contains(&u64::from(id.number())))
            .collect();
        if within.is_empty() {
            return Err(CommandError::new(format!("there is no breakpoint {word}")));
        }
        ids.extend(within);
    }
    Ok(ids)
}

/// The breakpoint whose number begins a text, and what is behind that.
fn one<'t>(
    context: &Context<'_, '_, '_>,
    text: &'t str,
) -> Result<(BreakpointId, &'t str), CommandError> {
    let (word, rest) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
    if word.is_empty() {
        return Err(CommandError::new("say which breakpoint, by its number"));
    }
    let missing = || CommandError::new(format!("there is no breakpoint {word}"));
    let id = u32::try_from(number(word)?).map_err(|_| missing())?;
    let id = BreakpointId::from(id);
    context
        .debugger()
        .breakpoints()
        .get(id)
        .ok_or_else(missing)?;
    Ok((id, rest.trim()))
}

fn edit_all(
    context: &mut Context<'_, '_, '_>,
    text: &str,
    edit: impl Fn(&mut BreakpointSettings),
) -> Result<Next, CommandError> {
    let ids = chosen(context, text)?;
    let breakpoints = context.debugger_mut().breakpoints_mut();
    for id in ids {
        breakpoints.edit(id, &edit);
    }
    Ok(Next::Prompt)
}

fn enable(context: &mut Context<'_, '_, '_>, line: &Line<'_>) -> Result<Next, CommandError> {
    match line.rest.strip_prefix("once") {
        Some(rest) => edit_all(context, rest, |settings| {
            settings.enabled = true;
            settings.one_shot = true;
        }),
        None => edit_all(context, line.rest, |settings| settings.enabled = true),
    }
}

fn delete(context: &mut Context<'_, '_, '_>, line: &Line<'_>) -> Result<Next, CommandError> {
    let text = line.rest.strip_prefix("breakpoints").unwrap_or(line.rest);
    let ids = chosen(context, text)?;
    let breakpoints = context.debugger_mut().breakpoints_mut();
    for id in ids {
        breakpoints.remove(id);
    }
    Ok(Next::Prompt)
}

fn clear(context: &mut Context<'_, '_, '_>, line: &Line<'_>) -> Result<Next, CommandError> {
    let spot = location::parse(line.rest, &context.whereabouts())?;
    let debugger = context.debugger_mut();
    let places = debugger.places(&spot.kind)?;
    let is_there = |breakpoint: &&Breakpoint| {
        let own = breakpoint.places();
        own.iter().any(|own| {
            places
                .iter()
                .any(|place| (place.module, place.wasm_pc) == (own.module, own.wasm_pc))
        })
    };
    let found = debugger.breakpoints().iter().filter(is_there);
    let ids: Vec<_> = found.map(Breakpoint::id).collect();
    if ids.is_empty() {
        return Err(CommandError::new(format!(
            "there is no breakpoint at {}",
            spot.kind
        )));
    }
    let mut text = "Deleted".to_owned();
    for id in ids {
        debugger.breakpoints_mut().remove(id);
        let _ = write!(text, " {id}");
    }
    context.print(&(text + "\n"));
    Ok(Next::Prompt)
}

fn condition(context: &mut Context<'_, '_, '_>, line: &Line<'_>) -> Result<Next, CommandError> {
    let (id, condition) = one(context, line.rest)?;
    let condition = (!condition.is_empty()).then(|| condition.to_owned());
    if condition.is_none() {
        context.print(&format!("Breakpoint {id} now stops always.\n"));
    }
    let breakpoints = context.debugger_mut().breakpoints_mut();
    breakpoints.edit(id, |settings| settings.condition = condition);
    Ok(Next::Prompt)
}

fn ignore(context: &mut Context<'_, '_, '_>, line: &Line<'_>) -> Result<Next, CommandError> {
    let (id, count) = one(context, line.rest)?;
    let count = number(count)?;
    let breakpoints = context.debugger_mut().breakpoints_mut();
    breakpoints.edit(id, |settings| settings.ignore = count);
    context.print(&format!("Will pass by breakpoint {id} {count} times.\n"));
    Ok(Next::Prompt)
}

fn hits(context: &mut Context<'_, '_, '_>, line: &Line<'_>) -> Result<Next, CommandError> {
    let (id, condition) = one(context, line.rest)?;
    let condition = match condition {
        "" => None,
        text => Some(text.parse::<HitCondition>().map_err(CommandError::new)?),
    };
    let breakpoints = context.debugger_mut().breakpoints_mut();
    breakpoints.edit(id, |settings| settings.hit_condition = condition);
    Ok(Next::Prompt)
}

fn commands(context: &mut Context<'_, '_, '_>, line: &Line<'_>) -> Result<Next, CommandError> {
    let id = match line.rest {
        "" => context
            .console
            .last_breakpoint
            .ok_or_else(|| CommandError::new("there is no breakpoint yet"))?,
        text => one(context, text)?.0,
    };
    let block = context.console.input.read_block()?;
    let breakpoints = context.debugger_mut().breakpoints_mut();
    if !breakpoints.edit(id, |settings| settings.commands = block) {
        return Err(CommandError::new(format!("there is no breakpoint {id}")));
    }
    Ok(Next::Prompt)
}
