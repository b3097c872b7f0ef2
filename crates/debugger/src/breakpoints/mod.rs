//! The table of breakpoints: what the user has asked for, and where in the code that is.
//!
//! A breakpoint is asked for in terms of the source. It is *resolved* in each module, which gives
//! *places*; several breakpoints may have the same place. The engine's breakpoints are set at places
//! when the guest goes on (`debuggee::placing`), and what a hit comes to is decided there.

mod hit_count;
mod log_message;
mod resolve;

pub use hit_count::{HitCondition, HitConditionError};
pub use log_message::{LogMessage, LogMessageError, LogPart};

use crate::modules::{DebugModule, ModuleId, Modules};
use std::collections::BTreeMap;
use std::fmt;
use trapline_symbols::SourceLocation;

/// The number of a breakpoint, counted from 1. It is not used again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BreakpointId(u32);

impl BreakpointId {
    /// As a number.
    pub fn number(self) -> u32 {
        self.0
    }
}

impl From<u32> for BreakpointId {
    fn from(number: u32) -> BreakpointId {
        BreakpointId(number)
    }
}

impl fmt::Display for BreakpointId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Where to stop, as users say it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum BreakpointKind {
    /// At a line of a source file. If the line has no code then at the next one that has.
    Source {
        /// The file: its path, or the last part of that.
        file: String,
        /// The line, counted from 1.
        line: u32,
        /// The column in bytes, counted from 1; `None` for the whole line.
        column: Option<u32>,
    },
    /// In a function, after what sets up its frame.
    Function {
        /// Its name, or the last part of its path.
        name: String,
    },
    /// At an instruction, or the one that follows.
    Address {
        /// The module; the first one if it is not said.
        module: Option<ModuleId>,
        /// The offset in the module file, in bytes.
        wasm_pc: u32,
    },
}

impl BreakpointKind {
    /// A line.
    pub fn line(file: impl Into<String>, line: u32) -> BreakpointKind {
        BreakpointKind::Source {
            file: file.into(),
            line,
            column: None,
        }
    }

    /// A function.
    pub fn function(name: impl Into<String>) -> BreakpointKind {
        BreakpointKind::Function { name: name.into() }
    }

    /// An instruction of a module.
    pub fn address(module: ModuleId, wasm_pc: u32) -> BreakpointKind {
        BreakpointKind::Address {
            module: Some(module),
            wasm_pc,
        }
    }
}

impl fmt::Display for BreakpointKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            BreakpointKind::Source { file, line, column } => {
                write!(f, "{file}:{line}")?;
                column.map_or(Ok(()), |column| write!(f, ":{column}"))
            }
            BreakpointKind::Function { name } => f.write_str(name),
            BreakpointKind::Address { wasm_pc, .. } => write!(f, "*{wasm_pc:#x}"),
        }
    }
}

/// What is to happen at a breakpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct BreakpointSettings {
    /// Whether it is met at all.
    pub enabled: bool,
    /// An expression; the guest stops only where it is true. Hits where it is not do not count.
    pub condition: Option<String>,
    /// So many hits more are passed by.
    pub ignore: u64,
    /// At which hits the guest stops.
    pub hit_condition: Option<HitCondition>,
    /// A message to be written instead of stopping.
    pub log: Option<LogMessage>,
    /// Whether the breakpoint is removed where it first stops the guest.
    pub one_shot: bool,
    /// Commands of the front end, which it runs itself.
    pub commands: Vec<String>,
}

impl Default for BreakpointSettings {
    fn default() -> BreakpointSettings {
        BreakpointSettings {
            enabled: true,
            condition: None,
            ignore: 0,
            hit_condition: None,
            log: None,
            one_shot: false,
            commands: Vec::new(),
        }
    }
}

/// A place in the code that a breakpoint is at.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct BreakpointPlace {
    /// The module.
    pub module: ModuleId,
    /// The offset of the instruction in the module file.
    pub wasm_pc: u32,
    /// The function's name, readable.
    pub function: Option<String>,
    /// Where in the source that is.
    pub location: Option<SourceLocation>,
    /// In how many of the inlined calls that may begin here the user is then; `None` for all of them.
    pub(crate) entered: Option<usize>,
}

/// A breakpoint.
#[derive(Debug)]
pub struct Breakpoint {
    id: BreakpointId,
    kind: BreakpointKind,
    settings: BreakpointSettings,
    hits: u64,
    places: Vec<BreakpointPlace>,
    problem: Option<String>,
    /// Changes with the settings.
    revision: u64,
}

impl Breakpoint {
    /// Its number.
    pub fn id(&self) -> BreakpointId {
        self.id
    }

