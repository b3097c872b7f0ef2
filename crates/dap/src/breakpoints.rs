//! The breakpoints that a client has asked for. It says all of a kind each time, so that those that have
//! stayed the same are recognized and keep their numbers and counts.

use crate::context::Context;
use crate::protocol::{Breakpoint, SetBreakpointsBody, Source, StoppedReason};
use crate::session::Session;
use std::collections::HashMap;
use trapline_debugger::{
    BreakpointId, BreakpointKind, BreakpointPlace, BreakpointSettings, Debugger, LogMessage,
};

/// What a client says all breakpoints of at once.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Group {
    /// A source file, by its path.
    File(String),
    /// A text, by its number.
    Text(i64),
    Functions,
    Instructions,
}

/// A breakpoint as it was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Wanted {
    /// Where, or why there is no such place.
    pub(crate) kind: Result<BreakpointKind, String>,
    pub(crate) condition: Option<String>,
    pub(crate) hit_condition: Option<String>,
    pub(crate) log_message: Option<String>,
}

/// A breakpoint that is there, or was refused.
#[derive(Clone, Debug)]
struct Known {
    wanted: Wanted,
    made: Result<BreakpointId, String>,
    /// Whether the client knows it to have a place.
    is_placed: bool,
}

/// The breakpoints of a client.
#[derive(Debug, Default)]
pub(crate) struct ClientBreakpoints {
    groups: HashMap<Group, Vec<Known>>,
    /// Why none can be met, if that is so.
    pub(crate) problem: Option<String>,
}

impl ClientBreakpoints {
    /// Has the breakpoints of a group be these. Returns what has become of each.
    pub(crate) fn set(
        &mut self,
        debugger: &mut Debugger,
        group: Group,
        wanted: Vec<Wanted>,
    ) -> Vec<Result<BreakpointId, String>> {
        let mut before = self.groups.remove(&group).unwrap_or_default();
        let mut now: Vec<Known> = Vec::with_capacity(wanted.len());
        for wanted in wanted {
            let same = before.iter().position(|known| known.wanted == wanted);
            now.push(match same {
                Some(index) => before.swap_remove(index),
                None => Known::new(debugger, wanted),
            });
        }
        for gone in before {
            if let Ok(id) = gone.made {
                debugger.breakpoints_mut().remove(id);
            }
        }
        let made = now.iter().map(|known| known.made.clone()).collect();
        if !now.is_empty() {
            self.groups.insert(group, now);
        }
        made
    }

    /// Those that have found a place, of which the client does not know.
    pub(crate) fn unplaced(&mut self, debugger: &Debugger) -> Vec<BreakpointId> {
        let mut found = Vec::new();
        for known in self.groups.values_mut().flatten() {
            if let (false, Ok(id)) = (known.is_placed, &known.made)
                && has_place(debugger, *id)
            {
                known.is_placed = true;
                found.push(*id);
            }
        }
        found
    }

    /// Has all of them be met, or none.
    pub(crate) fn enable(&self, debugger: &mut Debugger, enabled: bool) {
        let all = self.groups.values().flatten();
        for id in all.filter_map(|known| known.made.as_ref().ok()) {
            debugger
                .breakpoints_mut()
                .edit(*id, |settings| settings.enabled = enabled);
        }
    }

    /// Removes all of them.
    pub(crate) fn clear(&mut self, debugger: &mut Debugger) {
        for known in self.groups.drain().flat_map(|(_, list)| list) {
            if let Ok(id) = known.made {
                debugger.breakpoints_mut().remove(id);
            }
        }
    }

    /// What kind of breakpoint it is, as a reason for a stop.
    pub(crate) fn reason(&self, id: BreakpointId) -> StoppedReason {
        let group = self.groups.iter().find(|(_, list)| {
            let mut made = list.iter().map(|known| &known.made);
            made.any(|made| *made == Ok(id))
        });
        match group {
            Some((Group::Functions, _)) => StoppedReason::FunctionBreakpoint,
            Some((Group::Instructions, _)) => StoppedReason::InstructionBreakpoint,
            _ => StoppedReason::Breakpoint,
        }
    }
}

