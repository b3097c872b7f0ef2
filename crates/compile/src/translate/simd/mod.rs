//! Operators on vectors, relaxed ones included.
//!
//! A `v128` has no lanes of its own in WebAssembly: each operator says how it reads its operands.
//! The code generator's vectors have lanes, so each operator here takes its operands with the
//! lanes it wants ([`FunctionTranslator::pop_vector`]) and leaves its result as it comes.

mod arithmetic;
mod lanes;
mod relaxed;

use super::function::FunctionTranslator;
use crate::CompileError;
use crate::types::ValType;
use cranelift_codegen::ir::condcodes::{FloatCC, IntCC};
use cranelift_codegen::ir::types::{F32X4, F64X2, I8, I8X16, I16, I16X8, I32, I32X4, I64, I64X2};
use cranelift_codegen::ir::{InstBuilder, Opcode, Type, Value};
use wasmparser::Operator;

/// Translates an operator on vectors.
///
/// # Errors
///
/// [`CompileError::Unsupported`] if it is none: all others have been tried before.
pub(super) fn translate(
    translator: &mut FunctionTranslator<'_>,
    operator: &Operator<'_>,
    offset: u64,
) -> Result<(), CompileError> {
    if translator.vector_operator(operator) {
        Ok(())
    } else {
        let message = format!("no translation for {operator:?}");
        Err(CompileError::Unsupported {
            proposal: "unknown",
            message,
            offset,
        })
    }
}

