//! Storing values in homes and slots, when their recipes are about to become wrong.

use super::access::Access;
use super::function::FunctionTranslator;
use super::observed::Observed;
use crate::abi::POINTER;
use crate::observe::{FrameMap, Reads, RecipeId};
use cranelift_codegen::ir::{InstBuilder, Opcode, Value};

/// So many operands, and so many locals, may be elsewhere than in their slots and homes when a
/// region ends. If there are more then all are relocated: each end of a region looks at them.
const MOST_UNSETTLED: usize = 64;

/// A local whose value is not in its home.
#[derive(Clone, Copy)]
pub(super) struct DirtyLocal {
    pub local: u32,
    pub value: Value,
    pub recipe: RecipeId,
    /// Whether it is about to be relocated.
    leaving: bool,
}

/// The locals whose values are not in their homes.
#[derive(Default)]
pub(super) struct DirtyLocals {
    pub entries: Vec<DirtyLocal>,
    /// For each local that was ever dirty: where its entry was last.
    places: Vec<u32>,
}

impl DirtyLocals {
    pub fn get(&self, local: u32) -> Option<&DirtyLocal> {
        let place = *self.places.get(local as usize)?;
        self.entries
            .get(place as usize)
            .filter(|entry| entry.local == local)
    }

    pub fn set(&mut self, local: u32, value: Value, recipe: RecipeId) {
        let entry = DirtyLocal {
            local,
            value,
            recipe,
            leaving: false,
        };
        if self.get(local).is_some() {
            self.entries[self.places[local as usize] as usize] = entry;
            return;
        }
        if self.places.len() <= local as usize {
            self.places.resize(local as usize + 1, u32::MAX);
        }
        self.places[local as usize] = self.entries.len() as u32;
        self.entries.push(entry);
    }

    fn remove(&mut self, place: usize) -> DirtyLocal {
        let removed = self.entries.swap_remove(place);
        if let Some(moved) = self.entries.get(place) {
            self.places[moved.local as usize] = place as u32;
        }
        removed
    }
}

impl Observed {
    /// Takes those locals for dirty no more that have not been set, and have their homes in a
    /// vector. Returns whether there are any.
    fn take_zeros(&mut self, vector: u32) -> bool {
        let Observed {
            dirty,
            recipes,
            map,
            ..
        } = self;
        let is_one = |dirty: &DirtyLocal| {
            let home = map.local(dirty.local);
            recipes.is_zero(dirty.recipe)
                && home.is_some_and(|(_, offset)| FrameMap::vector_of(offset) == vector)
        };
        let mut any = false;
        while let Some(place) = dirty.entries.iter().position(is_one) {
            dirty.remove(place);
            any = true;
        }
        any
    }
}