    /// Where it was asked for.
    pub fn kind(&self) -> &BreakpointKind {
        &self.kind
    }

    /// What is to happen.
    pub fn settings(&self) -> &BreakpointSettings {
        &self.settings
    }

    /// How often it was hit, with its condition true.
    pub fn hits(&self) -> u64 {
        self.hits
    }

    /// Where it is; nowhere as long as no module has such a place.
    pub fn places(&self) -> &[BreakpointPlace] {
        &self.places
    }

    /// Why it is nowhere, a sentence without its full stop.
    pub fn problem(&self) -> Option<&str> {
        let is_nowhere = self.places.is_empty();
        self.problem.as_deref().filter(|_| is_nowhere)
    }

    /// Changes whenever the settings do.
    pub(crate) fn revision(&self) -> u64 {
        self.revision
    }

    /// Counts a hit, and tells whether the guest is to stop at it.
    pub(crate) fn count_hit(&mut self) -> bool {
        self.hits += 1;
        if self.settings.ignore > 0 {
            self.settings.ignore -= 1;
            return false;
        }
        let condition = self.settings.hit_condition;
        condition.is_none_or(|condition| condition.holds(self.hits))
    }

    fn resolve(&mut self, module: &DebugModule) {
        match resolve::places(&self.kind, module) {
            Ok(places) => self.places.extend(places),
            Err(problem) => self.problem = Some(problem),
        }
    }
}

/// The breakpoints of a [`Debugger`](crate::Debugger).
#[derive(Debug, Default)]
pub struct Breakpoints {
    list: BTreeMap<BreakpointId, Breakpoint>,
    last: u32,
    revision: u64,
}

impl Breakpoints {
    /// All of them, in the order of their numbers.
    pub fn iter(&self) -> impl Iterator<Item = &Breakpoint> {
        self.list.values()
    }

    /// The breakpoint with a number.
    pub fn get(&self, id: BreakpointId) -> Option<&Breakpoint> {
        self.list.get(&id)
    }

    /// Changes the settings of a breakpoint. Returns whether there is such a one.
    pub fn edit(&mut self, id: BreakpointId, edit: impl FnOnce(&mut BreakpointSettings)) -> bool {
        let Some(breakpoint) = self.list.get_mut(&id) else {
            return false;
        };
        edit(&mut breakpoint.settings);
        self.revision += 1;
        breakpoint.revision = self.revision;
        true
    }

    /// Removes a breakpoint. Returns whether there was such a one.
    pub fn remove(&mut self, id: BreakpointId) -> bool {
        self.revision += 1;
        self.list.remove(&id).is_some()
    }

    /// Removes all breakpoints.
    pub fn clear(&mut self) {
        self.revision += 1;
        self.list.clear();
    }

    pub(crate) fn add(
        &mut self,
        kind: BreakpointKind,
        settings: BreakpointSettings,
        modules: &Modules,
    ) -> BreakpointId {
        self.last += 1;
        self.revision += 1;
        let id = BreakpointId(self.last);
        let mut breakpoint = Breakpoint {
            id,
            kind,
            settings,
            hits: 0,
            places: Vec::new(),
            problem: None,
            revision: self.revision,
        };
        for module in modules.iter() {
            breakpoint.resolve(module);
        }
        self.list.insert(id, breakpoint);
        id
    }

    /// Looks for places of all breakpoints in a module that has become known.
    pub(crate) fn resolve_in(&mut self, module: &DebugModule) {
        self.revision += 1;
        for breakpoint in self.list.values_mut() {
            breakpoint.resolve(module);
        }
    }

    /// Begins to count hits anew.
    pub(crate) fn forget_hits(&mut self) {
        for breakpoint in self.list.values_mut() {
            breakpoint.hits = 0;
        }
    }

    /// Changes whenever the table does.
    pub(crate) fn revision(&self) -> u64 {
        self.revision
    }

    pub(crate) fn get_mut(&mut self, id: BreakpointId) -> Option<&mut Breakpoint> {
        self.list.get_mut(&id)
    }
}

/// Where code can be that users mean, without making a breakpoint of it.
pub(crate) fn places_of(
    kind: &BreakpointKind,
    modules: &Modules,
) -> Result<Vec<BreakpointPlace>, String> {
    let mut found = Vec::new();
    let mut problem = None;
    for module in modules.iter() {
        match resolve::places(kind, module) {
            Ok(places) => found.extend(places),
            Err(error) => problem = Some(error),
        }
    }
    match problem {
        Some(problem) if found.is_empty() => Err(problem),
        _ if found.is_empty() => Err("no module is loaded".to_owned()),
        _ => Ok(found),
    }
}
