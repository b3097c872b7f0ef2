//! Reading the locals and operands of a stopped frame.
//!
//! ```text
//!   region   | point | local.get 0 | i32.load | local.set 1 | i32.store |  point | ...
//!                ^                                 ^
//!            read from the frame,              reached from there by going
//!            by recipes                        through the operators
//! ```
//!
//! What the frame holds is the state at the point with which the region began. The state at any
//! other operator of it follows: the operators between have no effects, so they are evaluated
//! instead of run. One that would trap is where that ends, and that is also how a trap is found
//! whose machine instruction belongs to several operators, such as an addition that loads.

use super::recipe::{Recipe, RecipeId};
use super::states::{FunctionStates, State};
use crate::evaluate::{self, Bits, EvaluateError};
use crate::image::CompiledModule;
use crate::trap::TrapKind;
use crate::types::{GlobalIndex, MemoryIndex, TableIndex, ValType};
use std::collections::BTreeMap;
use thiserror::Error;
use wasmparser::{BinaryReader, MemArgTarget, Operator, OperatorsReader};

/// A frame that stands still, and the instance that it belongs to.
pub trait StoppedFrame {
    /// Bytes of the [area](super::FrameMap) of the frame, little endian; 16 at most.
    fn area(&self, offset: u32, len: u32) -> Option<Bits>;
    /// The value of a global.
    fn global(&self, index: GlobalIndex) -> Option<Bits>;
    /// Bytes of a memory, little endian; 16 at most. `None` if they are out of bounds.
    fn memory(&self, index: MemoryIndex, address: u64, len: u32) -> Option<Bits>;
    /// The size of a memory in pages.
    fn memory_size(&self, index: MemoryIndex) -> Option<u64>;
    /// An element of a table. `None` if it is out of bounds.
    fn element(&self, index: TableIndex, element: u64) -> Option<Bits>;
    /// The number of elements of a table.
    fn table_size(&self, index: TableIndex) -> Option<u64>;
    /// A reference to a function of the module.
    fn function(&self, index: u32) -> Option<Bits>;
}

/// The value of a local or operand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FrameValue {
    /// Its type.
    pub ty: ValType,
    /// Its bits, zero-extended.
    pub bits: Bits,
    /// Those bits that the program, when it comes to compute the value, may find to be otherwise:
    /// of a NaN, where the machine may choose between two payloads. Zero for all other values.
    pub doubt: Bits,
}

impl FrameValue {
    fn new(ty: ValType, bits: Bits) -> FrameValue {
        FrameValue {
            ty,
            bits: bits & mask(ty),
            doubt: 0,
        }
    }
}

impl FrameValue {
    /// The bytes that the value takes.
    pub fn size(self) -> u32 {
        super::frame_map::size(self.ty)
    }
}

/// The bits that values of a type have.
fn mask(ty: ValType) -> Bits {
    Bits::MAX >> (128 - 8 * super::frame_map::size(ty))
}

/// Why something cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum ReadError {
    /// Control cannot be at this place.
    #[error("no operator that control can reach is at {0:#x}")]
    NoOperator(u32),
    /// There is no such local or operand.
    #[error("the frame has no local or operand {0}")]
    NoValue(u32),
    /// An operator on the way there traps.
    #[error("the operator at {wasm_pc:#x} traps: {kind}")]
    Traps {
        /// Where it is.
        wasm_pc: u32,
        /// Why it traps.
        kind: TrapKind,
    },
    /// The frame, the instance or the module is not what it should be.
    #[error("what the operator at {0:#x} needs cannot be read")]
    Unreadable(u32),
}

/// The locals and operands of a frame somewhere within a region.
pub struct FrameReader<'a> {
    states: &'a FunctionStates,
    module: &'a CompiledModule,
    frame: &'a dyn StoppedFrame,
    /// The operator that comes next, by its position among those of the function.
    next: usize,
    operands: Vec<Held>,
    /// The locals that are not what their homes say.
    locals: BTreeMap<u32, Local>,
}

/// A value, and what decides whether it is in doubt what an operator makes of it.
#[derive(Clone, Copy)]
struct Held {
    value: FrameValue,
    /// Whether an operator of this region has loaded it.
    loaded: bool,
}

