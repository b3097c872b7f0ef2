//! The breakpoints of a store.
//!
//! Compiled code that can be stopped has *points*: bytes that do nothing, of which the module has
//! a table. Planting a breakpoint changes one into an instruction that stops the guest. A store of an
//! engine that observes maps the code of its modules for itself, and changes its own mapping only.
//!
//! A breakpoint that is not at a point stops the guest on paper: what is planted is the point with
//! which its region begins, and from there the guest is taken ahead (`super::standing`).
//!
//! ```text
//!   region   | point | local.get 0 | i32.load | local.set 1 | i32.store |  point | ...
//!                ^                     ^            ^
//!             planted                 breakpoints, told from each other on paper
//! ```
//!
//! Steps plant points too, which nobody sees who asks where breakpoints are.

use super::module::RuntimeModule;
use super::store::OpaqueMut;
use crate::error::{Error, Result};
use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use trapline_compile::observe::{Branches, FunctionPoints, Place};
use trapline_compile::types::DefinedFuncIndex;

/// What a store knows of breakpoints.
#[derive(Default)]
pub(crate) struct Breakpoints {
    /// By the address of the module as the embedder knows it.
    modules: HashMap<usize, ModuleBreakpoints>,
}

impl Breakpoints {
    /// What is planted at a point of a module, by the point's wasm pc.
    pub fn at_point(&self, module: &Arc<RuntimeModule>, point: u32) -> Option<&Planted> {
        self.modules.get(&key(module))?.planted.get(&point)
    }
}

#[cfg(test)]
impl Breakpoints {
    /// At how many points guests are stopped.
    pub fn num_planted(&self) -> usize {
        self.modules
            .values()
            .map(|module| module.planted.len())
            .sum()
    }
}

/// What a module is known by.
fn key(module: &Arc<RuntimeModule>) -> usize {
    Arc::as_ptr(module.original()).addr()
}

/// Why guests are stopped at a point.
#[derive(Default)]
pub(crate) struct Planted {
    /// The breakpoints of the region that begins there, by wasm pc, in ascending order.
    breakpoints: Vec<u32>,
    /// How many steps may end there.
    steps: u32,
}

impl Planted {
    /// Whether there is a breakpoint at a wasm pc.
    pub fn is_breakpoint(&self, wasm_pc: u32) -> bool {
        self.breakpoints.binary_search(&wasm_pc).is_ok()
    }

    /// The first breakpoint behind a wasm pc.
    pub fn next_breakpoint(&self, wasm_pc: u32) -> Option<u32> {
        let next = self.breakpoints.partition_point(|&at| at <= wasm_pc);
        self.breakpoints.get(next).copied()
    }

    fn is_empty(&self) -> bool {
        self.breakpoints.is_empty() && self.steps == 0
    }
}

struct ModuleBreakpoints {
    /// With the store's own mapping.
    module: Arc<RuntimeModule>,
    /// Where they are, by wasm pc, and with it that of the point that is planted for each.
    placed: BTreeMap<u32, u32>,
    /// By the wasm pc of the point.
    planted: HashMap<u32, Planted>,
    /// The points of functions that were asked for.
    functions: HashMap<DefinedFuncIndex, FunctionPoints>,
    /// The branches of functions that were stepped through.
    branches: HashMap<DefinedFuncIndex, Branches>,
}

impl ModuleBreakpoints {
    /// The points of the first function that ends after a wasm pc.
    fn points(&mut self, wasm_pc: u32) -> Result<&FunctionPoints> {
        let compiled = self.module.compiled();
        let bodies = compiled.info().bodies.as_values_slice();
        let index = bodies.partition_point(|body| body.end <= wasm_pc);
        if index == bodies.len() {
            return Err(Error::NoPoint(wasm_pc));
        }
        let function = DefinedFuncIndex::from_u32(index as u32);
        let points = self.functions.entry(function);
        Ok(points.or_insert_with(|| compiled.points_by_pc(function)))
    }

    /// The first place at or after a wasm pc in its function.
    fn place(&mut self, wasm_pc: u32) -> Result<Place> {
        let module = Arc::clone(&self.module);
        let place = self.points(wasm_pc)?.place(module.compiled(), wasm_pc);
        place.ok_or(Error::NoPoint(wasm_pc))
    }

    /// Adds to what is planted at a point.
    fn plant(&mut self, point: u32, add: impl FnOnce(&mut Planted)) -> Result<()> {
        if !self.planted.contains_key(&point) {
            self.set(point, true)?;
        }
        add(self.planted.entry(point).or_default());
        Ok(())
    }

    /// Takes from what is planted at a point.
    fn uproot(&mut self, point: u32, take: impl FnOnce(&mut Planted)) -> Result<()> {
        let Some(planted) = self.planted.get_mut(&point) else {
            return Ok(());
        };
        take(planted);
        if planted.is_empty() {
            self.planted.remove(&point);
            self.set(point, false)?;
        }
        Ok(())
    }

