//! Values that a session keeps: those it has shown, and the debugger's own variables.

use crate::values::{At, Value};
use crate::{Inspector, Place};
use std::collections::HashMap;

/// The values that a session has shown, `$1`, `$2` and so on, and its own variables, `$name`.
///
/// They keep what they were, whatever the program does afterwards. Only a value that is too large to
/// be kept stays where it is in the program, and so do things that others point to.
///
/// ```
/// use trapline_symbols::ValueHistory;
///
/// let history = ValueHistory::new();
/// assert_eq!(history.count(), 0);
/// ```
#[derive(Clone, Debug, Default)]
pub struct ValueHistory {
    shown: Vec<Kept>,
    variables: HashMap<String, Kept>,
}

/// A value, and whose symbols its type is of.
#[derive(Clone, Debug)]
pub(super) struct Kept {
    pub(super) value: Value,
    pub(super) identity: u64,
}

impl ValueHistory {
    /// One without values.
    pub fn new() -> ValueHistory {
        ValueHistory::default()
    }

    /// Adds a value that is shown, and returns its number, from 1.
    pub fn record(&mut self, inspector: &Inspector<'_>, value: &Value) -> usize {
        inspector.symbols.begin_request();
        self.shown.push(Kept::new(inspector, value));
        self.shown.len()
    }

    /// How many values have been shown.
    pub fn count(&self) -> usize {
        self.shown.len()
    }

    /// The names of the debugger's own variables, sorted.
    pub fn variables(&self) -> Vec<&str> {
        let mut names: Vec<&str> = self.variables.keys().map(String::as_str).collect();
        names.sort_unstable();
        names
    }

    pub(super) fn set(&mut self, inspector: &Inspector<'_>, name: &str, value: &Value) {
        let kept = Kept::new(inspector, value);
        self.variables.insert(name.to_string(), kept);
    }

    pub(super) fn variable(&self, name: &str) -> Option<&Kept> {
        self.variables.get(name)
    }

    /// The value of a number from 1.
    pub(super) fn shown(&self, number: usize) -> Option<&Kept> {
        self.shown.get(number.checked_sub(1)?)
    }
}

impl Kept {
    fn new(inspector: &Inspector<'_>, value: &Value) -> Kept {
        let mut value = value.clone();
        if value.dimension == 0
            && let Ok(bytes) = inspector.bytes(&value)
        {
            let bits = value.at.as_ref().ok().and_then(|at| at.bits);
            value.at = Ok(At {
                place: Place::Bytes(bytes.into()),
                offset: 0,
                bits: bits.map(|(_, count)| (0, count)),
            });
        }
        Kept {
            value,
            identity: inspector.symbols.identity(),
        }
    }
}
