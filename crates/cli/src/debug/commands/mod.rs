//! The commands of the debugger: a table that help, completion and the console share.
//!
//! They have gdb's names and abbreviations where gdb has such a command. A command can be cut short as
//! long as it is told from the others; some short forms always mean the same one.

mod breakpoints;
mod data;
mod files;
mod help;
mod info;
mod running;
mod settings;
mod stack;

pub(super) use data::{Examined, show_displays};

use super::line::Line;
use super::{CommandError, Context, Next};

/// A command.
pub(super) struct Command {
    /// Its name, and other names.
    pub(super) names: &'static [&'static str],
    pub(super) group: Group,
    /// How it is typed.
    pub(super) usage: &'static str,
    /// What it does, in a line.
    pub(super) summary: &'static str,
    /// What else there is to say.
    pub(super) details: &'static str,
    /// What it is given, for completion.
    pub(super) argument: Argument,
    /// The commands that its first word chooses from.
    pub(super) inner: &'static [Command],
    /// Whether an empty line does it again.
    pub(super) repeats: bool,
    pub(super) run: Run,
}

type Run = fn(&mut Context<'_, '_, '_>, &Line<'_>) -> Result<Next, CommandError>;

/// What commands are about, in the order in which help shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Group {
    Running,
    Breakpoints,
    Stack,
    Data,
    Source,
    Status,
    Debugger,
}

/// What a command is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Argument {
    Nothing,
    Place,
    Expression,
    Command,
}

impl Command {
    /// What all share that do not say otherwise.
    const PLAIN: Command = Command {
        names: &[],
        group: Group::Debugger,
        usage: "",
        summary: "",
        details: "",
        argument: Argument::Nothing,
        inner: &[],
        repeats: false,
        run: |_, _| Ok(Next::Prompt),
    };

    pub(super) fn name(&self) -> &'static str {
        self.names[0]
    }
}

/// All commands, each group in the order in which help shows it.
pub(super) fn all() -> impl Iterator<Item = &'static Command> + Clone {
    let tables = [
        running::COMMANDS,
        breakpoints::COMMANDS,
        stack::COMMANDS,
        data::COMMANDS,
        files::COMMANDS,
        info::COMMANDS,
        settings::COMMANDS,
        help::COMMANDS,
    ];
    tables.into_iter().flatten()
}

/// The command with a name, or with the beginning of one.
pub(super) fn find(word: &str) -> Result<&'static Command, CommandError> {
    choose(all(), word, "command")
}

fn choose(
    commands: impl Iterator<Item = &'static Command> + Clone,
    word: &str,
    what: &str,
) -> Result<&'static Command, CommandError> {
    if let Some(exact) = commands
        .clone()
        .find(|command| command.names.contains(&word))
    {
        return Ok(exact);
    }
    let begins = |name: &&str| !word.is_empty() && name.starts_with(word);
    let found: Vec<_> = commands
        .filter(|command| command.names.iter().any(&begins))
        .collect();
    match found[..] {
        [command] => Ok(command),
        [] => Err(CommandError::new(format!(
            "there is no {what} `{word}`; `help` lists what there is"
        ))),
        _ => {
            let names: Vec<_> = found.iter().map(|command| command.name()).collect();
            Err(CommandError::new(format!(
                "`{word}` can be {}",
                names.join(", ")
            )))
        }
    }
}

/// Does what a line says.
pub(super) fn run(
    context: &mut Context<'_, '_, '_>,
    line: &Line<'_>,
) -> Result<Next, CommandError> {
    if line.word.is_empty() {
        return Err(CommandError::new(format!("`{}` is no command", line.rest)));
    }
    (find(line.word)?.run)(context, line)
}

/// Does what the words behind a command say, which chooses from commands of its own.
fn run_inner(
    context: &mut Context<'_, '_, '_>,
    outer: &'static Command,
    line: &Line<'_>,
) -> Result<Next, CommandError> {
    let inner = line.inner();
    if inner.word.is_empty() {
        let names: Vec<_> = outer.inner.iter().map(Command::name).collect();
        return Err(CommandError::new(format!(
            "`{}` wants to know what: {}",
            outer.name(),
            names.join(", ")
        )));
    }
    let what = format!("`{}`", outer.name());
    let command = choose(outer.inner.iter(), inner.word, &what)?;
    (command.run)(context, &inner)
}

/// The names of commands that begin so.
pub(super) fn names(begun: &str) -> Vec<String> {
    matching(all(), begun)
}

/// The names that a command chooses from, if it does.
pub(super) fn inner_names(command: &Command, begun: &str) -> Option<Vec<String>> {
    (!command.inner.is_empty()).then(|| matching(command.inner.iter(), begun))
}

fn matching(commands: impl Iterator<Item = &'static Command>, begun: &str) -> Vec<String> {
    let mut names: Vec<_> = commands
        .map(Command::name)
        .filter(|name| name.starts_with(begun))
        .map(str::to_owned)
        .collect();
    names.sort_unstable();
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_have_the_abbreviations_that_people_are_used_to() {
        let expected = [
            ("b", "break"),
            ("br", "break"),
            ("tb", "tbreak"),
            ("r", "run"),
            ("c", "continue"),
            ("s", "step"),
            ("n", "next"),
            ("si", "stepi"),
            ("ni", "nexti"),
            ("fin", "finish"),
            ("u", "until"),
            ("bt", "backtrace"),
            ("where", "backtrace"),
            ("f", "frame"),
            ("up", "up"),
            ("dow", "down"),
            ("p", "print"),
            ("call", "call"),
            ("ptype", "ptype"),
            ("disp", "display"),
            ("i", "info"),
            ("inf", "info"),
            ("x", "x"),
            ("disas", "disassemble"),
            ("l", "list"),
            ("d", "delete"),
            ("k", "kill"),
            ("q", "quit"),
            ("h", "help"),
            ("dis", "disable"),
            ("en", "enable"),
            ("cond", "condition"),
            ("comm", "commands"),
            ("adv", "advance"),
            ("und", "undisplay"),
            ("wha", "whatis"),
            ("set", "set"),
        ];
        for (short, name) in expected {
            assert_eq!(find(short).map(Command::name).ok(), Some(name), "{short}");
        }
    }

    #[test]
    fn what_is_not_told_from_others_names_them() {
        let error = find("st").err().unwrap().to_string();
        assert!(error.contains("start") && error.contains("step"), "{error}");
        let error = find("nonsense").err().unwrap().to_string();
        assert!(error.contains("no command `nonsense`"), "{error}");
    }

    #[test]
    fn names_are_there_once_and_all_commands_say_what_they_do() {
        fn check(commands: &mut dyn Iterator<Item = &'static Command>) {
            let mut seen = std::collections::HashSet::new();
            for command in commands {
                for name in command.names {
                    assert!(seen.insert(*name), "{name}");
                }
                assert!(!command.summary.is_empty(), "{}", command.name());
                assert!(
                    command.usage.starts_with(command.name())
                        || !command.inner.is_empty()
                        || command.usage.contains(command.name()),
                    "{}",
                    command.name()
                );
                check(&mut command.inner.iter());
            }
        }
        check(&mut all());
    }
}
