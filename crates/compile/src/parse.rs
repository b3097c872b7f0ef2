//! Reads a module's sections into a [`ModuleInfo`] and finds its function bodies.

use crate::CompileError;
use crate::features::SUPPORTED;
use crate::module::*;
use crate::types::*;
use crate::validate::invalid;
use cranelift_entity::EntityRef;
use std::collections::HashMap;
use std::ops::Range;
use wasmparser::{
    FuncToValidate, FunctionBody, Operator, Parser, Payload, TypeRef, ValidPayload, Validator,
    ValidatorResources,
};

/// A module whose sections are read and validated, but for the function bodies.
pub(crate) struct ParsedModule<'a> {
    /// What it declares.
    pub info: ModuleInfo,
    /// The bodies of the defined functions, and what it takes to validate each.
    pub bodies: Vec<(FunctionBody<'a>, FuncToValidate<ValidatorResources>)>,
}

/// Reads a module.
pub(crate) fn parse(wasm: &[u8]) -> Result<ParsedModule<'_>, CompileError> {
    if u32::try_from(wasm.len()).is_err() {
        return Err(CompileError::TooLarge(
            "its file has 4 GiB or more".to_owned(),
        ));
    }
    let mut reader = SectionReader::default();
    let mut validator = Validator::new_with_features(SUPPORTED);
    let mut parser = Parser::new(0);
    parser.set_features(SUPPORTED);
    for payload in parser.parse_all(wasm) {
        let payload = payload.map_err(invalid)?;
        match validator.payload(&payload).map_err(invalid)? {
            ValidPayload::Func(validate, body) => reader.bodies.push((body, validate)),
            _ => reader.section(payload).map_err(invalid)?,
        }
    }
    Ok(reader.finish())
}

#[derive(Default)]
struct SectionReader<'a> {
    info: ModuleInfo,
    bodies: Vec<(FunctionBody<'a>, FuncToValidate<ValidatorResources>)>,
    signatures: HashMap<FuncType, SignatureIndex>,
}

type Result<T, E = wasmparser::Error> = std::result::Result<T, E>;

impl<'a> SectionReader<'a> {
    fn section(&mut self, payload: Payload<'a>) -> Result<()> {
        match payload {
            Payload::TypeSection(types) => {
                for ty in types.into_iter_err_on_gc_types() {
                    self.declare_type(&ty?);
                }
            }
            Payload::ImportSection(imports) => {
                for import in imports.into_imports() {
                    self.import(import?);
                }
            }
            Payload::FunctionSection(functions) => {
                for ty in functions {
                    self.declare_function(ty?);
                }
            }
            Payload::TableSection(tables) => {
                for table in tables {
                    let table = table?;
                    self.info.tables.push(table_type(&table.ty));
                    let initial = match table.init {
                        wasmparser::TableInit::RefNull => None,
                        wasmparser::TableInit::Expr(expr) => Some(self.const_expr(&expr)?),
                    };
                    self.info.table_initial.push(initial);
                }
            }
            Payload::MemorySection(memories) => {
                for ty in memories {
                    self.info.memories.push(memory_type(&ty?));
                }
            }
            Payload::TagSection(tags) => {
                for tag in tags {
                    let signature = self.tag_signature(&tag?);
                    self.info.tags.push(signature);
                }
            }
            Payload::GlobalSection(globals) => {
                for global in globals {
                    let global = global?;
                    self.info.globals.push(global_type(&global.ty));
                    let initial = self.const_expr(&global.init_expr)?;
                    self.info.global_initial.push(initial);
                }
            }
            Payload::ExportSection(exports) => {
                for export in exports {
                    self.export(export?);
                }
            }
            Payload::StartSection { func, .. } => self.info.start = Some(FuncIndex::from_u32(func)),
            Payload::ElementSection(elements) => {
                for element in elements {
                    self.element_segment(element?)?;
                }
            }
            Payload::DataSection(segments) => {
                for segment in segments {
                    self.data_segment(segment?)?;
                }
            }
            Payload::CodeSectionStart {
                unchecked_range, ..
            } => {
                self.info.code_section = unchecked_range.start as u32;
            }
            Payload::CustomSection(section) => {
                let start = section.data_offset() as u32;
                self.info.custom_sections.push(CustomSection {
                    name: section.name().to_owned(),
                    bytes: start..start + section.data().len() as u32,
                });
            }
            _ => {}
        }
        Ok(())
    }

