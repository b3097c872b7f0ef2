//! The crate's door: questions about a module's source, and their answers.

use crate::SymbolsError;
use crate::code::files::{SourceFiles, file_path};
use crate::code::functions::read_chain;
use crate::code::listing::ListedFunction;
use crate::code::names::function_name;
use crate::code::source_map::SourceMap;
use crate::code::statements::Statements;
use crate::dwarf::entries::CallSite;
use crate::dwarf::reader::{Budget, Reader};
use crate::dwarf::sections::Sections;
use crate::dwarf::units::{Unit, Units};
use crate::types::{MadeType, Type, TypeId, Types};
use bytes::Bytes;
use std::ops::Range;
use std::sync::{Arc, Mutex, OnceLock};

/// The debug information of a module.
///
/// Opening it reads little; the parts that questions touch are read as they are asked, and kept.
///
/// ```no_run
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let wasm = std::fs::read("program.wasm")?;
/// let symbols = trapline_symbols::Symbols::new(wasm.into())?;
/// for frame in symbols.frames(0x1234)? {
///     println!("{} at {:?}", frame.function.as_deref().unwrap_or("?"), frame.location);
/// }
/// # Ok(())
/// # }
/// ```
pub struct Symbols {
    units: Units,
    types: Types,
    caches: Caches,
    source_map: Option<SourceMap>,
    code: Range<u32>,
    meter: Reader,
}

/// What has been found out, and is asked again.
#[derive(Default)]
pub(crate) struct Caches {
    pub(crate) files: OnceLock<SourceFiles>,
    pub(crate) functions: OnceLock<Vec<ListedFunction>>,
    pub(crate) statements: Mutex<Vec<Arc<Statements>>>,
}

/// A function that was executing at some place of a program: a real call, or one that the
/// compiler has inlined.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceFrame {
    /// The function's name, readable: with its path in Rust and C++.
    pub function: Option<String>,
    /// Where in this function execution was.
    pub location: Option<SourceLocation>,
    /// Whether the function was inlined into that of the frame after this one.
    pub inlined: bool,
}

/// A place in source code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceLocation {
    /// Path of the file, as the compiler named it, `.` components left out.
    pub file: String,
    /// The line, counted from 1. `None` for code that belongs to no line.
    pub line: Option<u32>,
    /// The column in bytes, counted from 1. `None` if the compiler did not say.
    pub column: Option<u32>,
}

impl Symbols {
    /// Opens the debug information of a module, from the bytes of its file.
    ///
    /// # Errors
    ///
    /// [`SymbolsError::NoDebugInfo`] if there is none; others if the module or its debug
    /// information is damaged so that nothing in it can be used.
    pub fn new(wasm: Bytes) -> Result<Symbols, SymbolsError> {
        let sections = Sections::find(&wasm)?;
        if sections.debug(".debug_info").is_empty() {
            return Err(SymbolsError::NoDebugInfo);
        }
        let meter = Reader::new(wasm, Budget::for_size(sections.debug_size()));
        let dwarf =
            gimli::Dwarf::load(|id| Ok::<_, SymbolsError>(meter.range(sections.debug(id.name()))))?;
        let symbols = Symbols {
            units: Units::read(dwarf),
            types: Types::default(),
            caches: Caches::default(),
            source_map: None,
            code: sections.code,
            meter,
        };
        match symbols.units.damage {
            Some(damage) if symbols.units.is_empty() => Err(symbols.explain(damage)),
            _ => Ok(symbols),
        }
    }

    /// Nothing, for a module without debug information: expressions over it are those of its machine.
    ///
    /// # Errors
    ///
    /// If the bytes are no module.
    pub fn without_debug_info(wasm: &[u8]) -> Result<Symbols, SymbolsError> {
        Symbols::without_units(Sections::find(wasm)?.code, 0)
    }

    /// Symbols without DWARF, whose requests may take as much work as for so many bytes of it.
    fn without_units(code: Range<u32>, size: u64) -> Result<Symbols, SymbolsError> {
        let meter = Reader::new(Bytes::new(), Budget::for_size(size));
        let dwarf = gimli::Dwarf::load(|_| Ok::<_, SymbolsError>(meter.range(0..0)))?;
        Ok(Symbols {
            units: Units::read(dwarf),
            types: Types::default(),
            caches: Caches::default(),
            source_map: None,
            code,
            meter,
        })
    }

