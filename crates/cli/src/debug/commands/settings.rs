//! Settings, scripts, and words of the debugger itself.

use super::{Argument, Command, find, run_inner};
use crate::debug::line::{Line, number, shell_words};
use crate::debug::{CommandError, Context, Next};
use std::path::Path;

const PLAIN: Command = Command::PLAIN;

pub(super) const COMMANDS: &[Command] = &[
    Command {
        names: &["set"],
        usage: "set var EXPRESSION, set NAME VALUE",
        summary: "change a variable of the program, or a setting",
        inner: SET,
        argument: Argument::Expression,
        run: set,
        ..PLAIN
    },
    Command {
        names: &["show"],
        usage: "show NAME",
        summary: "show a setting",
        inner: SHOW,
        run: |context, line| run_inner(context, find("show")?, line),
        ..PLAIN
    },
    Command {
        names: &["source"],
        usage: "source FILE",
        summary: "read commands from a file",
        run: |context, line| {
            if line.rest.is_empty() {
                return Err(CommandError::new("say which file"));
            }
            context.console.input.begin_script(Path::new(line.rest))?;
            Ok(Next::Prompt)
        },
        ..PLAIN
    },
    Command {
        names: &["echo"],
        usage: "echo TEXT",
        summary: "write a text: `\\n` ends a line",
        run: |context, line| {
            let text = unescape(line.rest);
            context.print(&text);
            Ok(Next::Prompt)
        },
        ..PLAIN
    },
];

const SET: &[Command] = &[
    Command {
        names: &["var", "variable"],
        usage: "set var EXPRESSION",
        summary: "evaluate an expression that changes something, and do not show it",
        argument: Argument::Expression,
        run: |context, line| {
            super::data::assign(context, line.rest)?;
            Ok(Next::Prompt)
        },
        ..PLAIN
    },
    Command {
        names: &["args"],
        usage: "set args ARGUMENTS",
        summary: "what the program is given when it is started the next time",
        run: |context, line| {
            let words = shell_words(line.rest)?;
            context.console.program.set_words(&words)?;
            Ok(Next::Prompt)
        },
        ..PLAIN
    },
    Command {
        names: &["listsize"],
        usage: "set listsize N",
        summary: "how many lines `list` shows",
        run: |context, line| {
            context.console.settings.list_size = count(line)?;
            Ok(Next::Prompt)
        },
        ..PLAIN
    },
    Command {
        names: &["source-window"],
        usage: "set source-window N",
        summary: "how many lines of source are shown where the program stops; 1 for just that one",
        run: |context, line| {
            context.console.settings.window = count(line)?;
            Ok(Next::Prompt)
        },
        ..PLAIN
    },
    Command {
        names: &["raw"],
        usage: "set raw on|off",
        summary: "show the types of libraries as they are built, and not as what they stand for",
        run: |context, line| {
            context.console.settings.raw = switch(line.rest)?;
            Ok(Next::Prompt)
        },
        ..PLAIN
    },
    Command {
        names: &["calls"],
        usage: "set calls on|off",
        summary: "whether expressions may call functions of the program (`call` always may)",
        run: |context, line| {
            context.console.settings.calls = switch(line.rest)?;
            Ok(Next::Prompt)
        },
        ..PLAIN
    },
    Command {
        names: &["substitute-path"],
        usage: "set substitute-path FROM TO",
        summary: "look for source files below TO that were compiled below FROM",
        run: |context, line| {
            let words = shell_words(line.rest)?;
            let [from, to] = &words[..] else {
                return Err(CommandError::new(
                    "say two folders: set substitute-path FROM TO",
                ));
            };
            context.debugger_mut().sources_mut().substitute(from, to);
            Ok(Next::Prompt)
        },
        ..PLAIN
    },
];

const SHOW: &[Command] = &[
    Command {
        names: &["args"],
        usage: "show args",
        summary: "what the program is given when it is started the next time",
        run: |context, _| {
            let text = format!("{}\n", context.console.program.words.join(" "));
            context.print(&text);
            Ok(Next::Prompt)
        },
        ..PLAIN
    },
    Command {
        names: &["version"],
        usage: "show version",
        summary: "which version of trapline this is",
        run: |context, _| {
            context.print(concat!("trapline ", env!("CARGO_PKG_VERSION"), "\n"));
            Ok(Next::Prompt)
        },
        ..PLAIN
    },
    Command {
        names: &["settings"],
        usage: "show settings",
        summary: "all other settings",
        run: |context, _| {
            let on = |switch| if switch { "on" } else { "off" };
            let settings = &context.console.settings;
            let mut text = format!(
                "listsize {}\nsource-window {}\nraw {}\ncalls {}\n",
                settings.list_size,
                settings.window,
                on(settings.raw),
                on(settings.calls)
            );
            for (from, to) in context.debugger().sources().substitutions() {
                text += &format!("substitute-path {from} {to}\n");
            }
            context.print(&text);
            Ok(Next::Prompt)
        },
        ..PLAIN
    },
];

fn set(context: &mut Context<'_, '_, '_>, line: &Line<'_>) -> Result<Next, CommandError> {
    let command = find("set")?;
    let inner = line.inner();
    let is_setting = SET.iter().any(|setting| {
        let mut names = setting.names.iter();
        !inner.word.is_empty() && names.any(|name| name.starts_with(inner.word))
    });
    // As gdb does: what is no setting may be an assignment.
    let is_assignment = !is_setting || inner.rest.starts_with('=');
    if line.rest.contains('=') && is_assignment {
        super::data::assign(context, line.rest)?;
        return Ok(Next::Prompt);
    }
    run_inner(context, command, line)
}

fn count(line: &Line<'_>) -> Result<u32, CommandError> {
    match number(line.rest)? {
        count @ 1..=10_000 => Ok(count as u32),
        _ => Err(CommandError::new("it can be from 1 to 10000")),
    }
}

fn switch(text: &str) -> Result<bool, CommandError> {
    match text {
        "on" | "1" | "yes" | "" => Ok(true),
        "off" | "0" | "no" => Ok(false),
        _ => Err(CommandError::new("it can be `on` or `off`")),
    }
}

/// Text with `\n`, `\t` and `\\` as they are meant.
fn unescape(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(char) = chars.next() {
        match char {
            '\\' => match chars.next() {
                Some('n') => plain.push('\n'),
                Some('t') => plain.push('\t'),
                Some(other) => plain.push(other),
                None => {}
            },
            _ => plain.push(char),
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn switches_and_texts() {
        assert!(switch("on").unwrap() && !switch("off").unwrap());
        assert!(switch("maybe").is_err());
        assert_eq!(unescape(r"a\nb\\c\t"), "a\nb\\c\t");
        assert_eq!(unescape("a\\"), "a");
    }
}
