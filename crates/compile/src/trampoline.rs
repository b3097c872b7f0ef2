//! The small functions that carry calls over the edges between host and guest.
//!
//! ```text
//!   host  --entry trampoline-->  guest  --exit trampoline-->     function of the host
//!                                       --builtin trampoline-->  the runtime
//! ```
//!
//! An *entry trampoline* takes the arguments out of slots and calls a guest function. When it is left
//! without returning, nobody restores what it has saved: who calls it saves what the host wants
//! back. There is one per function type, so that a debugger can call any function.
//!
//! An *exit trampoline* is what an imported function of the host looks like to the guest. It
//! first records where the guest was left (the frame pointer and the pc of the calling frame: the
//! start of every walk over the frames below) and checks that the stack has room for the host,
//! whose code knows nothing of the guest's guard zone. A failure of the host becomes a hardware
//! trap here, like every other trap of a guest. A *builtin trampoline* does the same for the
//! runtime's own functions.

use crate::abi::{POINTER, entry_signature, guest_signature, host_signature, value_type};
use crate::builtins::{Builtin, FAILED};
use crate::layout::{RAW_VALUE_SIZE, header, host_callee, store_context};
use crate::trap::TrapKind;
use crate::types::{FuncType, ValType};
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{
    Function, InstBuilder, MemFlagsData, StackSlotData, StackSlotKind, Value, types,
};
use cranelift_codegen::isa::{CallConv, TargetFrontendConfig};
use cranelift_frontend::{FunctionBuilder, FunctionBuilderContext};

/// Writes trampolines.
pub(crate) struct TrampolineBuilder<'a> {
    pub context: &'a mut FunctionBuilderContext,
    pub frontend: TargetFrontendConfig,
}

impl TrampolineBuilder<'_> {
    /// Fills `func` with the entry trampoline for a function type.
    pub fn entry(&mut self, func: &mut Function, ty: &FuncType) {
        func.signature = entry_signature();
        let mut builder = start(func, self.context);
        let [code, vmctx, slots] = params(&builder);
        let callee = builder.import_signature(guest_signature(ty));
        let mut arguments = vec![vmctx];
        load_slots(&mut builder, slots, ty.params(), &mut arguments);
        let call = builder.ins().call_indirect(callee, code, &arguments);
        let results = builder.inst_results(call).to_vec();
        store_slots(&mut builder, slots, &results);
        builder.ins().return_(&[]);
        builder.finalize(self.frontend);
    }

    /// Fills `func` with the exit trampoline for a function type.
    pub fn exit(&mut self, func: &mut Function, ty: &FuncType) {
        func.signature = guest_signature(ty);
        let mut builder = start(func, self.context);
        let block = builder.current_block().expect("started");
        let arguments = builder.block_params(block).to_vec();
        let callee = arguments[0];
        record_exit(&mut builder, callee);
        let count = ty.params().len().max(ty.results().len()) as u32;
        let slots = stack_slots(&mut builder, count);
        store_slots(&mut builder, slots, &arguments[1..]);
        let entry = load_pointer(&mut builder, callee, host_callee::ENTRY);
        let signature = builder.import_signature(host_signature());
        let call = builder
            .ins()
            .call_indirect(signature, entry, &[callee, slots]);
        let failed = builder.inst_results(call)[0];
        builder.ins().trapnz(failed, TrapKind::HostError.code());
        let mut results = Vec::with_capacity(ty.results().len());
        load_slots(&mut builder, slots, ty.results(), &mut results);
        builder.ins().return_(&results);
        builder.finalize(self.frontend);
    }

    /// Fills `func` with the trampoline of a builtin.
    pub fn builtin(&mut self, func: &mut Function, builtin: Builtin) {
        func.signature = builtin.signature(CallConv::Tail);
        let mut builder = start(func, self.context);
        let block = builder.current_block().expect("started");
        let arguments = builder.block_params(block).to_vec();
        let vmctx = arguments[0];
        record_exit(&mut builder, vmctx);
        let table = load_pointer(&mut builder, vmctx, header::BUILTINS);
        let code = load_pointer(&mut builder, table, builtin.offset());
        let signature = builtin.signature(CallConv::SystemV);
        let signature = builder.import_signature(signature);
        let call = builder.ins().call_indirect(signature, code, &arguments);
        let results = builder.inst_results(call).to_vec();
        if builtin.can_fail() {
            let failed = builder.ins().icmp_imm_s(IntCC::Equal, results[0], FAILED);
            builder.ins().trapnz(failed, TrapKind::HostError.code());
        }
        builder.ins().return_(&results);
        builder.finalize(self.frontend);
    }
}

