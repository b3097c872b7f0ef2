//! The machine code of a module, mapped executable.
//!
//! Pages of code are never writable and executable at once. Code is position independent and is
//! used as it is, so that code out of an artifact's file is shared between the processes that
//! map it, and costs memory only where it is run.

use super::code_registry;
use super::mmap::{Access, Mapping, page_size};
use crate::trap::BREAKPOINT;
use std::fs::File;
use std::io;
use std::sync::Arc;
use trapline_compile::CompiledModule;

/// A compiled module and its code.
///
/// It is registered (see [`code_registry`]) for as long as it lives. Whoever runs its code keeps
/// it alive: a store keeps those of all its instances.
#[derive(Debug)]
pub(crate) struct CodeMemory {
    compiled: CompiledModule,
    mapping: Mapping,
    /// Size of the code in bytes; the mapping may be longer.
    text_len: usize,
}

impl CodeMemory {
    /// Copies the code into memory of its own.
    pub fn new(compiled: CompiledModule) -> io::Result<Arc<CodeMemory>> {
        let text = compiled.text();
        let mapping = Mapping::zeroed(text.len())?;
        // SAFETY: the mapping is fresh, as long as the text at least, and not yet used by anyone
        // who could see it written or lose the right to write.
        unsafe {
            mapping
                .base()
                .copy_from_nonoverlapping(text.as_ptr(), text.len());
            mapping.protect(0..mapping.len(), Access::ReadExecute)?;
        }
        Ok(CodeMemory::register(compiled, mapping))
    }

    /// Maps the code of a module that was loaded from an artifact out of the artifact's file,
    /// which must not be changed while it is in use. Copies it if it cannot be mapped in place.
    pub fn from_file(compiled: CompiledModule, file: &File) -> io::Result<Arc<CodeMemory>> {
        match compiled.text_artifact_offset() {
            Some(offset) if offset % page_size() == 0 => {
                let mapping = Mapping::of_code(file, offset as u64, compiled.text().len())?;
                Ok(CodeMemory::register(compiled, mapping))
            }
            _ => CodeMemory::new(compiled),
        }
    }

    fn register(compiled: CompiledModule, mapping: Mapping) -> Arc<CodeMemory> {
        let text_len = compiled.text().len();
        let code = Arc::new(CodeMemory {
            compiled,
            mapping,
            text_len,
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
    use std::io::Write;
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
