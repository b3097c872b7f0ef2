//! Reading.
//!
//! The convention does not care about the order of sections, which parsers of modules do. So sections
//! are found here, and only their contents are left to `wasmparser`.

use crate::error::ReadError;
use crate::extension::EXTENSIONS;
use crate::memory::{Memory, MemoryType, PAGE_SIZE_LOG2};
use crate::model::{CoreDump, Frame, Global, Instance, Module, Thread};
use crate::value::Value;
use bytes::Bytes;
use std::collections::HashMap;
use wasmparser::{
    BinaryReader, ConstExpr, CoreDumpInstancesSection, CoreDumpModulesSection, CoreDumpSection,
    CoreDumpStackFrame, CoreDumpValue, DataKind, DataSectionReader, FromReader,
    GlobalSectionReader, MemorySectionReader, Operator,
};

/// The first eight bytes of a module in the binary format.
const HEADER: &[u8] = b"\0asm\x01\0\0\0";
/// Of the sections that are not custom.
const MEMORY_SECTION: u8 = 5;
const GLOBAL_SECTION: u8 = 6;
const DATA_SECTION: u8 = 11;

impl CoreDump<'static> {
    /// Reads a dump. The contents of memories remain in `bytes`, and are not looked at.
    ///
    /// # Errors
    ///
    /// If the bytes are no core dump, or break the rules of the format.
    ///
    /// ```
    /// use trapline_coredump::{CoreDump, ReadError};
    ///
    /// let module = b"\0asm\x01\0\0\0".as_slice();
    /// assert!(matches!(CoreDump::read(module.into()), Err(ReadError::NotACoreDump(_))));
    /// ```
    pub fn read(bytes: Bytes) -> Result<CoreDump<'static>, ReadError> {
        let sections = Sections::find(&bytes)?;
        let mut dump = CoreDump::default();
        let core = sections.custom("core").ok_or(ReadError::NotACoreDump(
            "it has no section `core`; it may be the program itself",
        ))?;
        dump.executable = CoreDumpSection::new(core)?.name.to_owned();
        if let Some(reader) = sections.custom("coremodules") {
            let modules = CoreDumpModulesSection::new(reader)?.modules;
            dump.modules = modules.into_iter().map(Module::named).collect();
        }
        if let Some(reader) = sections.custom("coreinstances") {
            dump.instances = instances(reader, dump.modules.len())?;
        }
        if let Some(reader) = &sections.globals {
            dump.globals = globals(reader.clone())?;
        }
        dump.memories = memories(&sections, &bytes)?;
        for reader in &sections.stacks {
            dump.threads
                .push(thread(reader.clone(), dump.instances.len())?);
        }
        for extension in &EXTENSIONS {
            if let Some(reader) = sections.custom(extension.name) {
                extension.apply(&mut dump, reader)?;
            }
        }
        Ok(dump)
    }
}

/// The sections of a file that mean something here.
#[derive(Default)]
struct Sections<'b> {
    /// Those that there may be one of.
    custom: HashMap<&'b str, BinaryReader<'b>>,
    stacks: Vec<BinaryReader<'b>>,
    memories: Option<BinaryReader<'b>>,
    globals: Option<BinaryReader<'b>>,
    data: Vec<BinaryReader<'b>>,
}

