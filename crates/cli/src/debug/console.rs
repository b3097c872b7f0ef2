//! Reads commands and does them, with a program or without.

use super::context::{Context, Guest};
use super::highlight::Highlighter;
use super::input::{Command, Input, Origin, Read, Vocabulary};
use super::line::Line;
use super::running::Running;
use super::{CommandError, Next, commands, print, stops};
use crate::cli::Debug;
use crate::failure::Failure;
use crate::load;
use crate::program::{Program, Surroundings};
use crate::text::ERROR;
use anyhow::anyhow;
use std::cell::RefCell;
use std::collections::HashSet;
use std::io::{self, IsTerminal};
use std::path::{Path, PathBuf};
use trapline::{DebugSession, FrameId};
use trapline_coredump::CoreDump;
use trapline_debugger::{BreakpointId, Debuggee, Debugger, ModuleId, Postmortem, Resume};
use trapline_symbols::ValueHistory;

/// How things are shown.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Settings {
    pub(crate) list_size: u32,
    /// Lines of source at each stop.
    pub(crate) window: u32,
    /// Whether types of libraries are shown as they are built.
    pub(crate) raw: bool,
    /// Whether expressions may call functions.
    pub(crate) calls: bool,
}

/// Source lines that were shown.
#[derive(Clone, Debug)]
pub(crate) struct Shown {
    pub(crate) file: String,
    pub(crate) module: Option<ModuleId>,
    pub(crate) first: u32,
    pub(crate) next: u32,
}

/// An expression that is shown at each stop.
#[derive(Clone, Debug)]
pub(crate) struct Display {
    pub(crate) number: u32,
    pub(crate) format: Option<String>,
    pub(crate) expression: String,
}

impl Display {
    pub(crate) fn text(&self) -> String {
        match &self.format {
            Some(format) => format!("/{format} {}", self.expression),
            None => self.expression.clone(),
        }
    }
}

/// What is there whether a program runs or not.
pub(crate) struct Console {
    pub(super) program: Program,
    pub(super) input: Input,
    pub(super) vocabulary: Vocabulary,
    pub(super) highlighter: Highlighter,
    /// The source files of which it was told that they are newer than the module.
    pub(super) told_newer: RefCell<HashSet<PathBuf>>,
    pub(super) settings: Settings,
    pub(super) history: ValueHistory,
    pub(super) displays: Vec<Display>,
    pub(super) last_display: u32,
    pub(super) last_breakpoint: Option<BreakpointId>,
    /// The frame that is selected.
    pub(super) level: usize,
    /// The breakpoints that the program has stopped at.
    pub(super) stopped_at: Vec<BreakpointId>,
    /// The frame that was told of last: its function's name is not told again at each step.
    pub(super) told_frame: Option<(FrameId, String)>,
    /// What the last stop looked like.
    pub(super) last_stop: String,
    /// Why it was one, in words for a core dump.
    pub(super) last_reason: String,
    /// How often the last step is to be made again.
    pub(super) more_steps: u64,
    pub(super) shown: Option<Shown>,
    /// The last memory that was looked at.
    pub(super) examined: commands::Examined,
    /// What an empty line does again.
    pub(super) repeated: Option<String>,
    pub(super) running: Running,
    pub(super) is_batch: bool,
    /// Whether a command of a script has failed.
    pub(super) has_failed: bool,
    /// What the program has ended with last.
    pub(super) program_code: Option<u8>,
}

/// Why a program is not debugged any more.
enum Ended {
    Over,
    Restart { at_first_instruction: bool },
    Quit(u8),
}

impl Console {
    pub(super) fn new(command: &Debug, program: Program) -> anyhow::Result<Console> {
        let vocabulary = Vocabulary::default();
        let mut input = Input::new(command.batch, vocabulary.clone());
        for script in &command.scripts {
            if !script.is_file() {
                return Err(anyhow!("there is no script {}", script.display()));
            }
            input.queue(&format!("source {}", script.display()));
        }
        for text in &command.commands {
            input.queue(text);
        }
        let coloured = anstream::AutoStream::choice(&io::stdout()) != anstream::ColorChoice::Never;
        Ok(Console {
            program,
            input,
            vocabulary,
            highlighter: Highlighter::new(coloured && io::stdout().is_terminal()),
            told_newer: RefCell::default(),
            settings: Settings {
                list_size: 10,
                window: 5,
                raw: false,
                calls: false,
            },
            history: ValueHistory::new(),
            displays: Vec::new(),
            last_display: 0,
            last_breakpoint: None,
            level: 0,
            stopped_at: Vec::new(),
            told_frame: None,
            last_stop: String::new(),
            last_reason: String::new(),
            more_steps: 0,
            shown: None,
            examined: commands::Examined::default(),
            repeated: None,
            running: Running::default(),
            is_batch: command.batch,
            has_failed: false,
            program_code: command.return_child_result.then_some(0),
        })
    }

    /// Looks at a core dump. Returns the exit code.
    pub(super) fn look_at(&mut self, file: &Path, debugger: &mut Debugger) -> Result<u8, Failure> {
        let label = file.display();
        let bytes = std::fs::read(file);
        let bytes =
            bytes.map_err(|error| anyhow!("cannot read {label}: {}", load::reason(&error)))?;
        let dump = CoreDump::read(bytes.into());
        let dump = dump.map_err(|error| anyhow!("{label} is no core dump: {error}"))?;
        let module = self.program.module.clone();
        let path = self.program.path.clone();
        let postmortem = Postmortem::new(debugger, dump, &module, path.as_deref());
        let mut postmortem =
            postmortem.map_err(|error| anyhow!("{label} is not of this module: {error}"))?;
        self.arrived_dead(&mut postmortem);
        loop {
            match self.prompt(Guest::Dead(&mut postmortem))? {
                Next::Quit(code) => return Ok(self.exit_code(code)),
                Next::Start { .. } => {
                    let error = CommandError::new("this is a core dump; nothing runs in it");
                    self.complain(&Origin::Option, &error);
                    if self.is_batch {
                        return Ok(1);
                    }
                }
                _ => {}
            }
        }
    }

