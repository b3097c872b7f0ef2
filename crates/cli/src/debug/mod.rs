//! `trapline debug`: a debugger in the terminal.
//!
//! ```text
//!   debug        makes program and debugger, and reads commands until the end
//!     idle       no program runs: breakpoints, source, settings
//!     live       a program stands still: it goes on, is looked at, ends, or is started again
//! ```
//!
//! Commands (`commands`) are functions of a [`Context`]: the console, and the debugger with or without a
//! program. They print, and say what comes next ([`Next`]).

mod commands;
mod evaluation;
mod format;
mod highlight;
mod input;
mod line;
mod location;
mod memory;
mod program;
mod stops;
mod values;
mod view;

use crate::cli::Debug;
use crate::failure::Failure;
use crate::text::ERROR;
use crate::wait::wait_for;
use crate::{cache, guest, load};
use anyhow::anyhow;
use highlight::Highlighter;
use input::{Command, Input, Origin, Read, Vocabulary};
use line::Line;
use location::Whereabouts;
use program::{Names, Program};
use std::cell::RefCell;
use std::collections::HashSet;
use std::fmt;
use std::io::{self, IsTerminal, Write};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use trapline::{Config, DebugSession, Engine, FrameId, InterruptHandle, Observe};
use trapline_coredump::CoreDump;
use trapline_debugger::{
    BreakpointId, BreakpointKind, Debuggee, Debugger, DebuggerError, FrameView, ModuleId,
    Postmortem, Resume, SourceError, StackFrame,
};
use trapline_symbols::{SourceLocation, ValueHistory};
use trapline_wasi::{ExitCode, WasiCtx};

/// What a program that trapped has for an exit code, as after `trapline run`.
const TRAPPED: u8 = 134;

/// Why a command was not carried out: a sentence without its full stop, or several lines.
#[derive(Clone, Debug)]
pub(crate) struct CommandError(String);

impl CommandError {
    pub(crate) fn new(message: impl ToString) -> CommandError {
        CommandError(message.to_string())
    }
}

impl fmt::Display for CommandError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<DebuggerError> for CommandError {
    fn from(error: DebuggerError) -> CommandError {
        CommandError::new(error)
    }
}

impl From<SourceError> for CommandError {
    fn from(error: SourceError) -> CommandError {
        CommandError::new(error)
    }
}

/// What comes after a command.
#[derive(Debug)]
pub(crate) enum Next {
    /// The next command.
    Prompt,
    /// The program goes on.
    Resume(Resume),
    /// The program starts, anew if there is one already.
    Start { at_first_instruction: bool },
    /// The program ends.
    Kill,
    /// The debugger ends.
    Quit(u8),
}

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
    program: Program,
    input: Input,
    vocabulary: Vocabulary,
    highlighter: Highlighter,
    /// The source files of which it was told that they are newer than the module.
    told_newer: RefCell<HashSet<PathBuf>>,
    settings: Settings,
    history: ValueHistory,
    displays: Vec<Display>,
    last_display: u32,
    last_breakpoint: Option<BreakpointId>,
    /// The frame that is selected.
    level: usize,
    /// The breakpoints that the program has stopped at.
    stopped_at: Vec<BreakpointId>,
    /// The frame that was told of last: its function's name is not told again at each step.
    told_frame: Option<(FrameId, String)>,
    /// What the last stop looked like.
    last_stop: String,
    /// Why it was one, in words for a core dump.
    last_reason: String,
    /// How often the last step is to be made again.
    more_steps: u64,
    shown: Option<Shown>,
    /// The last memory that was looked at.
    examined: commands::Examined,
    /// What an empty line does again.
    repeated: Option<String>,
    running: Running,
    is_batch: bool,
    /// Whether a command of a script has failed.
    has_failed: bool,
    /// What the program has ended with last.
    program_code: Option<u8>,
}

/// The program that runs at the moment, to be interrupted.
#[derive(Clone, Default)]
struct Running(Arc<Mutex<Option<InterruptHandle>>>);

impl Running {
    fn set(&self, handle: Option<InterruptHandle>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = handle;
    }

    /// Interrupts the program, if one runs.
    fn interrupt(&self) {
        if let Some(handle) = &*self.0.lock().unwrap_or_else(PoisonError::into_inner) {
            handle.interrupt();
        }
    }
}

/// The debugger, with a program or without.
pub(crate) enum Guest<'c, 'd, 's> {
    /// Without.
    Idle(&'c mut Debugger),
    /// With one that stands still.
    Live(&'c mut Debuggee<'d, 's, WasiCtx>),
    /// With what a core dump has kept of one.
    Dead(&'c mut Postmortem<'d>),
}

/// What a command works with.
pub(crate) struct Context<'c, 'd, 's> {
    pub(crate) console: &'c mut Console,
    guest: Guest<'c, 'd, 's>,
}

/// Why a program is not debugged any more.
enum Ended {
    Over,
    Restart { at_first_instruction: bool },
    Quit(u8),
}

