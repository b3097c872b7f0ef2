//! How compiled code accesses memory of each kind: which accesses may be moved or merged, which
//! trap and how, and which cannot alias.
//!
//! Alias regions let the code generator forward a stored value to a load past stores of other
//! kinds. It keeps one entry per region and block, so there must not be many: the first few
//! memories and globals have one each, the others share.

use super::function::FunctionTranslator;
use crate::trap::TrapKind;
use crate::types::{GlobalIndex, MemoryIndex};
use cranelift_codegen::ir::{
    AliasRegionData, Endianness, Function, InstBuilder, MemFlags, MemFlagsData, Opcode, Type, Value,
};
use std::borrow::Cow;

/// A kind of access.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Access {
    /// To a field that never changes while code of the instance runs.
    Constant,
    /// To the size of a memory.
    MemoryLength,
    /// To the base or length of a table that may grow.
    TableRecord,
    /// To an element of a table.
    TableElement,
    /// To the signature of a function reference that may be null, which traps.
    Signature,
    /// To another field of a function reference, known not to be null.
    FuncRef,
    /// To a field of an exception.
    ExceptionField,
    /// To a value as one of another type, which is no access at all but is written like one.
    Bitcast,
    /// To the part of the frame that can be read from outside.
    Frame,
    /// To linear memory: 0 for the imported ones, which may be one and the same, then one each
    /// for the first ones defined, the last of them for all others.
    Heap(u8),
    /// To a global, numbered like the memories.
    Global(u8),
}

/// How many regions there are for memories and for globals.
const HEAPS: u8 = 3;
const GLOBALS: u8 = 8;

impl Access {
    const FIRST_HEAP: usize = 9;
    const FIRST_GLOBAL: usize = Self::FIRST_HEAP + HEAPS as usize;
    const COUNT: usize = Self::FIRST_GLOBAL + GLOBALS as usize;

    fn index(self) -> usize {
        match self {
            Access::Constant => 0,
            Access::MemoryLength => 1,
            Access::TableRecord => 2,
            Access::TableElement => 3,
            Access::Signature => 4,
            Access::FuncRef => 5,
            Access::Bitcast => 6,
            Access::ExceptionField => 7,
            Access::Frame => 8,
            Access::Heap(n) => Self::FIRST_HEAP + usize::from(n),
            Access::Global(n) => Self::FIRST_GLOBAL + usize::from(n),
        }
    }

    /// The region's number, the same for kinds that may alias, and its name in listings.
    fn region(self) -> Option<(u32, &'static str)> {
        Some(match self {
            Access::Constant => (0, "constant"),
            Access::MemoryLength => (1, "memory length"),
            Access::TableRecord => (2, "table record"),
            Access::TableElement => (3, "table element"),
            Access::Signature | Access::FuncRef => (4, "function reference"),
            Access::ExceptionField => (5, "exception"),
            Access::Bitcast => return None,
            Access::Frame => (6, "frame"),
            Access::Heap(n) => (8 + u32::from(n), "memory"),
            Access::Global(n) => (16 + u32::from(n), "global"),
        })
    }

    fn flags(self) -> MemFlagsData {
        let trusted = MemFlagsData::trusted();
        match self {
            Access::Constant => trusted.with_readonly().with_can_move(),
            Access::MemoryLength
            | Access::TableRecord
            | Access::TableElement
            | Access::FuncRef
            | Access::ExceptionField
            | Access::Frame
            | Access::Global(_) => trusted,
            Access::Signature => trusted
                .with_readonly()
                .with_trap_code(Some(TrapKind::UninitializedElement.code())),
            Access::Bitcast => MemFlagsData::new(),
            Access::Heap(_) => {
                MemFlagsData::new().with_trap_code(Some(TrapKind::MemoryOutOfBounds.code()))
            }
        }
        .with_endianness(Endianness::Little)
    }
}

/// The flags that were handed out in the function under translation.
#[derive(Default)]
pub(super) struct Accesses {
    flags: [Option<MemFlags>; Access::COUNT],
}

impl Accesses {
    /// Forgets them.
    pub fn clear(&mut self) {
        *self = Accesses::default();
    }

    /// The flags for a kind of access in this function.
    pub fn flags(&mut self, func: &mut Function, access: Access) -> MemFlags {
        let slot = &mut self.flags[access.index()];
        *slot.get_or_insert_with(|| {
            let region = access.region().map(|(user_id, name)| {
                let description = Cow::Borrowed(name);
                func.dfg.alias_regions.insert(AliasRegionData {
                    user_id,
                    description,
                })
            });
            func.dfg
                .mem_flags
                .insert_unchecked(access.flags().with_alias_region(region))
        })
    }
}

/// The number of a region for an item: 0 for imported ones, `last` at most.
fn region_of(defined: Option<u32>, count: u8) -> u8 {
    match defined {
        None => 0,
        Some(index) => index.saturating_add(1).min(u32::from(count - 1)) as u8,
    }
}

impl FunctionTranslator<'_> {
    /// How a linear memory is accessed.
    pub(super) fn heap_access(&self, memory: MemoryIndex) -> Access {
        Access::Heap(region_of(self.env.info.defined_memory(memory), HEAPS))
    }

    /// How a global is accessed.
    pub(super) fn global_access(&self, global: GlobalIndex) -> Access {
        match self.env.info.globals[global].mutable {
            true => Access::Global(region_of(self.env.info.defined_global(global), GLOBALS)),
            false => Access::Constant,
        }
    }

    /// The flags for a kind of access.
    pub(super) fn flags(&mut self, access: Access) -> MemFlags {
        self.state.accesses.flags(self.builder.func, access)
    }

    /// Loads by one of the load operators. `ty` is the type of the result.
    ///
    /// The instruction builder's own methods look the flags up in a hash table each time.
    pub(super) fn emit_load(
        &mut self,
        opcode: Opcode,
        ty: Type,
        access: Access,
        base: Value,
        offset: i32,
    ) -> Value {
        let flags = self.flags(access);
        let (inst, dfg) = self
            .builder
            .ins()
            .Load(opcode, ty, flags, offset.into(), base);
        dfg.first_result(inst)
    }

    /// Stores by one of the store operators.
    pub(super) fn emit_store(
        &mut self,
        opcode: Opcode,
        access: Access,
        value: Value,
        base: Value,
        offset: i32,
    ) {
        let flags = self.flags(access);
        let ty = self.builder.func.dfg.value_type(value);
        self.builder
            .ins()
            .Store(opcode, ty, flags, offset.into(), value, base);
    }

    /// The value's bits as another type of the same size.
    pub(super) fn emit_bitcast(&mut self, ty: Type, value: Value) -> Value {
        let flags = self.flags(Access::Bitcast);
        let (inst, dfg) = self
            .builder
            .ins()
            .LoadNoOffset(Opcode::Bitcast, ty, flags, value);
        dfg.first_result(inst)
    }

    /// Loads a field that never changes.
    pub(super) fn load_constant(&mut self, ty: Type, base: Value, offset: u32) -> Value {
        self.emit_load(Opcode::Load, ty, Access::Constant, base, offset as i32)
    }
}
