//! The stack.

use super::{Command, Group};
use crate::debug::line::{Line, number};
use crate::debug::view;
use crate::debug::{CommandError, Context, Next};

const PLAIN: Command = Command {
    group: Group::Stack,
    ..Command::PLAIN
};

/// So many frames are shown if nobody says how many.
const FRAMES: usize = 100;

pub(super) const COMMANDS: &[Command] = &[
    Command {
        names: &["backtrace", "bt", "where"],
        usage: "backtrace [full] [N | -N]",
        summary: "the calls that have led here, innermost first",
        details: "\
With `full`, each with its variables. With N the N innermost only, with -N the outermost.",
        run: backtrace,
        ..PLAIN
    },
    Command {
        names: &["frame", "f"],
        usage: "frame [N]",
        summary: "select a frame by its number, and show it",
        run: |context, line| {
            let level = match line.count()? {
                Some(level) => usize::try_from(level).unwrap_or(usize::MAX),
                None => context.console.level,
            };
            select(context, level)
        },
        ..PLAIN
    },
    Command {
        names: &["up"],
        usage: "up [N]",
        summary: "select the frame that has called this one",
        repeats: true,
        run: |context, line| {
            let distance = distance(line)?;
            let level = context.console.level;
            let frames = context.frames(level..level.saturating_add(distance + 1))?;
            let last = frames.last().map(|frame| frame.level);
            match last {
                Some(level) if level > context.console.level => select(context, level),
                _ => Err(CommandError::new("this is the outermost frame")),
            }
        },
        ..PLAIN
    },
    Command {
        names: &["down"],
        usage: "down [N]",
        summary: "select the frame that this one has called",
        repeats: true,
        run: |context, line| {
            let distance = distance(line)?;
            match context.console.level {
                0 => Err(CommandError::new("this is the innermost frame")),
                level => select(context, level.saturating_sub(distance)),
            }
        },
        ..PLAIN
    },
];

/// So many frames can be gone over at once.
const FARTHEST: u64 = 100_000;

fn distance(line: &Line<'_>) -> Result<usize, CommandError> {
    Ok(line.count()?.unwrap_or(1).min(FARTHEST) as usize)
}

fn select(context: &mut Context<'_, '_, '_>, level: usize) -> Result<Next, CommandError> {
    context.frame_at(level)?;
    context.select(level);
    let text = view::frame_with_source(context, level)?;
    context.print(&text);
    Ok(Next::Prompt)
}

fn backtrace(context: &mut Context<'_, '_, '_>, line: &Line<'_>) -> Result<Next, CommandError> {
    let (mut full, mut limit) = (false, None);
    for word in line.words() {
        match word {
            "full" => full = true,
            _ => limit = Some(word),
        }
    }
    let levels = match limit {
        None => 0..FRAMES,
        Some(limit) => match limit.strip_prefix('-') {
            Some(outermost) => {
                let all = context.frames(0..FARTHEST as usize)?.len();
                let count = usize::try_from(number(outermost)?).unwrap_or(usize::MAX);
                all.saturating_sub(count)..all
            }
            None => 0..number(limit)?.min(FARTHEST) as usize,
        },
    };
    let frames = context.frames(levels.clone())?;
    if frames.is_empty() {
        return Err(CommandError::new("there is no stack"));
    }
    let more = context.frames(levels.end..levels.end + 1)?;
    for frame in &frames {
        let mut text = view::frame_line(context, frame, true);
        if full {
            text += &view::variables(context, frame.level, view::Which::Locals, "        ");
        }
        context.print(&text);
    }
    if !more.is_empty() {
        context.print("(More frames follow; `backtrace N` shows N of them.)\n");
    }
    Ok(Next::Prompt)
}