impl Known {
    fn new(debugger: &mut Debugger, wanted: Wanted) -> Known {
        let made = make(debugger, &wanted);
        Known {
            is_placed: made.as_ref().is_ok_and(|id| has_place(debugger, *id)),
            made,
            wanted,
        }
    }
}

fn has_place(debugger: &Debugger, id: BreakpointId) -> bool {
    let breakpoint = debugger.breakpoints().get(id);
    breakpoint.is_some_and(|breakpoint| !breakpoint.places().is_empty())
}

fn make(debugger: &mut Debugger, wanted: &Wanted) -> Result<BreakpointId, String> {
    let kind = wanted.kind.clone()?;
    let mut settings = BreakpointSettings::default();
    let filled = |text: &Option<String>| text.clone().filter(|text| !text.trim().is_empty());
    settings.condition = filled(&wanted.condition);
    if let Some(count) = filled(&wanted.hit_condition) {
        let count = count.trim().parse();
        settings.hit_condition = Some(count.map_err(|error| format!("{error}"))?);
    }
    if let Some(message) = filled(&wanted.log_message) {
        let message = LogMessage::new(message);
        settings.log = Some(message.map_err(|error| error.to_string())?);
    }
    Ok(debugger.add_breakpoint_with(kind, settings))
}

impl Context<'_> {
    /// Has the breakpoints of a group be these, and tells what has become of each.
    pub(crate) fn set_breakpoints(
        &mut self,
        group: Group,
        wanted: Vec<Wanted>,
    ) -> SetBreakpointsBody {
        let debugger = self.guest.debugger_mut();
        let made = self.session.breakpoints.set(debugger, group, wanted);
        let debugger = self.guest.debugger();
        let told = made
            .iter()
            .map(|made| self.session.breakpoint(debugger, made));
        SetBreakpointsBody {
            breakpoints: told.collect(),
        }
    }
}

impl Session {
    /// A breakpoint as the client is told of it.
    pub(crate) fn breakpoint(
        &mut self,
        debugger: &Debugger,
        made: &Result<BreakpointId, String>,
    ) -> Breakpoint {
        let mut told = Breakpoint::default();
        let breakpoint = match made {
            Ok(id) => debugger.breakpoints().get(*id),
            Err(problem) => {
                told.message = Some(problem.clone());
                return told;
            }
        };
        let Some(breakpoint) = breakpoint else {
            return told;
        };
        told.id = Some(i64::from(breakpoint.id().number()));
        told.message = breakpoint.problem().map(str::to_owned);
        if let Some(place) = breakpoint.places().first() {
            told.verified = true;
            told.instruction_reference = Some(crate::address::code(place.module, place.wasm_pc));
            if let Some((source, line, column)) = self.source_of_place(debugger, place) {
                told.source = Some(source);
                told.line = Some(self.line_to_client(line));
                // Editors would move a breakpoint for a line into it.
                let is_wanted = matches!(
                    breakpoint.kind(),
                    BreakpointKind::Source {
                        column: Some(_),
                        ..
                    }
                );
                let column = column.filter(|_| is_wanted);
                told.column = column.map(|column| self.column_to_client(column));
            }
        }
        if let Some(problem) = &self.breakpoints.problem {
            told.verified = false;
            told.message = Some(problem.clone());
        }
        told
    }

    fn source_of_place(
        &mut self,
        debugger: &Debugger,
        place: &BreakpointPlace,
    ) -> Option<(Source, u32, Option<u32>)> {
        let Some(location) = &place.location else {
            let found = self
                .sources
                .instructions(debugger, place.module, place.wasm_pc);
            return found.map(|(source, line)| (source, line, None));
        };
        let source = self.sources.source(debugger, place.module, &location.file);
        let column = self.sources.column(debugger, place.module, location);
        Some((source, location.line?, column))
    }
}
