//! The machine code of a module, mapped executable.
//!
//! Pages of code are never writable and executable at once. Code is position independent and is
//! used as it is, so that code out of an artifact's file is shared between the processes that
//! map it, and costs memory only where it is run.

use super::code_patches::Patches;
use super::code_registry;
use super::mmap::{Access, Mapping, page_size};
use crate::trap::{self, BREAKPOINT};
use rustix::fs::MemfdFlags;
use std::fs::File;
use std::io::{self, Write};
use std::sync::{Arc, Mutex, PoisonError};
use trapline_compile::{CompiledModule, may_be_point};

/// A compiled module and its code.
///
/// It is registered (see [`code_registry`]) for as long as it lives. Whoever runs its code keeps
/// it alive: a store keeps those of all its instances.
#[derive(Debug)]
pub(crate) struct CodeMemory {
    compiled: Arc<CompiledModule>,
    mapping: Mapping,
    /// Size of the code in bytes; the mapping may be longer.
    text_len: usize,
    source: Source,
    /// What was changed. Only the code of one store has that.
    patches: Option<Mutex<Option<Patches>>>,
}

/// Where code can be mapped from once more.
#[derive(Clone, Debug)]
enum Source {
    /// From nowhere: it has to be copied.
    None,
    /// From this file, from this offset on.
    File(Arc<File>, u64),
}

impl CodeMemory {
    /// Copies the code into memory of its own.
    pub fn new(compiled: CompiledModule) -> io::Result<Arc<CodeMemory>> {
        let mapping = CodeMemory::copy(compiled.text())?;
        let compiled = Arc::new(compiled);
        Ok(CodeMemory::register(compiled, mapping, Source::None, None))
    }

    /// Copies the code into memory that can be mapped again, for
    /// [`private_copy`](CodeMemory::private_copy).
    pub fn new_observed(compiled: CompiledModule) -> io::Result<Arc<CodeMemory>> {
        let text = compiled.text();
        let file = rustix::fs::memfd_create("wasm-code", MemfdFlags::CLOEXEC)?;
        let mut file = File::from(file);
        file.write_all(text)?;
        let mapping = Mapping::of_code(&file, 0, text.len())?;
        let source = Source::File(Arc::new(file), 0);
        Ok(CodeMemory::register(
            Arc::new(compiled),
            mapping,
            source,
            None,
        ))
    }

    /// The same code in another place, where it can have breakpoints. It costs no memory before it
    /// does, if there is a file to map it from.
    pub fn private_copy(&self) -> io::Result<Arc<CodeMemory>> {
        let mapping = match &self.source {
            Source::File(file, offset) => Mapping::of_code(file, *offset, self.text_len)?,
            Source::None => CodeMemory::copy(self.compiled.text())?,
        };
        let patches = Some(Mutex::default());
        Ok(CodeMemory::register(
            Arc::clone(&self.compiled),
            mapping,
            self.source.clone(),
            patches,
        ))
    }

    fn copy(text: &[u8]) -> io::Result<Mapping> {
        let mapping = Mapping::zeroed(text.len())?;
        // SAFETY: the mapping is fresh, as long as the text at least, and not yet used by anyone
        // who could see it written or lose the right to write.
        unsafe {
            mapping
                .base()
                .copy_from_nonoverlapping(text.as_ptr(), text.len());
            mapping.protect(0..mapping.len(), Access::ReadExecute)?;
        }
        Ok(mapping)
    }

    /// Maps the code of a module that was loaded from an artifact out of the artifact's file,
    /// which must not be changed while it is in use. Copies it if it cannot be mapped in place.
    pub fn from_file(compiled: CompiledModule, file: &File) -> io::Result<Arc<CodeMemory>> {
        match compiled.text_artifact_offset() {
            Some(offset) if offset % page_size() == 0 => {
                let mapping = Mapping::of_code(file, offset as u64, compiled.text().len())?;
                let source = Source::File(Arc::new(file.try_clone()?), offset as u64);
                let compiled = Arc::new(compiled);
                Ok(CodeMemory::register(compiled, mapping, source, None))
            }
            _ => CodeMemory::new(compiled),
        }
    }

    fn register(
        compiled: Arc<CompiledModule>,
        mapping: Mapping,
        source: Source,
        patches: Option<Mutex<Option<Patches>>>,
    ) -> Arc<CodeMemory> {
        let text_len = compiled.text().len();
        let code = Arc::new(CodeMemory {
            compiled,
            mapping,
            text_len,
            source,
            patches,
        });
        code_registry::insert(&code);
        code
    }

    /// The module.
    pub fn compiled(&self) -> &CompiledModule {
        &self.compiled
    }

    /// Address of the first byte of code.
    pub fn text_base(&self) -> usize {
        self.mapping.base() as usize
    }

    /// Size of the code in bytes.
    pub fn text_len(&self) -> usize {
        self.text_len
    }

    /// The address of an offset in the code.
    pub fn address(&self, text_offset: u32) -> usize {
        debug_assert!(
            (text_offset as usize) < self.text_len,
            "offset outside of the code"
        );
        self.text_base() + text_offset as usize
    }

