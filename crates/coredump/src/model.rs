//! What a core dump holds.

use crate::identity::{Fit, ModuleIdentity, WrongModule};
use crate::memory::Memory;
use crate::value::Value;

/// A core dump. An example is at the [crate](crate).
///
/// The parts refer to each other by their index. In a dump that was [read](CoreDump::read) modules of
/// instances and instances of frames are there, as are instances of functions that values refer to;
/// memories, globals and tables of instances may not be: a dump need not have all of them.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct CoreDump<'a> {
    /// What the program is called.
    pub executable: String,
    /// Why it ended, in words, if that is known.
    pub reason: Option<String>,
    /// The modules.
    pub modules: Vec<Module>,
    /// The instances.
    pub instances: Vec<Instance>,
    /// The threads.
    pub threads: Vec<Thread>,
    /// The memories, whoever has them.
    pub memories: Vec<Memory<'a>>,
    /// The globals, whoever has them.
    pub globals: Vec<Global>,
    /// The tables, whoever has them.
    pub tables: Vec<Table>,
}

/// A module.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Module {
    /// A name, a path, or whatever else the writer of the dump calls it.
    pub name: String,
    /// What tells it from other modules. Dumps of others have none.
    pub identity: Option<ModuleIdentity>,
}

impl Module {
    /// A module that nothing but a name is known of.
    pub fn named(name: impl Into<String>) -> Module {
        Module {
            name: name.into(),
            identity: None,
        }
    }

    /// Finds out whether the bytes are this module; an example is at [`ModuleIdentity`].
    ///
    /// # Errors
    ///
    /// If they are not.
    pub fn check(&self, wasm: &[u8]) -> Result<Fit, WrongModule> {
        match &self.identity {
            Some(identity) => identity.check(wasm),
            None => Ok(Fit::Unknown),
        }
    }
}

/// An instance of a module.
///
/// Indices of memories, globals and tables stand in the order of the module's own, imported ones
/// first. One that is not in the dump is `u32::MAX`, or beyond what there is.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Instance {
    /// The module, by its index in [`CoreDump::modules`].
    pub module: u32,
    /// Its memories, by their indices in [`CoreDump::memories`].
    pub memories: Vec<u32>,
    /// Its globals, by their indices in [`CoreDump::globals`].
    pub globals: Vec<u32>,
    /// Its tables, by their indices in [`CoreDump::tables`]. Dumps of others have none.
    pub tables: Vec<u32>,
}

/// A thread.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Thread {
    /// Its name.
    pub name: String,
    /// The frames, innermost first.
    pub frames: Vec<Frame>,
    /// Where functions of the host stand: each ahead of the frame with this index, or at the end. In
    /// ascending order.
    pub host_frames: Vec<u32>,
    /// Whether there were more frames further out, which are not in the dump.
    pub truncated: bool,
}

/// A frame of a function.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Frame {
    /// The instance that the function runs for, by its index in [`CoreDump::instances`].
    pub instance: u32,
    /// The index of the function in its module, counted with the imported ones.
    pub function: u32,
    /// Where in the function it is, as [`CodeMap`](crate::CodeMap) counts, if that is known: at the
    /// instruction that could not go on, or at a call.
    pub code_offset: Option<u32>,
    /// The locals, parameters first.
    pub locals: Vec<Value>,
    /// The operands, the topmost last.
    pub operands: Vec<Value>,
    /// Whether locals and operands are unknown, so that there are none in the dump. Dumps of others do
    /// not say; what they have no values of counts as unknown.
    pub unknown_values: bool,
}

/// A global.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Global {
    /// The value. References in dumps of others are [`Value::Missing`].
    pub value: Value,
    /// Whether the program can change it.
    pub mutable: bool,
}

/// A table.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Table {
    /// The elements: one run after the other. None is of no elements.
    pub runs: Vec<Run>,
}

/// Consecutive elements of a [`Table`] that are equal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Run {
    /// How many.
    pub count: u64,
    /// What each of them is.
    pub value: Value,
}

impl Table {
    /// Adds an element at the end.
    ///
    /// ```
    /// use trapline_coredump::{Table, Value};
    ///
    /// let mut table = Table::default();
    /// table.push(Value::FuncRef(None));
    /// table.push(Value::FuncRef(None));
    /// table.push(Value::ExternRef(Some(1)));
    /// assert_eq!(table.runs.len(), 2);
    /// assert_eq!(table.len(), 3);
    /// assert_eq!(table.get(2), Some(Value::ExternRef(Some(1))));
    /// assert_eq!(table.get(3), None);
    /// ```
    pub fn push(&mut self, value: Value) {
        match self.runs.last_mut() {
            Some(run) if run.value == value => run.count += 1,
            _ => self.runs.push(Run { count: 1, value }),
        }
    }

    /// How many elements there are.
    pub fn len(&self) -> u64 {
        self.runs.iter().map(|run| run.count).sum()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// An element; `None` if the table does not reach so far.
    pub fn get(&self, index: u64) -> Option<Value> {
        let mut before = 0;
        for run in &self.runs {
            before += run.count;
            if index < before {
                return Some(run.value);
            }
        }
        None
    }
}
