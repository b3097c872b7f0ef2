//! Recipes: how the values of operands are computed again.
//!
//! An operand that stands on the stack has been computed by operators that follow from the state
//! they began with: locals, memory, globals. As long as none of what it was computed from has
//! changed it can be computed again, and need not be kept anywhere. Its recipe says how, and what
//! it reads. When something that it reads is about to be overwritten, the value is *relocated*: it
//! is stored in a slot of the frame, which is its recipe from then on.

/// Names a recipe of one function.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct RecipeId(u32);

impl RecipeId {
    /// What stands in the place of an operand that a recipe does not have.
    pub(crate) const NONE: RecipeId = RecipeId(u32::MAX);
}

/// How a value is had again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Recipe {
    /// It is zero, or null: what a local begins with.
    Zero,
    /// It is in the home of a local.
    Home(u32),
    /// It is in the slot for the operand that has so many below it.
    Slot(u32),
    /// It is in a global.
    Global(u32),
    /// The operator at this wasm pc, one that computes or loads, gives it for these operands, the
    /// topmost last.
    Operator {
        /// Where the operator stands.
        wasm_pc: u32,
        /// Its operands; those that it does not have are last.
        operands: [Option<RecipeId>; 3],
    },
}

/// What recipes read, and effects overwrite.
///
/// Locals and slots that share the remainder of their index by 64 are not told apart: then more
/// is relocated than need be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Reads {
    homes: u64,
    slots: u64,
    others: u8,
}

impl Reads {
    /// Nothing: a constant.
    pub const NOTHING: Reads = Reads {
        homes: 0,
        slots: 0,
        others: 0,
    };
    /// The contents of memories.
    pub const MEMORY: Reads = Reads::other(1);
    /// Globals that may change.
    pub const GLOBALS: Reads = Reads::other(2);
    /// Tables and their sizes.
    pub const TABLES: Reads = Reads::other(4);
    /// The sizes of memories.
    pub const MEMORY_SIZE: Reads = Reads::other(8);
    /// What a callee may change.
    pub const CALLEE: Reads = Reads::other(15);
    /// The operands of a float operator: another run of it may give a NaN with another payload.
    pub const NAN: Reads = Reads::other(16);
    /// So much that computing it takes long.
    const MUCH: Reads = Reads::other(32);
    /// What is not there any more: the value cannot be had again.
    const GONE: Reads = Reads::other(64);
    /// What no recipe reads that is to hold beyond its region.
    pub const UNSTABLE: Reads = Reads::other(16 | 32 | 64);

    const fn other(bits: u8) -> Reads {
        Reads {
            others: bits,
            ..Reads::NOTHING
        }
    }

    /// The home of a local.
    pub fn home(local: u32) -> Reads {
        Reads {
            homes: 1 << (local % 64),
            ..Reads::NOTHING
        }
    }

    /// The slot for the operand at a depth.
    pub fn slot(depth: u32) -> Reads {
        Reads {
            slots: 1 << (depth % 64),
            ..Reads::NOTHING
        }
    }

    /// What either of them reads.
    pub fn and(self, other: Reads) -> Reads {
        Reads {
            homes: self.homes | other.homes,
            slots: self.slots | other.slots,
            others: self.others | other.others,
        }
    }

    /// Whether both read some of the same.
    pub fn overlaps(self, other: Reads) -> bool {
        self.homes & other.homes != 0
            || self.slots & other.slots != 0
            || self.others & other.others != 0
    }
}

/// How many operators the recipe of a value has at most that is to hold beyond its region, counting
/// those that it uses twice as two.
const MOST_OPERATORS: u8 = 64;

/// A recipe as it is stored: 40 bytes.
#[derive(Clone, Copy, Debug)]
struct Entry {
    reads: Reads,
    kind: Kind,
    /// Whether an operator gives it that loads from a memory.
    load: bool,
    /// How many operators it is made of, 255 if there are more.
    operators: u8,
    /// The wasm pc of an operator, the index of anything else.
    number: u32,
    operands: [RecipeId; 3],
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Zero,
    Home,
    Slot,
    Global,
    Operator,
}

/// The recipes of a function.
#[derive(Clone, Debug, Default)]
pub struct Recipes {
    entries: Vec<Entry>,
}

