//! Throwing and catching.
//!
//! ```text
//!   try_table (catch $tag $label)        block:    try_call $f -> next, [context vmctx, $tag: handler]
//!     call $f                            next:     ...
//!   end                                  handler:  load the fields; jump $label       (cold)
//! ```
//!
//! Entering a `try_table` emits nothing. Each call inside it ends its basic block, with an edge to
//! the block after it and one to a *handler* for each clause of the `try_table`s around it: the
//! innermost first, in order, up to one that catches everything. The handlers are found by the
//! return address in a table that is read when something is thrown (`crate::handlers`). No register
//! keeps its value on the way to a handler. So what a `try_table` costs while nothing is thrown is
//! that values which live across a call in it are kept in memory, and that the function saves all
//! the registers that its caller wants back.
//!
//! Which tag the module's number means is known to the instance whose code it is. The vmctx is
//! therefore kept in each frame that catches by tag, as the table's context.
//!
//! A handler is entered with the exception's number, for those who want a reference to it, and
//! the address of its fields. `throw` stores its operands in slots of the frame and calls a
//! builtin like any other function, so that it is caught in its own function too.

use super::access::Access;
use super::calls::Callee;
use super::function::FunctionTranslator;
use super::state::FrameKind;
use crate::CompileError;
use crate::abi::{POINTER, value_type};
use crate::builtins::Builtin;
use crate::handlers::Catch;
use crate::layout::RAW_VALUE_SIZE;
use crate::trap::TrapKind;
use crate::types::{HeapType, RefType, SignatureIndex, TagIndex, ValType};
use cranelift_codegen::ir::{
    Block, BlockArg, ExceptionTableData, ExceptionTableItem, FuncRef, InstBuilder, Opcode, SigRef,
    StackSlot, StackSlotData, StackSlotKind, Type, Value, types,
};
use cranelift_entity::packed_option::PackedOption;
use wasmparser::TryTable;

/// A clause of a `try_table`.
#[derive(Clone, Copy)]
struct Clause {
    /// What it catches, and whether the label takes a reference to that.
    catch: Catch,
    /// The frame whose label it leads to, counted from the outermost.
    frame: usize,
    /// Where it is entered, once a call in its scope was met.
    handler: PackedOption<Block>,
}

/// The `try_table`s around the operator at hand, outermost first.
#[derive(Default)]
pub(super) struct Handlers {
    clauses: Vec<Clause>,
    /// Where the clauses of each begin.
    scopes: Vec<usize>,
    /// The clauses that the call at hand may reach, by their index.
    reached: Vec<usize>,
    /// Room for the fields of an exception that is being thrown.
    fields: PackedOption<StackSlot>,
}

impl Handlers {
    /// Forgets all.
    pub fn clear(&mut self) {
        self.clauses.clear();
        self.scopes.clear();
        self.fields = None.into();
    }

    /// Whether what a call throws can be caught in this function.
    pub fn any(&self) -> bool {
        !self.clauses.is_empty()
    }

    /// Collects the clauses that a call may reach, in the order in which they are tried.
    fn reach(&mut self) {
        self.reached.clear();
        let mut end = self.clauses.len();
        for &start in self.scopes.iter().rev() {
            for index in start..end {
                self.reached.push(index);
                if self.clauses[index].catch.tag.is_none() {
                    return;
                }
            }
            end = start;
        }
    }
}

/// What is called with handlers.
#[derive(Clone, Copy)]
enum Target {
    Direct(FuncRef),
    Indirect(SigRef, Value),
}

/// The reference that a clause passes to its label.
const CAUGHT: ValType = ValType::Ref(RefType {
    nullable: false,
    heap: HeapType::Exn,
});

