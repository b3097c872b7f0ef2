//! Arithmetic on vectors that takes more than one instruction of the code generator.
//!
//! Where several instructions stand for one operator, they are those that the x86-64 backend
//! knows to turn into one or a few of the machine.

use super::super::function::FunctionTranslator;
use crate::types::ValType;
use cranelift_codegen::ir::condcodes::{FloatCC, IntCC};
use cranelift_codegen::ir::types::{F64X2, I8X16, I16X8, I32, I32X4, I64X2};
use cranelift_codegen::ir::{InstBuilder, Opcode, Type, Value};

impl FunctionTranslator<'_> {
    pub(super) fn compare_int_lanes(&mut self, condition: IntCC, lanes: Type) {
        let (left, right) = self.pop_vectors(lanes);
        let value = self.builder.ins().icmp(condition, left, right);
        self.push_vector(value);
    }

    pub(super) fn compare_float_lanes(&mut self, condition: FloatCC, lanes: Type) {
        let (left, right) = self.pop_vectors(lanes);
        let value = self.builder.ins().fcmp(condition, left, right);
        self.push_vector(value);
    }

    pub(super) fn and_not(&mut self) {
        let (left, right) = self.pop_vectors(I8X16);
        let value = self.builder.ins().band_not(left, right);
        self.push_vector(value);
    }

    pub(super) fn bitselect(&mut self) {
        let mask = self.pop_vector(I8X16);
        let (left, right) = self.pop_vectors(I8X16);
        let value = self.builder.ins().bitselect(mask, left, right);
        self.push_vector(value);
    }

    /// A question about all lanes whose answer is a condition.
    pub(super) fn test_lanes(&mut self, opcode: Opcode, lanes: Type) {
        let vector = self.pop_vector(lanes);
        let condition = self.emit_unary(opcode, lanes, vector);
        self.push_condition(condition);
    }

    pub(super) fn bitmask(&mut self, lanes: Type) {
        let vector = self.pop_vector(lanes);
        let value = self.builder.ins().vhigh_bits(I32, vector);
        self.push(value, ValType::I32);
    }

    /// Shifts all lanes by a scalar, which counts modulo their width.
    pub(super) fn shift_lanes(&mut self, opcode: Opcode, lanes: Type) {
        let distance = self.pop();
        let vector = self.pop_vector(lanes);
        let value = self.emit_binary(opcode, lanes, vector, distance);
        self.push_vector(value);
    }

    /// Multiplies half of the lanes of two vectors, widened.
    pub(super) fn widening_multiply(&mut self, widen: Opcode, from: Type) {
        let (left, right) = self.pop_vectors(from);
        let left = self.emit_unary(widen, from, left);
        let right = self.emit_unary(widen, from, right);
        let value = self.builder.ins().imul(left, right);
        self.push_vector(value);
    }

    /// Adds neighbouring lanes, widened.
    pub(super) fn add_pairwise(&mut self, widen: [Opcode; 2], from: Type) {
        let vector = self.pop_vector(from);
        let [low, high] = widen.map(|widen| self.emit_unary(widen, from, vector));
        let value = self.builder.ins().iadd_pairwise(low, high);
        self.push_vector(value);
    }

    /// Multiplies 16-bit lanes and adds neighbouring products.
    pub(super) fn dot_product(&mut self) {
        let (left, right) = self.pop_vectors(I16X8);
        let [low, high] = [Opcode::SwidenLow, Opcode::SwidenHigh].map(|widen| {
            let left = self.emit_unary(widen, I16X8, left);
            let right = self.emit_unary(widen, I16X8, right);
            self.builder.ins().imul(left, right)
        });
        let value = self.builder.ins().iadd_pairwise(low, high);
        self.push_vector(value);
    }

    /// `pmin`: the right operand where it is less, else the left one.
    pub(super) fn pseudo_minimum(&mut self, lanes: Type) {
        let (left, right) = self.pop_vectors(lanes);
        self.select_if_less(right, left, right, left, lanes);
    }

    /// `pmax`: the right operand where the left one is less, else the left one.
    pub(super) fn pseudo_maximum(&mut self, lanes: Type) {
        let (left, right) = self.pop_vectors(lanes);
        self.select_if_less(left, right, right, left, lanes);
    }

    /// Pushes, for each float lane, `then` where `a < b`, else `otherwise`.
    pub(super) fn select_if_less(
        &mut self,
        a: Value,
        b: Value,
        then: Value,
        otherwise: Value,
        lanes: Type,
    ) {
        let mask = self.builder.ins().fcmp(FloatCC::LessThan, a, b);
        let mask = self.emit_bitcast(lanes, mask);
        let value = self.builder.ins().bitselect(mask, then, otherwise);
        self.push_vector(value);
    }

    /// Converts two doubles to integers in the low lanes; the high ones become zero.
    pub(super) fn truncate_low(&mut self, convert: Opcode, narrow: Opcode) {
        let vector = self.pop_vector(F64X2);
        let wide = self.emit_unary(convert, I64X2, vector);
        // The code generator knows this narrowing only as one pattern of three instructions, in
        // which the constant stands as it is: behind a cast it would not be recognized.
        let zero = self.vector_constant_of(I64X2, &[0; 16]);
        let value = self.emit_binary(narrow, I64X2, wide, zero);
        self.push_vector(value);
    }

    /// Converts the two low integers to doubles.
    pub(super) fn convert_low(&mut self, widen: Opcode, convert: Opcode) {
        let vector = self.pop_vector(I32X4);
        let wide = self.emit_unary(widen, I32X4, vector);
        let value = self.emit_unary(convert, F64X2, wide);
        self.push_vector(value);
    }
}