impl Recipes {
    /// The recipe with a name.
    ///
    /// # Panics
    ///
    /// If it is the name of another function's recipe, and there is none such here.
    pub fn get(&self, id: RecipeId) -> Recipe {
        let entry = &self.entries[id.0 as usize];
        match entry.kind {
            Kind::Zero => Recipe::Zero,
            Kind::Home => Recipe::Home(entry.number),
            Kind::Slot => Recipe::Slot(entry.number),
            Kind::Global => Recipe::Global(entry.number),
            Kind::Operator => Recipe::Operator {
                wasm_pc: entry.number,
                operands: entry
                    .operands
                    .map(|id| (id != RecipeId::NONE).then_some(id)),
            },
        }
    }

    /// Forgets all recipes.
    pub(crate) fn clear(&mut self) {
        self.entries.clear();
    }

    /// What a recipe reads.
    pub(crate) fn reads(&self, id: RecipeId) -> Reads {
        self.entries[id.0 as usize].reads
    }

    /// Whether a recipe is the slot for the operand at a depth.
    pub(crate) fn is_slot(&self, id: RecipeId, depth: u32) -> bool {
        let entry = &self.entries[id.0 as usize];
        entry.kind == Kind::Slot && entry.number == depth
    }

    /// Whether a recipe is that of what a local begins with.
    pub(crate) fn is_zero(&self, id: RecipeId) -> bool {
        self.entries[id.0 as usize].kind == Kind::Zero
    }

    /// Whether a value comes straight from a memory.
    pub(crate) fn is_load(&self, id: RecipeId) -> bool {
        self.entries[id.0 as usize].load
    }

    /// A new recipe for what a local begins with.
    pub(crate) fn zero(&mut self) -> RecipeId {
        self.leaf(Kind::Zero, 0, Reads::NOTHING)
    }

    /// A new recipe for the value of a local.
    pub(crate) fn home(&mut self, local: u32) -> RecipeId {
        self.leaf(Kind::Home, local, Reads::home(local))
    }

    /// A new recipe for the value in a slot.
    pub(crate) fn slot(&mut self, depth: u32) -> RecipeId {
        self.leaf(Kind::Slot, depth, Reads::slot(depth))
    }

    /// A new recipe for the value of a global.
    pub(crate) fn global(&mut self, global: u32, mutable: bool) -> RecipeId {
        let reads = if mutable {
            Reads::GLOBALS
        } else {
            Reads::NOTHING
        };
        self.leaf(Kind::Global, global, reads)
    }

    /// A new recipe for what the operator at `wasm_pc` has left and cannot be had again.
    pub(crate) fn fresh(&mut self, wasm_pc: u32) -> RecipeId {
        self.leaf(Kind::Operator, wasm_pc, Reads::GONE)
    }

    fn leaf(&mut self, kind: Kind, number: u32, reads: Reads) -> RecipeId {
        self.add(Entry {
            reads,
            kind,
            load: false,
            operators: 0,
            number,
            operands: [RecipeId::NONE; 3],
        })
    }

    /// A new recipe for what an operator gives for some operands, three at most. It reads what they
    /// read, and `more`.
    pub(crate) fn operator(
        &mut self,
        wasm_pc: u32,
        operands: &[RecipeId],
        more: Reads,
    ) -> RecipeId {
        let mut slots = [RecipeId::NONE; 3];
        let mut reads = more;
        let mut operators = 1_u8;
        for (slot, &operand) in slots.iter_mut().zip(operands) {
            *slot = operand;
            let operand = &self.entries[operand.0 as usize];
            reads = reads.and(operand.reads);
            operators = operators.saturating_add(operand.operators);
        }
        if operators > MOST_OPERATORS {
            reads = reads.and(Reads::MUCH);
        }
        self.add(Entry {
            reads,
            kind: Kind::Operator,
            load: more.overlaps(Reads::MEMORY),
            operators,
            number: wasm_pc,
            operands: slots,
        })
    }

    fn add(&mut self, entry: Entry) -> RecipeId {
        let id = RecipeId(self.entries.len() as u32);
        self.entries.push(entry);
        id
    }
}