    fn finish(mut self) -> ParsedModule<'a> {
        for (body, _) in &self.bodies {
            self.info.bodies.push(offsets(&body.range()));
        }
        ParsedModule {
            info: self.info,
            bodies: self.bodies,
        }
    }

    fn declare_type(&mut self, ty: &wasmparser::FuncType) {
        let ty = FuncType::new(
            ty.params().iter().map(|&ty| val_type(ty)),
            ty.results().iter().map(|&ty| val_type(ty)),
        );
        let signatures = &mut self.info.signatures;
        let index = *self
            .signatures
            .entry(ty)
            .or_insert_with_key(|ty| signatures.push(ty.clone()));
        self.info.types.push(index);
    }

    fn declare_function(&mut self, ty: u32) -> FuncIndex {
        let signature = self.info.types[TypeIndex::from_u32(ty)];
        self.info.functions.push(Function {
            signature,
            func_ref: None.into(),
        })
    }

    fn tag_signature(&self, ty: &wasmparser::TagType) -> SignatureIndex {
        self.info.types[TypeIndex::from_u32(ty.func_type_idx)]
    }

    fn import(&mut self, import: wasmparser::Import<'_>) {
        let info = &mut self.info;
        let entity = match import.ty {
            TypeRef::Tag(ty) => {
                info.num_imported_tags += 1;
                let signature = self.tag_signature(&ty);
                EntityIndex::Tag(self.info.tags.push(signature))
            }
            TypeRef::Func(ty) => {
                info.num_imported_functions += 1;
                EntityIndex::Function(self.declare_function(ty))
            }
            TypeRef::Table(ty) => {
                info.num_imported_tables += 1;
                EntityIndex::Table(info.tables.push(table_type(&ty)))
            }
            TypeRef::Memory(ty) => {
                info.num_imported_memories += 1;
                EntityIndex::Memory(info.memories.push(memory_type(&ty)))
            }
            TypeRef::Global(ty) => {
                info.num_imported_globals += 1;
                EntityIndex::Global(info.globals.push(global_type(&ty)))
            }
            TypeRef::FuncExact(_) => {
                unreachable!("validation refuses the proposal that has these")
            }
        };
        self.info.imports.push(Import {
            module: import.module.to_owned(),
            name: import.name.to_owned(),
            entity,
        });
    }

    fn export(&mut self, export: wasmparser::Export<'_>) {
        use wasmparser::ExternalKind;
        let entity = match export.kind {
            ExternalKind::Func => {
                EntityIndex::Function(self.refer_to(FuncIndex::from_u32(export.index)))
            }
            ExternalKind::Table => EntityIndex::Table(TableIndex::from_u32(export.index)),
            ExternalKind::Memory => EntityIndex::Memory(MemoryIndex::from_u32(export.index)),
            ExternalKind::Global => EntityIndex::Global(GlobalIndex::from_u32(export.index)),
            ExternalKind::Tag => EntityIndex::Tag(TagIndex::from_u32(export.index)),
            ExternalKind::FuncExact => {
                unreachable!("validation refuses the proposal that has these")
            }
        };
        self.info.exports.push(Export {
            name: export.name.to_owned(),
            entity,
        });
    }

    fn element_segment(&mut self, element: wasmparser::Element<'_>) -> Result<()> {
        let mode = match element.kind {
            wasmparser::ElementKind::Passive => SegmentMode::Passive,
            wasmparser::ElementKind::Declared => SegmentMode::Declared,
            wasmparser::ElementKind::Active {
                table_index,
                offset_expr,
            } => SegmentMode::Active {
                target: TableIndex::from_u32(table_index.unwrap_or(0)),
                offset: self.const_expr(&offset_expr)?,
            },
        };
        let items = match element.items {
            wasmparser::ElementItems::Functions(functions) => ElementItems::Functions(
                functions
                    .into_iter()
                    .map(|func| Ok(self.refer_to(FuncIndex::from_u32(func?))))
                    .collect::<Result<_>>()?,
            ),
            wasmparser::ElementItems::Expressions(_, expressions) => ElementItems::Expressions(
                expressions
                    .into_iter()
                    .map(|expr| self.const_expr(&expr?))
                    .collect::<Result<_>>()?,
            ),
        };
        self.info.elements.push(ElementSegment { mode, items });
        Ok(())
    }

    fn data_segment(&mut self, segment: wasmparser::Data<'_>) -> Result<()> {
        let mode = match segment.kind {
            wasmparser::DataKind::Passive => SegmentMode::Passive,
            wasmparser::DataKind::Active {
                memory_index,
                offset_expr,
            } => SegmentMode::Active {
                target: MemoryIndex::from_u32(memory_index),
                offset: self.const_expr(&offset_expr)?,
            },
        };
        let end = segment.range.end as u32;
        let bytes = end - segment.data.len() as u32..end;
        self.info.data.push(DataSegment { mode, bytes });
        Ok(())
    }

    fn const_expr(&mut self, expr: &wasmparser::ConstExpr<'_>) -> Result<ConstExpr> {
        let mut ops = Vec::new();
        for op in expr.get_operators_reader() {
            ops.push(match op? {
                Operator::I32Const { value } => ConstOp::I32Const(value),
                Operator::I64Const { value } => ConstOp::I64Const(value),
                Operator::F32Const { value } => ConstOp::F32Const(value.bits()),
                Operator::F64Const { value } => ConstOp::F64Const(value.bits()),
                Operator::V128Const { value } => ConstOp::V128Const(value.i128() as u128),
                Operator::GlobalGet { global_index } => {
                    ConstOp::GlobalGet(GlobalIndex::from_u32(global_index))
                }
                Operator::RefNull { .. } => ConstOp::RefNull,
                Operator::RefFunc { function_index } => {
                    ConstOp::RefFunc(self.refer_to(FuncIndex::from_u32(function_index)))
                }
                Operator::I32Add => ConstOp::I32Add,
                Operator::I32Sub => ConstOp::I32Sub,
                Operator::I32Mul => ConstOp::I32Mul,
                Operator::I64Add => ConstOp::I64Add,
                Operator::I64Sub => ConstOp::I64Sub,
                Operator::I64Mul => ConstOp::I64Mul,
                Operator::End => break,
                other => unreachable!("validation lets no {other:?} into a constant expression"),
            });
        }
        Ok(ConstExpr { ops })
    }

    /// Notes that something refers to a function, so that it gets a `VMFuncRef`.
    fn refer_to(&mut self, func: FuncIndex) -> FuncIndex {
        let function = &mut self.info.functions[func];
        if function.func_ref.is_none() {
            function.func_ref = FuncRefIndex::new(self.info.num_func_refs as usize).into();
            self.info.num_func_refs += 1;
        }
        func
    }
}

