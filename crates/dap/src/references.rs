//! The numbers by which a client asks for more: what it was shown of variables at this stop.
//!
//! A number stands for a frame, a scope of one or a value with parts, and is valid until the guest goes on.
//! It is not given out again after that, so that a client which is late is told so.

use trapline_debugger::ModuleId;
use trapline_symbols::Value;

/// The variables of a frame that are shown together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ScopeKind {
    /// Those of the function, its arguments first. Editors unfold the first scope only.
    Locals,
    /// Those outside of functions, of the frame's source file.
    Globals,
    /// What WebAssembly itself has.
    WasmLocals,
    WasmOperands,
    WasmGlobals,
}

/// A value with what is known of it.
#[derive(Clone, Debug)]
pub(crate) struct ShownValue {
    /// The frame that sees it.
    pub(crate) level: usize,
    pub(crate) value: Value,
    /// An expression for it, if one can be made.
    pub(crate) expression: Option<String>,
    /// Whether types of libraries are shown as they are built.
    pub(crate) is_raw: bool,
    /// Whether it is shown with integers in hexadecimal.
    pub(crate) is_hex: bool,
}

/// What a number stands for.
#[derive(Clone, Debug)]
pub(crate) enum Referent {
    Frame {
        level: usize,
    },
    Scope {
        level: usize,
        kind: ScopeKind,
    },
    Value(ShownValue),
    /// A call that can be stepped into.
    Call {
        wasm_pc: u32,
    },
    /// A place in the source, for requests for locations.
    Location {
        module: ModuleId,
        file: String,
        line: u32,
        column: Option<u32>,
    },
}

/// The numbers that were given out at this stop.
#[derive(Debug, Default)]
pub(crate) struct References {
    referents: Vec<Referent>,
    /// How many were given out before.
    past: i64,
}

/// Clients keep numbers in 31 bits; long before that they begin anew.
const LAST: i64 = 1 << 30;

impl References {
    /// A number for something.
    pub(crate) fn add(&mut self, referent: Referent) -> i64 {
        self.referents.push(referent);
        self.past + self.referents.len() as i64
    }

    /// What a number stands for; `None` for one that is not valid any more.
    pub(crate) fn get(&self, number: i64) -> Option<&Referent> {
        let index = number.checked_sub(self.past)?.checked_sub(1)?;
        self.referents.get(usize::try_from(index).ok()?)
    }

    /// The guest goes on.
    pub(crate) fn clear(&mut self) {
        self.past += self.referents.len() as i64;
        self.referents.clear();
        if self.past > LAST {
            self.past = 0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_begin_at_1_and_are_valid_until_the_guest_goes_on() {
        let mut references = References::default();
        let scope = Referent::Scope {
            level: 0,
            kind: ScopeKind::Locals,
        };
        assert_eq!(references.add(scope), 1);
        assert!(references.get(1).is_some());
        for invalid in [0, 2, -1, i64::MAX] {
            assert!(references.get(invalid).is_none());
        }
        references.clear();
        assert!(references.get(1).is_none());
        assert_eq!(references.add(Referent::Frame { level: 0 }), 2);
    }
}
