//! Telling a client that the guest has stopped, and hearing what it wants then.

use crate::connection::{Client, Heard};
use crate::context::{Context, THREAD, Then, answer};
use crate::guest::Guest;
use crate::protocol::{
    ExitedEvent, OutputCategory, OutputEvent, StoppedEvent, StoppedReason, TerminatedEvent,
};
use crate::requests;
use crate::session::{Exception, Phase, Session, Stopped};
use trapline::{Error, Val};
use trapline_debugger::{BreakpointId, PanicKind, Stop, StopReason};

/// What comes after a stop.
pub(crate) enum Report {
    /// The client has been told, and says how to go on.
    Stopped,
    /// It does not want to hear of it: the guest goes on as it was told to.
    Passed,
    /// The same, but what it was told is over.
    Continue,
    /// The call is over.
    Over(Result<Vec<Val>, Error>),
}

impl Client {
    /// Writes a line to the client's console.
    pub(crate) fn print(&self, category: OutputCategory, text: &str) {
        self.tell(&OutputEvent {
            category: Some(category),
            output: format!("{text}\n"),
            ..OutputEvent::default()
        });
    }
}

impl Session {
    /// Writes a line that tells of something gone wrong, to the console only: editors show what is
    /// `important` above everything else, without its styling.
    pub(crate) fn complain(&self, text: &str) {
        let text = match self.traits.supports_ansi_styling {
            Some(true) => format!("\u{1b}[1;31m{text}\u{1b}[0m"),
            _ => text.to_owned(),
        };
        self.client.print(OutputCategory::Console, &text);
    }

    /// Tells the client of a stop, if it wants to hear of it.
    pub(crate) fn report(&mut self, guest: &dyn Guest, stop: Stop) -> Report {
        self.tell_breakpoints(guest.debugger());
        let is_silent = self
            .options
            .as_ref()
            .is_some_and(|options| options.no_debug);
        let level = stop.level;
        let told = match stop.reason {
            StopReason::Finished(outcome) => return Report::Over(outcome),
            StopReason::Over => return Report::Over(Ok(Vec::new())),
            StopReason::Interrupted if !self.is_pausing => return Report::Passed,
            StopReason::Trap { .. } if !self.filters.traps => return Report::Continue,
            StopReason::HostError(_) if !self.filters.host_errors => return Report::Continue,
            StopReason::Refused(error) => {
                self.complain(&format!("the program cannot go on so: {error}"));
                event(StoppedReason::Pause, Some(error.to_string()))
            }
            // What has failed is told when the call is over.
            _ if is_silent => return Report::Continue,
            StopReason::Interrupted => event(StoppedReason::Pause, None),
            StopReason::Breakpoint { ids, problems } => {
                for problem in problems {
                    let id = problem.id;
                    self.complain(&format!(
                        "the condition of breakpoint {id}:\n{}",
                        problem.message
                    ));
                }
                self.at_breakpoints(&ids)
            }
            StopReason::Step if self.is_entering => event(StoppedReason::Entry, None),
            StopReason::Reached => event(StoppedReason::Goto, None),
            StopReason::Trap { info, hint } => {
                return self.at_exception(
                    level,
                    Exception {
                        id: "trap".to_owned(),
                        description: info.to_string(),
                        hint,
                        is_fatal: true,
                    },
                );
            }
            StopReason::Exception { tag, catcher, .. } => {
                let (name, description) = match tag {
                    Some(tag) => (tag.clone(), format!("an exception was thrown, {tag}")),
                    None => {
                        let description = "an exception was thrown whose tag has no name";
                        ("exception".to_owned(), description.to_owned())
                    }
                };
                let caught = match &catcher {
                    Some(catcher) => format!("it will be caught in {catcher}"),
                    None => "nothing in the program catches it".to_owned(),
                };
                return self.at_exception(
                    level,
                    Exception {
                        description,
                        id: name,
                        hint: Some(caught),
                        is_fatal: catcher.is_none(),
                    },
                );
            }
            StopReason::HostError(message) => {
                return self.at_exception(
                    level,
                    Exception {
                        id: "error of the host".to_owned(),
                        description: message,
                        hint: None,
                        is_fatal: true,
                    },
                );
            }
            StopReason::Panic { kind, message } => {
                return self.at_exception(level, panic(kind, message));
            }
            _ => event(StoppedReason::Step, None),
        };
        self.stop(
            Stopped {
                exception: None,
                level,
            },
            &told,
        );
        Report::Stopped
    }

