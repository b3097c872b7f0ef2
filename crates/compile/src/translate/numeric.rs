//! Arithmetic, comparisons and conversions of numbers.
//!
//! The code generator's operators have WebAssembly's semantics: shifts and rotations take their
//! distance modulo the width, division and conversion to integers trap where they must.

use super::function::FunctionTranslator;
use crate::abi::value_type;
use crate::types::ValType;
use cranelift_codegen::ir::condcodes::{FloatCC, IntCC};
use cranelift_codegen::ir::immediates::{Ieee32, Ieee64};
use cranelift_codegen::ir::{InstBuilder, Opcode, Type, types};

impl FunctionTranslator<'_> {
    /// An operator with one operand. `ty` is the type of the result.
    #[inline]
    pub(super) fn unary(&mut self, opcode: Opcode, ty: ValType) {
        let operand = self.pop();
        let (inst, dfg) = self.builder.ins().Unary(opcode, value_type(ty), operand);
        let value = dfg.first_result(inst);
        self.push(value, ty);
    }

    /// An operator on two operands of its result's type.
    #[inline]
    pub(super) fn binary(&mut self, opcode: Opcode, ty: ValType) {
        let right = self.pop();
        let left = self.pop();
        let (inst, dfg) = self
            .builder
            .ins()
            .Binary(opcode, value_type(ty), left, right);
        let value = dfg.first_result(inst);
        self.push(value, ty);
    }

    /// `neg` of a float.
    ///
    /// The code generator merges its own negation with multiplications, which leaves the sign of a
    /// NaN as it was: whoever wants to know what the program computes could not tell.
    pub(super) fn negate(&mut self, ty: ValType) {
        if !self.env.observe.has_state() {
            return self.unary(Opcode::Fneg, ty);
        }
        let operand = self.pop();
        let sign = match ty {
            ValType::F32 => self.builder.ins().f32const(Ieee32::with_bits(1 << 31)),
            _ => self.builder.ins().f64const(Ieee64::with_bits(1 << 63)),
        };
        let value = self.builder.ins().bxor(operand, sign);
        self.push(value, ty);
    }

    pub(super) fn compare_ints(&mut self, condition: IntCC) {
        let right = self.pop();
        let left = self.pop();
        let value = self.builder.ins().icmp(condition, left, right);
        self.push_condition(value);
    }

    pub(super) fn compare_floats(&mut self, condition: FloatCC) {
        let right = self.pop();
        let left = self.pop();
        let value = self.builder.ins().fcmp(condition, left, right);
        self.push_condition(value);
    }

    /// `eqz`, also of a condition as it is.
    pub(super) fn is_zero(&mut self) {
        let operand = self.pop_condition();
        let value = self.builder.ins().icmp_imm_s(IntCC::Equal, operand, 0);
        self.push_condition(value);
    }

    /// Sign-extends the low bits, given by the type `from`, to the whole of the value.
    pub(super) fn extend_low(&mut self, from: Type, ty: ValType) {
        let operand = self.pop();
        let low = self.builder.ins().ireduce(from, operand);
        let value = self.builder.ins().sextend(value_type(ty), low);
        self.push(value, ty);
    }

    /// `i64.extend_i32_u`, which widens a condition in one step.
    pub(super) fn extend_unsigned(&mut self) {
        let operand = self.pop_condition();
        let value = self.builder.ins().uextend(types::I64, operand);
        self.push(value, ValType::I64);
    }

    pub(super) fn reinterpret(&mut self, ty: ValType) {
        let operand = self.pop();
        let value = self.emit_bitcast(value_type(ty), operand);
        self.push(value, ty);
    }
}