impl FunctionTranslator<'_> {
    /// Relocates values whose recipes read what is overwritten, and what is overwritten by that.
    pub(super) fn relocate(&mut self, overwritten: Reads) {
        self.follow_operands();
        let height = self.state.operands.height();
        let mut settled = self.observed().settled;
        while settled < height && self.is_settled(settled) {
            settled += 1;
        }
        let observed = self.observed();
        observed.settled = settled;
        let many = height - settled > MOST_UNSETTLED;
        let all = many || observed.dirty.entries.len() > MOST_UNSETTLED;
        self.mark(overwritten, all);
        self.redirect_to_homes();
        self.relocate_dirty_locals(|dirty| dirty.leaving);
        let leaving = std::mem::take(&mut self.observed().leaving);
        for &depth in &leaving {
            self.relocate_operand(depth);
        }
        let observed = self.observed();
        observed.leaving = leaving;
        observed.leaving.clear();
    }

    /// Marks what is to be relocated.
    fn mark(&mut self, overwritten: Reads, all: bool) {
        let height = self.state.operands.height();
        let mut overwritten = overwritten;
        loop {
            let before = overwritten;
            for depth in self.observed().settled..height {
                if self.is_settled(depth) || self.observed().leaving.contains(&depth) {
                    continue;
                }
                let recipe = self.state.operands.at(depth).recipe;
                let observed = self.observed();
                if all || observed.recipes.reads(recipe).overlaps(overwritten) {
                    observed.leaving.push(depth);
                    overwritten = overwritten.and(Reads::slot(depth as u32));
                }
            }
            let Observed { dirty, recipes, .. } = self.observed();
            for dirty in dirty.entries.iter_mut().filter(|dirty| !dirty.leaving) {
                if all || recipes.reads(dirty.recipe).overlaps(overwritten) {
                    dirty.leaving = true;
                    overwritten = overwritten.and(Reads::home(dirty.local));
                }
            }
            // What shares its bit with something that was marked before was seen already.
            if overwritten == before || all {
                return;
            }
        }
    }

    /// Of an operand that has the value of a local, and would be stored as well as the local, the
    /// local's home becomes the recipe.
    fn redirect_to_homes(&mut self) {
        let mut index = 0;
        while let Some(&depth) = self.observed().leaving.get(index) {
            let recipe = self.state.operands.at(depth).recipe;
            let mut dirty = self.observed().dirty.entries.iter();
            match dirty.find(|dirty| dirty.leaving && dirty.recipe == recipe) {
                Some(&DirtyLocal { local, .. }) => {
                    let recipe = self.observed().recipes.home(local);
                    self.describe(depth, recipe);
                    self.observed().leaving.swap_remove(index);
                }
                None => index += 1,
            }
        }
    }

    /// Stores dirty locals in their homes.
    pub(super) fn relocate_dirty_locals(&mut self, which: impl Fn(&DirtyLocal) -> bool) {
        while let Some(place) = self.observed().dirty.entries.iter().position(&which) {
            let dirty = self.observed().dirty.remove(place);
            let home = self.observed().map.local(dirty.local);
            let Some((_, offset)) = home else { continue };
            let is_zero = self.observed().recipes.is_zero(dirty.recipe);
            let vector = FrameMap::vector_of(offset);
            // Others that still are zero go home together with it, and first.
            if self.observed().take_zeros(vector) || is_zero {
                self.store_zeros(vector);
            }
            if !is_zero {
                self.store_in_area(dirty.value, offset);
            }
        }
    }

    /// Stores 16 bytes of zeros.
    pub(super) fn store_zeros(&mut self, offset: u32) {
        let zeros = self.vector_constant(&[0; 16]);
        self.store_in_area(zeros, offset);
    }

    pub(super) fn relocate_operand(&mut self, depth: usize) {
        let value = self.storable(depth);
        self.store_in_slot(value, depth);
        self.describe_as_slot(depth);
    }

    /// Whether nothing can make the operand's recipe wrong.
    pub(super) fn is_settled(&mut self, depth: usize) -> bool {
        let recipe = self.state.operands.at(depth).recipe;
        let recipes = &self.observed().recipes;
        recipes.reads(recipe) == Reads::NOTHING || recipes.is_slot(recipe, depth as u32)
    }

    pub(super) fn describe_as_slot(&mut self, depth: usize) {
        let observed = self.observed();
        observed.need_slot(depth);
        let recipe = observed.recipes.slot(depth as u32);
        self.describe(depth, recipe);
    }

    fn describe(&mut self, depth: usize, recipe: RecipeId) {
        self.state.operands.at_mut(depth).recipe = recipe;
        if let Some(recorder) = &mut self.observed().recorder {
            recorder.forget(depth);
        }
    }

    pub(super) fn store_in_slot(&mut self, value: Value, depth: usize) {
        let observed = self.observed();
        observed.need_slot(depth);
        let offset = observed.map.slot(depth as u32);
        self.store_in_area(value, offset);
    }

    pub(super) fn store_in_area(&mut self, value: Value, offset: u32) {
        let area = self.observed().area;
        let address = self.builder.ins().stack_addr(POINTER, area, offset as i32);
        self.emit_store(Opcode::Store, Access::Frame, value, address, 0);
    }
}
