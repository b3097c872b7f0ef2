//! What the debugger says where the program stops.

use super::context::{Context, Guest};
use super::{Console, commands, print, view};
use crate::failure::TRAPPED;
use crate::invoke;
use crate::report::{describe_exception, describe_trap};
use crate::text::{ERROR, NOTE, STRONG, harmless};
use std::fmt::Write;
use trapline::{Error, Val};
use trapline_debugger::{BreakpointId, Debuggee, PanicKind, Postmortem, Stop, StopReason};
use trapline_wasi::{ExitCode, WasiCtx};

/// Whether the program has only come as far as it was asked to.
pub(super) fn is_step(stop: &Stop) -> bool {
    matches!(stop.reason, StopReason::Step)
}

/// The word in front of a stop that the program did not ask for.
fn headline(word: &str, text: &str) -> String {
    format!("{ERROR}{word}:{ERROR:#} {STRONG}{text}{STRONG:#}\n")
}

impl Console {
    /// Shows a stop, and does what is to be done there.
    pub(super) fn arrived(&mut self, debuggee: &mut Debuggee<'_, '_, WasiCtx>, stop: &Stop) {
        self.level = stop.level;
        self.shown = None;
        self.last_reason = reason(&stop.reason);
        self.stopped_at = match &stop.reason {
            StopReason::Breakpoint { ids, .. } => ids.clone(),
            _ => Vec::new(),
        };
        let mut context = Context {
            console: self,
            guest: Guest::Live(debuggee),
        };
        let what = context.describe(stop);
        context.console.last_stop = match what.is_empty() {
            true => "The program has made a step.\n".to_owned(),
            false => what.clone(),
        };
        let commands = context.commands_at(stop);
        let is_silent = commands.first().is_some_and(|command| command == "silent");
        if !is_silent {
            let mut text = what;
            if !context.is_over() {
                text += &context.place(stop);
            }
            print(&text);
            commands::show_displays(&mut context);
        }
        let commands = &commands[usize::from(is_silent)..];
        if !commands.is_empty() {
            context.console.input.begin_commands(commands);
        }
    }

    /// Shows what a core dump is of, and where the program has ended.
    pub(super) fn arrived_dead(&mut self, postmortem: &mut Postmortem<'_>) {
        let mut text = format!("Core dump of {}", harmless(postmortem.executable()));
        text += &match postmortem.reason() {
            Some(reason) => format!(": {STRONG}{}{STRONG:#}\n", harmless(reason)),
            None => "\n".to_owned(),
        };
        for note in postmortem.notes() {
            let _ = writeln!(text, "{NOTE}note:{NOTE:#} {}", harmless(note));
        }
        self.last_stop = text.clone();
        let context = Context {
            console: self,
            guest: Guest::Dead(postmortem),
        };
        if let Ok(frame) = view::frame_with_source(&context, 0) {
            text += &frame;
        }
        print(&text);
    }
}

