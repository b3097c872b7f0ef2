//! Setting the engine's breakpoints.
//!
//! The table of breakpoints says what is wanted, and [`Placing`] what there is. Before the guest goes
//! on the one is made the same as the other. So whatever becomes of a run, nothing that was set for it
//! only can stay behind.

use super::Debuggee;
use crate::breakpoints::{BreakpointId, BreakpointPlace};
use crate::modules::layout::first_operator;
use crate::modules::{ModuleId, Modules};
use crate::panics::{self, PanicKind};
use std::collections::{BTreeMap, HashMap};
use trapline::{Error, Module};

/// Who wants the guest to stop at a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Owner {
    /// The user.
    Breakpoint(BreakpointId),
    /// The user, in this run only, until the next stop.
    Temporary,
    /// A function that is called for panics.
    Panic(PanicKind),
}

type Owners = BTreeMap<(ModuleId, u32), Vec<Owner>>;

/// The breakpoints that the engine has.
#[derive(Default)]
pub(crate) struct Placing {
    /// The modules of the store, in its order, with their numbers.
    modules: Vec<(Module, ModuleId)>,
    /// Where the engine has been asked for breakpoints, and where it has put them.
    placed: BTreeMap<(ModuleId, u32), u32>,
    /// Who wants those, by where they are.
    owners: HashMap<(ModuleId, u32), Vec<Owner>>,
    /// What all that was made of.
    made_of: Option<MadeOf>,
    temporaries: Vec<BreakpointPlace>,
    /// The functions for panics of each module, once they are looked for.
    panics: HashMap<ModuleId, Vec<(u32, PanicKind)>>,
    /// Whether the guest was interrupted to place breakpoints.
    is_owed: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
struct MadeOf {
    breakpoints: u64,
    modules: usize,
    temporaries: usize,
    panics: bool,
}

impl Placing {
    /// The number of a module of the store.
    pub(crate) fn find(&self, module: &Module) -> Option<ModuleId> {
        let mut modules = self.modules.iter();
        let found = modules.find(|(known, _)| known.same(module));
        found.map(|(_, id)| *id)
    }

    /// How many of the store's modules are known.
    pub(super) fn num_seen(&self) -> usize {
        self.modules.len()
    }

    /// Notes a module of the store, which the debugger knows.
    pub(super) fn see(&mut self, module: &Module, known: &Modules) {
        if let Some(id) = known.find(module) {
            self.modules.push((module.clone(), id));
        }
    }

    /// Who has wanted the guest to stop at a place.
    pub(super) fn owners(&self, module: ModuleId, wasm_pc: u32) -> &[Owner] {
        let owners = self.owners.get(&(module, wasm_pc));
        owners.map_or(&[], Vec::as_slice)
    }

    /// Wants the guest to stop at these places too, until the next stop.
    pub(super) fn set_temporaries(&mut self, places: Vec<BreakpointPlace>) {
        self.temporaries = places;
    }
}

impl<T: 'static> Debuggee<'_, '_, T> {
    /// Places breakpoints, or has the guest interrupted for it, if a function of the host is at the store.
    pub(super) fn place_or_owe(&mut self) -> Result<(), Error> {
        match self.place_breakpoints() {
            Err(Error::BusySession) => {
                self.session.get_mut().interrupt_handle()?.interrupt();
                self.placing.is_owed = true;
                Ok(())
            }
            placed => placed,
        }
    }

    /// Places the breakpoints that are owed. Returns whether the guest was interrupted for nothing else.
    pub(super) fn pay_placing(&mut self) -> Result<bool, Error> {
        let is_pausing = std::mem::take(&mut self.is_pausing);
        let is_owed = std::mem::take(&mut self.placing.is_owed);
        if is_owed {
            self.place_or_owe()?;
        }
        Ok(is_owed && !is_pausing)
    }

    /// Sets the breakpoints that are wanted, and removes others.
    fn place_breakpoints(&mut self) -> Result<(), Error> {
        let made_of = MadeOf {
            breakpoints: self.debugger.breakpoints.revision(),
            modules: self.placing.num_seen(),
            temporaries: self.placing.temporaries.len(),
            panics: self.debugger.settings.stop_at_panics,
        };
        // One list of temporary places is as long as another.
        if self.placing.made_of == Some(made_of) && made_of.temporaries == 0 {
            return Ok(());
        }
        let wanted = self.wanted();
        let Placing {
            modules, placed, ..
        } = &mut self.placing;
        let handle = |id: ModuleId| {
            let mut modules = modules.iter();
            modules.find_map(|(module, known)| (*known == id).then_some(module))
        };
        self.session.get_mut().edit_breakpoints(|editor| {
            let unwanted = placed.extract_if(.., |place, _| !wanted.contains_key(place));
            let unwanted: Vec<_> = unwanted.collect();
            for ((id, _), at) in unwanted {
                // Another place may have slipped to the same instruction.
                let is_shared = placed
                    .iter()
                    .any(|((other, _), pc)| *other == id && *pc == at);
                if let (Some(module), false) = (handle(id), is_shared) {
                    editor.remove(module, at)?;
                }
            }
            for &(id, wasm_pc) in wanted.keys() {
                if let (Some(module), false) = (handle(id), placed.contains_key(&(id, wasm_pc))) {
                    match editor.add(module, wasm_pc) {
                        Ok(at) => drop(placed.insert((id, wasm_pc), at)),
                        // Nothing can be reached there, so that nobody will miss it.
                        Err(Error::NoPoint(_)) => {}
                        Err(error) => return Err(error),
                    }
                }
            }
            Ok(())
        })?;
        let mut owners: HashMap<_, Vec<Owner>> = HashMap::new();
        for ((module, wasm_pc), wanting) in wanted {
            if let Some(at) = self.placing.placed.get(&(module, wasm_pc)) {
                owners.entry((module, *at)).or_default().extend(wanting);
            }
        }
        self.placing.owners = owners;
        self.placing.made_of = Some(made_of);
        Ok(())
    }

    /// Where the guest is to stop.
    fn wanted(&mut self) -> Owners {
        let mut wanted = Owners::new();
        let mut want = |module, wasm_pc, owner| {
            let owners: &mut Vec<Owner> = wanted.entry((module, wasm_pc)).or_default();
            owners.push(owner);
        };
        let breakpoints = self.debugger.breakpoints.iter();
        for breakpoint in breakpoints.filter(|breakpoint| breakpoint.settings().enabled) {
            for place in breakpoint.places() {
                let owner = Owner::Breakpoint(breakpoint.id());
                want(place.module, place.wasm_pc, owner);
            }
        }
        for place in &self.placing.temporaries {
            want(place.module, place.wasm_pc, Owner::Temporary);
        }
        if self.debugger.settings.stop_at_panics {
            for module in self.debugger.modules.iter() {
                let functions = self.placing.panics.entry(module.id());
                let functions = functions.or_insert_with(|| panics::functions(module));
                for &(function, kind) in functions.iter() {
                    let body = module.layout().body(function);
                    let entry = body.and_then(|body| first_operator(module.wasm(), &body));
                    if let Some(entry) = entry {
                        want(module.id(), entry, Owner::Panic(kind));
                    }
                }
            }
        }
        wanted
    }
}
