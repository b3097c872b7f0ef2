//! Source files between the names that compilers gave them and the paths that a client knows.

use crate::protocol::{Source, SourcePresentationHint};
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use trapline_debugger::{DebugModule, Debugger, Disassembly, ModuleId, StackFrame};
use trapline_symbols::SourceLocation;

/// A text that is not in a file that the client could open.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Text {
    /// What the debug information holds of a source file.
    Embedded { module: ModuleId, file: String },
    /// The instructions of a function, by where it begins.
    Instructions { module: ModuleId, function: u32 },
}

/// What a client has been told of sources. Numbers are valid as long as the conversation.
#[derive(Default)]
pub(crate) struct ClientSources {
    texts: Vec<Text>,
    numbers: HashMap<Text, i64>,
    /// Where files are here, as they were found.
    found: HashMap<(ModuleId, String), Option<PathBuf>>,
    disassemblies: HashMap<(ModuleId, u32), Arc<Disassembly>>,
}

impl ClientSources {
    /// The number of a text.
    pub(crate) fn number(&mut self, text: Text) -> i64 {
        let next = self.texts.len() as i64 + 1;
        match self.numbers.get(&text) {
            Some(number) => *number,
            None => {
                self.texts.push(text.clone());
                self.numbers.insert(text, next);
                next
            }
        }
    }

    /// The text with a number.
    pub(crate) fn text(&self, number: i64) -> Option<&Text> {
        let index = usize::try_from(number).ok()?.checked_sub(1)?;
        self.texts.get(index)
    }

    /// Where sources are may have changed.
    pub(crate) fn forget(&mut self) {
        self.found.clear();
    }

    /// Where a source file of a module is here.
    pub(crate) fn find(
        &mut self,
        debugger: &Debugger,
        module: &DebugModule,
        file: &str,
    ) -> Option<PathBuf> {
        let key = (module.id(), file.to_owned());
        let found = self.found.entry(key);
        let path = found.or_insert_with(|| {
            let path = debugger.sources().find(file, module.path())?;
            std::path::absolute(path).ok()
        });
        path.clone()
    }

    /// A source file of a module, as a client is told of it.
    pub(crate) fn source(&mut self, debugger: &Debugger, module: ModuleId, file: &str) -> Source {
        let name = file.rsplit(['/', '\\']).next().unwrap_or(file);
        let mut source = Source {
            name: Some(name.to_owned()),
            ..Source::default()
        };
        let known = debugger.module(module).ok();
        if let Some(path) = known.and_then(|module| self.find(debugger, module, file)) {
            source.path = Some(path.to_string_lossy().into_owned());
            return source;
        }
        let symbols = known.and_then(|module| module.symbols());
        let embedded = symbols.and_then(|symbols| symbols.source_text(file).ok().flatten());
        match embedded {
            Some(_) => {
                let file = file.to_owned();
                source.source_reference = Some(self.number(Text::Embedded { module, file }));
            }
            None => {
                source.path = Some(file.to_owned());
                source.origin = Some("not to be found here".to_owned());
                source.presentation_hint = Some(SourcePresentationHint::Deemphasize);
            }
        }
        source
    }

    /// The instructions of the function at a place, as a source, with the line of the place, counted
    /// from 1.
    pub(crate) fn instructions(
        &mut self,
        debugger: &Debugger,
        module: ModuleId,
        wasm_pc: u32,
    ) -> Option<(Source, u32)> {
        let code = self.disassembly(debugger, module, wasm_pc)?;
        let before = code
            .instructions
            .partition_point(|instruction| instruction.wasm_pc < wasm_pc);
        let text = Text::Instructions {
            module,
            function: code.range.start,
        };
        // Beside functions with a source these are of less interest.
        let has_source = debugger
            .module(module)
            .is_ok_and(|module| module.symbols().is_some());
        let source = Source {
            name: Some(format!("{}.wat", code.function)),
            source_reference: Some(self.number(text)),
            presentation_hint: has_source.then_some(SourcePresentationHint::Deemphasize),
            origin: Some("instructions of WebAssembly".to_owned()),
            ..Source::default()
        };
        Some((source, before as u32 + 1))
    }

