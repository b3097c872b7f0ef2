//! What a bound condition computes.
//!
//! Nothing here tells what is wrong: `None` says that the general evaluator has to.

use crate::dwarf::reader::Reader;
use crate::expression::{
    AddressWidth, BinaryOperator, LogicalOperator, Scalar, ScalarType, UnaryOperator,
};
use crate::locations::evaluate::Evaluator;
use crate::locations::simple::SimplePlace;
use crate::locations::{Context, MachinePlace};
use crate::pretty::text::TextShape;
use crate::values::scalar::{sign_extend, to_number};
use crate::{Place, Symbols, Target, WasmValue};
use gimli::Expression;

/// The guest that a condition is evaluated in.
pub(super) struct Machine<'a> {
    pub(super) symbols: &'a Symbols,
    pub(super) target: &'a dyn Target,
}

/// Something that computes a scalar.
#[derive(Clone, Debug)]
pub(super) enum Node {
    /// Always the same.
    Constant(Scalar),
    /// What is stored somewhere.
    Load(Load),
    /// A part of the machine, in the type that the machine gives it.
    Machine(MachinePlace),
    Unary(UnaryOperator, Box<Node>),
    Binary(BinaryOperator, Box<Node>, Box<Node>),
    Not(Box<Node>),
    Logical(LogicalOperator, Box<Node>, Box<Node>),
    Conditional(Box<Node>, Box<Node>, Box<Node>),
    Cast(ScalarType, Box<Node>),
    /// Whether a discriminant is in one of the ranges that are wanted: the first that it is in
    /// counts.
    Variant {
        discriminant: Load,
        ranges: Vec<(i128, i128, bool)>,
        /// What is so if it is in none.
        otherwise: Option<bool>,
    },
    /// Text compared with what is written out.
    Text {
        operator: BinaryOperator,
        shape: TextShape,
        at: Spot,
        literal: Vec<u8>,
        /// Whether the literal stands to the left.
        swapped: bool,
    },
}

/// A scalar that is stored somewhere.
#[derive(Clone, Debug)]
pub(super) struct Load {
    pub(super) at: Spot,
    pub(super) type_: ScalarType,
    /// In bytes.
    pub(super) size: u8,
    /// For a bit-field its first bit and how many it has, and whether one is a sign.
    pub(super) bits: Option<(u64, u64, bool)>,
}

/// So many bytes from a place.
#[derive(Clone, Debug)]
pub(super) struct Spot {
    pub(super) base: Base,
    pub(super) offset: u64,
    pub(super) width: AddressWidth,
}

/// Where a value begins.
#[derive(Clone, Debug)]
pub(super) enum Base {
    Simple(SimplePlace),
    /// Where an expression says.
    Described(Box<(Expression<Reader>, Context)>),
    /// Where a pointer leads.
    Pointer(Box<Load>),
    /// At an element of an array, so many bytes large, which has to be one of so many unless this
    /// is not known.
    Element {
        first: Box<Spot>,
        index: Box<Node>,
        size: u64,
        count: Option<u64>,
    },
}

/// A place that has been found.
enum Found {
    Memory(u64),
    Value(WasmValue),
    Place(Place),
}

impl Node {
    pub(super) fn scalar(&self, machine: &Machine<'_>) -> Option<Scalar> {
        match self {
            Node::Constant(scalar) => Some(*scalar),
            Node::Load(load) => load.scalar(machine),
            Node::Machine(place) => {
                let integer = |bits| AddressWidth::Bits32.integer(true).resized(bits);
                Some(match place.read(machine.target).ok()? {
                    WasmValue::I32(bits) => Scalar::integer(integer(32), (bits as i32).into()),
                    WasmValue::I64(bits) => Scalar::integer(integer(64), (bits as i64).into()),
                    WasmValue::F32(bits) => Scalar::f32(f32::from_bits(bits)),
                    WasmValue::F64(bits) => Scalar::f64(f64::from_bits(bits)),
                    WasmValue::V128(_) | WasmValue::Reference => return None,
                })
            }
            Node::Unary(operator, operand) => operator.apply(operand.scalar(machine)?).ok(),
            Node::Binary(operator, left, right) => {
                let (left, right) = (left.scalar(machine)?, right.scalar(machine)?);
                operator.apply(left, right).ok()
            }
            Node::Not(operand) => {
                let truth = operand.scalar(machine)?.is_true();
                Some(Scalar::boolean(!truth))
            }
            Node::Logical(operator, left, right) => {
                let left = left.scalar(machine)?.is_true();
                let decided = match operator {
                    LogicalOperator::And => !left,
                    LogicalOperator::Or => left,
                };
                let truth = match decided {
                    true => left,
                    false => right.scalar(machine)?.is_true(),
                };
                Some(Scalar::boolean(truth))
            }
            Node::Conditional(condition, then, otherwise) => {
                match condition.scalar(machine)?.is_true() {
                    true => then.scalar(machine),
                    false => otherwise.scalar(machine),
                }
            }
            Node::Cast(type_, operand) => operand.scalar(machine)?.cast(*type_).ok(),
            Node::Variant {
                discriminant,
                ranges,
                otherwise,
            } => {
                let number = discriminant.scalar(machine)?.bits() as i128;
                let mask = match discriminant.size {
                    16.. => -1,
                    size => (1_i128 << (size * 8)) - 1,
                };
                let is_in = |&&(low, high, _): &&(i128, i128, bool)| {
                    low & mask <= number && number <= high & mask
                };
                let found = ranges.iter().find(is_in).map(|&(_, _, wanted)| wanted);
                found.or(*otherwise).map(Scalar::boolean)
            }
            Node::Text {
                operator,
                shape,
                at,
                literal,
                swapped,
            } => {
                let found = at.find(machine)?;
                let read = |offset: u64, buffer: &mut [u8]| {
                    let read = found.read(machine.target, at.offset.wrapping_add(offset), buffer);
                    // The reason is told by the evaluator.
                    read.ok_or(crate::ValueError::NoAddress)
                };
                // One byte more than the literal has tells which is longer.
                let text = shape.text(machine.target, &read, literal.len() + 1).ok()?;
                let mut order = text.as_slice().cmp(literal.as_slice());
                if *swapped {
                    order = order.reverse();
                }
                operator.holds(Some(order)).map(Scalar::boolean)
            }
        }
    }
}

