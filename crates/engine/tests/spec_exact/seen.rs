//! What was read of a guest that was stopped, in a form that does not depend on the store.

use trapline::{Frame, FrameValue, Result, Stopped, Val};

/// A place in a script: which of its modules, and the offset in that.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Place {
    pub module: usize,
    pub wasm_pc: u32,
}

/// Why a guest was stopped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Why {
    Breakpoint,
    Trap(String),
    HostError(String),
    Exception,
}

/// A value. References are told apart from null only.
#[derive(Clone, Copy, PartialEq)]
pub struct Value {
    kind: &'static str,
    bits: u128,
    doubt: u128,
}

impl Value {
    fn new(value: &FrameValue) -> Value {
        let (kind, bits) = match value.val() {
            Val::I32(bits) => ("i32", u128::from(*bits as u32)),
            Val::I64(bits) => ("i64", u128::from(*bits as u64)),
            Val::F32(bits) => ("f32", u128::from(*bits)),
            Val::F64(bits) => ("f64", u128::from(*bits)),
            Val::V128(bits) => ("v128", bits.as_u128()),
            Val::FuncRef(func) => ("funcref", u128::from(func.is_some())),
            Val::ExternRef(value) => ("externref", u128::from(value.is_some())),
            Val::ExnRef(exception) => ("exnref", u128::from(exception.is_some())),
        };
        let doubt = value.doubt();
        Value { kind, bits, doubt }
    }

    /// Whether both can be of the same program.
    fn agrees(self, other: Value) -> bool {
        let differing = self.bits ^ other.bits;
        self.kind == other.kind && differing & !(self.doubt | other.doubt) == 0
    }
}

impl std::fmt::Debug for Value {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {:#x}", self.kind, self.bits)
    }
}

/// A frame.
#[derive(Debug)]
pub struct SeenFrame {
    pub place: Place,
    pub values: Vec<Value>,
}

impl SeenFrame {
    /// Reads a frame.
    pub fn read(frame: &Frame, place: Place, guest: &impl Stopped) -> Result<SeenFrame> {
        let (locals, operands) = (frame.locals(guest)?, frame.operands(guest)?);
        let values = locals.iter().chain(&operands).map(Value::new).collect();
        Ok(SeenFrame { place, values })
    }

    fn agrees(&self, other: &SeenFrame) -> bool {
        self.place == other.place
            && self.values.len() == other.values.len()
            && self
                .values
                .iter()
                .zip(&other.values)
                .all(|(a, b)| a.agrees(*b))
    }
}

/// A stop.
#[derive(Debug)]
pub struct Seen {
    pub why: Why,
    /// The innermost frames, without those of the host.
    pub frames: Vec<SeenFrame>,
}

impl Seen {
    /// How many values were read.
    pub fn values(&self) -> u64 {
        let values = self.frames.iter().map(|frame| frame.values.len() as u64);
        values.sum()
    }

    /// Fails unless both can be the same stop of the same program.
    pub fn check(&self, other: &Seen) -> Result<(), String> {
        let agrees = self.why == other.why
            && self.frames.len() == other.frames.len()
            && self
                .frames
                .iter()
                .zip(&other.frames)
                .all(|(a, b)| a.agrees(b));
        match agrees {
            true => Ok(()),
            false => Err(format!("{self:?}, but with the reference {other:?}")),
        }
    }
}
