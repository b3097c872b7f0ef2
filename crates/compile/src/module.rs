//! What a module declares: everything but the machine code of its functions.

use crate::types::*;
use cranelift_entity::PrimaryMap;
use cranelift_entity::packed_option::PackedOption;
use serde::{Deserialize, Serialize};
use std::ops::Range;

/// An item of one of the module's index spaces.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum EntityIndex {
    /// A function.
    Function(FuncIndex),
    /// A table.
    Table(TableIndex),
    /// A linear memory.
    Memory(MemoryIndex),
    /// A global.
    Global(GlobalIndex),
    /// A tag.
    Tag(TagIndex),
}

/// An import, in the order of the import section.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Import {
    /// The first of its two names.
    pub module: String,
    /// The second of its two names.
    pub name: String,
    /// Where the module puts what it gets; its type stands there too.
    pub entity: EntityIndex,
}

/// An export, in the order of the export section.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Export {
    /// The name, unique in the module.
    pub name: String,
    /// What is exported.
    pub entity: EntityIndex,
}

/// A function of the module, imported or defined.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Function {
    /// Its type.
    pub signature: SignatureIndex,
    /// Its place among the instance's `VMFuncRef`s, if a reference to it can be made by the
    /// module: it is exported, in an element segment, in a global's initial value, or declared
    /// for `ref.func`.
    pub func_ref: PackedOption<FuncRefIndex>,
}

/// One operator of a constant expression
/// ([constant expressions](https://webassembly.github.io/spec/core/valid/instructions.html#constant-expressions),
/// extended constant expressions included).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ConstOp {
    /// `i32.const`.
    I32Const(i32),
    /// `i64.const`.
    I64Const(i64),
    /// `f32.const`, as bits.
    F32Const(u32),
    /// `f64.const`, as bits.
    F64Const(u64),
    /// `v128.const`, little endian.
    V128Const(u128),
    /// `global.get`.
    GlobalGet(GlobalIndex),
    /// `ref.null` of any type.
    RefNull,
    /// `ref.func`.
    RefFunc(FuncIndex),
    /// `i32.add`.
    I32Add,
    /// `i32.sub`.
    I32Sub,
    /// `i32.mul`.
    I32Mul,
    /// `i64.add`.
    I64Add,
    /// `i64.sub`.
    I64Sub,
    /// `i64.mul`.
    I64Mul,
}

/// A validated constant expression, to be run on a stack; it leaves one value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConstExpr {
    /// The operators in order, without the final `end`.
    pub ops: Vec<ConstOp>,
}

/// When and where a segment is copied.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum SegmentMode<Target> {
    /// Copied at instantiation, then dropped.
    Active {
        /// The table or memory it is copied to.
        target: Target,
        /// The index or address of its first item there.
        offset: ConstExpr,
    },
    /// Copied by `memory.init` or `table.init`.
    Passive,
    /// Never copied: an element segment that only declares references.
    Declared,
}

/// The items of an element segment.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum ElementItems {
    /// Functions, the common case.
    Functions(Vec<FuncIndex>),
    /// One expression an item.
    Expressions(Vec<ConstExpr>),
}

impl ElementItems {
    /// The number of items.
    pub fn len(&self) -> usize {
        match self {
            ElementItems::Functions(items) => items.len(),
            ElementItems::Expressions(items) => items.len(),
        }
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// An element segment.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ElementSegment {
    /// When it is copied.
    pub mode: SegmentMode<TableIndex>,
    /// What it holds.
    pub items: ElementItems,
}

/// A data segment.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct DataSegment {
    /// When it is copied.
    pub mode: SegmentMode<MemoryIndex>,
    /// Its bytes, as offsets in the module file.
    pub bytes: Range<u32>,
}

/// A custom section, kept by reference to the module file.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct CustomSection {
    /// The section's name.
    pub name: String,
    /// Its contents after the name, as offsets in the module file.
    pub bytes: Range<u32>,
}