impl FunctionTranslator<'_> {
    pub(super) fn try_table(&mut self, table: &TryTable) -> Result<(), CompileError> {
        let depth = self.state.controls.depth();
        let start = self.state.handlers.clauses.len();
        for clause in &table.catches {
            let (tag, label, with_reference) = match *clause {
                wasmparser::Catch::One { tag, label } => (Some(tag), label, false),
                wasmparser::Catch::OneRef { tag, label } => (Some(tag), label, true),
                wasmparser::Catch::All { label } => (None, label, false),
                wasmparser::Catch::AllRef { label } => (None, label, true),
            };
            let tag = tag.map(TagIndex::from_u32);
            let fields = tag.map_or(0, |tag| self.env.info.tag_type(tag).params().len());
            // Its handler will load them all.
            self.pass_values(fields + 1);
            self.check_size()?;
            self.state.handlers.clauses.push(Clause {
                catch: Catch {
                    tag,
                    with_reference,
                },
                frame: depth - 1 - label as usize,
                handler: None.into(),
            });
        }
        self.state.handlers.scopes.push(start);
        let ty = self.block_type(table.ty);
        let height = self.height_below(ty);
        self.push_frame(FrameKind::TryTable, ty, height);
        Ok(())
    }

    /// Leaves the scope of the innermost `try_table`.
    pub(super) fn end_try_table(&mut self) {
        let handlers = &mut self.state.handlers;
        let start = handlers.scopes.pop().expect("frames are balanced");
        for clause in handlers.clauses.drain(start..) {
            if let Some(handler) = clause.handler.expand() {
                self.builder.seal_block(handler);
            }
        }
    }

    /// Calls a function with the handlers in scope and the arguments in `state.values`. Code goes
    /// on in the block that is returned, whose parameters are the results.
    pub(super) fn emit_try_call(&mut self, callee: Callee, signature: SignatureIndex) -> Block {
        let target = match callee {
            Callee::Direct(function) => Target::Direct(function),
            Callee::Indirect { code, .. } => Target::Indirect(self.signature_ref(signature), code),
        };
        let results = self.env.info.signatures[signature].results();
        self.emit_call_with_handlers(target, results.iter().map(|&ty| value_type(ty)))
    }

    fn emit_call_with_handlers(
        &mut self,
        target: Target,
        results: impl Iterator<Item = Type>,
    ) -> Block {
        let next = self.builder.create_block();
        self.state.block_args.clear();
        for (index, ty) in results.enumerate() {
            self.builder.append_block_param(next, ty);
            let result = BlockArg::TryCallRet(index as u32);
            self.state.block_args.push(result);
        }
        let signature = match target {
            Target::Direct(function) => self.builder.func.dfg.ext_funcs[function].signature,
            Target::Indirect(signature, _) => signature,
        };
        let normal = self
            .builder
            .func
            .dfg
            .block_call(next, &self.state.block_args);
        let (items, fresh) = self.handler_items();
        let table = ExceptionTableData::new(signature, normal, items);
        let table = self.builder.func.dfg.exception_tables.push(table);
        match target {
            Target::Direct(function) => {
                self.builder
                    .ins()
                    .try_call(function, &self.state.values, table);
            }
            Target::Indirect(_, code) => {
                self.builder
                    .ins()
                    .try_call_indirect(code, &self.state.values, table);
            }
        }
        self.builder.seal_block(next);
        for index in fresh {
            self.fill_handler(index);
        }
        self.switch_to_block(next);
        next
    }

    /// The handlers in scope for an exception table, and which of their clauses just got a block
    /// that is still empty.
    fn handler_items(&mut self) -> (Vec<ExceptionTableItem>, Vec<usize>) {
        let mut fresh = Vec::new();
        self.state.handlers.reach();
        let count = self.state.handlers.reached.len();
        self.pass_values(count);
        let mut items = Vec::with_capacity(count + 1);
        let mut in_context = false;
        for reached in 0..count {
            let index = self.state.handlers.reached[reached];
            let clause = self.state.handlers.clauses[index];
            let handler = match clause.handler.expand() {
                Some(handler) => handler,
                None => {
                    fresh.push(index);
                    self.make_handler(index)
                }
            };
            // The exception's number and the address of its fields, in registers.
            let arguments = [BlockArg::TryCallExn(0), BlockArg::TryCallExn(1)];
            let call = self.builder.func.dfg.block_call(handler, &arguments);
            if clause.catch.tag.is_some() && !in_context {
                items.push(ExceptionTableItem::Context(self.vmctx));
                in_context = true;
            }
            items.push(ExceptionTableItem::Tag(clause.catch.number(), call));
        }
        (items, fresh)
    }

    fn make_handler(&mut self, clause: usize) -> Block {
        let handler = self.builder.create_block();
        self.builder.append_block_param(handler, types::I64);
        self.builder.append_block_param(handler, POINTER);
        self.builder.set_cold_block(handler);
        self.state.handlers.clauses[clause].handler = handler.into();
        handler
    }

    /// Has a handler take the exception apart and go to its clause's label.
    fn fill_handler(&mut self, clause: usize) {
        let clause = self.state.handlers.clauses[clause];
        let handler = clause.handler.expect("it was just made");
        self.switch_to_block(handler);
        let height = self.state.operands.height();
        let [exception, fields] = self.builder.block_params(handler) else {
            unreachable!("a handler has two parameters");
        };
        let (exception, fields) = (*exception, *fields);
        if let Some(tag) = clause.catch.tag {
            let types = self.env.info.tag_type(tag).params();
            for (index, &ty) in types.iter().enumerate() {
                let (code_type, offset) = (value_type(ty), field_offset(index));
                let access = Access::ExceptionField;
                let value = self.emit_load(Opcode::Load, code_type, access, fields, offset);
                self.push(value, ty);
            }
        }
        if clause.catch.with_reference {
            self.push(exception, CAUGHT);
        }
        self.fresh_operands(self.state.operands.height() - height);
        let innermost = self.state.controls.depth() - 1;
        self.br((innermost - clause.frame) as u32);
        self.state.operands.truncate(height);
    }

    pub(super) fn throw(&mut self, tag: TagIndex) {
        let count = self.env.info.tag_type(tag).params().len();
        let fields = self.field_slots(count);
        self.state.values.clear();
        self.pop_values(count);
        for index in 0..count {
            let (value, offset) = (self.state.values[index], field_offset(index));
            self.emit_store(Opcode::Store, Access::ExceptionField, value, fields, offset);
        }
        let tag = self
            .builder
            .ins()
            .iconst(types::I32, i64::from(tag.as_u32()));
        self.emit_throw(Builtin::Throw, &[tag, fields]);
    }

    pub(super) fn throw_ref(&mut self) {
        let exception = self.pop();
        let code = TrapKind::NullExceptionReference.code();
        self.builder.ins().trapz(exception, code);
        self.emit_throw(Builtin::ThrowRef, &[exception]);
    }

    fn emit_throw(&mut self, builtin: Builtin, args: &[Value]) {
        self.before_call();
        if self.state.handlers.any() {
            let function = self.collect_builtin_arguments(builtin, args);
            let results = builtin.result().into_iter();
            self.emit_call_with_handlers(Target::Direct(function), results);
        } else {
            self.emit_builtin_call(builtin, args);
        }
        // The builtin does not return.
        self.builder.ins().trap(TrapKind::Unreachable.code());
        self.set_unreachable();
    }

    /// The address of slots in the frame for so many fields.
    fn field_slots(&mut self, count: usize) -> Value {
        if count == 0 {
            return self.builder.ins().iconst(POINTER, 0);
        }
        let size = count as u32 * RAW_VALUE_SIZE;
        let slots = &mut self.builder.func.sized_stack_slots;
        let slot = match self.state.handlers.fields.expand() {
            Some(slot) => {
                slots[slot].size = slots[slot].size.max(size);
                slot
            }
            None => {
                let data = StackSlotData::new(StackSlotKind::ExplicitSlot, size, 4);
                let slot = self.builder.create_sized_stack_slot(data);
                self.state.handlers.fields = slot.into();
                slot
            }
        };
        self.builder.ins().stack_addr(POINTER, slot, 0)
    }
}

/// Where a field lies, from the first one.
fn field_offset(index: usize) -> i32 {
    index as i32 * RAW_VALUE_SIZE as i32
}
