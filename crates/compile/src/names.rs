//! The name section, which no program depends on: what is wrong in it is passed over.

use crate::module::ModuleInfo;
use std::collections::HashMap;
use wasmparser::{BinaryReader, Name, NameSectionReader};

/// Names that a module gives.
#[derive(Default)]
pub(crate) struct Names {
    /// The module's own.
    pub module: Option<String>,
    /// Those of its functions, by function index.
    pub functions: HashMap<u32, String>,
    /// Those of its tags, by tag index.
    pub tags: HashMap<u32, String>,
}

impl Names {
    /// Reads the name section of a module, as far as it makes sense.
    pub fn read(info: &ModuleInfo, wasm: &[u8]) -> Names {
        let mut names = Names::default();
        let section = info
            .custom_sections
            .iter()
            .find(|section| section.name == "name");
        let Some(section) = section else {
            return names;
        };
        let range = section.bytes.start as usize..section.bytes.end as usize;
        let Some(bytes) = wasm.get(range) else {
            return names;
        };
        let reader = BinaryReader::new(bytes, u64::from(section.bytes.start));
        for subsection in NameSectionReader::new(reader).map_while(Result::ok) {
            match subsection {
                Name::Module { name, .. } => names.module = Some(name.to_owned()),
                Name::Function(map) => {
                    let entries = map.into_iter().map_while(Result::ok);
                    names
                        .functions
                        .extend(entries.map(|naming| (naming.index, naming.name.to_owned())));
                }
                Name::Tag(map) => {
                    let entries = map.into_iter().map_while(Result::ok);
                    names
                        .tags
                        .extend(entries.map(|naming| (naming.index, naming.name.to_owned())));
                }
                _ => {}
            }
        }
        names
    }
}