    /// The name of the file that has the debug information of a module which has none itself: a URL,
    /// or a path relative to that of the module.
    ///
    /// # Errors
    ///
    /// If the bytes are no module.
    pub fn external_file(wasm: &[u8]) -> Result<Option<String>, SymbolsError> {
        Ok(Sections::find(wasm)?.external)
    }

    /// Opens the debug information that another file has for a module. That file is a module too,
    /// with the same code or with none.
    ///
    /// # Errors
    ///
    /// As for [`Symbols::new`]
    pub fn with_external(wasm: &[u8], external: Bytes) -> Result<Symbols, SymbolsError> {
        let code = Sections::find(wasm)?.code;
        let symbols = Symbols::new(external)?;
        Ok(Symbols { code, ..symbols })
    }

    /// The name of the file that has the source map of a module: a URL, which may have the map in itself, or
    /// a path relative to that of the module.
    ///
    /// # Errors
    ///
    /// If the bytes are no module.
    pub fn source_map_url(wasm: &[u8]) -> Result<Option<String>, SymbolsError> {
        Ok(Sections::find(wasm)?.source_map)
    }

    /// What a source map tells of a module that has no debug information: files and lines, and no
    /// functions, types or variables.
    ///
    /// # Errors
    ///
    /// [`SymbolsError::SourceMap`] if that is no source map; others if the module is damaged.
    pub fn with_source_map(wasm: &[u8], map: &[u8]) -> Result<Symbols, SymbolsError> {
        let sections = Sections::find(wasm)?;
        let functions = sections.functions(wasm)?;
        let source_map = SourceMap::read(map, &sections.code, &functions)?;
        let symbols = Symbols::without_units(sections.code, map.len() as u64)?;
        Ok(Symbols {
            source_map: Some(source_map),
            ..symbols
        })
    }

    /// The files that parts of the debug information are in, as folders and names that the
    /// compiler wrote down, and that [`Symbols::add_split`] has not been given yet.
    ///
    /// # Errors
    ///
    /// If the debug information is damaged.
    pub fn split_files(&self) -> Result<Vec<(String, String)>, SymbolsError> {
        self.begin_request();
        let files = self.units.split_files();
        files.map_err(|error| self.explain(error))
    }

    /// Adds what is in such a file (`.dwo`), or in a package of them (`.dwp`). Returns how many
    /// units of the module it has completed.
    ///
    /// # Errors
    ///
    /// If it is no module, or damaged.
    pub fn add_split(&mut self, file: Bytes) -> Result<usize, SymbolsError> {
        let sections = Sections::find(&file)?;
        self.meter.budget().grow(sections.debug_size());
        self.begin_request();
        let reader = self.meter.beside(file);
        let section = |name: &str| reader.range(sections.debug(name));
        self.caches = Caches::default();
        let added = self.units.add_split(section, reader.range(0..0));
        added.map_err(|error| self.explain(error))
    }

    /// The functions that were executing at an instruction, innermost first: those inlined, then
    /// the one whose code it is. Empty if the debug information does not cover the instruction.
    ///
    /// `wasm_pc` is the instruction's offset in the module file.
    ///
    /// # Errors
    ///
    /// If the debug information for this place is damaged.
    pub fn frames(&self, wasm_pc: u32) -> Result<Vec<SourceFrame>, SymbolsError> {
        let Some(address) = self.address(wasm_pc) else {
            return Ok(Vec::new());
        };
        self.begin_request();
        self.frames_at(address).map_err(|error| self.explain(error))
    }

    /// The DWARF address of an offset in the file. Here and in [`Symbols::wasm_pc`], and nowhere
    /// else, the one becomes the other.
    pub(crate) fn address(&self, wasm_pc: u32) -> Option<u32> {
        self.code
            .contains(&wasm_pc)
            .then(|| wasm_pc - self.code.start)
    }

    /// The offset in the file of a DWARF address.
    pub(crate) fn wasm_pc(&self, address: u32) -> u32 {
        self.code.start.saturating_add(address)
    }

    /// Gives the request that begins here a whole budget.
    pub(crate) fn begin_request(&self) {
        self.meter.budget().refill();
    }

    /// Whether the present request has used up its budget.
    pub(crate) fn is_exhausted(&self) -> bool {
        self.meter.budget().is_spent()
    }