/// Debugs a program.
pub(crate) fn debug(command: &Debug) -> Result<(), Failure> {
    let Some((file, words)) = command.guest.file_and_args.split_first() else {
        return Err(anyhow!("no file is given").into());
    };
    let words = words
        .iter()
        .map(guest::utf8)
        .collect::<anyhow::Result<Vec<_>>>()?;
    let mut config = Config::new();
    config.observe(Observe::State);
    config.cache(cache::directory(&command.guest.cache)?);
    let engine = Engine::new(&config)?;
    let input = load::read(Path::new(file))?;
    let module = input.load(&engine, command.guest.allow_precompiled, true)?;
    let names = Names {
        label: input.label.clone(),
        name: input.short_name().unwrap_or("-".to_owned()),
        path: input.absolute_path().map(Into::into),
        words,
    };
    let mut debugger = Debugger::new();
    debugger.set_exit_check(|error| error.downcast_ref::<ExitCode>().is_some());
    debugger.set_log(|entry| print(&format!("{}\n", crate::text::harmless(&entry.text))));
    debugger.add_module(&module, names.path.as_deref());
    for (from, to) in substitutions(&command.substitute_path)? {
        debugger.sources_mut().substitute(from, to);
    }
    let program = Program::new(command, engine, module, names);
    let mut console = Console::new(command, program)?;
    console.catch_interrupts()?;
    let code = match &command.core {
        Some(file) => console.look_at(file, &mut debugger)?,
        None => console.run(&mut debugger)?,
    };
    match code {
        0 => Ok(()),
        code => Err(Failure::Exit(code.into())),
    }
}

fn substitutions(options: &[String]) -> anyhow::Result<Vec<(&str, &str)>> {
    let options = options.iter();
    options
        .map(|option| {
            let missing = || anyhow!("a substitution of paths is FROM=TO, and not {option}");
            option.split_once('=').ok_or_else(missing)
        })
        .collect()
}

/// Prints to standard output. If nobody reads it any more there is no reason to go on.
fn print(text: &str) {
    let mut output = anstream::stdout().lock();
    let written = output
        .write_all(text.as_bytes())
        .and_then(|()| output.flush());
    if written.is_err_and(|error| error.kind() == io::ErrorKind::BrokenPipe) {
        std::process::exit(1);
    }
}