    /// The instructions of the function at a place.
    pub(crate) fn disassembly(
        &mut self,
        debugger: &Debugger,
        module: ModuleId,
        wasm_pc: u32,
    ) -> Option<Arc<Disassembly>> {
        let kept = self
            .disassemblies
            .iter()
            .find(|((id, _), code)| *id == module && code.range.contains(&wasm_pc));
        if let Some((_, code)) = kept {
            return Some(Arc::clone(code));
        }
        let code = debugger.module(module).ok()?.disassemble(wasm_pc).ok()?;
        let code = Arc::new(code);
        self.disassemblies
            .insert((module, code.range.start), Arc::clone(&code));
        Some(code)
    }

    /// A column of compilers, who count bytes, as the protocol counts it, in UTF-16 code units. Both begin
    /// with 1.
    pub(crate) fn column(
        &self,
        debugger: &Debugger,
        module: ModuleId,
        location: &SourceLocation,
    ) -> Option<u32> {
        let column = location.column?;
        let text = debugger.source_text(&location.file, Some(module)).ok();
        let line = text.as_ref().and_then(|text| text.line(location.line?));
        Some(line.map_or(column, |line| to_units(line, column)))
    }

    /// Where a frame is: its source, line and column; of one without a source its instructions.
    pub(crate) fn place(
        &mut self,
        debugger: &Debugger,
        frame: &StackFrame,
    ) -> (Option<Source>, u32, u32) {
        let Some(module) = frame.module else {
            return (None, 0, 0);
        };
        if let Some(location) = &frame.location
            && let Some(line) = location.line
        {
            let source = self.source(debugger, module, &location.file);
            let column = self.column(debugger, module, location);
            return (Some(source), line, column.unwrap_or(0));
        }
        let found = frame
            .wasm_pc
            .and_then(|wasm_pc| self.instructions(debugger, module, wasm_pc));
        match found {
            Some((source, line)) => (Some(source), line, 1),
            None => (None, 0, 0),
        }
    }

    /// The names that compilers gave to a file that the client knows by a path.
    pub(crate) fn files_at(&mut self, debugger: &Debugger, path: &Path) -> Vec<String> {
        let name = path.file_name().unwrap_or_default();
        let wanted = path.canonicalize().unwrap_or_else(|_| path.to_path_buf());
        let mut files: Vec<String> = Vec::new();
        for module in debugger.modules().iter() {
            let symbols = module.symbols();
            let all = symbols.and_then(|symbols| symbols.files().ok());
            for file in all.unwrap_or_default() {
                let last = file.rsplit(['/', '\\']).next();
                if last.is_none_or(|last| name != last)
                    || files.iter().any(|known| **known == *file)
                {
                    continue;
                }
                let here = self.find(debugger, module, &file);
                let same =
                    here.is_some_and(|here| here.canonicalize().is_ok_and(|here| here == wanted));
                if same || *file == *path.to_string_lossy() {
                    files.push(file.to_string());
                }
            }
        }
        files
    }
}

/// A column of bytes in UTF-16 code units.
pub(crate) fn to_units(line: &str, column: u32) -> u32 {
    let before = line.get(..(column as usize).saturating_sub(1));
    before.map_or(column, |before| before.encode_utf16().count() as u32 + 1)
}

/// A column of UTF-16 code units in bytes.
pub(crate) fn to_bytes(line: &str, column: u32) -> u32 {
    let mut units = 1;
    for (index, char) in line.char_indices() {
        if units >= column {
            return index as u32 + 1;
        }
        units += char.len_utf16() as u32;
    }
    line.len() as u32 + 1 + column.saturating_sub(units)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_bytes_for_compilers_and_units_for_clients() {
        let line = "/* é𝄞 */ add(1);";
        let bytes = line.find("add").unwrap() as u32 + 1;
        assert_eq!(to_units(line, bytes), bytes - 3);
        assert_eq!(to_bytes(line, bytes - 3), bytes);
        for column in [1, 2, 3] {
            assert_eq!(to_units(line, column), column);
            assert_eq!(to_bytes(line, column), column);
        }
        // Beyond the end, or within a character, there is nothing to be converted.
        assert_eq!(to_units(line, 99), 99);
        assert_eq!(to_units(line, 5), 5);
        assert_eq!(to_bytes("ab", 5), 5);
    }
}
