//! Writing.

use crate::error::WriteError;
use crate::extension::EXTENSIONS;
use crate::memory::{MemoryType, PAGE_SIZE_LOG2, Segment};
use crate::model::{CoreDump, Thread};
use crate::value::Value;
use std::io::{self, Write};
use wasm_encoder::{
    AbstractHeapType, ConstExpr, CoreDumpInstancesSection, CoreDumpModulesSection, CoreDumpSection,
    CoreDumpStackSection, CoreDumpValue, CustomSection, Encode, GlobalSection, GlobalType,
    HeapType, Ieee32, Ieee64, MemorySection, Module, Section, SectionId, ValType,
};

/// A section of data is closed when it has so many bytes.
const LARGEST_DATA_SECTION: u64 = 1 << 30;
/// An upper bound of how a value of a stack is encoded, in bytes.
const LARGEST_VALUE: u64 = 11;
/// The same for a frame without its values.
const LARGEST_FRAME: u64 = 26;

impl CoreDump<'_> {
    /// Writes the dump, and returns how many bytes that took. The contents of memories are handed to the
    /// writer as they are, a unit at a time.
    ///
    /// # Errors
    ///
    /// If the writer fails; or if a part is larger than the format can say, which needs more than
    /// 4 GiB of frames, names or tables.
    ///
    /// Whether the parts fit together is not looked at: [`CoreDump::read`] does that.
    pub fn write(&self, to: &mut (impl Write + ?Sized)) -> Result<u64, WriteError> {
        let mut out = Output { to, written: 0 };
        out.write_all(&Module::HEADER)?;
        let mut small = Vec::new();
        self.append_stacks(&mut small)?;
        self.append_memories_and_globals(&mut small);
        out.write_all(&small)?;
        self.write_data(&mut out, LARGEST_DATA_SECTION)?;
        out.flush()?;
        Ok(out.written)
    }

    /// Appends everything that is custom.
    fn append_stacks(&self, sink: &mut Vec<u8>) -> Result<(), WriteError> {
        CoreDumpSection::new(&*self.executable).append_to(sink);
        let mut modules = CoreDumpModulesSection::new();
        for module in &self.modules {
            modules.module(&module.name);
        }
        modules.append_to(sink);
        let mut instances = CoreDumpInstancesSection::new();
        for instance in &self.instances {
            let memories = instance.memories.iter().copied();
            let globals = instance.globals.iter().copied();
            instances.instance(instance.module, memories, globals);
        }
        instances.append_to(sink);
        for thread in &self.threads {
            check_size(thread)?;
            stack(thread).append_to(sink);
        }
        for extension in &EXTENSIONS {
            let Some(contents) = extension.contents(self) else {
                continue;
            };
            if contents.len() as u64 > u64::from(u32::MAX / 2) {
                return Err(WriteError::TooLarge(extension.name));
            }
            let section = CustomSection {
                name: extension.name.into(),
                data: contents.into(),
            };
            section.append_to(sink);
        }
        Ok(())
    }

    fn append_memories_and_globals(&self, sink: &mut Vec<u8>) {
        let mut memories = MemorySection::new();
        for memory in &self.memories {
            memories.memory(memory_type(memory.ty()));
        }
        memories.append_to(sink);
        let mut globals = GlobalSection::new();
        for global in &self.globals {
            let (val_type, value) = constant(&global.value);
            let ty = GlobalType {
                val_type,
                mutable: global.mutable,
                shared: false,
            };
            globals.global(ty, &value);
        }
        globals.append_to(sink);
    }

    /// Writes what is in the memories, a new section each time that one has `limit` bytes.
    fn write_data(&self, out: &mut impl Write, limit: u64) -> Result<(), WriteError> {
        let memories = (0u32..).zip(&self.memories);
        let segments: Vec<(Vec<u8>, &[u8])> = memories
            .flat_map(|(index, memory)| {
                let segments = memory.segments();
                segments.map(move |segment| (header(index, memory.ty(), segment), segment.bytes()))
            })
            .collect();
        let size = |segment: &(Vec<u8>, &[u8])| (segment.0.len() + segment.1.len()) as u64;
        let mut rest = &segments[..];
        while let Some((first, others)) = rest.split_first() {
            let mut total = size(first);
            let more = others.iter().take_while(|segment| {
                total += size(segment);
                total <= limit
            });
            let (section, behind) = rest.split_at(1 + more.count());
            rest = behind;
            let mut count = Vec::new();
            section.len().encode(&mut count);
            let total = count.len() as u64 + section.iter().map(size).sum::<u64>();
            let total = u32::try_from(total).map_err(|_| WriteError::TooLarge("data"))?;
            let mut start = vec![SectionId::Data.into()];
            total.encode(&mut start);
            out.write_all(&start)?;
            out.write_all(&count)?;
            for (header, bytes) in section {
                out.write_all(header)?;
                out.write_all(bytes)?;
            }
        }
        Ok(())
    }
}

/// Fails if the section for a thread might be too large.
fn check_size(thread: &Thread) -> Result<(), WriteError> {
    let values = thread
        .frames
        .iter()
        .map(|frame| (frame.locals.len() + frame.operands.len()) as u64);
    let frames = thread.frames.len() as u64 * LARGEST_FRAME;
    let most = values.sum::<u64>() * LARGEST_VALUE + frames + thread.name.len() as u64;
    match most < u64::from(u32::MAX / 2) {
        true => Ok(()),
        false => Err(WriteError::TooLarge("corestack")),
    }
}