/// Everything a module declares.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct ModuleInfo {
    /// The type section: type index to signature.
    pub types: PrimaryMap<TypeIndex, SignatureIndex>,
    /// The distinct function types.
    pub signatures: PrimaryMap<SignatureIndex, FuncType>,
    /// Imports in order.
    pub imports: Vec<Import>,
    /// Exports in order.
    pub exports: Vec<Export>,
    /// All functions.
    pub functions: PrimaryMap<FuncIndex, Function>,
    /// How many of `functions` are imported.
    pub num_imported_functions: usize,
    /// How many functions have a `VMFuncRef`.
    pub num_func_refs: u32,
    /// The bodies of the defined functions as offsets in the module file: from the first byte
    /// after the body's size (its local declarations) to past its final `end`.
    pub bodies: PrimaryMap<DefinedFuncIndex, Range<u32>>,
    /// Where the contents of the code section begin in the module file: DWARF addresses count
    /// from here. Zero if there is no code section.
    pub code_section: u32,
    /// All tables.
    pub tables: PrimaryMap<TableIndex, TableType>,
    /// How many of `tables` are imported.
    pub num_imported_tables: usize,
    /// What the elements of the defined tables hold at first; `None` is null.
    pub table_initial: Vec<Option<ConstExpr>>,
    /// All memories.
    pub memories: PrimaryMap<MemoryIndex, MemoryType>,
    /// How many of `memories` are imported.
    pub num_imported_memories: usize,
    /// All globals.
    pub globals: PrimaryMap<GlobalIndex, GlobalType>,
    /// How many of `globals` are imported.
    pub num_imported_globals: usize,
    /// The initial values of the defined globals.
    pub global_initial: Vec<ConstExpr>,
    /// The types of all tags: what exceptions with them carry are the parameters.
    pub tags: PrimaryMap<TagIndex, SignatureIndex>,
    /// How many of `tags` are imported.
    pub num_imported_tags: usize,
    /// The function to run at the end of instantiation.
    pub start: Option<FuncIndex>,
    /// Element segments.
    pub elements: PrimaryMap<ElemIndex, ElementSegment>,
    /// Data segments.
    pub data: PrimaryMap<DataIndex, DataSegment>,
    /// Custom sections in order.
    pub custom_sections: Vec<CustomSection>,
}

impl ModuleInfo {
    /// The type of a function.
    pub fn function_type(&self, func: FuncIndex) -> &FuncType {
        &self.signatures[self.functions[func].signature]
    }

    /// The index among the defined functions, or `None` for an imported one.
    pub fn defined_function(&self, func: FuncIndex) -> Option<DefinedFuncIndex> {
        defined(func.as_u32(), self.num_imported_functions).map(DefinedFuncIndex::from_u32)
    }

    /// The index among all functions of a defined one.
    pub fn function_index(&self, defined: DefinedFuncIndex) -> FuncIndex {
        FuncIndex::from_u32(defined.as_u32() + self.num_imported_functions as u32)
    }

    /// The position among the defined tables, or `None` for an imported one.
    pub fn defined_table(&self, table: TableIndex) -> Option<u32> {
        defined(table.as_u32(), self.num_imported_tables)
    }

    /// The position among the defined memories, or `None` for an imported one.
    pub fn defined_memory(&self, memory: MemoryIndex) -> Option<u32> {
        defined(memory.as_u32(), self.num_imported_memories)
    }

    /// The type of a tag.
    pub fn tag_type(&self, tag: TagIndex) -> &FuncType {
        &self.signatures[self.tags[tag]]
    }

    /// The position among the defined globals, or `None` for an imported one.
    pub fn defined_global(&self, global: GlobalIndex) -> Option<u32> {
        defined(global.as_u32(), self.num_imported_globals)
    }
}

fn defined(index: u32, imported: usize) -> Option<u32> {
    index.checked_sub(imported as u32)
}
