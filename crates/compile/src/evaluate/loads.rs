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
    /// there is none, or the other way round, or if the vector has no such lane.
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

#[cfg(test)]
mod tests {
    use super::*;

    const MEMARG: MemArg = MemArg {
        align: 0,
        max_align: 0,
        offset: 24,
        target: wasmparser::MemArgTarget::Memory(1),
        ordering: None,
    };

    /// Bytes of which each half, quarter and so on begins with a set bit.
    const BYTES: Bits = 0x8f8e_8d8c_8b8a_8988_8786_8584_8382_8180;

    macro_rules! values {
        ($($name:ident: $width:literal, $ty:ident => $value:literal;)*) => {
            [$((Operator::$name { memarg: MEMARG }, $width, ValType::$ty, $value)),*]
        };
    }

    #[test]
    fn loaded_bytes_are_extended_repeated_and_widened() {
        let loads = values! {
            I32Load: 4, I32 => 0x8382_8180;
            F32Load: 4, F32 => 0x8382_8180;
            I64Load: 8, I64 => 0x8786_8584_8382_8180;
            F64Load: 8, F64 => 0x8786_8584_8382_8180;
            I32Load8S: 1, I32 => 0xffff_ff80;
            I32Load8U: 1, I32 => 0x80;
            I32Load16S: 2, I32 => 0xffff_8180;
            I32Load16U: 2, I32 => 0x8180;
            I64Load8S: 1, I64 => 0xffff_ffff_ffff_ff80;
            I64Load8U: 1, I64 => 0x80;
            I64Load16S: 2, I64 => 0xffff_ffff_ffff_8180;
            I64Load16U: 2, I64 => 0x8180;
            I64Load32S: 4, I64 => 0xffff_ffff_8382_8180;
            I64Load32U: 4, I64 => 0x8382_8180;
            V128Load: 16, V128 => 0x8f8e_8d8c_8b8a_8988_8786_8584_8382_8180;
            V128Load8x8S: 8, V128 => 0xff87_ff86_ff85_ff84_ff83_ff82_ff81_ff80;
            V128Load8x8U: 8, V128 => 0x0087_0086_0085_0084_0083_0082_0081_0080;
            V128Load16x4S: 8, V128 => 0xffff_8786_ffff_8584_ffff_8382_ffff_8180;
            V128Load16x4U: 8, V128 => 0x0000_8786_0000_8584_0000_8382_0000_8180;
            V128Load32x2S: 8, V128 => 0xffff_ffff_8786_8584_ffff_ffff_8382_8180;
            V128Load32x2U: 8, V128 => 0x0000_0000_8786_8584_0000_0000_8382_8180;
            V128Load8Splat: 1, V128 => 0x8080_8080_8080_8080_8080_8080_8080_8080;
            V128Load16Splat: 2, V128 => 0x8180_8180_8180_8180_8180_8180_8180_8180;
            V128Load32Splat: 4, V128 => 0x8382_8180_8382_8180_8382_8180_8382_8180;
            V128Load64Splat: 8, V128 => 0x8786_8584_8382_8180_8786_8584_8382_8180;
            V128Load32Zero: 4, V128 => 0x8382_8180;
            V128Load64Zero: 8, V128 => 0x8786_8584_8382_8180;
        };
        for (operator, width, ty, value) in loads {
            let load = load(&operator).unwrap();
            assert_eq!(
                (load.width(), load.result_type()),
                (width, ty),
                "{operator:?}"
            );
            assert_eq!(load.memarg(), MEMARG);
            assert_eq!(load.value(BYTES, None), Some(value), "{operator:?}");
            assert_eq!(load.value(BYTES, Some(0)), None, "it takes no vector");
        }
    }

    #[test]
    fn positive_numbers_are_extended_with_zeros() {
        let extend = load(&Operator::I64Load32S { memarg: MEMARG }).unwrap();
        assert_eq!(extend.value(0x7fff_ffff, None), Some(0x7fff_ffff));
        let widen = load(&Operator::V128Load8x8S { memarg: MEMARG }).unwrap();
        assert_eq!(widen.value(0x7f80, None), Some(0x7f_ff80));
    }

    #[test]
    fn a_loaded_lane_replaces_one_of_the_vector_and_no_other() {
        let memarg = MEMARG;
        let vector = 0x0123_4567_89ab_cdef_0123_4567_89ab_cdef;
        let lanes = [
            (
                Operator::V128Load8Lane { memarg, lane: 15 },
                0x8023_4567_89ab_cdef_0123_4567_89ab_cdef,
            ),
            (
                Operator::V128Load16Lane { memarg, lane: 0 },
                0x0123_4567_89ab_cdef_0123_4567_89ab_8180,
            ),
            (
                Operator::V128Load32Lane { memarg, lane: 2 },
                0x0123_4567_8382_8180_0123_4567_89ab_cdef,
            ),
            (
                Operator::V128Load64Lane { memarg, lane: 1 },
                0x8786_8584_8382_8180_0123_4567_89ab_cdef,
            ),
        ];
        for (operator, value) in lanes {
            let load = load(&operator).unwrap();
            assert!(load.takes_vector());
            assert_eq!(load.value(BYTES, Some(vector)), Some(value), "{operator:?}");
            assert_eq!(load.value(BYTES, None), None, "it takes a vector");
        }
        let none = load(&Operator::V128Load64Lane { memarg, lane: 2 }).unwrap();
        assert_eq!(
            none.value(BYTES, Some(vector)),
            None,
            "there is no such lane"
        );
    }

    #[test]
    fn stores_and_pure_operators_are_no_loads() {
        assert_eq!(load(&Operator::I32Store { memarg: MEMARG }), None);
        assert_eq!(load(&Operator::I32Add), None);
    }
}
