//! Evaluates expressions of DWARF.

use super::place::ImplicitPointer;
use super::{Context, MachinePlace, Piece, PieceSource, Place, Target, ValueError, WasmValue};
use crate::Symbols;
use crate::dwarf::reader::Reader;
use crate::dwarf::units::Unit;
use crate::types::{Encoding, Type, TypeId, TypeKind};
use gimli::{EvaluationResult, Expression, Location, Operation, Reader as _, UnitOffset};

/// No sane expression takes more operations than this.
const MOST_OPERATIONS: u32 = 10_000;
/// An expression may use the frame base, which is another expression. Deeper is a circle.
const DEEPEST: usize = 4;

/// Evaluates the expressions of a request.
pub(crate) struct Evaluator<'a> {
    pub(crate) symbols: &'a Symbols,
    pub(crate) target: &'a dyn Target,
    pub(crate) context: Context,
}

/// How the machine's integers enter the computation.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Width {
    /// 32-bit ones as addresses are, 64-bit ones with a type of their own.
    Typed,
    /// All as untyped numbers of 64 bits: some compilers mix constants, which are untyped, with
    /// locals of 64 bits.
    Untyped64,
}

impl Evaluator<'_> {
    /// The place that an expression describes.
    pub(crate) fn place(&self, expression: &Expression<Reader>) -> Result<Place, ValueError> {
        if let Some(place) = self.machine_place(expression)? {
            return Ok(Place::Machine(place));
        }
        self.evaluate(expression, None, 0)
    }

    /// The place that an expression computes from an address that it finds on its stack.
    pub(crate) fn place_from(
        &self,
        expression: &Expression<Reader>,
        initial: u64,
    ) -> Result<Place, ValueError> {
        self.evaluate(expression, Some(initial), 0)
    }

    pub(super) fn unit(&self) -> &Unit {
        &self.symbols.units().all()[self.context.unit as usize]
    }

    pub(super) fn encoding(&self) -> gimli::Encoding {
        self.unit().with_sections().encoding()
    }

    /// The place in the machine, for an expression that names one and does nothing else. So it has
    /// all its bits, whatever its type.
    pub(super) fn machine_place(
        &self,
        expression: &Expression<Reader>,
    ) -> Result<Option<MachinePlace>, ValueError> {
        let mut operations = expression.clone().operations(self.encoding());
        let place = match operations.next()? {
            Some(Operation::WasmLocal { index }) => MachinePlace::Local(index),
            Some(Operation::WasmGlobal { index }) => MachinePlace::Global(index),
            Some(Operation::WasmStack { index }) => MachinePlace::Operand(index),
            _ => return Ok(None),
        };
        let is_value = matches!(operations.next()?, Some(Operation::StackValue));
        Ok((is_value && operations.next()?.is_none()).then_some(place))
    }

    fn evaluate(
        &self,
        expression: &Expression<Reader>,
        initial: Option<u64>,
        depth: usize,
    ) -> Result<Place, ValueError> {
        match self.run(expression, initial, depth, Width::Typed) {
            Err(ValueError::Malformed(problem)) => {
                let wide = !self.has_address(expression)?;
                let again = wide.then(|| self.run(expression, initial, depth, Width::Untyped64));
                match again {
                    Some(Ok(place)) => Ok(place),
                    _ => Err(ValueError::Malformed(problem)),
                }
            }
            outcome => outcome,
        }
    }

    /// Whether an expression has operands whose size is that of addresses.
    fn has_address(&self, expression: &Expression<Reader>) -> Result<bool, ValueError> {
        let mut operations = expression.clone().operations(self.encoding());
        while let Some(operation) = operations.next()? {
            if matches!(
                operation,
                Operation::Address { .. }
                    | Operation::Deref { .. }
                    | Operation::ImplicitPointer { .. }
            ) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn run(
        &self,
        expression: &Expression<Reader>,
        initial: Option<u64>,
        depth: usize,
        width: Width,
    ) -> Result<Place, ValueError> {
        let mut encoding = self.encoding();
        if width == Width::Untyped64 {
            encoding.address_size = 8;
        }
        let mut evaluation = expression.clone().evaluation(encoding);
        evaluation.set_max_iterations(MOST_OPERATIONS);
        if let Some(initial) = initial {
            evaluation.set_initial_value(initial);
        }
        let mut step = evaluation.evaluate()?;
        loop {
            step = match step {
                EvaluationResult::Complete => break,
                EvaluationResult::RequiresWasmLocal { index } => {
                    let place = MachinePlace::Local(index);
                    evaluation.resume_with_wasm_value(self.machine(place, width)?)?
                }
                EvaluationResult::RequiresWasmGlobal { index } => {
                    let place = MachinePlace::Global(index);
                    evaluation.resume_with_wasm_value(self.machine(place, width)?)?
                }
                EvaluationResult::RequiresWasmStack { index } => {
                    let place = MachinePlace::Operand(index);
                    evaluation.resume_with_wasm_value(self.machine(place, width)?)?
                }
                EvaluationResult::RequiresMemory {
                    address,
                    size,
                    space: None,
                    base_type,
                } => evaluation.resume_with_memory(self.memory(address, size, base_type)?)?,
                EvaluationResult::RequiresFrameBase => {
                    evaluation.resume_with_frame_base(self.frame_base(depth)?)?
                }
                EvaluationResult::RequiresIndexedAddress { index, .. } => {
                    let address = self.unit().with_sections().address(index)?;
                    evaluation.resume_with_indexed_address(address)?
                }
                // Addresses of data are those of the memory, and code is not moved.
                EvaluationResult::RequiresRelocatedAddress(address) => {
                    evaluation.resume_with_relocated_address(address)?
                }
                EvaluationResult::RequiresBaseType(offset) => {
                    evaluation.resume_with_base_type(self.base_type(offset)?)?
                }
                other => return Err(ValueError::Unsupported(need(&other))),
            };
        }
        self.finish(evaluation.result())
    }

    fn machine(&self, place: MachinePlace, width: Width) -> Result<gimli::Value, ValueError> {
        let value = place.read(self.target).map_err(wrongly)?;
        Ok(match value {
            WasmValue::I32(bits) => gimli::Value::Generic(u64::from(bits)),
            WasmValue::I64(bits) if width == Width::Untyped64 => gimli::Value::Generic(bits),
            WasmValue::I64(bits) => gimli::Value::I64(bits as i64),
            WasmValue::F32(bits) => gimli::Value::F32(f32::from_bits(bits)),
            WasmValue::F64(bits) => gimli::Value::F64(f64::from_bits(bits)),
            WasmValue::V128(_) | WasmValue::Reference => {
                let what = format!("to compute with {}", value.type_name());
                return Err(ValueError::Unsupported(what));
            }
        })
    }

    fn memory(
        &self,
        address: u64,
        size: u8,
        base_type: UnitOffset<usize>,
    ) -> Result<gimli::Value, ValueError> {
        let mut bytes = [0; 8];
        let size = usize::from(size).min(bytes.len());
        self.target.read_memory(address, &mut bytes[..size])?;
        let bits = u64::from_le_bytes(bytes);
        let value_type = self.base_type(base_type)?;
        Ok(match value_type {
            gimli::ValueType::F32 => gimli::Value::F32(f32::from_bits(bits as u32)),
            gimli::ValueType::F64 => gimli::Value::F64(f64::from_bits(bits)),
            _ => gimli::Value::from_u64(value_type, bits)?,
        })
    }

    /// The type of values that an entry of a base type stands for; 0 is that of addresses.
    fn base_type(&self, offset: UnitOffset<usize>) -> Result<gimli::ValueType, ValueError> {
        use gimli::ValueType::*;
        if offset.0 == 0 {
            return Ok(Generic);
        }
        let entry = self.unit().entry(offset)?;
        let read = Type::read(self.symbols.units(), self.unit().id_of(&entry))?;
        let TypeKind::Base(encoding) = read.kind else {
            return Err(gimli::Error::TypeMismatch.into());
        };
        Ok(match (encoding, read.size.unwrap_or(0)) {
            (Encoding::Float, 4) => F32,
            (Encoding::Float, 8) => F64,
            (Encoding::Signed | Encoding::SignedCharacter, 1) => I8,
            (Encoding::Signed, 2) => I16,
            (Encoding::Signed, 4) => I32,
            (Encoding::Signed, 8) => I64,
            // A single bit, which is one byte here: no operation looks at the others.
            (Encoding::Unsigned | Encoding::UnsignedCharacter | Encoding::Boolean, 0 | 1) => U8,
            (Encoding::Unsigned | Encoding::Utf, 2) => U16,
            (Encoding::Unsigned | Encoding::Utf, 4) => U32,
            (Encoding::Unsigned, 8) => U64,
            (Encoding::Address, _) => Generic,
            (_, size) => {
                let what = format!("to compute with a type of {size} bytes");
                return Err(ValueError::Unsupported(what));
            }
        })
    }

    fn frame_base(&self, depth: usize) -> Result<u64, ValueError> {
        let missing = || ValueError::Unsupported("a frame, and there is none".to_string());
        if depth >= DEEPEST {
            return Err(gimli::Error::TooManyIterations.into());
        }
        let function = self.context.function.ok_or_else(missing)?;
        let context = Context {
            unit: function.unit,
            ..self.context
        };
        let evaluator = Evaluator { context, ..*self };
        let entry = self.symbols.units().entry(function)?;
        let base = entry.attribute(gimli::DW_AT_frame_base);
        let base = base.ok_or_else(|| {
            ValueError::Unsupported("a frame base, which the function has none of".to_string())
        })?;
        let expression = super::describe::expression_at(evaluator.unit(), base, self.context)?;
        let place = match evaluator.machine_place(&expression)? {
            Some(place) => Place::Machine(place),
            None => evaluator.evaluate(&expression, None, depth + 1)?,
        };
        match place {
            Place::Memory(address) => Ok(address),
            place => {
                let len = match &place {
                    Place::Machine(machine) => {
                        let value = machine.read(self.target).map_err(wrongly)?;
                        value.to_bytes().len()
                    }
                    Place::Bytes(bytes) => bytes.len().min(8),
                    _ => 4,
                };
                let bytes = place.load(self.target, 0, len.min(8) as u64)?;
                Ok(number(&bytes))
            }
        }
    }

    /// The place that an evaluation has led to.
    fn finish(&self, pieces: Vec<gimli::Piece<Reader>>) -> Result<Place, ValueError> {
        let whole = |pieces: &[gimli::Piece<Reader>]| matches!(pieces, [piece] if piece.size_in_bits.is_none());
        if whole(&pieces)
            && let Some(piece) = pieces.first()
        {
            return match self.source(&piece.location)? {
                PieceSource::At(place, _) => Ok(place),
                PieceSource::Missing => Err(ValueError::NowhereDescribed),
            };
        }
        let mut places = Vec::with_capacity(pieces.len());
        for piece in pieces {
            let source = match self.source(&piece.location)? {
                PieceSource::At(place, _) => PieceSource::At(place, piece.bit_offset.unwrap_or(0)),
                PieceSource::Missing => PieceSource::Missing,
            };
            places.push(Piece {
                bits: piece.size_in_bits.unwrap_or(0),
                source,
            });
        }
        Ok(Place::Pieces(places.into()))
    }

    pub(super) fn tombstone(&self) -> u64 {
        match self.encoding().address_size {
            4 => u64::from(u32::MAX) - 1,
            _ => u64::MAX - 1,
        }
    }

    fn source(&self, location: &Location<Reader>) -> Result<PieceSource, ValueError> {
        let place = match location {
            Location::Empty => return Ok(PieceSource::Missing),
            // What linkers write in place of the address of what they drop.
            Location::Address { address } if *address >= self.tombstone() => {
                return Err(ValueError::Dropped);
            }
            Location::Address { address } => Place::Memory(*address),
            Location::Value { value } => Place::Bytes(bytes_of(*value).into()),
            Location::Bytes { value } => Place::Bytes(value.to_slice()?.into_owned().into()),
            Location::ImplicitPointer { value, byte_offset } => {
                let units = self.symbols.units();
                let reference = gimli::AttributeValue::DebugInfoRef(*value);
                let target = units.resolve(self.unit(), reference);
                let target = target.ok_or(gimli::Error::OffsetOutOfBounds(value.0 as u64))?;
                Place::ImplicitPointer(ImplicitPointer {
                    target: TypeId(target),
                    offset: *byte_offset,
                })
            }
            Location::Register { register } => {
                let what = format!("register {}, which WebAssembly has not", register.0);
                return Err(ValueError::Unsupported(what));
            }
        };
        Ok(PieceSource::At(place, 0))
    }
}

/// A local, global or operand that a location names, but that there is not.
pub(super) fn wrongly(error: super::TargetError) -> ValueError {
    ValueError::WronglyDescribed(error.0)
}

/// What an evaluation that cannot go on would need.
fn need(result: &EvaluationResult<Reader>) -> String {
    match result {
        EvaluationResult::RequiresRegister { register, .. } => {
            format!("register {}, which WebAssembly has not", register.0)
        }
        EvaluationResult::RequiresMemory { .. } => "another address space".to_string(),
        EvaluationResult::RequiresTls(_) => {
            "the thread's own memory, which is not known".to_string()
        }
        EvaluationResult::RequiresCallFrameCfa => {
            "the frame's address, which WebAssembly does not keep".to_string()
        }
        EvaluationResult::RequiresEntryValue(_) | EvaluationResult::RequiresParameterRef(_) => {
            "a value from when the function was called, which is not kept".to_string()
        }
        EvaluationResult::RequiresAtLocation(_) => "another entry's location".to_string(),
        other => format!("what is not supported ({other:?})"),
    }
}

fn bytes_of(value: gimli::Value) -> Vec<u8> {
    use gimli::Value::*;
    // An integer narrower than its variable is extended, as its type says.
    match value {
        Generic(bits) => bits.to_le_bytes().to_vec(),
        I8(number) => i64::from(number).to_le_bytes().to_vec(),
        I16(number) => i64::from(number).to_le_bytes().to_vec(),
        I32(number) => i64::from(number).to_le_bytes().to_vec(),
        I64(number) => number.to_le_bytes().to_vec(),
        U8(number) => u64::from(number).to_le_bytes().to_vec(),
        U16(number) => u64::from(number).to_le_bytes().to_vec(),
        U32(number) => u64::from(number).to_le_bytes().to_vec(),
        U64(number) => number.to_le_bytes().to_vec(),
        F32(number) => number.to_le_bytes().to_vec(),
        F64(number) => number.to_le_bytes().to_vec(),
    }
}

/// The number that up to eight bytes stand for, the first the lowest.
pub(crate) fn number(bytes: &[u8]) -> u64 {
    let mut number = [0; 8];
    let len = bytes.len().min(8);
    number[..len].copy_from_slice(&bytes[..len]);
    u64::from_le_bytes(number)
}
