//! Help.

use super::{Command, Group, all, find};
use crate::debug::line::Line;
use crate::debug::{CommandError, Context, Next};
use crate::text::STRONG;
use std::fmt::Write;

pub(super) const COMMANDS: &[Command] = &[Command {
    names: &["help", "h", "?"],
    usage: "help [COMMAND]",
    summary: "what commands there are, or what one does",
    argument: super::Argument::Command,
    run: help,
    ..Command::PLAIN
}];

const GROUPS: [(Group, &str); 7] = [
    (Group::Running, "Running"),
    (Group::Breakpoints, "Breakpoints"),
    (Group::Stack, "The stack"),
    (Group::Data, "Data"),
    (Group::Source, "Source and code"),
    (Group::Status, "Status"),
    (Group::Debugger, "The debugger"),
];

fn help(context: &mut Context<'_, '_, '_>, line: &Line<'_>) -> Result<Next, CommandError> {
    let text = match line.rest {
        "" => overview(),
        _ => {
            let inner = line.inner();
            let command = find(inner.word)?;
            match inner.rest {
                "" => describe(command),
                word => match command
                    .inner
                    .iter()
                    .find(|inner| inner.name().starts_with(word))
                {
                    Some(inner) => describe(inner),
                    None => describe(command),
                },
            }
        }
    };
    context.print(&text);
    Ok(Next::Prompt)
}

/// All commands, a line each.
fn overview() -> String {
    let mut text = String::new();
    for (group, title) in GROUPS {
        let _ = writeln!(text, "{STRONG}{title}{STRONG:#}");
        for command in all().filter(|command| command.group == group) {
            let short = command.names[1..].iter().find(|name| name.len() <= 3);
            let names = match short {
                Some(short) => format!("{}, {short}", command.name()),
                None => command.name().to_owned(),
            };
            let _ = writeln!(text, "  {names:<18} {}", command.summary);
        }
    }
    text + "\n`help COMMAND` says more. Commands can be cut short as long as they are told from others.\n\
            An empty line repeats the last step, list or memory command.\n"
}

fn describe(command: &Command) -> String {
    let mut text = format!("{STRONG}{}{STRONG:#}\n", command.usage);
    let mut chars = command.summary.chars();
    let first: String = chars
        .next()
        .into_iter()
        .flat_map(char::to_uppercase)
        .collect();
    let _ = writeln!(text, "{first}{}.", chars.as_str());
    if !command.details.is_empty() {
        let _ = writeln!(text, "\n{}", command.details);
    }
    for inner in command.inner {
        let _ = writeln!(text, "  {:<18} {}", inner.name(), inner.summary);
    }
    if command.names.len() > 1 {
        let _ = writeln!(text, "\nOther names: {}", command.names[1..].join(", "));
    }
    text
}