/// How far a reader has come, to go on from there with another: what it has taken from the frame, and
/// what the operators that it went past have made of it.
pub struct Progress {
    next: usize,
    operands: Vec<Held>,
    locals: BTreeMap<u32, Local>,
}

#[derive(Clone, Copy)]
enum Local {
    Recipe(RecipeId),
    Set(Held),
}

impl<'a> FrameReader<'a> {
    /// Reads a frame that is stopped somewhere in the region of the operator at `wasm_pc`, as it is
    /// ahead of that operator.
    ///
    /// # Errors
    ///
    /// If control cannot be there, if an operator before it in the region traps, or if the frame
    /// cannot be read.
    pub fn at(
        module: &'a CompiledModule,
        states: &'a FunctionStates,
        frame: &'a dyn StoppedFrame,
        wasm_pc: u32,
    ) -> Result<FrameReader<'a>, ReadError> {
        let missing = ReadError::NoOperator(wasm_pc);
        let point = states.region(wasm_pc).ok_or(missing)?;
        let state = states.at_point(point).ok_or(missing)?;
        let mut reader = FrameReader::new(module, states, frame, point, state)?;
        while reader.wasm_pc() != Some(wasm_pc) {
            reader.step()?;
        }
        Ok(reader)
    }

    /// Reads a frame that has trapped in an operator, or so the machine says: an operator that takes
    /// what another one has loaded may do the loading itself. It is read as it is ahead of the
    /// operator that really traps, which is the one that comes next.
    ///
    /// # Errors
    ///
    /// As for [`FrameReader::at`].
    pub fn at_trap(
        module: &'a CompiledModule,
        states: &'a FunctionStates,
        frame: &'a dyn StoppedFrame,
        wasm_pc: u32,
    ) -> Result<FrameReader<'a>, ReadError> {
        let missing = ReadError::NoOperator(wasm_pc);
        let point = states.region(wasm_pc).ok_or(missing)?;
        let mut reader = FrameReader::at(module, states, frame, point)?;
        while reader.wasm_pc() != Some(wasm_pc) {
            match reader.step() {
                Ok(()) => {}
                Err(ReadError::Traps { .. }) => break,
                Err(error) => return Err(error),
            }
        }
        Ok(reader)
    }

    /// Reads a frame in which the call at `wasm_pc` has not returned. The operands are those that it
    /// has left.
    ///
    /// # Errors
    ///
    /// As for [`FrameReader::at`].
    pub fn in_call(
        module: &'a CompiledModule,
        states: &'a FunctionStates,
        frame: &'a dyn StoppedFrame,
        wasm_pc: u32,
    ) -> Result<FrameReader<'a>, ReadError> {
        let state = states
            .in_call(wasm_pc)
            .ok_or(ReadError::NoOperator(wasm_pc))?;
        FrameReader::new(module, states, frame, wasm_pc, state)
    }

    fn new(
        module: &'a CompiledModule,
        states: &'a FunctionStates,
        frame: &'a dyn StoppedFrame,
        wasm_pc: u32,
        state: State,
    ) -> Result<FrameReader<'a>, ReadError> {
        let next = states.operators().binary_search(&wasm_pc);
        let locals = state.locals.into_iter();
        let mut reader = FrameReader {
            states,
            module,
            frame,
            next: next.map_err(|_| ReadError::NoOperator(wasm_pc))?,
            operands: Vec::with_capacity(state.operands.len()),
            locals: locals
                .map(|(local, recipe)| (local, Local::Recipe(recipe)))
                .collect(),
        };
        for operand in state.operands {
            let bits = reader.recipe(wasm_pc, operand.recipe)?;
            reader.push(FrameValue::new(operand.ty, bits), false);
        }
        Ok(reader)
    }

    /// Reads a frame that another reader of it was given up for. It still stands where it was, and
    /// nothing has been written that it could read.
    pub fn resume(
        module: &'a CompiledModule,
        states: &'a FunctionStates,
        frame: &'a dyn StoppedFrame,
        progress: Progress,
    ) -> FrameReader<'a> {
        let Progress {
            next,
            operands,
            locals,
        } = progress;
        FrameReader {
            states,
            module,
            frame,
            next,
            operands,
            locals,
        }
    }

    /// How far this has come, for [`FrameReader::resume`].
    pub fn into_progress(self) -> Progress {
        Progress {
            next: self.next,
            operands: self.operands,
            locals: self.locals,
        }
    }

    /// The wasm pc of the operator that comes next.
    pub fn wasm_pc(&self) -> Option<u32> {
        self.states.operators().get(self.next).copied()
    }

    /// The number of operands.
    pub fn num_operands(&self) -> u32 {
        self.operands.len() as u32
    }

    /// An operand, counted from the undermost.
    pub fn operand(&self, index: u32) -> Result<FrameValue, ReadError> {
        let held = self.operands.get(index as usize);
        Ok(held.ok_or(ReadError::NoValue(index))?.value)
    }

    /// The number of locals, parameters included.
    pub fn num_locals(&self) -> u32 {
        self.states.frame_map().num_locals()
    }

    /// A local.
    pub fn local(&self, index: u32) -> Result<FrameValue, ReadError> {
        Ok(self.held_local(index)?.value)
    }

    /// The locals that are not in their homes: operators have set them, and what they have been set
    /// to is not stored yet.
    pub fn computed_locals(&self) -> impl Iterator<Item = u32> {
        self.locals.keys().copied()
    }

    /// Goes past the operator that comes next, on paper: the machine stays where it is. Nothing
    /// happens if that is not possible.
    ///
    /// # Errors
    ///
    /// [`ReadError::NoOperator`] if the region ends there; the operator must be run. Otherwise if
    /// the operator traps, or what it needs cannot be read.
    pub fn step(&mut self) -> Result<(), ReadError> {
        let wasm_pc = self.wasm_pc().ok_or(ReadError::NoOperator(0))?;
        let following = self.states.operators().get(self.next + 1);
        let same_region =
            following.is_some_and(|&following| self.states.region(following) != Some(following));
        if !same_region {
            return Err(ReadError::NoOperator(wasm_pc));
        }
        self.evaluate(wasm_pc)?;
        self.next += 1;
        Ok(())
    }

    fn evaluate(&mut self, wasm_pc: u32) -> Result<(), ReadError> {
        use Operator as O;
        let unreadable = ReadError::Unreadable(wasm_pc);
        let Some(operator) = operator(self.module.wasm(), wasm_pc)? else {
            // The end of a frame that nothing branches to the end of.
            return Ok(());
        };
        let info = self.module.info();
        match operator {
            O::Nop | O::Block { .. } | O::TryTable { .. } => {}
            O::Drop => {
                self.pop(wasm_pc, 1)?;
            }
            O::LocalGet { local_index } => {
                let held = self.held_local(local_index)?;
                self.operands.push(held);
            }
            O::LocalSet { local_index } => {
                let held = self.pop(wasm_pc, 1)?[0];
                self.locals.insert(local_index, Local::Set(held));
            }
            O::LocalTee { local_index } => {
                let held = *self.operands.last().ok_or(unreadable)?;
                self.locals.insert(local_index, Local::Set(held));
            }
            O::GlobalGet { global_index } => {
                let index = GlobalIndex::from_u32(global_index);
                let bits = self.frame.global(index).ok_or(unreadable)?;
                self.push(FrameValue::new(info.globals[index].content, bits), false);
            }
            O::Select | O::TypedSelect { .. } => {
                let operands = self.pop(wasm_pc, 3)?;
                let first = operands[2].value.bits != 0;
                let chosen = operands[usize::from(!first)];
                self.operands.push(chosen);
            }
            _ => {
                let count = match evaluate::load(&operator) {
                    Some(load) => 1 + usize::from(load.takes_vector()),
                    None => arity(&operator).ok_or(unreadable)?,
                };
                let operands = self.operands.len().checked_sub(count);
                let operands = self.operands[operands.ok_or(unreadable)?..].to_vec();
                let value = self.compute(wasm_pc, &operator, &operands)?;
                self.pop(wasm_pc, count)?;
                self.push(value, evaluate::load(&operator).is_some());
            }
        }
        Ok(())
    }

    /// What an operator that loads or computes gives.
    fn compute(
        &self,
        wasm_pc: u32,
        operator: &Operator<'_>,
        operands: &[Held],
    ) -> Result<FrameValue, ReadError> {
        let bits: Vec<Bits> = operands.iter().map(|held| held.value.bits).collect();
        let (result, doubt) = self.result(wasm_pc, operator, &bits)?;
        let ty = self
            .result_type(operator)
            .ok_or(ReadError::Unreadable(wasm_pc))?;
        let mut value = FrameValue::new(ty, result);
        let in_order = operands.first().is_none_or(|left| !left.loaded);
        if !in_order {
            value.doubt |= doubt.order;
        }
        if has_negation(operator) {
            value.doubt |= doubt.negation;
        }
        if operands.iter().any(|held| held.value.doubt != 0) {
            value.doubt = mask(ty);
        }
        Ok(value)
    }

    fn result_type(&self, operator: &Operator<'_>) -> Option<ValType> {
        let index_type = |index64| {
            if index64 { ValType::I64 } else { ValType::I32 }
        };
        let info = self.module.info();
        Some(match *operator {
            Operator::MemorySize { mem } => {
                index_type(info.memories[MemoryIndex::from_u32(mem)].index64)
            }
            Operator::TableSize { table } => {
                index_type(info.tables[TableIndex::from_u32(table)].index64)
            }
            Operator::TableGet { table } => {
                ValType::Ref(info.tables[TableIndex::from_u32(table)].element)
            }
            Operator::RefFunc { .. } => ValType::FUNCREF,
            _ => match evaluate::load(operator) {
                Some(load) => load.result_type(),
                None => evaluate::result_type(operator)?,
            },
        })
    }

    /// What an operator gives for some operands, and which of its bits are in doubt.
    fn result(
        &self,
        wasm_pc: u32,
        operator: &Operator<'_>,
        operands: &[Bits],
    ) -> Result<(Bits, evaluate::Doubt), ReadError> {
        let unreadable = ReadError::Unreadable(wasm_pc);
        let traps = |kind| ReadError::Traps { wasm_pc, kind };
        let exact = |bits| Ok((bits, evaluate::Doubt::default()));
        let info = self.module.info();
        match *operator {
            Operator::MemorySize { mem } => {
                let pages = self.frame.memory_size(MemoryIndex::from_u32(mem));
                exact(pages.ok_or(unreadable)?.into())
            }
            Operator::TableSize { table } => {
                let size = self.frame.table_size(TableIndex::from_u32(table));
                exact(size.ok_or(unreadable)?.into())
            }
            Operator::TableGet { table } => {
                let table = TableIndex::from_u32(table);
                let &[element] = operands else {
                    return Err(unreadable);
                };
                let element = index(element, info.tables[table].index64);
                let element = self.frame.element(table, element);
                exact(element.ok_or(traps(TrapKind::TableOutOfBounds))?)
            }
            Operator::RefFunc { function_index } => {
                exact(self.frame.function(function_index).ok_or(unreadable)?)
            }
            _ => {
                let Some(load) = evaluate::load(operator) else {
                    return match evaluate::evaluate(operator, operands) {
                        Ok(evaluated) => Ok((evaluated.bits, evaluated.doubt)),
                        Err(EvaluateError::Trap(kind)) => Err(traps(kind)),
                        Err(_) => Err(unreadable),
                    };
                };
                let MemArgTarget::Memory(memory) = load.memarg().target else {
                    return Err(unreadable);
                };
                let memory = MemoryIndex::from_u32(memory);
                let base = index(
                    *operands.first().ok_or(unreadable)?,
                    info.memories[memory].index64,
                );
                let bytes = base
                    .checked_add(load.memarg().offset)
                    .and_then(|address| self.frame.memory(memory, address, load.width()));
                let bytes = bytes.ok_or(traps(TrapKind::MemoryOutOfBounds))?;
                exact(
                    load.value(bytes, operands.get(1).copied())
                        .ok_or(unreadable)?,
                )
            }
        }
    }

    /// The bits of a value that is had by a recipe; more than its type has may be set. The recipes
    /// of states are short, so this does not go deep.
    fn recipe(&self, wasm_pc: u32, id: RecipeId) -> Result<Bits, ReadError> {
        let unreadable = ReadError::Unreadable(wasm_pc);
        match self.states.recipes().get(id) {
            Recipe::Zero => Ok(0),
            Recipe::Home(local) => Ok(self.home(local)?.bits),
            Recipe::Slot(depth) => {
                let offset = self.states.frame_map().slot(depth);
                self.frame.area(offset, 16).ok_or(unreadable)
            }
            Recipe::Global(index) => self
                .frame
                .global(GlobalIndex::from_u32(index))
                .ok_or(unreadable),
            Recipe::Operator { wasm_pc, operands } => {
                let operator = operator(self.module.wasm(), wasm_pc)?.ok_or(unreadable)?;
                let mut bits = Vec::with_capacity(3);
                for operand in operands.into_iter().flatten() {
                    bits.push(self.recipe(wasm_pc, operand)?);
                }
                Ok(self.result(wasm_pc, &operator, &bits)?.0)
            }
        }
    }

    fn held_local(&self, index: u32) -> Result<Held, ReadError> {
        let value = match self.locals.get(&index) {
            Some(Local::Set(held)) => return Ok(*held),
            Some(Local::Recipe(recipe)) => {
                let (ty, _) = self.home_of(index)?;
                let wasm_pc = self.wasm_pc().unwrap_or_default();
                FrameValue::new(ty, self.recipe(wasm_pc, *recipe)?)
            }
            None => self.home(index)?,
        };
        Ok(Held {
            value,
            loaded: false,
        })
    }

    fn home(&self, local: u32) -> Result<FrameValue, ReadError> {
        let (ty, offset) = self.home_of(local)?;
        let bits = self.frame.area(offset, super::frame_map::size(ty));
        let unreadable = ReadError::Unreadable(self.wasm_pc().unwrap_or_default());
        Ok(FrameValue::new(ty, bits.ok_or(unreadable)?))
    }

    fn home_of(&self, local: u32) -> Result<(ValType, u32), ReadError> {
        let home = self.states.frame_map().local(local);
        home.ok_or(ReadError::NoValue(local))
    }

    fn push(&mut self, value: FrameValue, loaded: bool) {
        self.operands.push(Held { value, loaded });
    }

    fn pop(&mut self, wasm_pc: u32, count: usize) -> Result<Vec<Held>, ReadError> {
        let left = self.operands.len().checked_sub(count);
        Ok(self
            .operands
            .split_off(left.ok_or(ReadError::Unreadable(wasm_pc))?))
    }
}