impl Console {
    fn new(command: &Debug, program: Program) -> anyhow::Result<Console> {
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

    /// Has Ctrl-C stop the program. If it does not stop, since it waits for the host, then the next one
    /// ends the debugger.
    fn catch_interrupts(&self) -> anyhow::Result<()> {
        let running = self.running.clone();
        let mut ignored = 0;
        ctrlc::set_handler(move || {
            let is_running = running
                .0
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .is_some();
            ignored = if is_running { ignored + 1 } else { 0 };
            match ignored {
                0 => {}
                1 => running.interrupt(),
                2 => {
                    running.interrupt();
                    crate::print_error(
                        "The program waits for the host, and stops when it comes back; Ctrl-C \
                         again leaves the debugger.\n",
                    );
                }
                _ => std::process::exit(130),
            }
        })
        .map_err(|error| anyhow!("cannot catch Ctrl-C: {error}"))
    }

    /// Looks at a core dump. Returns the exit code.
    fn look_at(&mut self, file: &Path, debugger: &mut Debugger) -> Result<u8, Failure> {
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
    fn run(&mut self, debugger: &mut Debugger) -> Result<u8, Failure> {
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
        let shares_input = !self.input.takes_standard_input();
        let mut started = self.program.start(shares_input)?;
        let session = DebugSession::call(&mut started.store, started.function, &started.arguments)?;
        let handle = session.interrupt_handle()?;
        let mut debuggee = Debuggee::new(debugger, session);
        let mut how = match at_first_instruction {
            true => Resume::StepInstruction,
            false => Resume::Continue,
        };
        loop {
            self.running.set(Some(handle.clone()));
            let stop = wait_for(debuggee.resume(how.clone()));
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

impl<'d, 's> Context<'_, 'd, 's> {
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

    pub(crate) fn print(&self, text: &str) {
        print(text);
    }

    pub(crate) fn debugger(&self) -> &Debugger {
        match &self.guest {
            Guest::Idle(debugger) => debugger,
            Guest::Live(debuggee) => debuggee.debugger(),
            Guest::Dead(postmortem) => postmortem.debugger(),
        }
    }

    pub(crate) fn debugger_mut(&mut self) -> &mut Debugger {
        match &mut self.guest {
            Guest::Idle(debugger) => debugger,
            Guest::Live(debuggee) => debuggee.debugger_mut(),
            Guest::Dead(postmortem) => postmortem.debugger_mut(),
        }
    }

    /// The program that stands still.
    pub(crate) fn live(&mut self) -> Result<&mut Debuggee<'d, 's, WasiCtx>, CommandError> {
        match &mut self.guest {
            Guest::Idle(_) => Err(not_running()),
            Guest::Live(debuggee) => Ok(debuggee),
            Guest::Dead(_) => Err(CommandError::new("this is a core dump; nothing runs in it")),
        }
    }

    /// Some of the frames on the stack, by their levels.
    pub(crate) fn frames(&self, levels: Range<usize>) -> Result<Vec<StackFrame>, CommandError> {
        match &self.guest {
            Guest::Idle(_) => Err(not_running()),
            Guest::Live(debuggee) => Ok(debuggee.frames(levels)),
            Guest::Dead(postmortem) => Ok(postmortem.frames(levels)),
        }
    }

    /// The selected frame.
    pub(crate) fn frame(&self) -> Result<FrameView<'_>, CommandError> {
        self.frame_at(self.console.level)
    }

    pub(crate) fn frame_at(&self, level: usize) -> Result<FrameView<'_>, CommandError> {
        Ok(match &self.guest {
            Guest::Idle(_) => return Err(not_running()),
            Guest::Live(debuggee) => debuggee.frame(level)?,
            Guest::Dead(postmortem) => postmortem.frame(level)?,
        })
    }

    /// Selects a frame.
    pub(crate) fn select(&mut self, level: usize) {
        self.console.level = level;
        self.console.shown = None;
        self.tell_names();
    }

    /// The selected frame as it is shown; `None` if there is none.
    fn selected(&self) -> Option<StackFrame> {
        let level = self.console.level;
        self.frames(level..level + 1).ok()?.into_iter().next()
    }

    /// Where the user is.
    pub(crate) fn whereabouts(&self) -> Whereabouts {
        let frame = self.selected();
        let location = frame.as_ref().and_then(|frame| frame.location.clone());
        let code = frame.and_then(|frame| Some((frame.module?, frame.wasm_pc?)));
        let shown = self.console.shown.as_ref();
        let position = || self.source_position().ok();
        let (file, line) = match (shown, location) {
            (Some(shown), None) => (Some(shown.file.clone()), Some(shown.first)),
            (_, Some(SourceLocation { file, line, .. })) => (Some(file), line),
            (None, None) => match position() {
                Some((file, _, line)) => (Some(file), Some(line)),
                None => (None, None),
            },
        };
        Whereabouts { file, line, code }
    }

    /// The line that is looked at: that of the selected frame, or the beginning of the program.
    pub(crate) fn source_position(&self) -> Result<(String, Option<ModuleId>, u32), CommandError> {
        if let Some(frame) = self.selected()
            && let Some(SourceLocation {
                file,
                line: Some(line),
                ..
            }) = frame.location
        {
            return Ok((file, frame.module, line));
        }
        self.source_of(&BreakpointKind::function("main"))
            .map_err(|_| CommandError::new("there is no source to show; say which: FILE:LINE"))
    }

    /// The line of a place.
    pub(crate) fn source_of(
        &self,
        kind: &BreakpointKind,
    ) -> Result<(String, Option<ModuleId>, u32), CommandError> {
        let places = self.debugger().places(kind)?;
        let found = places.into_iter().find_map(|place| {
            let location = place.location?;
            Some((location.file, Some(place.module), location.line?))
        });
        found.ok_or_else(|| CommandError::new("nothing is known of the source of that place"))
    }

    /// The line that the selected frame is at, if it is in this file.
    pub(crate) fn selected_line(&self, file: &str) -> Option<u32> {
        let location = self.selected()?.location?;
        location.line.filter(|_| location.file == file)
    }

    /// Whether a frame is where a statement of its source begins; its instruction is not worth being
    /// told then.
    pub(crate) fn is_line_begin(&self, frame: &StackFrame) -> bool {
        let found = || {
            let module = self.debugger().module(frame.module?).ok()?;
            let wasm_pc = frame.wasm_pc?;
            let statements = module.symbols()?.statements(wasm_pc).ok()??;
            Some(statements.at(wasm_pc)?.wasm_pc == wasm_pc)
        };
        frame.level == 0 && found().unwrap_or(false)
    }

    /// The instruction that a frame is at, for one without source.
    pub(crate) fn instruction_text(&self, frame: &StackFrame) -> String {
        let at = frame.module.zip(frame.wasm_pc);
        let shown = at.and_then(|(module, pc)| view::instructions(self, module, pc, 1).ok());
        shown.map_or(String::new(), |(text, _)| text)
    }

    /// Tells completion which names there are.
    fn tell_names(&mut self) {
        if !self.console.input.is_interactive() {
            return;
        }
        let modules = self.debugger().modules().iter();
        let symbols = modules.filter(|module| module.is_opened() || module.id().index() == 0);
        let symbols = symbols
            .filter_map(|module| module.symbols().cloned())
            .collect();
        self.console.vocabulary.set_symbols(symbols);
        let names = self.frame().ok().and_then(|frame| {
            let scopes = frame.scopes()?;
            Some(
                scopes
                    .variables()
                    .filter_map(|variable| variable.name.clone())
                    .collect(),
            )
        });
        self.console
            .vocabulary
            .set_variables(names.unwrap_or_default());
    }
}

fn not_running() -> CommandError {
    CommandError::new("the program is not running; `run` starts it")
}
