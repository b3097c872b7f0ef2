//! All functions of a module, and those that a name stands for.

use super::name_match::Pattern;
use super::names::function_names;
use crate::dwarf::ranges::CodeRange;
use crate::dwarf::units::{EntryId, Unit};
use crate::types::Language;
use crate::{SourceLocation, Symbols, SymbolsError};
use std::collections::HashMap;

/// A function of the source. Places in code are offsets in the module file.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Function {
    /// Its name, readable: with its path in Rust and C++.
    pub name: String,
    /// The name that the linker knows it by, if that is another than it has in the source.
    pub linkage_name: Option<String>,
    /// Where it is declared.
    pub declared: Option<SourceLocation>,
    /// Its code. None if all its calls were inlined; several if the compiler has made variants of it.
    pub instances: Vec<FunctionInstance>,
    /// Where the copies of it begin that were inlined into other functions, sorted.
    pub inlined: Vec<u32>,
}

/// The code of a function, called by others.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct FunctionInstance {
    /// Where it is entered.
    pub entry: u32,
    /// Where its body begins, as in [`Statements::body`](crate::Statements::body).
    pub body: u32,
}

/// What is kept of a function.
pub(crate) struct ListedFunction {
    name: Box<str>,
    linkage: Option<Box<str>>,
    is_zig: bool,
    /// Its own entry, without that of its declaration.
    entry: EntryId,
    /// Units and first ranges of its instances.
    instances: Vec<(u32, CodeRange)>,
    /// The addresses of inlined copies.
    inlined: Vec<u32>,
}

impl Symbols {
    /// All functions that have code, be it inlined, by name.
    ///
    /// # Errors
    ///
    /// If to read all units takes too much work, or the line table of a function is damaged. Units
    /// that are damaged have no functions.
    pub fn functions(&self) -> Result<Vec<Function>, SymbolsError> {
        self.begin_request();
        self.listed_where(|_| true)
    }

    /// The functions that a name stands for, as a user types it: `main`, `Class::method`,
    /// `ns::Class::method`; `file.name` in Zig. The end of a path is enough, unless it begins with
    /// `::`. Types of parameters and arguments of templates count if they are given. In Rust
    /// the path can be that of a method's type or of its trait, with the hash of its symbol or without.
    ///
    /// # Errors
    ///
    /// As for [`Symbols::functions`].
    pub fn functions_named(&self, typed: &str) -> Result<Vec<Function>, SymbolsError> {
        self.begin_request();
        let pattern = Pattern::new(typed);
        self.listed_where(|function| {
            let linkage = function.linkage.as_deref();
            pattern.matches(&function.name, linkage, function.is_zig)
        })
    }

    fn listed_where(
        &self,
        wanted: impl Fn(&ListedFunction) -> bool,
    ) -> Result<Vec<Function>, SymbolsError> {
        let mut found = Vec::new();
        for function in self.listed()?.iter().filter(|function| wanted(function)) {
            let function = self.describe(function);
            found.push(function.map_err(|error| self.explain(error))?);
        }
        Ok(found)
    }

    fn describe(&self, listed: &ListedFunction) -> gimli::Result<Function> {
        let mut declared = None;
        for (unit, entry) in self.units().origins(listed.entry)? {
            if declared.is_none() {
                declared = self.location(unit, Some(entry.declaration()))?;
            }
        }
        let mut instances = Vec::with_capacity(listed.instances.len());
        for &(unit, range) in &listed.instances {
            let lines = self.units().all()[unit as usize].lines()?;
            instances.push(FunctionInstance {
                entry: self.wasm_pc(range.begin),
                body: self.wasm_pc(self.body(&[range], lines)?),
            });
        }
        let inlined = listed.inlined.iter();
        Ok(Function {
            name: listed.name.to_string(),
            linkage_name: listed.linkage.as_deref().map(str::to_owned),
            declared,
            instances,
            inlined: inlined.map(|&address| self.wasm_pc(address)).collect(),
        })
    }