/// An index or address as the operator takes it.
fn index(bits: Bits, index64: bool) -> u64 {
    if index64 {
        bits as u64
    } else {
        u64::from(bits as u32)
    }
}

/// The operands of an operator that is no load.
pub(super) fn arity(operator: &Operator<'_>) -> Option<usize> {
    match operator {
        Operator::MemorySize { .. } | Operator::TableSize { .. } | Operator::RefFunc { .. } => {
            Some(0)
        }
        Operator::TableGet { .. } => Some(1),
        _ => evaluate::arity(operator),
    }
}

/// Whether the operator negates, and then multiplies: what is negated before it is translated so
/// that it does not matter.
fn has_negation(operator: &Operator<'_>) -> bool {
    matches!(
        operator,
        Operator::F32x4RelaxedNmadd | Operator::F64x2RelaxedNmadd
    )
}

/// The operator at a place in a module that has been compiled. `None` if it is an `end` or `else`.
fn operator(wasm: &[u8], wasm_pc: u32) -> Result<Option<Operator<'_>>, ReadError> {
    const ELSE: u8 = 0x05;
    const END: u8 = 0x0b;
    let unreadable = ReadError::Unreadable(wasm_pc);
    let bytes = wasm.get(wasm_pc as usize..).ok_or(unreadable)?;
    if let Some(&(ELSE | END)) = bytes.first() {
        return Ok(None);
    }
    let reader = BinaryReader::new(bytes, u64::from(wasm_pc));
    let operator = OperatorsReader::new(reader).read();
    operator.map(Some).map_err(|_| unreadable)
}