    /// Plants a breakpoint at a point, whose wasm pc is noted with it, or takes it away again.
    ///
    /// # Panics
    ///
    /// If there is no point, or this is not a [private copy](CodeMemory::private_copy).
    pub fn set_breakpoint(&self, text_offset: u32, placed: Option<u32>) -> io::Result<()> {
        let offset = text_offset as usize;
        let (text, [breakpoint]) = (self.compiled.text(), BREAKPOINT);
        assert!(may_be_point(text[offset]), "no point");
        debug_assert!(self.compiled.point_at(text_offset).is_some(), "no point");
        let patches = self.patches.as_ref().expect("shared code is not changed");
        let mut patches = patches.lock().unwrap_or_else(PoisonError::into_inner);
        let patches = match &mut *patches {
            Some(patches) => patches,
            none => none.insert(Patches::new(&self.mapping)?),
        };
        let byte = match placed {
            Some(wasm_pc) => {
                patches.placed.insert(text_offset, wasm_pc);
                breakpoint
            }
            None => {
                patches.placed.remove(&text_offset);
                text[offset]
            }
        };
        // SAFETY: the patches are those of this code. At a point both bytes are as good: the one
        // does nothing to what comes after it, and the other goes on behind itself.
        unsafe { patches.set(&self.mapping, text, offset, byte)? };
        trap::serialize();
        Ok(())
    }

    /// The wasm pc of the breakpoint at an offset, if there is one. The module's tables have it too,
    /// but are not made for being asked hundreds of thousands of times a second.
    pub fn breakpoint_at(&self, text_offset: u32) -> Option<u32> {
        let patches = self.patches.as_ref()?;
        let patches = patches.lock().unwrap_or_else(PoisonError::into_inner);
        patches.as_ref()?.placed.get(&text_offset).copied()
    }

    /// Whether an interrupted guest is stopped at an offset: at a point, with a breakpoint or
    /// without. For signal handlers.
    pub fn is_stopping_place(&self, text_offset: u32) -> bool {
        let byte = self.compiled.text().get(text_offset as usize);
        byte.is_some_and(|&byte| may_be_point(byte))
            && self.compiled.point_at(text_offset).is_some()
    }

    /// Whether there is a breakpoint at an offset that the compiler has not put there. For a signal
    /// handler that was called for a breakpoint.
    pub fn is_planted(&self, text_offset: u32) -> bool {
        let text = self.compiled.text();
        text.get(text_offset as usize)
            .is_some_and(|byte| !BREAKPOINT.starts_with(&[*byte]))
    }

    /// The offset in the code of an address, if it lies there.
    pub fn offset_of(&self, pc: usize) -> Option<u32> {
        let offset = pc.checked_sub(self.text_base())?;
        (offset < self.text_len).then_some(offset as u32)
    }
}

impl Drop for CodeMemory {
    fn drop(&mut self) {
        code_registry::remove(self);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trap::testing::{compile, compiler};
    use trapline_compile::types::DefinedFuncIndex;

    const WAT: &str = "(module (func (result i32) i32.const 7) (func call 0 drop))";

    /// How the page of an address is mapped, as the system says.
    fn access(address: usize) -> String {
        let maps = std::fs::read_to_string("/proc/self/maps").unwrap();
        let hex = |text: &str| usize::from_str_radix(text, 16).unwrap();
        maps.lines()
            .find_map(|line| {
                let (range, rest) = line.split_once(' ').unwrap();
                let (start, end) = range.split_once('-').unwrap();
                (hex(start)..hex(end))
                    .contains(&address)
                    .then(|| rest[..4].to_owned())
            })
            .unwrap()
    }

    fn contents(code: &CodeMemory) -> &[u8] {
        // SAFETY: mapped, and never written.
        unsafe { std::slice::from_raw_parts(code.text_base() as *const u8, code.text_len()) }
    }

    #[test]
    fn code_is_mapped_executable_and_not_writable() {
        let code = compile(WAT);
        assert_eq!(contents(&code), &code.compiled().text()[..]);
        assert_eq!(access(code.text_base()), "r-xp");
    }

    #[test]
    fn code_out_of_an_artifact_is_mapped_from_its_file() {
        let path = std::env::temp_dir().join(format!("trapline-code-{}", std::process::id()));
        let mut file = File::create_new(&path).unwrap();
        compile(WAT).compiled().write_artifact(&mut file).unwrap();
        file.flush().unwrap();
        let loaded = compiler()
            .load(std::fs::read(&path).unwrap().into())
            .unwrap();
        let file = File::open(&path).unwrap();
        std::fs::remove_file(&path).unwrap();
        let code = CodeMemory::from_file(loaded, &file).unwrap();
        assert_eq!(contents(&code), &code.compiled().text()[..]);
        assert_eq!(access(code.text_base()), "r-xp");
    }

    #[test]
    fn addresses_lead_to_offsets_and_back() {
        let code = compile(WAT);
        let start = code
            .compiled()
            .function_code(DefinedFuncIndex::from_u32(1))
            .start;
        assert_eq!(code.offset_of(code.address(start)), Some(start));
        assert_eq!(code.offset_of(code.text_base() - 1), None);
        assert_eq!(code.offset_of(code.text_base() + code.text_len()), None);
    }
}
