//! The figures, as they are stored.

use super::Group;
use crate::clock::Clock;
use crate::results::Samples;
use serde::{Deserialize, Serialize};

/// Everything one run found.
#[derive(Serialize, Deserialize)]
pub struct Results {
    /// How it was found.
    pub about: About,
    /// What was measured in time.
    pub rows: Vec<Row>,
    /// What was measured in memory.
    pub memory: Vec<Held>,
}

/// The circumstances of a run.
#[derive(Serialize, Deserialize)]
pub struct About {
    /// How often each figure was taken.
    pub rounds: u32,
    /// What was meant by time.
    pub clock: Clock,
    /// The class of the machine.
    pub machine: String,
    /// The program that was stepped through, and whose functions the big module repeats.
    pub program: String,
    /// How many steps were made through it in one round.
    pub steps: u32,
    /// How many sessions were alive when their memory was measured. So many times
    /// [`IN_TURN`](super::memory::IN_TURN) were made one after another.
    pub live: u32,
    /// The big module, if there was one.
    pub big: Option<BigModule>,
}

/// The size of the big module.
#[derive(Serialize, Deserialize)]
pub struct BigModule {
    /// Of its file, in bytes.
    pub wasm: u64,
    /// Of what it is stored as when it is compiled, in bytes.
    pub artifact: u64,
    /// How many functions it has.
    pub functions: u64,
    /// At how many wasm pcs it can be stopped.
    pub places: u64,
    /// How many frames there are at the first stop.
    pub frames: u64,
    /// How many locals and operands they have.
    pub values: u64,
}

/// One figure.
#[derive(Serialize, Deserialize)]
pub struct Row {
    /// Which it is.
    pub figure: Figure,
    /// Trapline's values, in seconds or as a share; or the signal's.
    pub samples: Samples,
    /// Those of Wasmtime with `guest_debug`, if it was asked.
    pub peer: Samples,
}

/// What one session of a kind holds, on average, beyond what is there without.
#[derive(Clone, Copy, Serialize, Deserialize)]
pub struct Held {
    /// The kind.
    pub held: Kind,
    /// Bytes of resident memory. Pages that are mapped several times count each time.
    pub resident: f64,
    /// The same, pages that are mapped several times counted once.
    pub once: f64,
    /// Bytes of page tables.
    pub page_tables: f64,
    /// Entries in the process's list of mappings.
    pub mappings: f64,
    /// Open files.
    pub files: f64,
}

