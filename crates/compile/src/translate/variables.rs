//! Locals, globals, and references.

use super::effects::Effect;
use super::function::FunctionTranslator;
use crate::abi::{POINTER, value_type};
use crate::layout::Place;
use crate::module::ConstOp;
use crate::parse::heap_type;
use crate::types::{FuncIndex, GlobalIndex, RefType, ValType};
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::immediates::{Ieee32, Ieee64};
use cranelift_codegen::ir::{InstBuilder, Opcode, Value, types};

impl FunctionTranslator<'_> {
    pub(super) fn local_get(&mut self, index: u32) {
        let value = self.state.locals.get(&mut self.builder, index);
        let ty = self.state.locals.ty(index);
        self.push(value, ty);
    }

    pub(super) fn local_set(&mut self, index: u32) {
        let value = self.pop();
        self.state.locals.set(&mut self.builder, index, value);
    }

    pub(super) fn local_tee(&mut self, index: u32) {
        self.settle(1);
        let value = self.state.operands.top(1)[0].value;
        self.state.locals.set(&mut self.builder, index, value);
    }

    /// Where a global lies: an address and an offset from it.
    fn global_place(&mut self, global: GlobalIndex) -> (Value, i32) {
        match self.env.layout.global(global) {
            Place::Own(offset) => (self.vmctx, offset as i32),
            Place::Imported(pointer) => (self.load_constant(POINTER, self.vmctx, pointer), 0),
        }
    }

    pub(super) fn global_get(&mut self, global: GlobalIndex) {
        let ty = self.env.info.globals[global].content;
        let value = self.global_constant(global).unwrap_or_else(|| {
            let (base, offset) = self.global_place(global);
            let access = self.global_access(global);
            self.emit_load(Opcode::Load, value_type(ty), access, base, offset)
        });
        self.push(value, ty);
    }

    pub(super) fn global_set(&mut self, global: GlobalIndex) {
        let value = self.pop();
        let (base, offset) = self.global_place(global);
        let access = self.global_access(global);
        self.emit_store(Opcode::Store, access, value, base, offset);
        self.effect(Effect::GlobalSet(global));
    }

    /// The value of a global that is the same number in every instance.
    fn global_constant(&mut self, global: GlobalIndex) -> Option<Value> {
        let info = self.env.info;
        if info.globals[global].mutable {
            return None;
        }
        let defined = info.defined_global(global)?;
        let [op] = info.global_initial[defined as usize].ops[..] else {
            return None;
        };
        Some(match op {
            ConstOp::I32Const(value) => self.builder.ins().iconst(types::I32, i64::from(value)),
            ConstOp::I64Const(value) => self.builder.ins().iconst(types::I64, value),
            ConstOp::F32Const(bits) => self.builder.ins().f32const(Ieee32::with_bits(bits)),
            ConstOp::F64Const(bits) => self.builder.ins().f64const(Ieee64::with_bits(bits)),
            ConstOp::V128Const(bits) => self.vector_constant(&bits.to_le_bytes()),
            _ => return None,
        })
    }

    pub(super) fn ref_null(&mut self, heap: wasmparser::HeapType) {
        let ty = ValType::Ref(RefType {
            nullable: true,
            heap: heap_type(heap),
        });
        let value = self.builder.ins().iconst(value_type(ty), 0);
        self.push(value, ty);
    }

    pub(super) fn ref_is_null(&mut self) {
        let reference = self.pop();
        let value = self.builder.ins().icmp_imm_s(IntCC::Equal, reference, 0);
        self.push_condition(value);
    }

    pub(super) fn ref_func(&mut self, func: FuncIndex) {
        let index = self.env.info.functions[func]
            .func_ref
            .expect("validated code refers to declared functions only");
        let offset = self.env.layout.func_ref(index);
        let value = self.builder.ins().iadd_imm_s(self.vmctx, i64::from(offset));
        self.push(value, ValType::FUNCREF);
    }
}