fn offsets(range: &Range<u64>) -> Range<u32> {
    range.start as u32..range.end as u32
}

/// The engine's type for one of the parser's.
pub(crate) fn val_type(ty: wasmparser::ValType) -> ValType {
    match ty {
        wasmparser::ValType::I32 => ValType::I32,
        wasmparser::ValType::I64 => ValType::I64,
        wasmparser::ValType::F32 => ValType::F32,
        wasmparser::ValType::F64 => ValType::F64,
        wasmparser::ValType::V128 => ValType::V128,
        wasmparser::ValType::Ref(ty) => ValType::Ref(ref_type(ty)),
    }
}

fn ref_type(ty: wasmparser::RefType) -> RefType {
    RefType {
        nullable: ty.is_nullable(),
        heap: heap_type(ty.heap_type()),
    }
}

/// The engine's heap type for one of the parser's.
pub(crate) fn heap_type(ty: wasmparser::HeapType) -> HeapType {
    use wasmparser::AbstractHeapType;
    match ty {
        wasmparser::HeapType::Abstract { ty, .. } => match ty {
            AbstractHeapType::Func => HeapType::Func,
            AbstractHeapType::Extern => HeapType::Extern,
            AbstractHeapType::Exn => HeapType::Exn,
            AbstractHeapType::NoExn => HeapType::NoExn,
            other => unreachable!("validation refuses references to {other:?}"),
        },
        other => unreachable!("validation refuses references to {other:?}"),
    }
}

fn table_type(ty: &wasmparser::TableType) -> TableType {
    TableType {
        element: ref_type(ty.element_type),
        minimum: ty.initial,
        maximum: ty.maximum,
        index64: ty.table64,
    }
}

fn memory_type(ty: &wasmparser::MemoryType) -> MemoryType {
    MemoryType {
        minimum: ty.initial,
        maximum: ty.maximum,
        index64: ty.memory64,
    }
}

fn global_type(ty: &wasmparser::GlobalType) -> GlobalType {
    GlobalType {
        content: val_type(ty.content_type),
        mutable: ty.mutable,
    }
}
