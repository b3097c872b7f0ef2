//! What loads make of the bytes they find in memory.

use super::Bits;
use crate::types::ValType;
use wasmparser::{MemArg, Operator};

/// A load operator.
///
/// It takes an index into a memory, and with [`Load::takes_vector`] a vector on top of that; it
/// traps if not all of its bytes lie in the memory.
///
/// ```
/// use trapline_compile::evaluate::load;
/// use trapline_compile::types::ValType;
/// use wasmparser::{MemArg, Operator};
///
/// # let memarg = MemArg { align: 0, max_align: 0, offset: 0, target: Default::default(), ordering: None };
/// let load = load(&Operator::I64Load8S { memarg }).unwrap();
/// assert_eq!((load.width(), load.result_type()), (1, ValType::I64));
/// assert_eq!(load.value(0xfe, None), Some(0xffff_ffff_ffff_fffe));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Load {
    memarg: MemArg,
    width: u32,
    result: ValType,
    form: Form,
}

/// How bytes become a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    /// Zeros follow.
    ZeroExtend,
    /// Copies of the uppermost bit follow, up to the width of the type.
    SignExtend,
    /// They are the first of as many lanes as fit, all the same.
    Splat,
    /// They are lanes of this many bits, each extended to twice that.
    Widen { bits: u32, signed: bool },
    /// They replace this lane of a vector.
    Lane(u8),
}

/// What there is to know of an operator if it is a load.
pub fn load(operator: &Operator<'_>) -> Option<Load> {
    use Form::{Lane, SignExtend, Splat, Widen, ZeroExtend};
    use Operator as O;
    use ValType::{F32, F64, I32, I64, V128};
    let widen = |bits, signed| Widen { bits, signed };
    let (memarg, width, result, form) = match *operator {
        O::I32Load { memarg } => (memarg, 4, I32, ZeroExtend),
        O::I64Load { memarg } => (memarg, 8, I64, ZeroExtend),
        O::F32Load { memarg } => (memarg, 4, F32, ZeroExtend),
        O::F64Load { memarg } => (memarg, 8, F64, ZeroExtend),
        O::I32Load8S { memarg } => (memarg, 1, I32, SignExtend),
        O::I32Load8U { memarg } => (memarg, 1, I32, ZeroExtend),
        O::I32Load16S { memarg } => (memarg, 2, I32, SignExtend),
        O::I32Load16U { memarg } => (memarg, 2, I32, ZeroExtend),
        O::I64Load8S { memarg } => (memarg, 1, I64, SignExtend),
        O::I64Load8U { memarg } => (memarg, 1, I64, ZeroExtend),
        O::I64Load16S { memarg } => (memarg, 2, I64, SignExtend),
        O::I64Load16U { memarg } => (memarg, 2, I64, ZeroExtend),
        O::I64Load32S { memarg } => (memarg, 4, I64, SignExtend),
        O::I64Load32U { memarg } => (memarg, 4, I64, ZeroExtend),
        O::V128Load { memarg } => (memarg, 16, V128, ZeroExtend),
        O::V128Load8x8S { memarg } => (memarg, 8, V128, widen(8, true)),
        O::V128Load8x8U { memarg } => (memarg, 8, V128, widen(8, false)),
        O::V128Load16x4S { memarg } => (memarg, 8, V128, widen(16, true)),
        O::V128Load16x4U { memarg } => (memarg, 8, V128, widen(16, false)),
        O::V128Load32x2S { memarg } => (memarg, 8, V128, widen(32, true)),
        O::V128Load32x2U { memarg } => (memarg, 8, V128, widen(32, false)),
        O::V128Load8Splat { memarg } => (memarg, 1, V128, Splat),
        O::V128Load16Splat { memarg } => (memarg, 2, V128, Splat),
        O::V128Load32Splat { memarg } => (memarg, 4, V128, Splat),
        O::V128Load64Splat { memarg } => (memarg, 8, V128, Splat),
        O::V128Load32Zero { memarg } => (memarg, 4, V128, ZeroExtend),
        O::V128Load64Zero { memarg } => (memarg, 8, V128, ZeroExtend),
        O::V128Load8Lane { memarg, lane } => (memarg, 1, V128, Lane(lane)),
        O::V128Load16Lane { memarg, lane } => (memarg, 2, V128, Lane(lane)),
        O::V128Load32Lane { memarg, lane } => (memarg, 4, V128, Lane(lane)),
        O::V128Load64Lane { memarg, lane } => (memarg, 8, V128, Lane(lane)),
        _ => return None,
    };
    Some(Load {
        memarg,
        width,
        result,
        form,
    })
}

impl Load {
    /// The memory, and the offset that is added to the index.
    pub fn memarg(&self) -> MemArg {
        self.memarg
    }

    /// How many bytes are loaded: 1 to 16.
    pub fn width(&self) -> u32 {
        self.width
    }

    /// The type of the result.
    pub fn result_type(&self) -> ValType {
        self.result
    }

    /// Whether the operator takes a vector, of which it replaces one lane.
    pub fn takes_vector(&self) -> bool {
        matches!(self.form, Form::Lane(_))
    }

    /// The operator's result: from the bytes that it loads, the first one lowest (bits beyond
    /// [`Load::width`] are ignored), and the vector that it takes. `None` if it takes a vector and
    /// there is none, or the other way round.
    pub fn value(&self, loaded: Bits, vector: Option<Bits>) -> Option<Bits> {
        if vector.is_some() != self.takes_vector() {
            return None;
        }
        let bits = self.width * 8;
        let loaded = loaded & ones(bits);
        Some(match self.form {
            Form::ZeroExtend => loaded,
            Form::SignExtend => {
                let width = if self.result == ValType::I32 { 32 } else { 64 };
                sign_extend(loaded, bits) & ones(width)
            }
            // A lane's ones go into all ones as often as there are lanes, each time further up.
            Form::Splat => Bits::MAX / ones(bits) * loaded,
            Form::Widen { bits, signed } => widen(loaded, bits, signed),
            Form::Lane(lane) => {
                let shift = u32::from(lane) * bits;
                let hole = ones(bits).checked_shl(shift)?;
                vector? & !hole | loaded << shift
            }
        })
    }
}

/// So many low bits, all ones.
fn ones(width: u32) -> Bits {
    Bits::MAX >> (Bits::BITS - width)
}

/// Copies the uppermost of so many bits to all bits above.
fn sign_extend(bits: Bits, width: u32) -> Bits {
    let above = Bits::BITS - width;
    ((bits << above) as i128 >> above) as Bits
}

/// Extends each of the lanes of so many bits in 8 bytes to twice that.
fn widen(loaded: Bits, width: u32, signed: bool) -> Bits {
    let mut result = 0;
    for lane in 0..64 / width {
        let mut value = loaded >> (lane * width) & ones(width);
        if signed {
            value = sign_extend(value, width) & ones(2 * width);
        }
        result |= value << (lane * 2 * width);
    }
    result
}