    /// The guest was held up, and is to stay so.
    pub(crate) fn report_pause(&mut self) {
        self.stop(Stopped::default(), &event(StoppedReason::Pause, None));
    }

    fn at_exception(&mut self, level: usize, exception: Exception) -> Report {
        let told = StoppedEvent {
            description: Some(match exception.id.as_str() {
                "trap" => "Paused on trap".to_owned(),
                id => format!("Paused on {id}"),
            }),
            ..event(
                StoppedReason::Exception,
                Some(exception.description.clone()),
            )
        };
        let mut line = format!("{}: {}", exception.id, exception.description);
        if let Some(hint) = &exception.hint {
            line += &format!("\nhint: {hint}");
        }
        self.complain(&line);
        let stopped = Stopped {
            exception: Some(exception),
            level,
        };
        self.stop(stopped, &told);
        Report::Stopped
    }

    fn at_breakpoints(&self, ids: &[BreakpointId]) -> StoppedEvent {
        let reason = ids.first().map(|id| self.breakpoints.reason(*id));
        let reason = reason.unwrap_or(StoppedReason::Breakpoint);
        let ids = ids.iter().map(|id| i64::from(id.number()));
        StoppedEvent {
            hit_breakpoint_ids: Some(ids.collect()),
            ..event(reason, None)
        }
    }

    fn stop(&mut self, stopped: Stopped, told: &StoppedEvent) {
        self.is_pausing = false;
        self.is_entering = false;
        self.stopped = Some(stopped);
        self.client.tell(told);
    }

    /// Tells the client that the program has ended.
    pub(crate) fn report_end(&mut self, exit_code: Option<i64>) {
        self.resumed();
        self.phase = Phase::Over;
        if let Some(exit_code) = exit_code {
            self.client.tell(&ExitedEvent { exit_code });
        }
        self.client.tell(&TerminatedEvent::default());
    }

    /// Does what a client wants. Returns what is to be done with the guest.
    pub(crate) fn hear(&mut self, guest: &mut dyn Guest, heard: Heard) -> Then {
        let request = match heard {
            Heard::Request(request) => request,
            Heard::Closed(why) => {
                if let Some(why) = why {
                    self.complain(&why);
                }
                return Then::Disconnect { terminate: None };
            }
            Heard::Malformed(why) => {
                self.complain(&format!("a message is not one of the protocol: {why}"));
                return Then::Nothing;
            }
            Heard::Admitted(traits) => {
                self.traits = *traits;
                self.phase = Phase::Initialized;
                return Then::Nothing;
            }
            Heard::Refused => return Then::Disconnect { terminate: None },
        };
        let client = self.client.clone();
        let mut context = Context::new(self, guest, request.seq);
        let result = requests::handle(&mut context, &request);
        let then = match result {
            Ok(_) => std::mem::take(&mut context.then),
            Err(_) => Then::Nothing,
        };
        let events = context.take_events();
        answer(&client, &request, result);
        events.into_iter().for_each(|event| client.say(event));
        then
    }
}

fn event(reason: StoppedReason, text: Option<String>) -> StoppedEvent {
    StoppedEvent {
        reason,
        text,
        thread_id: Some(THREAD),
        all_threads_stopped: Some(true),
        ..StoppedEvent::default()
    }
}

fn panic(kind: PanicKind, message: Option<String>) -> Exception {
    let id = kind.to_string();
    Exception {
        description: message.unwrap_or_else(|| format!("the program has come to a {id}")),
        id,
        hint: None,
        is_fatal: true,
    }
}