    /// Changes the code.
    fn set(&mut self, point: u32, planted: bool) -> Result<()> {
        let module = Arc::clone(&self.module);
        for at in self.points(point)?.at(point) {
            let planted = planted.then_some(point);
            let set = module.code().set_breakpoint(at.text_offset, planted);
            set.map_err(|error| Error::Limit(format!("no memory for a breakpoint: {error}")))?;
        }
        Ok(())
    }

    fn remove(&mut self, wasm_pc: u32) -> Result<bool> {
        let Some(&point) = self.placed.get(&wasm_pc) else {
            return Ok(false);
        };
        self.uproot(point, |planted| {
            planted.breakpoints.retain(|&at| at != wasm_pc);
        })?;
        self.placed.remove(&wasm_pc);
        Ok(true)
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
        Ok(match self.breakpoints.modules.entry(key(module)) {
            Entry::Occupied(entry) => entry.into_mut(),
            Entry::Vacant(entry) => {
                let module = RuntimeModule::private_copy(original)
                    .map_err(|error| Error::Limit(format!("no memory for code: {error}")))?;
                entry.insert(ModuleBreakpoints {
                    module: Arc::new(module),
                    placed: BTreeMap::new(),
                    planted: HashMap::new(),
                    functions: HashMap::new(),
                    branches: HashMap::new(),
                })
            }
        })
    }

    /// Places a breakpoint at the first place of a module at or after a wasm pc. Returns where that
    /// is.
    pub(crate) fn add_breakpoint(
        &mut self,
        module: &Arc<RuntimeModule>,
        wasm_pc: u32,
    ) -> Result<u32> {
        self.check_observed(module)?;
        let module = self.breakpoints_of(module)?;
        let Place { wasm_pc, point } = module.place(wasm_pc)?;
        if !module.placed.contains_key(&wasm_pc) {
            module.plant(point, |planted| {
                let at = planted.breakpoints.partition_point(|&at| at < wasm_pc);
                planted.breakpoints.insert(at, wasm_pc);
            })?;
            module.placed.insert(wasm_pc, point);
        }
        Ok(wasm_pc)
    }

    /// Removes a breakpoint by where it is. Returns whether there was one.
    pub(crate) fn remove_breakpoint(
        &mut self,
        module: &Arc<RuntimeModule>,
        wasm_pc: u32,
    ) -> Result<bool> {
        self.check_observed(module)?;
        self.breakpoints_of(module)?.remove(wasm_pc)
    }

    /// Removes all.
    pub(crate) fn clear_breakpoints(&mut self) -> Result<()> {
        for module in self.breakpoints.modules.values_mut() {
            while let Some((&wasm_pc, _)) = module.placed.first_key_value() {
                module.remove(wasm_pc)?;
            }
        }
        Ok(())
    }

    /// Where the breakpoints of a module are, in ascending order.
    pub(crate) fn breakpoints(&self, module: &Arc<RuntimeModule>) -> Vec<u32> {
        let module = self.breakpoints.modules.get(&key(module));
        module.map_or_else(Vec::new, |module| module.placed.keys().copied().collect())
    }

    /// Has guests stop at a point too because a step may end there. Returns whether the code has a
    /// point at this wasm pc; if not, control does not come there.
    pub(crate) fn plant_step(&mut self, module: &Arc<RuntimeModule>, point: u32) -> Result<bool> {
        let module = self.breakpoints_of(module)?;
        if module.points(point)?.at(point).is_empty() {
            return Ok(false);
        }
        module.plant(point, |planted| planted.steps += 1)?;
        Ok(true)
    }

    /// Takes back what [`OpaqueMut::plant_step`] has done.
    pub(crate) fn uproot_step(&mut self, module: &Arc<RuntimeModule>, point: u32) -> Result<()> {
        let module = self.breakpoints_of(module)?;
        module.uproot(point, |planted| planted.steps -= 1)
    }

    /// The points of the function around a wasm pc.
    pub(crate) fn points_around(
        &mut self,
        module: &Arc<RuntimeModule>,
        wasm_pc: u32,
    ) -> Result<&FunctionPoints> {
        self.breakpoints_of(module)?.points(wasm_pc)
    }

    /// The point that a function begins with.
    pub(crate) fn first_point(
        &mut self,
        module: &Arc<RuntimeModule>,
        function: DefinedFuncIndex,
    ) -> Result<Option<u32>> {
        let start = module.info().bodies[function].start;
        Ok(self.points_around(module, start)?.first())
    }

    /// The branches of a function.
    pub(crate) fn branches(
        &mut self,
        module: &Arc<RuntimeModule>,
        function: DefinedFuncIndex,
    ) -> Result<&Branches> {
        let module = self.breakpoints_of(module)?;
        let branches = module.branches.entry(function);
        Ok(branches.or_insert_with(|| module.module.compiled().branches(function)))
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
