//! From the body of one WebAssembly function to Cranelift IR.
//!
//! ```text
//!   operators --validate--> --translate--> IR in SSA form
//!      |                        |
//!      | one at a time          | operand stack: SSA values      state.rs
//!      |                        | control stack: blocks          state.rs, control.rs
//!      |                        | locals: variables              locals.rs
//! ```
//!
//! One pass over the body validates each operator and translates it at once. WebAssembly's
//! operand stack exists only during translation: its entries are SSA values, pushing and popping
//! emits nothing. Locals become SSA values too. Control frames become basic blocks, joined by
//! block parameters where a frame has results. Code that cannot be reached is validated and
//! otherwise skipped.
//!
//! What the function refers to lies in the vmctx ([`crate::layout`]), its first parameter.
//! Fields there that never change are loaded at the function's entry when something needs them
//! for the first time, and once; the optimizer sinks the loads to where they are used.
//!
//! Every trap is a hardware trap at the operator that raises it, which the operator's source
//! location identifies: all IR carries the operator's offset in the module file.
//!
//! | file | operators |
//! |---|---|
//! | `operators.rs` | the table of all operators |
//! | `control.rs` | blocks and branches |
//! | `calls.rs` | calls of functions and builtins |
//! | `exceptions.rs` | throwing and catching |
//! | `numeric.rs` | arithmetic, comparisons, conversions |
//! | `variables.rs` | locals, globals, and references |
//! | `memory.rs` | loads and stores, size and growth of memories |
//! | `tables.rs` | elements, size and growth of tables |
//! | `bulk.rs` | copying and filling, segments |
//! | `simd/` | vectors |
//!
//! `function.rs` holds the state of all this and runs it, `operands.rs` pushes and pops. `access.rs`
//! says what kinds of memory accesses there are, `effects.rs` is where those who want to stop the
//! function hook in, and `observed.rs` is what they get there.
//!
//! Modules come from strangers. A function whose IR would be far larger than its body, or for
//! which the code generator would take forever, is refused
//! ([`CompileError::TooLarge`]).

mod access;
mod bulk;
mod calls;
mod control;
mod effects;
mod exceptions;
mod function;
mod locals;
mod memory;
mod numeric;
mod observed;
mod operands;
mod operators;
mod outcome;
mod relocation;
mod simd;
mod state;
mod tables;
mod variables;

#[cfg(test)]
mod tests;

use crate::layout::VmctxLayout;
use crate::module::ModuleInfo;
use crate::observe::{FunctionStates, Recorder};
use crate::types::DefinedFuncIndex;
use crate::{CompileError, Observe, abi};
use cranelift_codegen::ir;
use cranelift_codegen::isa::TargetIsa;
use cranelift_frontend::FunctionBuilderContext;
use function::{FunctionTranslator, State};
use observed::Observed;
use wasmparser::{FuncValidator, FunctionBody, ValidatorResources};

/// What a function body may refer to.
pub(crate) struct Environment<'a> {
    /// The module's declarations.
    pub info: &'a ModuleInfo,
    /// Where they lie in the vmctx.
    pub layout: &'a VmctxLayout,
    /// The machine that the code is for.
    pub isa: &'a dyn TargetIsa,
    /// The same for functions that are [crowded](Translator::crowded).
    pub crowded_isa: &'a dyn TargetIsa,
    /// What the code offers to those who stop it.
    pub observe: Observe,
    /// Whether it stores everything, for comparison.
    pub reference: bool,
}

/// How many values make a function [crowded](Translator::crowded). No compiler of programs comes
/// near it, unless it makes a local of each of very many temporaries.
const MANY_VALUES: usize = 1 << 12;

/// How many locals times blocks make a function crowded all the same. The largest functions of
/// optimized programs have some millions.
const MANY_TABLE_ENTRIES: u64 = 1 << 24;

/// Translates functions one after another, reusing its memory.
pub(crate) struct Translator {
    context: FunctionBuilderContext,
    state: State,
}

impl Translator {
    pub(crate) fn new() -> Self {
        Translator {
            context: FunctionBuilderContext::new(),
            state: State::new(),
        }
    }

    /// Whether so many values may be alive at once in the function translated last that its
    /// registers must be given out in one pass: the better way would take minutes or hours.
    pub(crate) fn crowded(&self) -> bool {
        self.state.most_values > MANY_VALUES
            || self.state.locals.table_entries() > MANY_TABLE_ENTRIES
    }

    /// Validates a function body and fills `func` with its IR. `func` has its name and signature
    /// and is empty otherwise.
    pub(crate) fn translate(
        &mut self,
        env: &Environment<'_>,
        index: DefinedFuncIndex,
        body: FunctionBody<'_>,
        validator: &mut FuncValidator<ValidatorResources>,
        func: &mut ir::Function,
    ) -> Result<(), CompileError> {
        let translator =
            FunctionTranslator::new(env, index, func, &mut self.context, &mut self.state);
        let result = translator.run(body, validator);
        if result.is_err() {
            // It holds what was built of the function so far.
            self.context = FunctionBuilderContext::new();
        }
        result
    }

    /// Translates a function once more, as above but with [`Observe::State`], and tells what its
    /// operands are at each of its operators.
    pub(crate) fn states(
        &mut self,
        env: &Environment<'_>,
        index: DefinedFuncIndex,
        body: FunctionBody<'_>,
        validator: &mut FuncValidator<ValidatorResources>,
    ) -> Result<FunctionStates, CompileError> {
        debug_assert!(env.observe.has_state());
        self.state.recorder = Some(Recorder::default());
        let signature = env.info.functions[env.info.function_index(index)].signature;
        let mut func = ir::Function::new();
        func.signature = abi::guest_signature(&env.info.signatures[signature]);
        self.translate(env, index, body, validator, &mut func)?;
        let states = self.state.observed.take().and_then(Observed::into_states);
        Ok(states.expect("the translator was asked to record them"))
    }
}