    /// Reads and does commands to the end. Returns the exit code.
    pub(super) fn run(&mut self, debugger: &mut Debugger) -> Result<u8, Failure> {
        let mut next = self.prompt(Guest::Idle(debugger))?;
        loop {
            next = match next {
                Next::Start {
                    at_first_instruction,
                } => match self.debug_program(debugger, at_first_instruction) {
                    Ok(Ended::Restart {
                        at_first_instruction,
                    }) => Next::Start {
                        at_first_instruction,
                    },
                    Ok(Ended::Quit(code)) => Next::Quit(code),
                    Ok(Ended::Over) => self.prompt(Guest::Idle(debugger))?,
                    Err(error) => {
                        self.complain(&Origin::User, &CommandError::new(format!("{error:#}")));
                        self.prompt(Guest::Idle(debugger))?
                    }
                },
                Next::Quit(code) => return Ok(self.exit_code(code)),
                Next::Prompt | Next::Resume(_) | Next::Kill => {
                    self.prompt(Guest::Idle(debugger))?
                }
            };
        }
    }

    /// The exit code, where a command has asked for this one.
    fn exit_code(&self, code: u8) -> u8 {
        match (code, self.program_code) {
            (0, _) if self.has_failed => 1,
            (0, Some(code)) => code,
            _ => code,
        }
    }

    /// Runs the program once.
    fn debug_program(
        &mut self,
        debugger: &mut Debugger,
        at_first_instruction: bool,
    ) -> anyhow::Result<Ended> {
        let mut started = self.program.start(Surroundings {
            shares_input: !self.input.takes_standard_input(),
            ..Surroundings::default()
        })?;
        let session = DebugSession::call(&mut started.store, started.function, &started.arguments)?;
        let handle = session.interrupt_handle()?;
        let mut debuggee = Debuggee::new(debugger, session);
        let mut how = match at_first_instruction {
            true => Resume::StepInstruction,
            false => Resume::Continue,
        };
        loop {
            self.running.set(Some(handle.clone()));
            let stop = pollster::block_on(debuggee.resume(how.clone()));
            self.running.set(None);
            if self.more_steps > 0 && stops::is_step(&stop) {
                self.more_steps -= 1;
                continue;
            }
            self.more_steps = 0;
            self.arrived(&mut debuggee, &stop);
            if debuggee.is_over() {
                return Ok(Ended::Over);
            }
            match self
                .prompt(Guest::Live(&mut debuggee))
                .map_err(|_| anyhow!("cannot read commands"))?
            {
                Next::Resume(next) => how = next,
                Next::Start {
                    at_first_instruction,
                } => {
                    return Ok(Ended::Restart {
                        at_first_instruction,
                    });
                }
                Next::Quit(code) => return Ok(Ended::Quit(code)),
                Next::Kill | Next::Prompt => {
                    print("The program was ended.\n");
                    return Ok(Ended::Over);
                }
            }
        }
    }

    /// Does commands until one of them needs more than a prompt.
    fn prompt(&mut self, guest: Guest<'_, '_, '_>) -> Result<Next, Failure> {
        let mut context = Context {
            console: self,
            guest,
        };
        context.tell_names();
        loop {
            let read = context.console.input.read("(trapline)");
            let read = read.map_err(|error| anyhow!("cannot read commands: {error}"))?;
            let command = match read {
                Read::Line(command) => command,
                Read::Interrupted => continue,
                Read::End => return Ok(Next::Quit(0)),
            };
            match context.run(&command) {
                Ok(Next::Prompt) => {}
                Ok(next) => return Ok(next),
                Err(error) => {
                    let console = &mut *context.console;
                    console.complain(&command.origin, &error);
                    if console.is_batch {
                        return Ok(Next::Quit(1));
                    }
                }
            }
        }
    }

    /// Says why a command was not carried out, and gives up the script that it is in.
    fn complain(&mut self, origin: &Origin, error: &CommandError) {
        let mut lines: Vec<&str> = error.0.lines().collect();
        // Of an expression what is wrong stands behind it, and a mark below the place.
        let what = lines.pop().unwrap_or_default();
        let mut text = format!("{ERROR}error:{ERROR:#} {}{what}\n", origin.prefix());
        for line in lines {
            text += &format!("    {line}\n");
        }
        crate::print_error(&text);
        if *origin != Origin::User {
            self.has_failed = true;
            self.input.give_up_scripts();
        }
    }
}

impl Context<'_, '_, '_> {
    fn run(&mut self, command: &Command) -> Result<Next, CommandError> {
        let mut text = command.text.trim().to_owned();
        if text.starts_with('#') {
            return Ok(Next::Prompt);
        }
        if text.is_empty() {
            match self.console.repeated.clone() {
                Some(repeated) if command.origin == Origin::User => text = repeated,
                _ => return Ok(Next::Prompt),
            }
        }
        if command.origin != Origin::User && !self.console.input.is_interactive() {
            print(&format!("(trapline) {text}\n"));
        }
        let line = Line::new(&text);
        let found = commands::find(line.word);
        self.console.repeated = found.ok().filter(|command| command.repeats).map(|command| {
            // What it was given shall not be done again, but what comes after it.
            match command.name() {
                "list" | "x" => command.name().to_owned(),
                _ => text.clone(),
            }
        });
        commands::run(self, &line)
    }
}