    /// A type, read one level deep.
    ///
    /// # Errors
    ///
    /// If the debug information of the type is damaged.
    pub fn type_of(&self, id: TypeId) -> Result<Arc<Type>, SymbolsError> {
        self.begin_request();
        self.read_type(id).map_err(|error| self.explain(error))
    }

    pub(crate) fn read_type(&self, id: TypeId) -> gimli::Result<Arc<Type>> {
        self.types.get(&self.units, id)
    }

    /// The name of a type as its language writes it; `void` for `None`.
    ///
    /// # Errors
    ///
    /// If the debug information of the type is damaged.
    pub fn type_name(&self, id: Option<TypeId>) -> Result<String, SymbolsError> {
        self.begin_request();
        self.type_text(id, 0).map_err(|error| self.explain(error))
    }

    pub(crate) fn caches(&self) -> &Caches {
        &self.caches
    }

    pub(crate) fn source_map(&self) -> Option<&SourceMap> {
        self.source_map.as_ref()
    }

    /// Takes work off the budget that is not reading.
    pub(crate) fn spend(&self, work: usize) -> gimli::Result<()> {
        self.meter.spend(work)
    }

    /// A type that no debug information describes; `None` if there are too many of those.
    pub(crate) fn make_type(&self, wanted: MadeType) -> Option<TypeId> {
        self.types.make(wanted)
    }

    /// Tells these symbols from all others, whose types mean nothing here.
    pub(crate) fn identity(&self) -> u64 {
        self.types.identity
    }

    pub(crate) fn units(&self) -> &Units {
        &self.units
    }

    fn frames_at(&self, address: u32) -> gimli::Result<Vec<SourceFrame>> {
        for unit in self.units.covering(address) {
            let frames = self.frames_in(unit, address)?;
            if !frames.is_empty() {
                return Ok(frames);
            }
        }
        if let Some(frame) = self.mapped_frame(address) {
            return Ok(vec![frame]);
        }
        // It may be an unreadable unit that covers the address.
        self.units.damage.map_or(Ok(Vec::new()), Err)
    }

    /// The frame at an address that the source map tells.
    fn mapped_frame(&self, address: u32) -> Option<SourceFrame> {
        let map = self.source_map.as_ref()?;
        let row = map.lines.find(address).filter(|row| row.line() > 0)?;
        let file = map.files.get(row.file() as usize)?;
        Some(SourceFrame {
            function: None,
            location: Some(SourceLocation {
                file: file.to_string(),
                line: Some(row.line()),
                column: row.column(),
            }),
            inlined: false,
        })
    }

    fn frames_in(&self, unit: &Unit, address: u32) -> gimli::Result<Vec<SourceFrame>> {
        let row = unit.lines()?.find(address);
        let mut place = row.map(|row| CallSite {
            file: Some(row.file()),
            line: (row.line() > 0).then_some(row.line()),
            column: row.column(),
        });
        let Some(function) = unit.index()?.function(address) else {
            let location = self.location(unit, place)?;
            let frame = SourceFrame {
                function: None,
                location,
                inlined: false,
            };
            return Ok(Vec::from_iter(frame.location.is_some().then_some(frame)));
        };
        let chain = read_chain(unit.with_sections(), function, address)?;
        let mut frames = Vec::new();
        for (depth, entry) in chain.iter().enumerate().rev() {
            frames.push(SourceFrame {
                function: function_name(&self.units, unit.id_of(entry))?,
                location: self.location(unit, place)?,
                inlined: depth > 0,
            });
            place = Some(entry.call());
        }
        Ok(frames)
    }

    pub(crate) fn location(
        &self,
        unit: &Unit,
        place: Option<CallSite>,
    ) -> gimli::Result<Option<SourceLocation>> {
        let Some(CallSite {
            file: Some(file),
            line,
            column,
        }) = place
        else {
            return Ok(None);
        };
        let file = file_path(unit.with_sections(), file)?;
        Ok(file.map(|file| SourceLocation { file, line, column }))
    }

    pub(crate) fn explain(&self, error: gimli::Error) -> SymbolsError {
        if self.meter.budget().is_spent() {
            SymbolsError::TooMuchWork
        } else {
            SymbolsError::Malformed(self.units.dwarf.format_error(error))
        }
    }
}