/// Memory that trampolines touch is always there, and always aligned.
fn trusted() -> MemFlagsData {
    MemFlagsData::trusted()
}

fn start<'a>(
    func: &'a mut Function,
    context: &'a mut FunctionBuilderContext,
) -> FunctionBuilder<'a> {
    let mut builder = FunctionBuilder::new(func, context);
    let block = builder.create_block();
    builder.append_block_params_for_function_params(block);
    builder.switch_to_block(block);
    builder.seal_block(block);
    builder
}

fn params<const N: usize>(builder: &FunctionBuilder<'_>) -> [Value; N] {
    let block = builder.current_block().expect("started");
    builder
        .block_params(block)
        .try_into()
        .expect("the signature has as many")
}

fn load_pointer(builder: &mut FunctionBuilder<'_>, base: Value, offset: u32) -> Value {
    builder.ins().load(POINTER, trusted(), base, offset as i32)
}

/// Notes which guest frame is being left, and traps if the host would lack stack.
fn record_exit(builder: &mut FunctionBuilder<'_>, vmctx: Value) {
    let context = load_pointer(builder, vmctx, header::STORE_CONTEXT);
    // The frame pointer here is that of the trampoline's own frame, which holds the caller's
    // frame pointer and, above it, the return address into the caller.
    let own = builder.ins().get_frame_pointer(POINTER);
    let fp = load_pointer(builder, own, 0);
    let pc = builder.ins().get_return_address(POINTER);
    builder
        .ins()
        .store(trusted(), fp, context, store_context::EXIT_FP as i32);
    builder
        .ins()
        .store(trusted(), pc, context, store_context::EXIT_PC as i32);
    let limit = load_pointer(builder, context, store_context::HOST_STACK_LIMIT);
    let sp = builder.ins().get_stack_pointer(POINTER);
    let exhausted = builder.ins().icmp(IntCC::UnsignedLessThan, sp, limit);
    builder
        .ins()
        .trapnz(exhausted, TrapKind::StackOverflow.code());
}

fn stack_slots(builder: &mut FunctionBuilder<'_>, count: u32) -> Value {
    let data = StackSlotData::new(StackSlotKind::ExplicitSlot, count * RAW_VALUE_SIZE, 4);
    let slot = builder.create_sized_stack_slot(data);
    builder.ins().stack_addr(POINTER, slot, 0)
}

fn slot_offset(index: usize) -> i32 {
    index as i32 * RAW_VALUE_SIZE as i32
}

fn load_slots(
    builder: &mut FunctionBuilder<'_>,
    slots: Value,
    types: &[ValType],
    values: &mut Vec<Value>,
) {
    for (index, &ty) in types.iter().enumerate() {
        let value = builder
            .ins()
            .load(value_type(ty), trusted(), slots, slot_offset(index));
        values.push(value);
    }
}

fn store_slots(builder: &mut FunctionBuilder<'_>, slots: Value, values: &[Value]) {
    for (index, &value) in values.iter().enumerate() {
        debug_assert_ne!(builder.func.dfg.value_type(value), types::INVALID);
        builder
            .ins()
            .store(trusted(), value, slots, slot_offset(index));
    }
}