impl<'b> Sections<'b> {
    fn find(bytes: &'b [u8]) -> Result<Sections<'b>, ReadError> {
        let Some(contents) = bytes.strip_prefix(HEADER) else {
            return Err(ReadError::NotACoreDump(
                "it does not begin as a WebAssembly module does",
            ));
        };
        let mut reader = BinaryReader::new(contents, HEADER.len() as u64);
        let mut sections = Sections::default();
        while !reader.eof() {
            let start = reader.original_position();
            let id = reader.read_u8()?;
            let mut contents = reader.read_reader()?;
            let twice = match id {
                0 => {
                    let name = contents.read_unlimited_string()?;
                    sections.add_custom(name, contents)
                }
                MEMORY_SECTION => sections.memories.replace(contents).is_some(),
                GLOBAL_SECTION => sections.globals.replace(contents).is_some(),
                DATA_SECTION => {
                    sections.data.push(contents);
                    false
                }
                _ => false,
            };
            if twice {
                return Err(ReadError::malformed(start, "a section stands there twice"));
            }
        }
        Ok(sections)
    }

    /// Returns whether there was one, and is to be one only.
    fn add_custom(&mut self, name: &'b str, contents: BinaryReader<'b>) -> bool {
        let extension = || EXTENSIONS.iter().any(|extension| extension.name == name);
        match name {
            "corestack" => {
                self.stacks.push(contents);
                false
            }
            "core" | "coremodules" | "coreinstances" => {
                self.custom.insert(name, contents).is_some()
            }
            _ if extension() => self.custom.insert(name, contents).is_some(),
            _ => false,
        }
    }

    /// What is in the memories, in the order of the file.
    fn pieces(&self) -> impl Iterator<Item = Result<Piece<'b>, ReadError>> {
        self.data.iter().flat_map(|reader| {
            let (reader, error) = match DataSectionReader::new(reader.clone()) {
                Ok(reader) => (Some(reader), None),
                Err(error) => (None, Some(Err(error.into()))),
            };
            let segments = reader.into_iter().flatten();
            segments.map(|segment| piece(segment?)).chain(error)
        })
    }

    fn custom(&self, name: &str) -> Option<BinaryReader<'b>> {
        self.custom.get(name).cloned()
    }
}

fn instances(reader: BinaryReader<'_>, modules: usize) -> Result<Vec<Instance>, ReadError> {
    let start = reader.original_position();
    let instances = CoreDumpInstancesSection::new(reader)?.instances;
    let instances = instances.into_iter().map(|instance| {
        if instance.module_index as usize >= modules {
            let message = format!(
                "an instance of module {}, which is not there",
                instance.module_index
            );
            return Err(ReadError::malformed(start, message));
        }
        Ok(Instance {
            module: instance.module_index,
            memories: instance.memories,
            globals: instance.globals,
            tables: Vec::new(),
        })
    });
    instances.collect()
}

fn thread(mut reader: BinaryReader<'_>, instances: usize) -> Result<Thread, ReadError> {
    let start = reader.original_position();
    if reader.read_u8()? != 0 {
        return Err(ReadError::malformed(start, "unknown version of a stack"));
    }
    let name = reader.read_unlimited_string()?.to_owned();
    // Frame by frame: a deep stack need not be in memory twice.
    let frames = crate::extension::vector(&mut reader, |reader| frame(reader, instances))?;
    if !reader.eof() {
        let message = "there is more in a stack than its frames";
        return Err(ReadError::malformed(reader.original_position(), message));
    }
    Ok(Thread {
        name,
        frames,
        ..Thread::default()
    })
}

fn frame(reader: &mut BinaryReader<'_>, instances: usize) -> Result<Frame, ReadError> {
    let start = reader.original_position();
    let frame = CoreDumpStackFrame::from_reader(reader)?;
    if frame.instanceidx as usize >= instances {
        let message = format!(
            "a frame of instance {}, which is not there",
            frame.instanceidx
        );
        return Err(ReadError::malformed(start, message));
    }
    Ok(Frame {
        instance: frame.instanceidx,
        function: frame.funcidx,
        code_offset: (frame.codeoffset != 0).then_some(frame.codeoffset),
        unknown_values: frame.locals.is_empty() && frame.stack.is_empty(),
        locals: frame.locals.iter().map(value).collect(),
        operands: frame.stack.iter().map(value).collect(),
    })
}