    fn listed(&self) -> Result<&[ListedFunction], SymbolsError> {
        if let Some(listed) = self.caches().functions.get() {
            return Ok(listed);
        }
        let mut listing = Listing {
            symbols: self,
            functions: Vec::new(),
            by_entry: HashMap::new(),
            by_linkage: HashMap::new(),
        };
        for unit in self.units().with_code() {
            // What is damaged has no more functions.
            let _ = listing.add_unit(unit);
        }
        if self.is_exhausted() {
            return Err(SymbolsError::TooMuchWork);
        }
        let functions = listing.finish();
        Ok(self.caches().functions.get_or_init(|| functions))
    }
}

/// The listing of functions as it is made.
struct Listing<'a> {
    symbols: &'a Symbols,
    functions: Vec<ListedFunction>,
    /// Which function an entry is of: its definition or its abstract instance. `None` if it has no
    /// name.
    by_entry: HashMap<EntryId, Option<usize>>,
    /// Each unit has an entry of its own for a function that is inline, and these are one function.
    by_linkage: HashMap<Box<str>, usize>,
}

impl Listing<'_> {
    fn add_unit(&mut self, unit: &Unit) -> gimli::Result<()> {
        let index = unit.index()?;
        let mut last = None;
        for &(range, offset) in index.functions() {
            let unit_id = unit.id;
            let entry = EntryId {
                unit: unit_id,
                offset,
            };
            // A function may have several ranges.
            if last.replace(entry) != Some(entry)
                && let Some(function) = self.function(entry)?
            {
                self.functions[function].instances.push((unit_id, range));
            }
        }
        for copy in &index.inlined {
            if let Some(origin) = self.symbols.units().resolve(unit, copy.origin())
                && let Some(function) = self.function(origin)?
            {
                self.functions[function].inlined.push(copy.entry);
            }
        }
        Ok(())
    }

    /// The function that an entry is of.
    fn function(&mut self, id: EntryId) -> gimli::Result<Option<usize>> {
        if let Some(&known) = self.by_entry.get(&id) {
            return Ok(known);
        }
        let units = self.symbols.units();
        let origins = units.origins(id)?;
        let ids: Vec<EntryId> = origins
            .iter()
            .map(|(unit, entry)| unit.id_of(entry))
            .collect();
        let known = ids.iter().find_map(|id| self.by_entry.get(id)).copied();
        let function = match known {
            Some(known) => known,
            None => {
                let (name, linkage) = function_names(units, &origins)?;
                // Short mangled names can stand for long ones.
                let length = name.as_ref().map_or(0, String::len);
                self.symbols.spend(length / 4)?;
                let language = origins.last().map(|(unit, _)| unit.language);
                self.by_name(id, name, linkage, language == Some(Language::Zig))
            }
        };
        for id in ids {
            self.by_entry.insert(id, function);
        }
        Ok(function)
    }

    fn by_name(
        &mut self,
        entry: EntryId,
        name: Option<String>,
        linkage: Option<String>,
        is_zig: bool,
    ) -> Option<usize> {
        let name = name.or_else(|| linkage.clone())?.into_boxed_str();
        let linkage = linkage.map(String::into_boxed_str);
        if let Some(linkage) = &linkage
            && let Some(&known) = self.by_linkage.get(linkage)
        {
            return Some(known);
        }
        let function = self.functions.len();
        if let Some(linkage) = &linkage {
            self.by_linkage.insert(linkage.clone(), function);
        }
        self.functions.push(ListedFunction {
            name,
            linkage,
            is_zig,
            entry,
            instances: Vec::new(),
            inlined: Vec::new(),
        });
        Some(function)
    }

    fn finish(mut self) -> Vec<ListedFunction> {
        for function in &mut self.functions {
            function
                .instances
                .sort_unstable_by_key(|(_, range)| range.begin);
            function.instances.dedup();
            function.inlined.sort_unstable();
            function.inlined.dedup();
        }
        self.functions
            .retain(|function| !function.instances.is_empty() || !function.inlined.is_empty());
        self.functions.sort_by(|a, b| a.name.cmp(&b.name));
        self.functions.shrink_to_fit();
        self.functions
    }
}