impl FunctionTranslator<'_> {
    /// Translates an operator on vectors. `false` if it is none.
    fn vector_operator(&mut self, operator: &Operator<'_>) -> bool {
        self.vector_memory_operator(operator)
            || self.vector_lane_operator(operator)
            || self.vector_comparison(operator)
            || self.vector_bits_operator(operator)
            || self.vector_integer_operator(operator)
            || self.vector_widening_operator(operator)
            || self.vector_float_operator(operator)
            || self.vector_relaxed_operator(operator)
    }

    /// Pops two vectors as ones of these lanes, the upper one last.
    fn pop_vectors(&mut self, lanes: Type) -> (Value, Value) {
        let right = self.pop_vector(lanes);
        let left = self.pop_vector(lanes);
        (left, right)
    }

    /// An operator from one vector to another of the same lanes.
    fn unary_lanes(&mut self, opcode: Opcode, lanes: Type) {
        self.convert_lanes(opcode, lanes, lanes);
    }

    /// `neg` of float lanes; see [`Self::negate`].
    fn negate_lanes(&mut self, lanes: Type) {
        if !self.env.observe.has_state() {
            return self.unary_lanes(Opcode::Fneg, lanes);
        }
        let operand = self.pop_vector(lanes);
        let sign = match lanes {
            F32X4 => (1_u32 << 31).to_le_bytes().repeat(4),
            _ => (1_u64 << 63).to_le_bytes().repeat(2),
        };
        let sign = sign.try_into().expect("lanes fill a vector");
        let sign = self.vector_constant_of(lanes, &sign);
        let value = self.builder.ins().bxor(operand, sign);
        self.push_vector(value);
    }

    /// An operator that widens half of the lanes.
    fn widen_lanes(&mut self, opcode: Opcode, from: Type) {
        let operand = self.pop_vector(from);
        let value = self.emit_unary(opcode, from, operand);
        self.push_vector(value);
    }

    /// An operator from one vector to another of other lanes.
    fn convert_lanes(&mut self, opcode: Opcode, from: Type, to: Type) {
        let operand = self.pop_vector(from);
        let value = self.emit_unary(opcode, to, operand);
        self.push_vector(value);
    }

    /// An operator from two vectors to another of the same lanes.
    fn binary_lanes(&mut self, opcode: Opcode, lanes: Type) {
        let (left, right) = self.pop_vectors(lanes);
        let value = self.emit_binary(opcode, lanes, left, right);
        self.push_vector(value);
    }

    /// `ty` is the type that controls the operator: of the operand where the result's follows
    /// from it, else of the result.
    fn emit_unary(&mut self, opcode: Opcode, ty: Type, operand: Value) -> Value {
        let (inst, dfg) = self.builder.ins().Unary(opcode, ty, operand);
        dfg.first_result(inst)
    }

    /// `ty` is the type of the operands.
    fn emit_binary(&mut self, opcode: Opcode, ty: Type, left: Value, right: Value) -> Value {
        let (inst, dfg) = self.builder.ins().Binary(opcode, ty, left, right);
        dfg.first_result(inst)
    }

    fn vector_memory_operator(&mut self, operator: &Operator<'_>) -> bool {
        match operator {
            Operator::V128Load { memarg } => self.load(memarg, Opcode::Load, ValType::V128, 16),
            Operator::V128Store { memarg } => {
                let value = self.pop();
                self.store_value(memarg, Opcode::Store, value, 16);
            }
            Operator::V128Load8x8S { memarg } => self.load_widened(memarg, Opcode::Sload8x8, I16X8),
            Operator::V128Load8x8U { memarg } => self.load_widened(memarg, Opcode::Uload8x8, I16X8),
            Operator::V128Load16x4S { memarg } => {
                self.load_widened(memarg, Opcode::Sload16x4, I32X4)
            }
            Operator::V128Load16x4U { memarg } => {
                self.load_widened(memarg, Opcode::Uload16x4, I32X4)
            }
            Operator::V128Load32x2S { memarg } => {
                self.load_widened(memarg, Opcode::Sload32x2, I64X2)
            }
            Operator::V128Load32x2U { memarg } => {
                self.load_widened(memarg, Opcode::Uload32x2, I64X2)
            }
            Operator::V128Load8Splat { memarg } => self.load_splat(memarg, I8X16),
            Operator::V128Load16Splat { memarg } => self.load_splat(memarg, I16X8),
            Operator::V128Load32Splat { memarg } => self.load_splat(memarg, I32X4),
            Operator::V128Load64Splat { memarg } => self.load_splat(memarg, I64X2),
            Operator::V128Load32Zero { memarg } => self.load_zero(memarg, I32X4),
            Operator::V128Load64Zero { memarg } => self.load_zero(memarg, I64X2),
            Operator::V128Load8Lane { memarg, lane } => self.load_lane(memarg, I8X16, *lane),
            Operator::V128Load16Lane { memarg, lane } => self.load_lane(memarg, I16X8, *lane),
            Operator::V128Load32Lane { memarg, lane } => self.load_lane(memarg, I32X4, *lane),
            Operator::V128Load64Lane { memarg, lane } => self.load_lane(memarg, I64X2, *lane),
            Operator::V128Store8Lane { memarg, lane } => self.store_lane(memarg, I8X16, *lane),
            Operator::V128Store16Lane { memarg, lane } => self.store_lane(memarg, I16X8, *lane),
            Operator::V128Store32Lane { memarg, lane } => self.store_lane(memarg, I32X4, *lane),
            Operator::V128Store64Lane { memarg, lane } => self.store_lane(memarg, I64X2, *lane),
            _ => return false,
        }
        true
    }

    fn vector_lane_operator(&mut self, operator: &Operator<'_>) -> bool {
        match operator {
            Operator::V128Const { value } => {
                let value = self.vector_constant(value.bytes());
                self.push_vector(value);
            }
            Operator::I8x16Shuffle { lanes } => self.shuffle(lanes),
            Operator::I8x16Swizzle => self.binary_lanes(Opcode::Swizzle, I8X16),
            Operator::I8x16Splat => self.splat(I8X16),
            Operator::I16x8Splat => self.splat(I16X8),
            Operator::I32x4Splat => self.splat(I32X4),
            Operator::I64x2Splat => self.splat(I64X2),
            Operator::F32x4Splat => self.splat(F32X4),
            Operator::F64x2Splat => self.splat(F64X2),
            Operator::I8x16ExtractLaneS { lane } => {
                self.extract_small_lane(I8X16, *lane, Opcode::Sextend)
            }
            Operator::I8x16ExtractLaneU { lane } => {
                self.extract_small_lane(I8X16, *lane, Opcode::Uextend)
            }
            Operator::I16x8ExtractLaneS { lane } => {
                self.extract_small_lane(I16X8, *lane, Opcode::Sextend)
            }
            Operator::I16x8ExtractLaneU { lane } => {
                self.extract_small_lane(I16X8, *lane, Opcode::Uextend)
            }
            Operator::I32x4ExtractLane { lane } => self.extract_lane(I32X4, *lane, ValType::I32),
            Operator::I64x2ExtractLane { lane } => self.extract_lane(I64X2, *lane, ValType::I64),
            Operator::F32x4ExtractLane { lane } => self.extract_lane(F32X4, *lane, ValType::F32),
            Operator::F64x2ExtractLane { lane } => self.extract_lane(F64X2, *lane, ValType::F64),
            Operator::I8x16ReplaceLane { lane } => self.replace_lane(I8X16, *lane),
            Operator::I16x8ReplaceLane { lane } => self.replace_lane(I16X8, *lane),
            Operator::I32x4ReplaceLane { lane } => self.replace_lane(I32X4, *lane),
            Operator::I64x2ReplaceLane { lane } => self.replace_lane(I64X2, *lane),
            Operator::F32x4ReplaceLane { lane } => self.replace_lane(F32X4, *lane),
            Operator::F64x2ReplaceLane { lane } => self.replace_lane(F64X2, *lane),
            _ => return false,
        }
        true
    }

    fn vector_comparison(&mut self, operator: &Operator<'_>) -> bool {
        use {FloatCC as F, IntCC as I};
        match operator {
            Operator::I8x16Eq => self.compare_int_lanes(I::Equal, I8X16),
            Operator::I8x16Ne => self.compare_int_lanes(I::NotEqual, I8X16),
            Operator::I8x16LtS => self.compare_int_lanes(I::SignedLessThan, I8X16),
            Operator::I8x16LtU => self.compare_int_lanes(I::UnsignedLessThan, I8X16),
            Operator::I8x16GtS => self.compare_int_lanes(I::SignedGreaterThan, I8X16),
            Operator::I8x16GtU => self.compare_int_lanes(I::UnsignedGreaterThan, I8X16),
            Operator::I8x16LeS => self.compare_int_lanes(I::SignedLessThanOrEqual, I8X16),
            Operator::I8x16LeU => self.compare_int_lanes(I::UnsignedLessThanOrEqual, I8X16),
            Operator::I8x16GeS => self.compare_int_lanes(I::SignedGreaterThanOrEqual, I8X16),
            Operator::I8x16GeU => self.compare_int_lanes(I::UnsignedGreaterThanOrEqual, I8X16),
            Operator::I16x8Eq => self.compare_int_lanes(I::Equal, I16X8),
            Operator::I16x8Ne => self.compare_int_lanes(I::NotEqual, I16X8),
            Operator::I16x8LtS => self.compare_int_lanes(I::SignedLessThan, I16X8),
            Operator::I16x8LtU => self.compare_int_lanes(I::UnsignedLessThan, I16X8),
            Operator::I16x8GtS => self.compare_int_lanes(I::SignedGreaterThan, I16X8),
            Operator::I16x8GtU => self.compare_int_lanes(I::UnsignedGreaterThan, I16X8),
            Operator::I16x8LeS => self.compare_int_lanes(I::SignedLessThanOrEqual, I16X8),
            Operator::I16x8LeU => self.compare_int_lanes(I::UnsignedLessThanOrEqual, I16X8),
            Operator::I16x8GeS => self.compare_int_lanes(I::SignedGreaterThanOrEqual, I16X8),
            Operator::I16x8GeU => self.compare_int_lanes(I::UnsignedGreaterThanOrEqual, I16X8),
            Operator::I32x4Eq => self.compare_int_lanes(I::Equal, I32X4),
            Operator::I32x4Ne => self.compare_int_lanes(I::NotEqual, I32X4),
            Operator::I32x4LtS => self.compare_int_lanes(I::SignedLessThan, I32X4),
            Operator::I32x4LtU => self.compare_int_lanes(I::UnsignedLessThan, I32X4),
            Operator::I32x4GtS => self.compare_int_lanes(I::SignedGreaterThan, I32X4),
            Operator::I32x4GtU => self.compare_int_lanes(I::UnsignedGreaterThan, I32X4),
            Operator::I32x4LeS => self.compare_int_lanes(I::SignedLessThanOrEqual, I32X4),
            Operator::I32x4LeU => self.compare_int_lanes(I::UnsignedLessThanOrEqual, I32X4),
            Operator::I32x4GeS => self.compare_int_lanes(I::SignedGreaterThanOrEqual, I32X4),
            Operator::I32x4GeU => self.compare_int_lanes(I::UnsignedGreaterThanOrEqual, I32X4),
            Operator::I64x2Eq => self.compare_int_lanes(I::Equal, I64X2),
            Operator::I64x2Ne => self.compare_int_lanes(I::NotEqual, I64X2),
            Operator::I64x2LtS => self.compare_int_lanes(I::SignedLessThan, I64X2),
            Operator::I64x2GtS => self.compare_int_lanes(I::SignedGreaterThan, I64X2),
            Operator::I64x2LeS => self.compare_int_lanes(I::SignedLessThanOrEqual, I64X2),
            Operator::I64x2GeS => self.compare_int_lanes(I::SignedGreaterThanOrEqual, I64X2),
            Operator::F32x4Eq => self.compare_float_lanes(F::Equal, F32X4),
            Operator::F32x4Ne => self.compare_float_lanes(F::NotEqual, F32X4),
            Operator::F32x4Lt => self.compare_float_lanes(F::LessThan, F32X4),
            Operator::F32x4Gt => self.compare_float_lanes(F::GreaterThan, F32X4),
            Operator::F32x4Le => self.compare_float_lanes(F::LessThanOrEqual, F32X4),
            Operator::F32x4Ge => self.compare_float_lanes(F::GreaterThanOrEqual, F32X4),
            Operator::F64x2Eq => self.compare_float_lanes(F::Equal, F64X2),
            Operator::F64x2Ne => self.compare_float_lanes(F::NotEqual, F64X2),
            Operator::F64x2Lt => self.compare_float_lanes(F::LessThan, F64X2),
            Operator::F64x2Gt => self.compare_float_lanes(F::GreaterThan, F64X2),
            Operator::F64x2Le => self.compare_float_lanes(F::LessThanOrEqual, F64X2),
            Operator::F64x2Ge => self.compare_float_lanes(F::GreaterThanOrEqual, F64X2),
            _ => return false,
        }
        true
    }

    fn vector_bits_operator(&mut self, operator: &Operator<'_>) -> bool {
        match operator {
            Operator::V128Not => self.unary_lanes(Opcode::Bnot, I8X16),
            Operator::V128And => self.binary_lanes(Opcode::Band, I8X16),
            Operator::V128AndNot => self.and_not(),
            Operator::V128Or => self.binary_lanes(Opcode::Bor, I8X16),
            Operator::V128Xor => self.binary_lanes(Opcode::Bxor, I8X16),
            Operator::V128Bitselect => self.bitselect(),
            Operator::V128AnyTrue => self.test_lanes(Opcode::VanyTrue, I8X16),
            Operator::I8x16AllTrue => self.test_lanes(Opcode::VallTrue, I8X16),
            Operator::I16x8AllTrue => self.test_lanes(Opcode::VallTrue, I16X8),
            Operator::I32x4AllTrue => self.test_lanes(Opcode::VallTrue, I32X4),
            Operator::I64x2AllTrue => self.test_lanes(Opcode::VallTrue, I64X2),
            Operator::I8x16Bitmask => self.bitmask(I8X16),
            Operator::I16x8Bitmask => self.bitmask(I16X8),
            Operator::I32x4Bitmask => self.bitmask(I32X4),
            Operator::I64x2Bitmask => self.bitmask(I64X2),
            Operator::I8x16Shl => self.shift_lanes(Opcode::Ishl, I8X16),
            Operator::I16x8Shl => self.shift_lanes(Opcode::Ishl, I16X8),
            Operator::I32x4Shl => self.shift_lanes(Opcode::Ishl, I32X4),
            Operator::I64x2Shl => self.shift_lanes(Opcode::Ishl, I64X2),
            Operator::I8x16ShrS => self.shift_lanes(Opcode::Sshr, I8X16),
            Operator::I16x8ShrS => self.shift_lanes(Opcode::Sshr, I16X8),
            Operator::I32x4ShrS => self.shift_lanes(Opcode::Sshr, I32X4),
            Operator::I64x2ShrS => self.shift_lanes(Opcode::Sshr, I64X2),
            Operator::I8x16ShrU => self.shift_lanes(Opcode::Ushr, I8X16),
            Operator::I16x8ShrU => self.shift_lanes(Opcode::Ushr, I16X8),
            Operator::I32x4ShrU => self.shift_lanes(Opcode::Ushr, I32X4),
            Operator::I64x2ShrU => self.shift_lanes(Opcode::Ushr, I64X2),
            _ => return false,
        }
        true
    }

    fn vector_integer_operator(&mut self, operator: &Operator<'_>) -> bool {
        match operator {
            Operator::I8x16Abs => self.unary_lanes(Opcode::Iabs, I8X16),
            Operator::I8x16Neg => self.unary_lanes(Opcode::Ineg, I8X16),
            Operator::I8x16Add => self.binary_lanes(Opcode::Iadd, I8X16),
            Operator::I8x16Sub => self.binary_lanes(Opcode::Isub, I8X16),
            Operator::I8x16MinS => self.binary_lanes(Opcode::Smin, I8X16),
            Operator::I8x16MinU => self.binary_lanes(Opcode::Umin, I8X16),
            Operator::I8x16MaxS => self.binary_lanes(Opcode::Smax, I8X16),
            Operator::I8x16MaxU => self.binary_lanes(Opcode::Umax, I8X16),
            Operator::I8x16AddSatS => self.binary_lanes(Opcode::SaddSat, I8X16),
            Operator::I8x16AddSatU => self.binary_lanes(Opcode::UaddSat, I8X16),
            Operator::I8x16SubSatS => self.binary_lanes(Opcode::SsubSat, I8X16),
            Operator::I8x16SubSatU => self.binary_lanes(Opcode::UsubSat, I8X16),
            Operator::I8x16AvgrU => self.binary_lanes(Opcode::AvgRound, I8X16),
            Operator::I16x8Abs => self.unary_lanes(Opcode::Iabs, I16X8),
            Operator::I16x8Neg => self.unary_lanes(Opcode::Ineg, I16X8),
            Operator::I16x8Add => self.binary_lanes(Opcode::Iadd, I16X8),
            Operator::I16x8Sub => self.binary_lanes(Opcode::Isub, I16X8),
            Operator::I16x8Mul => self.binary_lanes(Opcode::Imul, I16X8),
            Operator::I16x8MinS => self.binary_lanes(Opcode::Smin, I16X8),
            Operator::I16x8MinU => self.binary_lanes(Opcode::Umin, I16X8),
            Operator::I16x8MaxS => self.binary_lanes(Opcode::Smax, I16X8),
            Operator::I16x8MaxU => self.binary_lanes(Opcode::Umax, I16X8),
            Operator::I16x8AddSatS => self.binary_lanes(Opcode::SaddSat, I16X8),
            Operator::I16x8AddSatU => self.binary_lanes(Opcode::UaddSat, I16X8),
            Operator::I16x8SubSatS => self.binary_lanes(Opcode::SsubSat, I16X8),
            Operator::I16x8SubSatU => self.binary_lanes(Opcode::UsubSat, I16X8),
            Operator::I16x8AvgrU => self.binary_lanes(Opcode::AvgRound, I16X8),
            Operator::I32x4Abs => self.unary_lanes(Opcode::Iabs, I32X4),
            Operator::I32x4Neg => self.unary_lanes(Opcode::Ineg, I32X4),
            Operator::I32x4Add => self.binary_lanes(Opcode::Iadd, I32X4),
            Operator::I32x4Sub => self.binary_lanes(Opcode::Isub, I32X4),
            Operator::I32x4Mul => self.binary_lanes(Opcode::Imul, I32X4),
            Operator::I32x4MinS => self.binary_lanes(Opcode::Smin, I32X4),
            Operator::I32x4MinU => self.binary_lanes(Opcode::Umin, I32X4),
            Operator::I32x4MaxS => self.binary_lanes(Opcode::Smax, I32X4),
            Operator::I32x4MaxU => self.binary_lanes(Opcode::Umax, I32X4),
            Operator::I64x2Abs => self.unary_lanes(Opcode::Iabs, I64X2),
            Operator::I64x2Neg => self.unary_lanes(Opcode::Ineg, I64X2),
            Operator::I64x2Add => self.binary_lanes(Opcode::Iadd, I64X2),
            Operator::I64x2Sub => self.binary_lanes(Opcode::Isub, I64X2),
            Operator::I64x2Mul => self.binary_lanes(Opcode::Imul, I64X2),
            Operator::I8x16Popcnt => self.unary_lanes(Opcode::Popcnt, I8X16),
            Operator::I16x8Q15MulrSatS => self.binary_lanes(Opcode::SqmulRoundSat, I16X8),
            Operator::I32x4DotI16x8S => self.dot_product(),
            _ => return false,
        }
        true
    }

    fn vector_widening_operator(&mut self, operator: &Operator<'_>) -> bool {
        match operator {
            Operator::I8x16NarrowI16x8S => self.binary_lanes(Opcode::Snarrow, I16X8),
            Operator::I8x16NarrowI16x8U => self.binary_lanes(Opcode::Unarrow, I16X8),
            Operator::I16x8NarrowI32x4S => self.binary_lanes(Opcode::Snarrow, I32X4),
            Operator::I16x8NarrowI32x4U => self.binary_lanes(Opcode::Unarrow, I32X4),
            Operator::I16x8ExtendLowI8x16S => self.widen_lanes(Opcode::SwidenLow, I8X16),
            Operator::I16x8ExtMulLowI8x16S => self.widening_multiply(Opcode::SwidenLow, I8X16),
            Operator::I16x8ExtendHighI8x16S => self.widen_lanes(Opcode::SwidenHigh, I8X16),
            Operator::I16x8ExtMulHighI8x16S => self.widening_multiply(Opcode::SwidenHigh, I8X16),
            Operator::I16x8ExtAddPairwiseI8x16S => {
                self.add_pairwise([Opcode::SwidenLow, Opcode::SwidenHigh], I8X16)
            }
            Operator::I16x8ExtendLowI8x16U => self.widen_lanes(Opcode::UwidenLow, I8X16),
            Operator::I16x8ExtMulLowI8x16U => self.widening_multiply(Opcode::UwidenLow, I8X16),
            Operator::I16x8ExtendHighI8x16U => self.widen_lanes(Opcode::UwidenHigh, I8X16),
            Operator::I16x8ExtMulHighI8x16U => self.widening_multiply(Opcode::UwidenHigh, I8X16),
            Operator::I16x8ExtAddPairwiseI8x16U => {
                self.add_pairwise([Opcode::UwidenLow, Opcode::UwidenHigh], I8X16)
            }
            Operator::I32x4ExtendLowI16x8S => self.widen_lanes(Opcode::SwidenLow, I16X8),
            Operator::I32x4ExtMulLowI16x8S => self.widening_multiply(Opcode::SwidenLow, I16X8),
            Operator::I32x4ExtendHighI16x8S => self.widen_lanes(Opcode::SwidenHigh, I16X8),
            Operator::I32x4ExtMulHighI16x8S => self.widening_multiply(Opcode::SwidenHigh, I16X8),
            Operator::I32x4ExtAddPairwiseI16x8S => {
                self.add_pairwise([Opcode::SwidenLow, Opcode::SwidenHigh], I16X8)
            }
            Operator::I32x4ExtendLowI16x8U => self.widen_lanes(Opcode::UwidenLow, I16X8),
            Operator::I32x4ExtMulLowI16x8U => self.widening_multiply(Opcode::UwidenLow, I16X8),
            Operator::I32x4ExtendHighI16x8U => self.widen_lanes(Opcode::UwidenHigh, I16X8),
            Operator::I32x4ExtMulHighI16x8U => self.widening_multiply(Opcode::UwidenHigh, I16X8),
            Operator::I32x4ExtAddPairwiseI16x8U => {
                self.add_pairwise([Opcode::UwidenLow, Opcode::UwidenHigh], I16X8)
            }
            Operator::I64x2ExtendLowI32x4S => self.widen_lanes(Opcode::SwidenLow, I32X4),
            Operator::I64x2ExtMulLowI32x4S => self.widening_multiply(Opcode::SwidenLow, I32X4),
            Operator::I64x2ExtendHighI32x4S => self.widen_lanes(Opcode::SwidenHigh, I32X4),
            Operator::I64x2ExtMulHighI32x4S => self.widening_multiply(Opcode::SwidenHigh, I32X4),
            Operator::I64x2ExtendLowI32x4U => self.widen_lanes(Opcode::UwidenLow, I32X4),
            Operator::I64x2ExtMulLowI32x4U => self.widening_multiply(Opcode::UwidenLow, I32X4),
            Operator::I64x2ExtendHighI32x4U => self.widen_lanes(Opcode::UwidenHigh, I32X4),
            Operator::I64x2ExtMulHighI32x4U => self.widening_multiply(Opcode::UwidenHigh, I32X4),
            _ => return false,
        }
        true
    }

    fn vector_float_operator(&mut self, operator: &Operator<'_>) -> bool {
        match operator {
            Operator::F32x4Ceil => self.unary_lanes(Opcode::Ceil, F32X4),
            Operator::F32x4Floor => self.unary_lanes(Opcode::Floor, F32X4),
            Operator::F32x4Trunc => self.unary_lanes(Opcode::Trunc, F32X4),
            Operator::F32x4Nearest => self.unary_lanes(Opcode::Nearest, F32X4),
            Operator::F32x4Abs => self.unary_lanes(Opcode::Fabs, F32X4),
            Operator::F32x4Neg => self.negate_lanes(F32X4),
            Operator::F32x4Sqrt => self.unary_lanes(Opcode::Sqrt, F32X4),
            Operator::F32x4Add => self.binary_lanes(Opcode::Fadd, F32X4),
            Operator::F32x4Sub => self.binary_lanes(Opcode::Fsub, F32X4),
            Operator::F32x4Mul => self.binary_lanes(Opcode::Fmul, F32X4),
            Operator::F32x4Div => self.binary_lanes(Opcode::Fdiv, F32X4),
            Operator::F32x4Min => self.binary_lanes(Opcode::Fmin, F32X4),
            Operator::F32x4Max => self.binary_lanes(Opcode::Fmax, F32X4),
            Operator::F32x4PMin => self.pseudo_minimum(F32X4),
            Operator::F32x4PMax => self.pseudo_maximum(F32X4),
            Operator::F64x2Ceil => self.unary_lanes(Opcode::Ceil, F64X2),
            Operator::F64x2Floor => self.unary_lanes(Opcode::Floor, F64X2),
            Operator::F64x2Trunc => self.unary_lanes(Opcode::Trunc, F64X2),
            Operator::F64x2Nearest => self.unary_lanes(Opcode::Nearest, F64X2),
            Operator::F64x2Abs => self.unary_lanes(Opcode::Fabs, F64X2),
            Operator::F64x2Neg => self.negate_lanes(F64X2),
            Operator::F64x2Sqrt => self.unary_lanes(Opcode::Sqrt, F64X2),
            Operator::F64x2Add => self.binary_lanes(Opcode::Fadd, F64X2),
            Operator::F64x2Sub => self.binary_lanes(Opcode::Fsub, F64X2),
            Operator::F64x2Mul => self.binary_lanes(Opcode::Fmul, F64X2),
            Operator::F64x2Div => self.binary_lanes(Opcode::Fdiv, F64X2),
            Operator::F64x2Min => self.binary_lanes(Opcode::Fmin, F64X2),
            Operator::F64x2Max => self.binary_lanes(Opcode::Fmax, F64X2),
            Operator::F64x2PMin => self.pseudo_minimum(F64X2),
            Operator::F64x2PMax => self.pseudo_maximum(F64X2),
            Operator::I32x4TruncSatF32x4S => {
                self.convert_lanes(Opcode::FcvtToSintSat, F32X4, I32X4)
            }
            Operator::I32x4TruncSatF32x4U => {
                self.convert_lanes(Opcode::FcvtToUintSat, F32X4, I32X4)
            }
            Operator::I32x4TruncSatF64x2SZero => {
                self.truncate_low(Opcode::FcvtToSintSat, Opcode::Snarrow)
            }
            Operator::I32x4TruncSatF64x2UZero => {
                self.truncate_low(Opcode::FcvtToUintSat, Opcode::Uunarrow)
            }
            Operator::F32x4ConvertI32x4S => self.convert_lanes(Opcode::FcvtFromSint, I32X4, F32X4),
            Operator::F32x4ConvertI32x4U => self.convert_lanes(Opcode::FcvtFromUint, I32X4, F32X4),
            Operator::F64x2ConvertLowI32x4S => {
                self.convert_low(Opcode::SwidenLow, Opcode::FcvtFromSint)
            }
            Operator::F64x2ConvertLowI32x4U => {
                self.convert_low(Opcode::UwidenLow, Opcode::FcvtFromUint)
            }
            Operator::F32x4DemoteF64x2Zero => self.convert_lanes(Opcode::Fvdemote, F64X2, F32X4),
            Operator::F64x2PromoteLowF32x4 => {
                self.convert_lanes(Opcode::FvpromoteLow, F32X4, F64X2)
            }
            _ => return false,
        }
        true
    }
}

/// The scalar type through which a lane passes to and from memory: integers, also for floats.
fn lane_integer(lanes: Type) -> Type {
    match lanes.lane_bits() {
        8 => I8,
        16 => I16,
        32 => I32,
        _ => I64,
    }
}