impl Context<'_, '_, '_> {
    fn is_over(&self) -> bool {
        matches!(&self.guest, Guest::Live(debuggee) if debuggee.is_over())
    }

    /// The commands of the breakpoints that the program has stopped at.
    fn commands_at(&self, stop: &Stop) -> Vec<String> {
        let StopReason::Breakpoint { ids, .. } = &stop.reason else {
            return Vec::new();
        };
        let breakpoints = self.debugger().breakpoints();
        let found = ids.iter().filter_map(|id| breakpoints.get(*id));
        found
            .flat_map(|breakpoint| breakpoint.settings().commands.clone())
            .collect()
    }

    /// Why the program has stopped; nothing if it just came where it was to come.
    fn describe(&mut self, stop: &Stop) -> String {
        match &stop.reason {
            StopReason::Breakpoint { ids, problems } => {
                let mut text = String::new();
                for problem in problems {
                    let _ = writeln!(
                        text,
                        "{ERROR}error:{ERROR:#} in the condition of breakpoint {}:\n{}",
                        problem.id,
                        harmless_lines(&problem.message)
                    );
                }
                if !ids.is_empty() {
                    let ids: Vec<_> = ids.iter().map(BreakpointId::to_string).collect();
                    let _ = write!(text, "{STRONG}Breakpoint {}{STRONG:#}, ", ids.join(", "));
                }
                text
            }
            StopReason::Step | StopReason::Reached => String::new(),
            StopReason::Interrupted => format!("{STRONG}Interrupted{STRONG:#}, "),
            StopReason::Trap { info, hint } => {
                self.set_code(TRAPPED);
                headline("trap", &harmless(&describe_trap(info))) + &hint_text(hint.as_deref())
            }
            StopReason::Exception {
                exception,
                tag,
                catcher,
            } => {
                let session = match &self.guest {
                    Guest::Live(debuggee) => Some(debuggee.session()),
                    Guest::Idle(_) | Guest::Dead(_) => None,
                };
                let store = session.as_ref().and_then(|session| session.store().ok());
                let text = match store {
                    Some(store) => describe_exception(exception, store),
                    None => tag.clone().unwrap_or_default(),
                };
                drop(session);
                let catcher = match catcher {
                    Some(catcher) => format!("It will be caught in {}.\n", harmless(catcher)),
                    None => {
                        self.set_code(TRAPPED);
                        "Nothing in the program catches it.\n".to_owned()
                    }
                };
                headline("exception", &text) + &catcher
            }
            StopReason::HostError(message) => {
                self.set_code(1);
                headline("error of the host", &harmless(message))
            }
            StopReason::Panic { kind, message } => {
                let word = match kind {
                    PanicKind::Rust | PanicKind::Zig => "panic",
                    PanicKind::Terminate => "std::terminate",
                    PanicKind::Assertion => "failed assertion",
                    PanicKind::Abort => "abort",
                    _ => "error",
                };
                match message {
                    Some(message) => headline(word, &harmless(message)),
                    None => format!("{ERROR}{word}{ERROR:#}\n"),
                }
            }
            StopReason::Finished(Ok(values)) => {
                self.set_code(0);
                finished(values)
            }
            StopReason::Finished(Err(error)) => self.ended(error),
            StopReason::Over => "The program is over.\n".to_owned(),
            StopReason::Refused(error) => {
                format!(
                    "{ERROR}error:{ERROR:#} the program cannot go on: {}\n",
                    harmless(&error.to_string())
                )
            }
            _ => String::new(),
        }
    }

    fn ended(&mut self, error: &Error) -> String {
        if let Some(ExitCode(code)) = error.downcast_ref() {
            self.set_code(*code as u8);
            return format!("The program has exited with {code}.\n");
        }
        let why = if error.trap().is_some() {
            "trapped"
        } else if error.exception().is_some() {
            "ended with an exception"
        } else {
            "failed"
        };
        format!("The program has {why}: {}\n", harmless(&error.to_string()))
    }

    fn set_code(&mut self, code: u8) {
        if let Some(known) = &mut self.console.program_code {
            *known = code;
        }
    }

    /// Where the program has stopped: the frame, unless a step has not left it, and the source around.
    fn place(&mut self, stop: &Stop) -> String {
        let frames = self.frames(stop.level..stop.level + 1);
        let frames = frames.unwrap_or_default();
        let Some(frame) = frames.first() else {
            return "There is no frame yet.\n".to_owned();
        };
        let id = self.frame_at(stop.level).ok();
        let id = id.and_then(|frame| frame.target().frame_id());
        let known = id.map(|id| (id, frame.function.clone()));
        let is_told = is_step(stop) && frame.location.is_some() && known == self.console.told_frame;
        let frame_text = match is_told {
            true => String::new(),
            false => view::frame_line(self, frame, stop.level > 0),
        };
        let text = frame_text + &view::source_around(self, frame);
        self.console.told_frame = known;
        text
    }
}

/// Why the program has stopped, for a core dump.
fn reason(reason: &StopReason) -> String {
    match reason {
        StopReason::Trap { info, .. } => format!("trap: {}", describe_trap(info)),
        StopReason::Exception { tag, .. } => {
            format!(
                "exception: {}",
                tag.as_deref().unwrap_or("a tag without a name")
            )
        }
        StopReason::HostError(message) => format!("error: {message}"),
        StopReason::Panic { kind, message } => match message {
            Some(message) => format!("{kind}: {message}"),
            None => kind.to_string(),
        },
        StopReason::Breakpoint { .. } => "stopped at a breakpoint".to_owned(),
        _ => "stopped in the debugger".to_owned(),
    }
}

fn hint_text(hint: Option<&str>) -> String {
    hint.map_or(String::new(), |hint| {
        format!("{NOTE}hint:{NOTE:#} {}\n", harmless(hint))
    })
}

fn finished(values: &[Val]) -> String {
    match values {
        [] => "The program has ended.\n".to_owned(),
        values => format!("The function has returned {}", invoke::show(values)),
    }
}

/// Several lines, each harmless.
fn harmless_lines(text: &str) -> String {
    let lines: Vec<_> = text.lines().map(harmless).collect();
    lines.join("\n")
}