macro_rules! figures {
    ($($(#[doc = $doc:literal])* $name:ident, $group:ident, $each:literal;)*) => {
        /// Something that takes time. Smaller is better, but for shares.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(rename_all = "kebab-case")]
        pub enum Figure {
            $($(#[doc = $doc])* $name,)*
        }

        impl Figure {
            /// Every figure, in the order of the report.
            pub const ALL: &[Figure] = &[$(Figure::$name,)*];

            /// What is measured, in a few words.
            pub fn title(self) -> &'static str {
                match self { $(Figure::$name => concat!($($doc),*).trim_ascii(),)* }
            }

            /// What it is reported with.
            pub fn group(self) -> Group {
                match self { $(Figure::$name => Group::$group,)* }
            }

            /// How many things one value is for.
            pub fn things(self) -> u32 {
                match self { $(Figure::$name => $each,)* }
            }
        }
    };
}

figures! {
    /// bare signal: `int3` in the host's own code, and a handler that returns
    Signal, Events, 1;
    /// the same for a single step of the processor
    StepSignal, Events, 1;
    /// breakpoint met, and gone on from (`DebugSession::next`)
    Hit, Events, 1;
    /// the same, the innermost frame's place, locals and operands read
    HitRead, Events, 1;
    /// breakpoint met, and answered by the store's debug handler
    HitHandled, Events, 1;
    /// single step, in a small loop (`DebugSession::step`)
    StepLoop, Events, 1;
    /// of these, one on paper
    StepLoopPaper, Events, 1;
    /// of these, one that runs the machine
    StepLoopMachine, Events, 1;
    /// share of these on paper
    StepLoopShare, Events, 1;
    /// single step, in a real program
    StepProgram, Events, 1;
    /// of these, one on paper
    StepProgramPaper, Events, 1;
    /// of these, one that runs the machine
    StepProgramMachine, Events, 1;
    /// share of these on paper
    StepProgramShare, Events, 1;
    /// interrupt from another thread, until the session has stopped
    Interrupt, Events, 1;
    /// place the first in a store
    PlaceFirst, Breakpoints, 1;
    /// remove it again
    RemoveFirst, Breakpoints, 1;
    /// place it once more
    PlaceAgain, Breakpoints, 1;
    /// place 10,000 at neighbouring instructions
    PlaceNear, Breakpoints, 10_000;
    /// remove them
    RemoveNear, Breakpoints, 10_000;
    /// place 10,000 all over the module
    PlaceFar, Breakpoints, 10_000;
    /// remove them
    RemoveFar, Breakpoints, 10_000;
    /// compile the module, on all threads (once)
    Compile, FirstStop, 1;
    /// or load it from a file
    Load, FirstStop, 1;
    /// make a store and an instance
    Instantiate, FirstStop, 1;
    /// begin a session, and place a breakpoint at a function
    Begin, FirstStop, 1;
    /// run to it
    Reach, FirstStop, 1;
    /// read all locals and operands of all frames
    Read, FirstStop, 1;
    /// all four together, the module being there
    FirstStop, FirstStop, 1;
    /// the same with the next store
    SecondStop, FirstStop, 1;
}

/// Something that a figure is to be.
#[derive(Clone, Copy)]
pub enum Goal {
    /// So often in a second, or oftener.
    PerSecond(f64),
    /// Less than so many times a bare signal.
    Signals(f64),
}

impl Figure {
    /// What it is to be, where something is demanded.
    pub fn goals(self) -> &'static [Goal] {
        match self {
            Figure::Hit => &[Goal::PerSecond(200_000.0), Goal::Signals(2.0)],
            Figure::StepLoop | Figure::StepProgram => &[Goal::PerSecond(150_000.0)],
            _ => &[],
        }
    }

    /// Whether it is no time but a share.
    pub fn is_share(self) -> bool {
        matches!(self, Figure::StepLoopShare | Figure::StepProgramShare)
    }
}

/// What holds memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// A store with an instance.
    Store,
    /// The same in a session that has stopped without a breakpoint.
    Stepped,
    /// The same in one that has stopped at a breakpoint.
    AtBreakpoint,
    /// The same after the frame was read.
    Read,
    /// One after another in one store, each dropped at its breakpoint.
    InTurn,
    /// The same, each in a store of its own.
    InTurnEachStore,
}

impl Kind {
    /// Every kind, in the order of the report.
    pub const ALL: [Kind; 6] = [
        Kind::Store,
        Kind::Stepped,
        Kind::AtBreakpoint,
        Kind::Read,
        Kind::InTurn,
        Kind::InTurnEachStore,
    ];

    /// What holds the memory, in a few words.
    pub fn title(self) -> &'static str {
        match self {
            Kind::Store => "a store with an instance, without a session",
            Kind::Stepped => "the same with a session that has stopped without a breakpoint",
            Kind::AtBreakpoint => "the same with one that has stopped at a breakpoint",
            Kind::Read => "the same, its frame read",
            Kind::InTurn => "left behind by a session that was dropped, in one store",
            Kind::InTurnEachStore => "left behind by one that was dropped with its store",
        }
    }
}

impl Results {
    /// Adds a value to a figure.
    pub fn push(&mut self, figure: Figure, value: f64) {
        self.row(figure).samples.push(value);
    }

    /// Adds a value of Wasmtime's to a figure.
    pub fn push_peer(&mut self, figure: Figure, value: f64) {
        self.row(figure).peer.push(value);
    }

    /// The row of a figure, if it was taken.
    pub fn find(&self, figure: Figure) -> Option<&Row> {
        self.rows.iter().find(|row| row.figure == figure)
    }

    fn row(&mut self, figure: Figure) -> &mut Row {
        if let Some(found) = self.rows.iter().position(|row| row.figure == figure) {
            return &mut self.rows[found];
        }
        self.rows.push(Row {
            figure,
            samples: Samples::default(),
            peer: Samples::default(),
        });
        self.rows.last_mut().expect("just pushed")
    }

    /// Puts the rows into the order of the report.
    pub fn sort(&mut self) {
        let rank = |row: &Row| Figure::ALL.iter().position(|one| *one == row.figure);
        self.rows.sort_by_key(rank);
    }
}
