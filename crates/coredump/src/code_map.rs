//! Where functions' bodies lie in a module.

use crate::error::ReadError;
use std::ops::Range;
use wasmparser::{Parser, Payload, TypeRef};

/// Where the functions of a module lie, which converts between the two ways to say where code is:
///
/// - a *wasm pc* is an offset in the module file, in bytes: what engines and error messages speak of;
/// - a *code offset* counts from the first byte of the function's body, which is the one after its
///   size and begins the declaration of its locals: what core dumps have. No instruction has the
///   code offset 0, with which dumps say that it is not known.
///
/// ```
/// use trapline_coredump::CodeMap;
///
/// let wasm = wat::parse_str(
///     r#"(module
///         (import "host" "log" (func))
///         (func (local i32) (call 0)))"#,
/// )?;
/// let map = CodeMap::new(&wasm)?;
/// // A group of locals, its count and type: three bytes.
/// let pc = map.wasm_pc(1, 3).unwrap();
/// assert_eq!(wasm[pc as usize], 0x10, "the opcode of `call`");
/// assert_eq!(map.code_offset(1, pc), Some(3));
/// assert_eq!(map.code_offset(0, pc), None, "not in that function");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct CodeMap {
    imported: u32,
    /// In the module file, by the order of the functions that the module defines.
    bodies: Vec<Range<u32>>,
}

impl CodeMap {
    /// Finds the functions of a module. The module need not be valid, and is looked at as far as its
    /// code goes.
    ///
    /// # Errors
    ///
    /// [`ReadError::NotAModule`] if it is damaged before the end of the code.
    pub fn new(wasm: &[u8]) -> Result<CodeMap, ReadError> {
        let mut map = CodeMap::default();
        map.read(wasm).map_err(|error| ReadError::NotAModule {
            message: error.message().to_owned(),
            offset: error.offset(),
        })?;
        Ok(map)
    }

    fn read(&mut self, wasm: &[u8]) -> wasmparser::Result<()> {
        for payload in Parser::new(0).parse_all(wasm) {
            match payload? {
                Payload::ImportSection(section) => {
                    for import in section.into_imports() {
                        let function =
                            matches!(import?.ty, TypeRef::Func(_) | TypeRef::FuncExact(_));
                        self.imported += u32::from(function);
                    }
                }
                Payload::CodeSectionEntry(body) => {
                    let range = body.range();
                    // No part of a file of more than 4 GiB is code, by the limits of sections.
                    let at = |offset: u64| u32::try_from(offset).unwrap_or(u32::MAX);
                    self.bodies.push(at(range.start)..at(range.end));
                }
                Payload::DataSection(_) | Payload::End(_) => break,
                _ => {}
            }
        }
        Ok(())
    }

    fn body(&self, function: u32) -> Option<&Range<u32>> {
        self.bodies
            .get(function.checked_sub(self.imported)? as usize)
    }

    /// The code offset of a wasm pc in a function, which is counted with the imported ones. `None` if
    /// there is no such function, or the wasm pc is not among its instructions.
    pub fn code_offset(&self, function: u32, wasm_pc: u32) -> Option<u32> {
        let body = self.body(function)?;
        let inside = body.contains(&wasm_pc) && wasm_pc > body.start;
        inside.then(|| wasm_pc - body.start)
    }

    /// The wasm pc of a code offset in a function, which is counted with the imported ones. `None` if
    /// there is no such function, or it does not reach so far.
    pub fn wasm_pc(&self, function: u32, code_offset: u32) -> Option<u32> {
        let body = self.body(function)?;
        let wasm_pc = body.start.checked_add(code_offset)?;
        (code_offset > 0 && body.contains(&wasm_pc)).then_some(wasm_pc)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_byte_of_the_code_is_of_one_function() {
        let wasm = wat::parse_str(
            r#"(module (import "a" "f" (func)) (import "a" "m" (memory 1)) (import "a" "g" (func))
                (func (nop)) (func (local i32 i64) (call 0) (call 1)) (func) (memory 1)
                (data (i32.const 0) "x"))"#,
        )
        .unwrap();
        let map = CodeMap::new(&wasm).unwrap();
        let mut found = 0;
        for pc in 0..wasm.len() as u32 {
            let functions = (0..7).filter(|function| map.code_offset(*function, pc).is_some());
            for function in functions.collect::<Vec<_>>() {
                let offset = map.code_offset(function, pc).unwrap();
                assert_eq!(map.wasm_pc(function, offset), Some(pc));
                found += 1;
            }
        }
        // Without the first byte of each.
        assert_eq!(found, 2 + 9 + 1);
        assert_eq!(
            map.wasm_pc(2, 0),
            None,
            "is how dumps say that it is not known"
        );
        assert_eq!(map.wasm_pc(2, 3), None, "beyond the end");
        assert_eq!(map.wasm_pc(3, u32::MAX), None);
        assert_eq!(map.wasm_pc(1, 1), None, "imported");
        assert_eq!(map.wasm_pc(5, 1), None, "no such function");
    }

    #[test]
    fn what_is_no_module_is_an_error_with_an_offset() {
        let error = CodeMap::new(b"\0asm\x01\0\0\0\x0a\xff").unwrap_err();
        assert!(
            matches!(error, ReadError::NotAModule { offset: 9.., .. }),
            "{error}"
        );
        assert!(CodeMap::new(b"").is_err());
    }
}
