//! The function's locals.
//!
//! A local is a variable of the frontend, which finds the definitions that reach a use and makes
//! block parameters where they meet. On top of that each local keeps the value it has in the block
//! under construction: nearly all reads are of a value that the same block has written or read
//! before.

use crate::abi;
use crate::types::ValType;
use cranelift_codegen::ir::{Block, Value};
use cranelift_frontend::{FunctionBuilder, Variable};

/// A local, and the value last seen in it.
struct Local {
    ty: ValType,
    variable: Variable,
    value: Value,
    /// The block in which `value` was seen, by [`Locals::block`].
    block: u32,
    /// Up to which block the frontend's table for this local may reach.
    reach: u32,
    /// Whether the local was read in another block than it was written in.
    shared: bool,
}

/// The locals of the function under translation, parameters first.
#[derive(Default)]
pub(super) struct Locals {
    locals: Vec<Local>,
    /// Counts the blocks that were begun.
    block: u32,
    /// How many of the locals are shared between blocks.
    shared: u32,
    /// How many entries the frontend's tables may have: for each local one for each block, up to
    /// the last in which it has a value.
    table_entries: u64,
}

impl Locals {
    /// Forgets all locals.
    pub fn clear(&mut self) {
        self.locals.clear();
        self.block = 0;
        self.shared = 0;
        self.table_entries = 0;
    }

    /// Adds a local that starts with a value.
    pub fn declare(&mut self, builder: &mut FunctionBuilder<'_>, ty: ValType, value: Value) {
        let variable = builder.declare_var(abi::value_type(ty));
        builder.def_var(variable, value);
        self.locals.push(Local {
            ty,
            variable,
            value,
            block: self.block,
            reach: 0,
            shared: false,
        });
    }

    /// The size that the frontend's tables may have come to, in entries.
    pub fn table_entries(&self) -> u64 {
        self.table_entries
    }

    /// To be called when code goes on in another block: values are no longer known.
    pub fn enter_block(&mut self) {
        self.block += 1;
    }

    /// The types of all locals.
    pub fn types(&self) -> impl ExactSizeIterator<Item = ValType> {
        self.locals.iter().map(|local| local.ty)
    }

    /// The type of a local.
    pub fn ty(&self, index: u32) -> ValType {
        self.locals[index as usize].ty
    }

    /// Notes that the header of a loop is complete, upon which the frontend looks for the values that
    /// locals have in all of the loop.
    pub fn seal_loop(&mut self, builder: &FunctionBuilder<'_>, header: Block) {
        let blocks = builder.func.dfg.num_blocks() as u64 - u64::from(header.as_u32());
        self.table_entries += u64::from(self.shared) * blocks;
    }

    /// Reads a local.
    pub fn get(&mut self, builder: &mut FunctionBuilder<'_>, index: u32) -> Value {
        let local = &mut self.locals[index as usize];
        if local.block != self.block {
            local.value = builder.use_var(local.variable);
            local.block = self.block;
            // The value may come from any block made so far.
            self.table_entries += local.extend_reach(builder.func.dfg.num_blocks() as u32);
            self.shared += u32::from(!local.shared);
            local.shared = true;
        }
        local.value
    }

    /// Writes a local, for `local.set` and `local.tee`.
    pub fn set(&mut self, builder: &mut FunctionBuilder<'_>, index: u32, value: Value) {
        let local = &mut self.locals[index as usize];
        builder.def_var(local.variable, value);
        local.value = value;
        if local.block != self.block {
            local.block = self.block;
            let block = builder.current_block().map_or(0, |block| block.as_u32());
            self.table_entries += local.extend_reach(block);
        }
    }
}

impl Local {
    /// Notes that the table for this local may reach up to a block. Returns how many entries that
    /// adds.
    fn extend_reach(&mut self, block: u32) -> u64 {
        let added = block.saturating_sub(self.reach);
        self.reach += added;
        u64::from(added)
    }
}
