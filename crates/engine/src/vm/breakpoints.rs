//! The breakpoints of a store.
//!
//! Compiled code that can be stopped has *points*: bytes that do nothing, of which the module has
//! a table. A breakpoint changes one into an instruction that stops the guest. A store of an engine
//! that observes maps the code of its modules for itself, and changes its own mapping only.

use super::module::RuntimeModule;
use super::store::OpaqueMut;
use crate::error::{Error, Result};
use std::collections::hash_map::Entry;
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use trapline_compile::types::DefinedFuncIndex;

/// What a store knows of breakpoints.
#[derive(Default)]
pub(crate) struct Breakpoints {
    /// By the address of the module as the embedder knows it.
    modules: HashMap<usize, ModuleBreakpoints>,
}

struct ModuleBreakpoints {
    /// With the store's own mapping.
    module: Arc<RuntimeModule>,
    /// Where they are, by wasm pc.
    placed: BTreeSet<u32>,
    /// The points of functions that were asked for: wasm pc and text offset, in that order.
    points: HashMap<DefinedFuncIndex, Vec<(u32, u32)>>,
}

impl ModuleBreakpoints {
    /// The points of the first function that ends after a wasm pc.
    fn points(&mut self, wasm_pc: u32) -> Result<&[(u32, u32)]> {
        let compiled = self.module.compiled();
        let bodies = compiled.info().bodies.as_values_slice();
        let index = bodies.partition_point(|body| body.end <= wasm_pc);
        if index == bodies.len() {
            return Err(Error::NoPoint(wasm_pc));
        }
        let function = DefinedFuncIndex::from_u32(index as u32);
        Ok(self.points.entry(function).or_insert_with(|| {
            let points = compiled.points(function);
            let mut points: Vec<_> = points.map(|at| (at.wasm_pc, at.text_offset)).collect();
            points.sort_unstable();
            points
        }))
    }

    /// The wasm pc of the first point at or after one, and its places in the code.
    fn place(&mut self, wasm_pc: u32) -> Result<(u32, Vec<u32>)> {
        let points = self.points(wasm_pc)?;
        let from = points.partition_point(|&(pc, _)| pc < wasm_pc);
        let &(actual, _) = points.get(from).ok_or(Error::NoPoint(wasm_pc))?;
        let same = points[from..].iter().take_while(|&&(pc, _)| pc == actual);
        Ok((actual, same.map(|&(_, offset)| offset).collect()))
    }

    fn set(&mut self, offsets: &[u32], placed: Option<u32>) -> Result<()> {
        let code = self.module.code();
        for &offset in offsets {
            code.set_breakpoint(offset, placed)
                .map_err(|error| Error::Limit(format!("no memory for a breakpoint: {error}")))?;
        }
        Ok(())
    }
}

impl OpaqueMut<'_> {
    /// The module as this store runs it: with a mapping of its own, if it may have breakpoints.
    pub(crate) fn own_module(&mut self, module: &Arc<RuntimeModule>) -> Result<Arc<RuntimeModule>> {
        if !module.engine().observes() {
            return Ok(module.clone());
        }
        Ok(self.breakpoints_of(module)?.module.clone())
    }

    fn breakpoints_of(&mut self, module: &Arc<RuntimeModule>) -> Result<&mut ModuleBreakpoints> {
        let original = module.original();
        // The entry keeps the module alive, so that its address stays its own.
        let key = Arc::as_ptr(original).addr();
        Ok(match self.breakpoints.modules.entry(key) {
            Entry::Occupied(entry) => entry.into_mut(),
            Entry::Vacant(entry) => {
                let module = RuntimeModule::private_copy(original)
                    .map_err(|error| Error::Limit(format!("no memory for code: {error}")))?;
                entry.insert(ModuleBreakpoints {
                    module: Arc::new(module),
                    placed: BTreeSet::new(),
                    points: HashMap::new(),
                })
            }
        })
    }

    /// Places a breakpoint at the first point of the module at or after a wasm pc. Returns where
    /// that is.
    pub(crate) fn add_breakpoint(
        &mut self,
        module: &Arc<RuntimeModule>,
        wasm_pc: u32,
    ) -> Result<u32> {
        self.check_observed(module)?;
        let module = self.breakpoints_of(module)?;
        let (actual, offsets) = module.place(wasm_pc)?;
        if !module.placed.contains(&actual) {
            module.set(&offsets, Some(actual))?;
            module.placed.insert(actual);
        }
        Ok(actual)
    }

    /// Removes a breakpoint by where it is. Returns whether there was one.
    pub(crate) fn remove_breakpoint(
        &mut self,
        module: &Arc<RuntimeModule>,
        wasm_pc: u32,
    ) -> Result<bool> {
        self.check_observed(module)?;
        let module = self.breakpoints_of(module)?;
        if !module.placed.contains(&wasm_pc) {
            return Ok(false);
        }
        let (_, offsets) = module.place(wasm_pc)?;
        module.set(&offsets, None)?;
        Ok(module.placed.remove(&wasm_pc))
    }

    /// Removes all.
    pub(crate) fn clear_breakpoints(&mut self) -> Result<()> {
        for module in self.breakpoints.modules.values_mut() {
            while let Some(&wasm_pc) = module.placed.first() {
                let (_, offsets) = module.place(wasm_pc)?;
                module.set(&offsets, None)?;
                module.placed.remove(&wasm_pc);
            }
        }
        Ok(())
    }

    /// Where the breakpoints of a module are, in ascending order.
    pub(crate) fn breakpoints(&self, module: &Arc<RuntimeModule>) -> Vec<u32> {
        let key = Arc::as_ptr(module.original()).addr();
        let module = self.breakpoints.modules.get(&key);
        module.map_or_else(Vec::new, |module| module.placed.iter().copied().collect())
    }

    fn check_observed(&self, module: &RuntimeModule) -> Result<()> {
        if !self.engine.same(module.engine()) {
            let message = "the module was compiled by another engine than the store's";
            return Err(Error::signature(message));
        }
        match module.engine().observes() {
            true => Ok(()),
            false => Err(Error::NotObserved),
        }
    }
}
