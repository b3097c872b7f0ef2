//! Telling modules from each other.

use std::fmt;
use wasmparser::{BinaryReader, Parser, Payload};

/// What tells a module from others: above all a hash of its bytes.
///
/// ```
/// use trapline_coredump::{Fit, ModuleIdentity};
///
/// let wasm = wat::parse_str("(module (func))")?;
/// let identity = ModuleIdentity::of(&wasm, Some("/home/me/program.wasm".into()));
/// assert_eq!(identity.check(&wasm), Ok(Fit::Same));
/// let other = wat::parse_str("(module (func nop))")?;
/// let error = identity.check(&other).unwrap_err();
/// assert!(error.to_string().contains("/home/me/program.wasm"));
/// # Ok::<(), wat::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModuleIdentity {
    /// The BLAKE3 hash of the module in the binary format.
    pub hash: [u8; 32],
    /// The size of the module in the binary format, in bytes.
    pub size: u64,
    /// Where the module was, if it came from a file.
    pub path: Option<String>,
    /// What the linker has put into the section `build_id`. It stays when debug information is taken
    /// out of the module or put in.
    pub build_id: Option<Vec<u8>>,
}

/// How well a module fits a core dump. Returned by [`ModuleIdentity::check`], where an example is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fit {
    /// The bytes are the same.
    Same,
    /// The bytes differ, but the linker says that it is the same program: one may have debug
    /// information that the other has not.
    SameBuild,
    /// The dump does not tell which module it is of.
    Unknown,
}

/// A module that is not the one of a core dump. Returned by [`ModuleIdentity::check`], where an
/// example is.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct WrongModule {
    /// The module of the core dump.
    pub expected: Box<ModuleIdentity>,
    /// The module that there is.
    pub found: Box<ModuleIdentity>,
}

impl ModuleIdentity {
    /// The identity of a module.
    pub fn of(wasm: &[u8], path: Option<String>) -> ModuleIdentity {
        ModuleIdentity {
            hash: *blake3::hash(wasm).as_bytes(),
            size: wasm.len() as u64,
            path,
            build_id: build_id(wasm),
        }
    }

    /// Finds out whether the bytes are the module.
    ///
    /// # Errors
    ///
    /// If they are not.
    pub fn check(&self, wasm: &[u8]) -> Result<Fit, WrongModule> {
        let found = ModuleIdentity::of(wasm, None);
        if found.hash == self.hash && found.size == self.size {
            return Ok(Fit::Same);
        }
        if self.build_id.is_some() && found.build_id == self.build_id {
            return Ok(Fit::SameBuild);
        }
        Err(WrongModule {
            expected: Box::new(self.clone()),
            found: Box::new(found),
        })
    }
}

/// The build id that the linker gave a module, if it did and it is not empty.
fn build_id(wasm: &[u8]) -> Option<Vec<u8>> {
    let payloads = Parser::new(0).parse_all(wasm).map_while(Result::ok);
    for payload in payloads {
        if let Payload::CustomSection(section) = payload
            && section.name() == "build_id"
        {
            let mut reader = BinaryReader::new(section.data(), section.data_offset());
            let length = reader.read_var_u32().ok()? as usize;
            let id = reader.read_bytes(length).ok()?;
            return (!id.is_empty()).then(|| id.to_vec());
        }
    }
    None
}

impl fmt::Display for WrongModule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let WrongModule { expected, found } = self;
        f.write_str("the core dump is of another module")?;
        if let Some(path) = &expected.path {
            write!(f, ", which was {path:?}")?;
        }
        let size = |identity: &ModuleIdentity| format!("{} bytes", identity.size);
        write!(
            f,
            ": its module has {} and hash {}, this one has {} and hash {}",
            size(expected),
            Start(&expected.hash),
            size(found),
            Start(&found.hash)
        )
    }
}

/// As much of a hash as people compare.
struct Start<'h>(&'h [u8; 32]);

impl fmt::Display for Start<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0[..6]
            .iter()
            .try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with_sections(sections: &[(&str, &[u8])]) -> Vec<u8> {
        let mut module = wasm_encoder::Module::new();
        for (name, data) in sections {
            module.section(&wasm_encoder::CustomSection {
                name: (*name).into(),
                data: (*data).into(),
            });
        }
        module.finish()
    }

    #[test]
    fn a_module_without_its_debug_information_is_known_by_its_build_id() {
        let id: &[u8] = &[3, 7, 8, 9];
        let whole = with_sections(&[(".debug_info", b"much"), ("build_id", id)]);
        let stripped = with_sections(&[("build_id", id)]);
        let identity = ModuleIdentity::of(&whole, None);
        assert_eq!(identity.build_id.as_deref(), Some(&[7, 8, 9][..]));
        assert_eq!(identity.check(&whole), Ok(Fit::Same));
        assert_eq!(identity.check(&stripped), Ok(Fit::SameBuild));
        let other = with_sections(&[("build_id", &[3, 7, 8, 8])]);
        assert!(identity.check(&other).is_err());
    }

    #[test]
    fn modules_without_a_build_id_are_not_equal_for_that() {
        for id in [&[][..], &[0], &[9, 1]] {
            let one = with_sections(&[("build_id", id)]);
            let other = with_sections(&[("build_id", id), ("more", b"")]);
            let identity = ModuleIdentity::of(&one, None);
            assert_eq!(identity.build_id, None);
            assert!(identity.check(&other).is_err());
        }
    }

    #[test]
    fn a_wrong_module_is_told_by_size_hash_and_path() {
        let identity = ModuleIdentity::of(b"\0asm\x01\0\0\0", Some("a\n.wasm".into()));
        let error = identity.check(b"else").unwrap_err();
        let hash = blake3::hash(b"else").to_hex();
        let text = error.to_string();
        assert!(text.contains(r#"which was "a\n.wasm""#), "{text}");
        assert!(
            text.contains("8 bytes") && text.contains("4 bytes"),
            "{text}"
        );
        assert!(text.contains(&hash[..12]), "{text}");
    }
}
