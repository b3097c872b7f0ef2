//! Running the program, and going on.

use super::{Argument, Command, Group};
use crate::debug::line::{Line, shell_words};
use crate::debug::location;
use crate::debug::{CommandError, Context, Next};
use trapline_debugger::{BreakpointKind, BreakpointSettings, Resume};

const PLAIN: Command = Command {
    group: Group::Running,
    ..Command::PLAIN
};

pub(super) const COMMANDS: &[Command] = &[
    Command {
        names: &["run", "r"],
        usage: "run [ARGUMENTS] [< FILE] [> FILE] [2> FILE]",
        summary: "start the program, from its beginning if it runs already",
        details: "\
ARGUMENTS are those of the program, in the way of shells; without any it gets those of the last time
(`set args` changes them). Its standard streams can be files.",
        run,
        ..PLAIN
    },
    Command {
        names: &["start"],
        usage: "start [ARGUMENTS] [< FILE] [> FILE] [2> FILE]",
        summary: "start the program and stop at its main function",
        details: "As `tbreak main` and `run`; without a main function it stops at the first instruction.",
        run: start,
        ..PLAIN
    },
    Command {
        names: &["starti"],
        usage: "starti [ARGUMENTS]",
        summary: "start the program and stop at its first instruction",
        run: start_at_instruction,
        ..PLAIN
    },
    Command {
        names: &["continue", "c", "fg"],
        usage: "continue [N]",
        summary: "go on to the next stop",
        details: "With N, pass by the breakpoint that the program is at N - 1 more times.",
        repeats: true,
        run: go_on,
        ..PLAIN
    },
    Command {
        names: &["step", "s"],
        usage: "step [N]",
        summary: "go on to another line, into functions",
        details: "\
Calls of functions without source are gone through as one step. With N, do it N times.",
        repeats: true,
        run: |context, line| repeat(context, line, Resume::StepIn),
        ..PLAIN
    },
    Command {
        names: &["next", "n"],
        usage: "next [N]",
        summary: "go on to another line of the function, over calls",
        details: "\
Functions that are called run at full speed. Calls that the compiler has inlined are calls, too. With N,
do it N times.",
        repeats: true,
        run: |context, line| repeat(context, line, Resume::StepOver),
        ..PLAIN
    },
    Command {
        names: &["stepi", "si"],
        usage: "stepi [N]",
        summary: "go on by one instruction of WebAssembly, into functions",
        repeats: true,
        run: |context, line| repeat(context, line, Resume::StepInstruction),
        ..PLAIN
    },
    Command {
        names: &["nexti", "ni"],
        usage: "nexti [N]",
        summary: "go on by one instruction of WebAssembly, over calls",
        repeats: true,
        run: |context, line| repeat(context, line, Resume::StepInstructionOver),
        ..PLAIN
    },
    Command {
        names: &["finish", "fin"],
        usage: "finish",
        summary: "go on until the selected frame has returned",
        repeats: true,
        run: |context, line| {
            line.nothing_more()?;
            context.live()?;
            let level = context.console.level;
            Ok(Next::Resume(Resume::StepOut { level }))
        },
        ..PLAIN
    },
    Command {
        names: &["until", "u"],
        usage: "until [PLACE]",
        summary: "go on to a line further down, or to a place",
        details: "\
Without PLACE as `next`, but never back to an earlier line: at the end of a loop it goes on until the loop
is left. With PLACE (as for `break`) it goes on until there, as `advance` does.",
        argument: Argument::Place,
        repeats: true,
        run: until,
        ..PLAIN
    },
    Command {
        names: &["advance"],
        usage: "advance PLACE",
        summary: "go on to a place, wherever that is",
        argument: Argument::Place,
        run: advance,
        ..PLAIN
    },
    Command {
        names: &["kill", "k"],
        usage: "kill",
        summary: "end the program",
        run: |context, line| {
            line.nothing_more()?;
            context.live()?;
            Ok(Next::Kill)
        },
        ..PLAIN
    },
    Command {
        names: &["quit", "q", "exit"],
        usage: "quit [CODE]",
        summary: "leave the debugger, with an exit code",
        run: |_, line| {
            let code = line.count()?.unwrap_or(0);
            let code = u8::try_from(code);
            let code = code.map_err(|_| CommandError::new("exit codes are less than 256"))?;
            Ok(Next::Quit(code))
        },
        ..PLAIN
    },
];

fn run(context: &mut Context<'_, '_, '_>, line: &Line<'_>) -> Result<Next, CommandError> {
    line.no_format()?;
    if !line.rest.is_empty() {
        let words = shell_words(line.rest)?;
        context.console.program.set_words(&words)?;
    }
    Ok(Next::Start {
        at_first_instruction: false,
    })
}

fn start(context: &mut Context<'_, '_, '_>, line: &Line<'_>) -> Result<Next, CommandError> {
    let main = BreakpointKind::function("main");
    let has_main = context.debugger().places(&main).is_ok();
    if !has_main {
        return start_at_instruction(context, line);
    }
    let next = run(context, line)?;
    let mut settings = BreakpointSettings::default();
    settings.one_shot = true;
    context.debugger_mut().add_breakpoint_with(main, settings);
    Ok(next)
}

fn start_at_instruction(
    context: &mut Context<'_, '_, '_>,
    line: &Line<'_>,
) -> Result<Next, CommandError> {
    run(context, line)?;
    Ok(Next::Start {
        at_first_instruction: true,
    })
}

fn go_on(context: &mut Context<'_, '_, '_>, line: &Line<'_>) -> Result<Next, CommandError> {
    let times = line.count()?;
    context.live()?;
    if let Some(times) = times {
        let ids = context.console.stopped_at.clone();
        let Some(id) = ids.first() else {
            return Err(CommandError::new("the program is at no breakpoint"));
        };
        let breakpoints = context.debugger_mut().breakpoints_mut();
        breakpoints.edit(*id, |settings| settings.ignore = times.saturating_sub(1));
    }
    Ok(Next::Resume(Resume::Continue))
}

/// Goes on so many times, until the program stops for another reason.
fn repeat(
    context: &mut Context<'_, '_, '_>,
    line: &Line<'_>,
    how: Resume,
) -> Result<Next, CommandError> {
    let times = line.count()?.unwrap_or(1);
    context.live()?;
    if times == 0 {
        return Ok(Next::Prompt);
    }
    context.console.more_steps = times - 1;
    Ok(Next::Resume(how))
}

fn until(context: &mut Context<'_, '_, '_>, line: &Line<'_>) -> Result<Next, CommandError> {
    context.live()?;
    if line.rest.is_empty() {
        return Ok(Next::Resume(Resume::Until));
    }
    advance(context, line)
}

fn advance(context: &mut Context<'_, '_, '_>, line: &Line<'_>) -> Result<Next, CommandError> {
    context.live()?;
    if line.rest.is_empty() {
        return Err(CommandError::new(
            "say where to: a function, FILE:LINE or *OFFSET",
        ));
    }
    let spot = location::parse(line.rest, &context.whereabouts())?;
    Ok(Next::Resume(Resume::RunTo(spot.kind)))
}
