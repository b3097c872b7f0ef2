//! The types of WebAssembly and the index spaces of a module.
//!
//! These are the vocabulary that the compiler and the engine share. They are smaller than
//! `wasmparser`'s own types, can be stored, and hold only what the list in `features.rs` lets in.

use cranelift_entity::entity_impl;
use serde::{Deserialize, Serialize};
use std::fmt;

/// The type of a WebAssembly value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum ValType {
    /// 32-bit integer.
    I32,
    /// 64-bit integer.
    I64,
    /// 32-bit float.
    F32,
    /// 64-bit float.
    F64,
    /// 128-bit vector.
    V128,
    /// A reference.
    Ref(RefType),
}

impl ValType {
    /// `funcref`, the nullable reference to any function.
    pub const FUNCREF: ValType = ValType::Ref(RefType::FUNCREF);
    /// `externref`, the nullable reference to a value of the host.
    pub const EXTERNREF: ValType = ValType::Ref(RefType::EXTERNREF);
    /// `exnref`, the nullable reference to an exception.
    pub const EXNREF: ValType = ValType::Ref(RefType::EXNREF);

    /// Whether values of this type are references.
    pub fn is_ref(self) -> bool {
        matches!(self, ValType::Ref(_))
    }
}

impl fmt::Display for ValType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ValType::I32 => f.write_str("i32"),
            ValType::I64 => f.write_str("i64"),
            ValType::F32 => f.write_str("f32"),
            ValType::F64 => f.write_str("f64"),
            ValType::V128 => f.write_str("v128"),
            ValType::Ref(ty) => ty.fmt(f),
        }
    }
}

/// The type of a reference.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct RefType {
    /// Whether the reference may be null.
    pub nullable: bool,
    /// What it refers to.
    pub heap: HeapType,
}

impl RefType {
    /// `funcref`.
    pub const FUNCREF: RefType = RefType {
        nullable: true,
        heap: HeapType::Func,
    };
    /// `externref`.
    pub const EXTERNREF: RefType = RefType {
        nullable: true,
        heap: HeapType::Extern,
    };
    /// `exnref`.
    pub const EXNREF: RefType = RefType {
        nullable: true,
        heap: HeapType::Exn,
    };
    /// `nullexnref`, whose only value is null.
    pub const NULLEXNREF: RefType = RefType {
        nullable: true,
        heap: HeapType::NoExn,
    };
}

impl fmt::Display for RefType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.nullable, self.heap) {
            (true, HeapType::Func) => f.write_str("funcref"),
            (true, HeapType::Extern) => f.write_str("externref"),
            (true, HeapType::Exn) => f.write_str("exnref"),
            (true, HeapType::NoExn) => f.write_str("nullexnref"),
            (false, heap) => write!(f, "(ref {heap})"),
        }
    }
}

/// What a reference refers to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum HeapType {
    /// A function of any type.
    Func,
    /// A value of the host.
    Extern,
    /// An exception.
    Exn,
    /// Nothing: the type of a reference to an exception that can only be null.
    NoExn,
}

impl fmt::Display for HeapType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            HeapType::Func => "func",
            HeapType::Extern => "extern",
            HeapType::Exn => "exn",
            HeapType::NoExn => "noexn",
        })
    }
}

/// The type of a function: what it takes and what it returns.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct FuncType {
    params: Box<[ValType]>,
    results: Box<[ValType]>,
}

impl FuncType {
    /// A function type from its parameters and results.
    ///
    /// ```
    /// use trapline_compile::types::{FuncType, ValType};
    /// let ty = FuncType::new([ValType::I32, ValType::I64], [ValType::F32]);
    /// assert_eq!(ty.to_string(), "(i32, i64) -> f32");
    /// ```
    pub fn new(
        params: impl IntoIterator<Item = ValType>,
        results: impl IntoIterator<Item = ValType>,
    ) -> FuncType {
        FuncType {
            params: params.into_iter().collect(),
            results: results.into_iter().collect(),
        }
    }

    /// The types of the parameters, in order.
    pub fn params(&self) -> &[ValType] {
        &self.params
    }

    /// The types of the results, in order.
    pub fn results(&self) -> &[ValType] {
        &self.results
    }
}

impl fmt::Display for FuncType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fn list(f: &mut fmt::Formatter<'_>, types: &[ValType]) -> fmt::Result {
            for (i, ty) in types.iter().enumerate() {
                let separator = if i == 0 { "" } else { ", " };
                write!(f, "{separator}{ty}")?;
            }
            Ok(())
        }
        f.write_str("(")?;
        list(f, &self.params)?;
        f.write_str(") -> ")?;
        match &*self.results {
            [one] => one.fmt(f),
            many => {
                f.write_str("(")?;
                list(f, many)?;
                f.write_str(")")
            }
        }
    }
}

/// The type of a linear memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct MemoryType {
    /// Size at instantiation, in pages of 64 KiB.
    pub minimum: u64,
    /// Largest size it may grow to, in pages of 64 KiB.
    pub maximum: Option<u64>,
    /// Whether addresses are 64 bits wide (the memory64 proposal).
    pub index64: bool,
}

impl MemoryType {
    /// A memory with 32-bit addresses, from its limits in pages of 64 KiB.
    pub fn new(minimum: u32, maximum: Option<u32>) -> MemoryType {
        MemoryType {
            minimum: minimum.into(),
            maximum: maximum.map(u64::from),
            index64: false,
        }
    }
}

/// The type of a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct TableType {
    /// What the table holds.
    pub element: RefType,
    /// Number of elements at instantiation.
    pub minimum: u64,
    /// Largest number of elements it may grow to.
    pub maximum: Option<u64>,
    /// Whether indices are 64 bits wide (the memory64 proposal).
    pub index64: bool,
}

impl TableType {
    /// A table with 32-bit indices, from its limits in elements.
    pub fn new(element: RefType, minimum: u32, maximum: Option<u32>) -> TableType {
        TableType {
            element,
            minimum: minimum.into(),
            maximum: maximum.map(u64::from),
            index64: false,
        }
    }
}

/// The type of a global.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct GlobalType {
    /// The type of its value.
    pub content: ValType,
    /// Whether it may be written after instantiation.
    pub mutable: bool,
}

/// Whether a global may be written after instantiation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Mutability {
    /// It may not.
    Const,
    /// It may.
    Var,
}

impl GlobalType {
    /// A global from the type of its value.
    pub fn new(content: ValType, mutability: Mutability) -> GlobalType {
        GlobalType {
            content,
            mutable: mutability == Mutability::Var,
        }
    }
}

macro_rules! index_space {
    ($($(#[$doc:meta])* $name:ident, $display:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        pub struct $name(u32);
        entity_impl!($name, $display);
    )*};
}

index_space! {
    /// A function of a module, imported ones first.
    FuncIndex, "func";
    /// A function that the module itself defines, counted from zero.
    DefinedFuncIndex, "defined_func";
    /// A type as the module's type section numbers it.
    TypeIndex, "type";
    /// A function type of a module, equal types counted once.
    SignatureIndex, "signature";
    /// A table of a module, imported ones first.
    TableIndex, "table";
    /// A memory of a module, imported ones first.
    MemoryIndex, "memory";
    /// A global of a module, imported ones first.
    GlobalIndex, "global";
    /// A tag of a module, imported ones first.
    TagIndex, "tag";
    /// An element segment.
    ElemIndex, "elem";
    /// A data segment.
    DataIndex, "data";
    /// A function of a module that something may refer to, and that therefore has a
    /// `VMFuncRef` in each instance.
    FuncRefIndex, "func_ref";
}
