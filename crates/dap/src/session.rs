//! The conversation with one client: what was agreed on, and what it has been told.

use crate::breakpoints::ClientBreakpoints;
use crate::connection::Client;
use crate::launcher::LaunchOptions;
use crate::protocol::{BreakpointEvent, BreakpointReason, InitializeRequestArguments};
use crate::references::References;
use crate::sources::ClientSources;
use trapline_debugger::Debugger;
use trapline_symbols::ValueHistory;

/// How far the conversation is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Phase {
    /// Nothing was said yet.
    New,
    /// Both know what the other can do.
    Initialized,
    /// It is said what is debugged; breakpoints are being set.
    Configuring,
    /// The program was started.
    Started,
    /// It is over.
    Over,
}

/// Why the guest stands still, for requests that ask.
#[derive(Clone, Debug, Default)]
pub(crate) struct Stopped {
    /// What it was thrown or trapped by, if it was.
    pub(crate) exception: Option<Exception>,
    /// The frame to look at first.
    pub(crate) level: usize,
}

/// What has stopped the guest as exceptions do.
#[derive(Clone, Debug)]
pub(crate) struct Exception {
    /// What kind it is, in one word or a tag's name.
    pub(crate) id: String,
    /// What has happened, a sentence without its full stop.
    pub(crate) description: String,
    /// What is likely wrong.
    pub(crate) hint: Option<String>,
    /// Whether nothing will catch it.
    pub(crate) is_fatal: bool,
}

/// What a client wants the guest to stop at, beside exceptions, of which the debugger knows itself.
#[derive(Clone, Copy, Debug)]
pub(crate) struct StopFilters {
    pub(crate) traps: bool,
    pub(crate) host_errors: bool,
    pub(crate) panics: bool,
}

/// A conversation.
pub(crate) struct Session {
    pub(crate) client: Client,
    pub(crate) phase: Phase,
    /// What the client has told of itself.
    pub(crate) traits: InitializeRequestArguments,
    pub(crate) options: Option<LaunchOptions>,
    pub(crate) breakpoints: ClientBreakpoints,
    pub(crate) sources: ClientSources,
    pub(crate) references: References,
    pub(crate) history: ValueHistory,
    pub(crate) filters: StopFilters,
    /// None while the guest runs.
    pub(crate) stopped: Option<Stopped>,
    /// How many modules were known when the client was told of its breakpoints.
    pub(crate) known_modules: usize,
    /// Whether the client waits for the guest to stop, which waits for the host.
    pub(crate) is_pausing: bool,
    /// Whether the guest makes the step to its first instruction.
    pub(crate) is_entering: bool,
    /// Whether the program can be started again.
    pub(crate) can_restart: bool,
}

impl Session {
    pub(crate) fn new(client: Client) -> Session {
        Session {
            client,
            phase: Phase::New,
            traits: InitializeRequestArguments::default(),
            options: None,
            breakpoints: ClientBreakpoints::default(),
            sources: ClientSources::default(),
            references: References::default(),
            history: ValueHistory::new(),
            filters: StopFilters {
                traps: true,
                host_errors: true,
                panics: true,
            },
            stopped: None,
            known_modules: 0,
            is_pausing: false,
            is_entering: false,
            can_restart: true,
        }
    }

    /// The guest goes on: what was shown of it is not valid any more.
    pub(crate) fn resumed(&mut self) {
        self.stopped = None;
        self.references.clear();
    }

    /// Tells the client of its breakpoints that have found a place since, in modules that became known.
    pub(crate) fn tell_breakpoints(&mut self, debugger: &Debugger) {
        let known = debugger.modules().iter().len();
        if std::mem::replace(&mut self.known_modules, known) == known {
            return;
        }
        for id in self.breakpoints.unplaced(debugger) {
            let told = self.breakpoint(debugger, &Ok(id));
            self.client.tell(&BreakpointEvent {
                reason: BreakpointReason::Changed,
                breakpoint: told,
            });
        }
    }

    /// A line as the debugger counts it.
    pub(crate) fn line_from_client(&self, line: u32) -> u32 {
        match self.traits.lines_start_at1 {
            Some(false) => line.saturating_add(1),
            _ => line,
        }
    }

    /// A line as the client counts it.
    pub(crate) fn line_to_client(&self, line: u32) -> u32 {
        match self.traits.lines_start_at1 {
            Some(false) => line.saturating_sub(1),
            _ => line,
        }
    }

    /// A column as the debugger counts it.
    pub(crate) fn column_from_client(&self, column: u32) -> u32 {
        match self.traits.columns_start_at1 {
            Some(false) => column.saturating_add(1),
            _ => column,
        }
    }

    /// A column as the client counts it.
    pub(crate) fn column_to_client(&self, column: u32) -> u32 {
        match self.traits.columns_start_at1 {
            Some(false) => column.saturating_sub(1),
            _ => column,
        }
    }
}
