//! Source text and code.

use super::{Argument, Command, Group};
use crate::debug::line::Line;
use crate::debug::view;
use crate::debug::{CommandError, Context, Next, Shown, location};
use std::path::Path;

const PLAIN: Command = Command {
    group: Group::Source,
    ..Command::PLAIN
};

pub(super) const COMMANDS: &[Command] = &[
    Command {
        names: &["list", "l"],
        usage: "list [PLACE | FIRST,LAST | -]",
        summary: "show source code",
        details: "\
Around PLACE (as for `break`), or the lines from FIRST to LAST; without either, around the selected frame, and
then further and further. `list -` shows what is before.",
        argument: Argument::Place,
        repeats: true,
        run: list,
        ..PLAIN
    },
    Command {
        names: &["disassemble", "disas"],
        usage: "disassemble[/s][/m] [PLACE]",
        summary: "show the instructions of a function",
        details: "\
Those of WebAssembly; with /s the lines of the source in between; with /m the machine code that the function has
become, and the instructions of WebAssembly in between as far as it is known where they are.",
        argument: Argument::Place,
        run: disassemble,
        ..PLAIN
    },
    Command {
        names: &["directory", "dir"],
        usage: "directory FOLDER",
        summary: "look for source files in a folder, too",
        run: |context, line| {
            if line.rest.is_empty() {
                return Err(CommandError::new("say which folder"));
            }
            if !Path::new(line.rest).is_dir() {
                return Err(CommandError::new(format!("{} is no folder", line.rest)));
            }
            context.debugger_mut().sources_mut().add_folder(line.rest);
            Ok(Next::Prompt)
        },
        ..PLAIN
    },
];

fn list(context: &mut Context<'_, '_, '_>, line: &Line<'_>) -> Result<Next, CommandError> {
    let size = context.console.settings.list_size;
    let around = |line: u32| {
        let first = line.saturating_sub(size / 2).max(1);
        first..first.saturating_add(size)
    };
    let shown = context.console.shown.clone();
    let (file, module, lines) = match line.rest {
        "" => match shown {
            Some(Shown {
                file, module, next, ..
            }) => (file, module, next..next.saturating_add(size)),
            None => {
                let (file, module, line) = context.source_position()?;
                (file, module, around(line))
            }
        },
        "-" => {
            let shown = shown.ok_or_else(|| CommandError::new("nothing has been shown yet"))?;
            if shown.first == 1 {
                return Err(CommandError::new("the file begins there"));
            }
            let first = shown.first.saturating_sub(size).max(1);
            (shown.file, shown.module, first..shown.first)
        }
        text => match text.split_once(',') {
            Some((first, last)) => {
                let (file, module, _) = context.source_position()?;
                let number = |text: &str| {
                    let error = || CommandError::new(format!("`{}` is no line", text.trim()));
                    text.trim().parse::<u32>().map_err(|_| error())
                };
                let first = number(first)?.max(1);
                let last = match last.trim() {
                    "" => first.saturating_add(size - 1),
                    last => number(last)?,
                };
                (file, module, first..last.saturating_add(1))
            }
            None => {
                let spot = location::parse(text, &context.whereabouts())?;
                let (file, module, line) = context.source_of(&spot.kind)?;
                (file, module, around(line))
            }
        },
    };
    let current = context.selected_line(&file);
    let text = view::source_lines(context, module, &file, lines.clone(), current)?;
    context.print(&text);
    context.console.shown = Some(Shown {
        file,
        module,
        first: lines.start,
        next: lines.end,
    });
    Ok(Next::Prompt)
}

fn disassemble(context: &mut Context<'_, '_, '_>, line: &Line<'_>) -> Result<Next, CommandError> {
    let (mut source, mut machine) = (false, false);
    for letter in line.format.unwrap_or_default().chars() {
        match letter {
            's' => source = true,
            'm' => machine = true,
            _ => {
                let message = format!("`/{letter}` is no format; there are /s and /m");
                return Err(CommandError::new(message));
            }
        }
    }
    let (module, wasm_pc) = match line.rest {
        "" => {
            let here = context.whereabouts().code;
            here.ok_or_else(|| CommandError::new("say which function"))?
        }
        text => {
            let spot = location::parse(text, &context.whereabouts())?;
            let places = context.debugger().places(&spot.kind)?;
            let first = places
                .first()
                .ok_or_else(|| CommandError::new("there is no such place"))?;
            (first.module, first.wasm_pc)
        }
    };
    let text = match machine {
        true => view::machine_code(context, module, wasm_pc, source)?,
        false => view::disassembly(context, module, wasm_pc, source)?,
    };
    context.print(&text);
    Ok(Next::Prompt)
}
