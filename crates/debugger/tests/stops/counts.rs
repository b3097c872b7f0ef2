//! How many variables have values.

use crate::shown::{Frame, Known};
use std::fmt;
use std::fmt::Write;
use std::path::Path;

/// The variables of all frames in the program's own source that were looked at, each as often as it was.
#[derive(Default)]
pub struct Counts {
    stops: usize,
    whole: usize,
    partly: usize,
    missing: usize,
    /// For other debuggers: each place, and what there was.
    listing: String,
}

impl Counts {
    pub fn add(&mut self, frame: &Frame) {
        self.stops += 1;
        let function = &frame.function;
        let wasm_pc = frame.wasm_pc;
        for variable in &frame.variables {
            match variable.known {
                Known::Whole => self.whole += 1,
                Known::Partly => self.partly += 1,
                Known::Missing | Known::Wrong => self.missing += 1,
            }
            let name = &variable.name;
            let declared = variable.declared;
            let known = variable.known;
            writeln!(
                self.listing,
                "{wasm_pc:#x}\t{function}\t{name}\t{declared}\t{known:?}"
            )
            .unwrap();
        }
    }

    /// Leaves the list of what there was in a folder, if there is to be one.
    pub fn save(&self, guest: &str) {
        if let Some(folder) = std::env::var_os("TRAPLINE_STOPS_FOLDER") {
            let name = guest.rsplit('/').next().unwrap();
            let path = Path::new(&folder).join(format!("{name}.tsv"));
            std::fs::write(path, &self.listing).unwrap();
        }
    }
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Counts {
            stops,
            whole,
            partly,
            missing,
            ..
        } = self;
        let variables = whole + partly + missing;
        write!(
            f,
            "{stops:>4} stops {variables:>5} variables {whole:>5} whole {partly:>4} in part {missing:>4} without"
        )
    }
}