impl Load {
    fn scalar(&self, machine: &Machine<'_>) -> Option<Scalar> {
        let found = self.at.find(machine)?;
        let (offset, first, count, signed) = match self.bits {
            None => (self.at.offset, 0, u64::from(self.size) * 8, None),
            Some((first, count, signed)) => {
                let offset = self.at.offset.wrapping_add(first / 8);
                (offset, first % 8, count, Some(signed))
            }
        };
        let mut bytes = [0; 16];
        let len = (first + count).div_ceil(8) as usize;
        let bytes = bytes.get_mut(..len)?;
        found.read(machine.target, offset, bytes)?;
        let number = to_number(bytes) >> first;
        let number = match signed {
            None => number,
            Some(signed) => {
                let number = number & (u128::MAX >> (128 - count.clamp(1, 128)));
                match signed {
                    true => sign_extend(number, count) as u128,
                    false => number,
                }
            }
        };
        Some(Scalar::new(self.type_, number))
    }

    /// The address that a pointer holds.
    fn address(&self, machine: &Machine<'_>) -> Option<u64> {
        u64::try_from(self.scalar(machine)?.bits()).ok()
    }
}

impl Spot {
    fn find(&self, machine: &Machine<'_>) -> Option<Found> {
        Some(match &self.base {
            Base::Simple(SimplePlace::Memory(address)) => Found::Memory(*address),
            Base::Simple(SimplePlace::Machine(place)) => {
                Found::Value(place.read(machine.target).ok()?)
            }
            Base::Simple(SimplePlace::Behind(base, offset)) => {
                let base = address_in(*base, machine.target)?;
                Found::Memory(self.wrap(base.wrapping_add(*offset as u64)))
            }
            Base::Described(described) => {
                let (expression, context) = &**described;
                machine.symbols.begin_request();
                let evaluator = Evaluator {
                    symbols: machine.symbols,
                    target: machine.target,
                    context: *context,
                };
                match evaluator.place(expression).ok()? {
                    Place::Memory(address) => Found::Memory(address),
                    place => Found::Place(place),
                }
            }
            Base::Pointer(pointer) => Found::Memory(pointer.address(machine)?),
            Base::Element {
                first,
                index,
                size,
                count,
            } => {
                let index = index.scalar(machine)?.to_integer()?;
                match count {
                    Some(count) if !(0..i128::from(*count)).contains(&index) => return None,
                    _ => {}
                }
                let Found::Memory(address) = first.find(machine)? else {
                    return None;
                };
                let address = address.wrapping_add(first.offset);
                let distance = (index as u64).wrapping_mul(*size);
                Found::Memory(self.wrap(address.wrapping_add(distance)))
            }
        })
    }

    fn wrap(&self, address: u64) -> u64 {
        match self.width {
            AddressWidth::Bits32 => address & u64::from(u32::MAX),
            AddressWidth::Bits64 => address,
        }
    }
}

fn address_in(place: MachinePlace, target: &dyn Target) -> Option<u64> {
    match place.read(target).ok()? {
        WasmValue::I32(address) => Some(address.into()),
        WasmValue::I64(address) => Some(address),
        _ => None,
    }
}

impl Found {
    fn read(&self, target: &dyn Target, offset: u64, buffer: &mut [u8]) -> Option<()> {
        match self {
            Found::Memory(address) => {
                let address = address.checked_add(offset)?;
                target.read_memory(address, buffer).ok()
            }
            Found::Value(value) => {
                let bits = match value {
                    WasmValue::I32(bits) | WasmValue::F32(bits) => (u128::from(*bits), 4),
                    WasmValue::I64(bits) | WasmValue::F64(bits) => (u128::from(*bits), 8),
                    WasmValue::V128(bits) => (*bits, 16),
                    WasmValue::Reference => return None,
                };
                let begin = usize::try_from(offset).ok()?;
                let end = begin.checked_add(buffer.len())?;
                let bytes = bits.0.to_le_bytes();
                buffer.copy_from_slice(bytes[..bits.1].get(begin..end)?);
                Some(())
            }
            Found::Place(place) => {
                let bytes = place.load(target, offset, buffer.len() as u64).ok()?;
                buffer.copy_from_slice(bytes.get(..buffer.len())?);
                Some(())
            }
        }
    }
}
