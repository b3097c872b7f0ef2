//! Where commands come from: the command line, scripts, a terminal, or a pipe.
//!
//! Sources are read one after the other. A script that is begun by a command is read to its end
//! before what comes after the command.

mod complete;
mod terminal;

pub(super) use complete::Vocabulary;

use super::CommandError;
use crate::load::reason;
use std::collections::VecDeque;
use std::io::{self, BufRead};
use std::path::Path;
use terminal::Terminal;

/// Scripts are read within scripts as deep as this.
const DEEPEST: usize = 16;

/// A line of commands, with where it comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Command {
    pub(super) text: String,
    pub(super) origin: Origin,
}

/// Where a line comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Origin {
    /// Somebody has typed it, and reads what comes of it.
    User,
    /// A line of a script, or of standard input.
    Script { name: String, line: u32 },
    /// An option of the command line.
    Option,
}

impl Origin {
    /// For errors: where they are.
    pub(super) fn prefix(&self) -> String {
        match self {
            Origin::User | Origin::Option => String::new(),
            Origin::Script { name, line } => format!("{name}:{line}: "),
        }
    }
}

/// What comes of asking for a line.
pub(super) enum Read {
    Line(Command),
    /// The user does not want to go on with it.
    Interrupted,
    /// There are no more.
    End,
}

/// All sources of commands.
pub(super) struct Input {
    queued: VecDeque<Command>,
    /// Scripts that are being read, the innermost last.
    scripts: Vec<VecDeque<Command>>,
    last: Last,
}

/// What is read when all else has been.
enum Last {
    Terminal(Box<Terminal>),
    /// Standard input, and the number of its line.
    Lines(u32),
    /// Nothing.
    Nothing,
}

impl Input {
    /// Reads from the terminal in the end, or from standard input if that is none; or from neither
    /// in a `batch`.
    pub(super) fn new(batch: bool, vocabulary: Vocabulary) -> Input {
        use std::io::IsTerminal;
        let last = match (batch, io::stdin().is_terminal()) {
            (true, _) => Last::Nothing,
            (false, true) => Last::Terminal(Box::new(Terminal::new(vocabulary))),
            (false, false) => Last::Lines(0),
        };
        Input {
            queued: VecDeque::new(),
            scripts: Vec::new(),
            last,
        }
    }

    /// Whether a person types the commands that come in the end.
    pub(super) fn is_interactive(&self) -> bool {
        matches!(self.last, Last::Terminal(_))
    }

    /// Whether commands come through the standard input.
    pub(super) fn takes_standard_input(&self) -> bool {
        matches!(self.last, Last::Lines(_))
    }

    /// Adds a command to those that come before all that is typed.
    pub(super) fn queue(&mut self, text: &str) {
        self.queued.push_back(Command {
            text: text.to_owned(),
            origin: Origin::Option,
        });
    }

    /// Has the commands of a file be read next.
    pub(super) fn begin_script(&mut self, path: &Path) -> Result<(), CommandError> {
        if self.scripts.len() >= DEEPEST {
            return Err(CommandError::new("scripts begin each other without end"));
        }
        let text = std::fs::read_to_string(path);
        let text = text.map_err(|error| {
            CommandError::new(format!(
                "cannot read {}: {}",
                path.display(),
                reason(&error)
            ))
        })?;
        let name = path.display().to_string();
        let commands = text.lines().zip(1..).map(|(text, line)| Command {
            text: text.to_owned(),
            origin: Origin::Script {
                name: name.clone(),
                line,
            },
        });
        self.scripts.push(commands.collect());
        Ok(())
    }

    /// Has commands be read next.
    pub(super) fn begin_commands(&mut self, texts: &[String]) {
        let commands = texts.iter().map(|text| Command {
            text: text.clone(),
            origin: Origin::Option,
        });
        self.scripts.push(commands.collect());
    }

    /// Gives up what is left of scripts and of queued commands, since one of them has failed.
    pub(super) fn give_up_scripts(&mut self) {
        self.scripts.clear();
        self.queued.clear();
    }

    /// The next line.
    pub(super) fn read(&mut self, prompt: &str) -> io::Result<Read> {
        while let Some(script) = self.scripts.last_mut() {
            match script.pop_front() {
                Some(command) => return Ok(Read::Line(command)),
                None => self.scripts.pop(),
            };
        }
        if let Some(command) = self.queued.pop_front() {
            return Ok(Read::Line(command));
        }
        match &mut self.last {
            Last::Terminal(terminal) => terminal.read(prompt),
            Last::Lines(line) => {
                let mut text = String::new();
                if io::stdin().lock().read_line(&mut text)? == 0 {
                    return Ok(Read::End);
                }
                *line += 1;
                Ok(Read::Line(Command {
                    text: text.trim_end_matches(['\n', '\r']).to_owned(),
                    origin: Origin::Script {
                        name: "standard input".to_owned(),
                        line: *line,
                    },
                }))
            }
            Last::Nothing => Ok(Read::End),
        }
    }

    /// The lines up to one that says `end`, for a command that takes such.
    pub(super) fn read_block(&mut self) -> Result<Vec<String>, CommandError> {
        let mut block = Vec::new();
        loop {
            let read = self.read(">").map_err(CommandError::new)?;
            let Read::Line(command) = read else {
                return Err(CommandError::new("there is no `end` behind the commands"));
            };
            match command.text.trim() {
                "end" => return Ok(block),
                "" => {}
                text => block.push(text.to_owned()),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn next(input: &mut Input) -> Option<(String, String)> {
        match input.read("").unwrap() {
            Read::Line(command) => Some((command.text, command.origin.prefix())),
            _ => None,
        }
    }

    #[test]
    fn scripts_are_read_to_their_end_before_what_comes_after_them() {
        let folder = tempfile::tempdir().unwrap();
        let script = folder.path().join("script");
        std::fs::write(&script, "one\ntwo\n").unwrap();
        let mut input = Input::new(true, Vocabulary::default());
        input.queue("first");
        input.queue("last");
        assert_eq!(next(&mut input).unwrap().0, "first");
        input.begin_script(&script).unwrap();
        let (text, place) = next(&mut input).unwrap();
        assert_eq!(text, "one");
        assert_eq!(place, format!("{}:1: ", script.display()));
        input.begin_commands(&["within".to_owned()]);
        let rest: Vec<_> = std::iter::from_fn(|| next(&mut input)).collect();
        let rest: Vec<_> = rest.iter().map(|(text, _)| &text[..]).collect();
        assert_eq!(rest, ["within", "two", "last"]);
    }

    #[test]
    fn blocks_end_with_end_and_scripts_that_begin_themselves_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let script = folder.path().join("script");
        std::fs::write(&script, "  silent\n\nprint x\nend\nafter\nno end").unwrap();
        let mut input = Input::new(true, Vocabulary::default());
        input.begin_script(&script).unwrap();
        assert_eq!(input.read_block().unwrap(), ["silent", "print x"]);
        assert_eq!(next(&mut input).unwrap().0, "after");
        assert!(input.read_block().is_err());
        let begun = (0..DEEPEST).try_for_each(|_| input.begin_script(&script));
        assert!(begun.is_ok());
        assert!(input.begin_script(&script).is_err());
        assert!(input.begin_script(&folder.path().join("none")).is_err());
    }
}
