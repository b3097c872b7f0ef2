//! The types of what modules import and export.

use std::fmt;
use trapline_compile::module::{EntityIndex, ModuleInfo};
use trapline_compile::types::{FuncType, GlobalType, MemoryType, TableType};

/// The type of something that can be imported and exported.
///
/// ```
/// use trapline::{ExternType, FuncType, ValType};
///
/// let ty = ExternType::Func(FuncType::new([ValType::I32], []));
/// assert_eq!(ty.to_string(), "func (i32) -> ()");
/// assert!(ty.func().is_some());
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum ExternType {
    /// A function.
    Func(FuncType),
    /// A table.
    Table(TableType),
    /// A linear memory.
    Memory(MemoryType),
    /// A global.
    Global(GlobalType),
    /// A tag.
    Tag(TagType),
}

/// The type of a tag: what its exceptions carry.
///
/// ```
/// use trapline::{FuncType, TagType, ValType};
///
/// let ty = TagType::new(FuncType::new([ValType::I32], []));
/// assert_eq!(ty.ty().params(), [ValType::I32]);
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct TagType(FuncType);

impl TagType {
    /// A tag whose exceptions carry the parameters of a function type, which has no results.
    pub fn new(ty: FuncType) -> TagType {
        TagType(ty)
    }

    /// The function type.
    pub fn ty(&self) -> &FuncType {
        &self.0
    }
}

impl ExternType {
    pub(crate) fn of_entity(info: &ModuleInfo, entity: EntityIndex) -> ExternType {
        match entity {
            EntityIndex::Function(index) => ExternType::Func(info.function_type(index).clone()),
            EntityIndex::Table(index) => ExternType::Table(info.tables[index]),
            EntityIndex::Memory(index) => ExternType::Memory(info.memories[index]),
            EntityIndex::Global(index) => ExternType::Global(info.globals[index]),
            EntityIndex::Tag(index) => ExternType::Tag(TagType(info.tag_type(index).clone())),
        }
    }

    /// The type of a function, if it is one.
    pub fn func(&self) -> Option<&FuncType> {
        match self {
            ExternType::Func(ty) => Some(ty),
            _ => None,
        }
    }

    /// The type of a table, if it is one.
    pub fn table(&self) -> Option<&TableType> {
        match self {
            ExternType::Table(ty) => Some(ty),
            _ => None,
        }
    }

    /// The type of a memory, if it is one.
    pub fn memory(&self) -> Option<&MemoryType> {
        match self {
            ExternType::Memory(ty) => Some(ty),
            _ => None,
        }
    }

    /// The type of a global, if it is one.
    pub fn global(&self) -> Option<&GlobalType> {
        match self {
            ExternType::Global(ty) => Some(ty),
            _ => None,
        }
    }

    /// The type of a tag, if it is one.
    pub fn tag(&self) -> Option<&TagType> {
        match self {
            ExternType::Tag(ty) => Some(ty),
            _ => None,
        }
    }
}

impl From<FuncType> for ExternType {
    fn from(ty: FuncType) -> ExternType {
        ExternType::Func(ty)
    }
}

impl From<TableType> for ExternType {
    fn from(ty: TableType) -> ExternType {
        ExternType::Table(ty)
    }
}

impl From<MemoryType> for ExternType {
    fn from(ty: MemoryType) -> ExternType {
        ExternType::Memory(ty)
    }
}

impl From<GlobalType> for ExternType {
    fn from(ty: GlobalType) -> ExternType {
        ExternType::Global(ty)
    }
}

impl From<TagType> for ExternType {
    fn from(ty: TagType) -> ExternType {
        ExternType::Tag(ty)
    }
}

/// Writes limits as the text format does.
fn limits(
    f: &mut fmt::Formatter<'_>,
    index64: bool,
    minimum: u64,
    maximum: Option<u64>,
) -> fmt::Result {
    if index64 {
        f.write_str(" i64")?;
    }
    write!(f, " {minimum}")?;
    match maximum {
        Some(maximum) => write!(f, " {maximum}"),
        None => Ok(()),
    }
}

impl fmt::Display for ExternType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ExternType::Func(ty) => write!(f, "func {ty}"),
            ExternType::Table(ty) => {
                f.write_str("table")?;
                limits(f, ty.index64, ty.minimum, ty.maximum)?;
                write!(f, " {}", ty.element)
            }
            ExternType::Memory(ty) => {
                f.write_str("memory")?;
                limits(f, ty.index64, ty.minimum, ty.maximum)
            }
            ExternType::Global(GlobalType {
                content,
                mutable: true,
            }) => {
                write!(f, "global (mut {content})")
            }
            ExternType::Global(GlobalType {
                content,
                mutable: false,
            }) => {
                write!(f, "global {content}")
            }
            ExternType::Tag(TagType(ty)) => write!(f, "tag {ty}"),
        }
    }
}

/// What a module imports. Returned by [`Module::imports`](crate::Module::imports).
///
/// ```
/// use trapline::{Engine, Module};
///
/// let engine = Engine::default();
/// let module = Module::new(&engine, r#"(module (import "env" "memory" (memory 1 2)))"#)?;
/// let import = module.imports().next().unwrap();
/// assert_eq!((import.module(), import.name()), ("env", "memory"));
/// assert_eq!(import.ty().to_string(), "memory 1 2");
/// # Ok::<(), trapline::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct ImportType<'module> {
    module: &'module str,
    name: &'module str,
    ty: ExternType,
}

impl<'module> ImportType<'module> {
    pub(crate) fn new(
        module: &'module str,
        name: &'module str,
        ty: ExternType,
    ) -> ImportType<'module> {
        ImportType { module, name, ty }
    }

    /// The first name.
    pub fn module(&self) -> &'module str {
        self.module
    }

    /// The second name.
    pub fn name(&self) -> &'module str {
        self.name
    }

    /// What the module wants.
    pub fn ty(&self) -> ExternType {
        self.ty.clone()
    }
}

/// What a module exports. Returned by [`Module::exports`](crate::Module::exports), where an
/// example is.
#[derive(Clone, Debug)]
pub struct ExportType<'module> {
    name: &'module str,
    ty: ExternType,
}

impl<'module> ExportType<'module> {
    pub(crate) fn new(name: &'module str, ty: ExternType) -> ExportType<'module> {
        ExportType { name, ty }
    }

    /// The name.
    pub fn name(&self) -> &'module str {
        self.name
    }

    /// What is exported.
    pub fn ty(&self) -> ExternType {
        self.ty.clone()
    }
}