fn stack(thread: &Thread) -> CoreDumpStackSection {
    let mut stack = CoreDumpStackSection::new(&*thread.name);
    for frame in &thread.frames {
        stack.frame(
            frame.instance,
            frame.function,
            frame.code_offset.unwrap_or(0),
            frame.locals.iter().map(stack_value),
            frame.operands.iter().map(stack_value),
        );
    }
    stack
}

/// A value in the forms that the convention has; the extensions have the others.
fn stack_value(value: &Value) -> CoreDumpValue {
    match *value {
        Value::I32(number) => CoreDumpValue::I32(number),
        Value::I64(number) => CoreDumpValue::I64(number),
        Value::F32(bits) => CoreDumpValue::F32(Ieee32::new(bits)),
        Value::F64(bits) => CoreDumpValue::F64(Ieee64::new(bits)),
        Value::Missing
        | Value::V128(_)
        | Value::FuncRef(_)
        | Value::ExternRef(_)
        | Value::ExnRef(_) => CoreDumpValue::Missing,
    }
}

/// A value as the initial one of a global. All references are null, and what is not known is one.
fn constant(value: &Value) -> (ValType, ConstExpr) {
    match *value {
        Value::I32(number) => (ValType::I32, ConstExpr::i32_const(number)),
        Value::I64(number) => (ValType::I64, ConstExpr::i64_const(number)),
        Value::F32(bits) => (ValType::F32, ConstExpr::f32_const(Ieee32::new(bits))),
        Value::F64(bits) => (ValType::F64, ConstExpr::f64_const(Ieee64::new(bits))),
        Value::V128(bytes) => {
            let bits = i128::from_le_bytes(bytes);
            (ValType::V128, ConstExpr::v128_const(bits))
        }
        Value::FuncRef(_) | Value::Missing => {
            (ValType::FUNCREF, ConstExpr::ref_null(HeapType::FUNC))
        }
        Value::ExternRef(_) => (ValType::EXTERNREF, ConstExpr::ref_null(HeapType::EXTERN)),
        Value::ExnRef(_) => {
            let heap = HeapType::Abstract {
                shared: false,
                ty: AbstractHeapType::Exn,
            };
            (ValType::EXNREF, ConstExpr::ref_null(heap))
        }
    }
}

fn memory_type(ty: &MemoryType) -> wasm_encoder::MemoryType {
    wasm_encoder::MemoryType {
        minimum: ty.pages,
        maximum: ty.maximum,
        memory64: ty.index64,
        shared: ty.shared,
        page_size_log2: (ty.page_size_log2 != PAGE_SIZE_LOG2).then_some(ty.page_size_log2),
    }
}

/// What stands ahead of the bytes of an active segment.
fn header(memory: u32, ty: &MemoryType, segment: &Segment<'_>) -> Vec<u8> {
    let mut header = Vec::new();
    if memory == 0 {
        header.push(0);
    } else {
        header.push(2);
        memory.encode(&mut header);
    }
    let address = segment.address();
    let address = match ty.index64 {
        true => ConstExpr::i64_const(address as i64),
        false => ConstExpr::i32_const(address as u32 as i32),
    };
    address.encode(&mut header);
    segment.bytes().len().encode(&mut header);
    header
}

/// Counts what is written.
struct Output<'w, W: ?Sized> {
    to: &'w mut W,
    written: u64,
}

impl<W: Write + ?Sized> Write for Output<'_, W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let count = self.to.write(bytes)?;
        self.written += count as u64;
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.to.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::memory::Memory;
    use crate::model::Frame;

    #[test]
    fn data_that_is_too_much_for_a_section_takes_several() {
        let contents: Vec<u8> = (0..4u64 << 16)
            .map(|at| u8::from(at % 8192 < 4096))
            .collect();
        let ty = MemoryType::wasm32(4, None);
        let dump = CoreDump {
            memories: vec![
                Memory::sparse(ty, &contents),
                Memory::sparse(ty, &contents[8192..]),
            ],
            ..CoreDump::default()
        };
        for (limit, sections) in [(u64::MAX, 1), (100_000, 3), (1, 63)] {
            let mut file = Module::HEADER.to_vec();
            dump.append_stacks(&mut file).unwrap();
            dump.append_memories_and_globals(&mut file);
            let before = file.len();
            dump.write_data(&mut file, limit).unwrap();
            let mut reader = wasmparser::BinaryReader::new(&file[before..], 0);
            let mut count = 0;
            while !reader.eof() {
                assert_eq!(reader.read_u8().unwrap(), 11);
                let size = reader.read_reader().unwrap().bytes_remaining();
                assert!(size as u64 <= limit.max(4200).saturating_add(1), "{size}");
                count += 1;
            }
            assert_eq!(count, sections, "with a limit of {limit}");
            assert_eq!(CoreDump::read(file.into()).unwrap(), dump);
        }
    }

    #[test]
    fn the_bounds_of_what_frames_take_hold() {
        let large = Frame {
            instance: u32::MAX,
            function: u32::MAX,
            code_offset: Some(u32::MAX),
            ..Frame::default()
        };
        let frames = |count: usize, locals: Vec<Value>| Thread {
            frames: vec![
                Frame {
                    locals,
                    ..large.clone()
                };
                count
            ],
            ..Thread::default()
        };
        let size = |thread: &Thread| {
            let mut bytes = Vec::new();
            stack(thread).append_to(&mut bytes);
            bytes.len() as u64
        };
        let empty = size(&frames(100, vec![]));
        assert!(empty <= 100 * LARGEST_FRAME);
        let full = size(&frames(100, vec![Value::I64(i64::MIN); 100]));
        assert!(full - empty <= 100 * 100 * LARGEST_VALUE + 100);
    }
}