fn value(value: &CoreDumpValue) -> Value {
    match *value {
        CoreDumpValue::Missing => Value::Missing,
        CoreDumpValue::I32(number) => Value::I32(number),
        CoreDumpValue::I64(number) => Value::I64(number),
        CoreDumpValue::F32(number) => Value::F32(number.bits()),
        CoreDumpValue::F64(number) => Value::F64(number.bits()),
    }
}

fn globals(reader: BinaryReader<'_>) -> Result<Vec<Global>, ReadError> {
    let mut globals = Vec::new();
    for global in GlobalSectionReader::new(reader)? {
        let global = global?;
        globals.push(Global {
            value: constant(&global.init_expr)?,
            mutable: global.ty.mutable,
        });
    }
    Ok(globals)
}

/// The value of an expression of one instruction. A null stands for any reference.
fn constant(expression: &ConstExpr<'_>) -> Result<Value, ReadError> {
    let mut operators = expression.get_operators_reader();
    let start = operators.original_position();
    let value = match operators.read()? {
        Operator::I32Const { value } => Value::I32(value),
        Operator::I64Const { value } => Value::I64(value),
        Operator::F32Const { value } => Value::F32(value.bits()),
        Operator::F64Const { value } => Value::F64(value.bits()),
        Operator::V128Const { value } => Value::V128(*value.bytes()),
        Operator::RefNull { .. } => Value::Missing,
        _ => return Err(ReadError::malformed(start, "a value that is no constant")),
    };
    match operators.read()? {
        Operator::End => Ok(value),
        _ => Err(ReadError::malformed(start, "a value that is no constant")),
    }
}

fn memories(sections: &Sections<'_>, bytes: &Bytes) -> Result<Vec<Memory<'static>>, ReadError> {
    let mut types = Vec::new();
    if let Some(reader) = &sections.memories {
        for ty in MemorySectionReader::new(reader.clone())? {
            types.push(memory_type(&ty?));
        }
    }
    let mut contents: Vec<Vec<(u64, Bytes)>> = vec![Vec::new(); types.len()];
    for piece in sections.pieces() {
        let piece = piece?;
        let Some(contents) = contents.get_mut(piece.memory as usize) else {
            let message = format!("data of memory {}, which is not there", piece.memory);
            return Err(ReadError::malformed(piece.offset, message));
        };
        contents.push((piece.address, bytes.slice_ref(piece.data)));
    }
    let memories = (0u32..).zip(types.into_iter().zip(contents));
    let memories = memories.map(|(index, (ty, contents))| {
        Memory::new(ty, contents).map_err(|error| {
            let mut pieces = sections.pieces().map_while(Result::ok);
            let piece = pieces.find(|p| p.memory == index && p.address == error.address);
            let offset = piece.map_or(0, |piece| piece.offset);
            ReadError::malformed(offset, format!("data of memory {index}: {error}"))
        })
    });
    memories.collect()
}

/// Data of a memory.
struct Piece<'b> {
    memory: u32,
    address: u64,
    data: &'b [u8],
    /// Where it begins in the file.
    offset: u64,
}

fn memory_type(ty: &wasmparser::MemoryType) -> MemoryType {
    MemoryType {
        pages: ty.initial,
        maximum: ty.maximum,
        index64: ty.memory64,
        shared: ty.shared,
        page_size_log2: ty.page_size_log2.unwrap_or(PAGE_SIZE_LOG2),
    }
}

fn piece<'b>(segment: wasmparser::Data<'b>) -> Result<Piece<'b>, ReadError> {
    let offset = segment.range.start;
    let DataKind::Active {
        memory_index,
        offset_expr,
    } = &segment.kind
    else {
        return Err(ReadError::malformed(offset, "data that has no place"));
    };
    let address = match constant(offset_expr)? {
        Value::I32(address) => u64::from(address as u32),
        Value::I64(address) => address as u64,
        _ => return Err(ReadError::malformed(offset, "data at what is no address")),
    };
    Ok(Piece {
        memory: *memory_index,
        address,
        data: segment.data,
        offset,
    })
}
