//! Relaxed operators: where the specification leaves a choice, what the machine does by itself.
//!
//! On x86-64 that is what its own instructions do, on other machines what the strict operators
//! do. Each operator makes the same choice everywhere in a process.

use super::super::function::FunctionTranslator;
use cranelift_codegen::ir::types::{F32X4, F64X2, I8X16, I16X8, I32X4, I64X2};
use cranelift_codegen::ir::{InstBuilder, Opcode, Type, Value};
use wasmparser::Operator;

impl FunctionTranslator<'_> {
    pub(super) fn vector_relaxed_operator(&mut self, operator: &Operator<'_>) -> bool {
        let x86 = self.env.isa.name() == "x64";
        match operator {
            Operator::I8x16RelaxedSwizzle => {
                self.binary_lanes(
                    if x86 {
                        Opcode::X86Pshufb
                    } else {
                        Opcode::Swizzle
                    },
                    I8X16,
                );
            }
            Operator::I32x4RelaxedTruncF32x4S => {
                let convert = if x86 {
                    Opcode::X86Cvtt2dq
                } else {
                    Opcode::FcvtToSintSat
                };
                self.convert_lanes(convert, F32X4, I32X4);
            }
            Operator::I32x4RelaxedTruncF32x4U => {
                self.convert_lanes(Opcode::FcvtToUintSat, F32X4, I32X4);
            }
            Operator::I32x4RelaxedTruncF64x2SZero => {
                let convert = if x86 {
                    Opcode::X86Cvtt2dq
                } else {
                    Opcode::FcvtToSintSat
                };
                self.truncate_low(convert, Opcode::Snarrow);
            }
            Operator::I32x4RelaxedTruncF64x2UZero => {
                self.truncate_low(Opcode::FcvtToUintSat, Opcode::Uunarrow);
            }
            Operator::F32x4RelaxedMadd => self.multiply_add(F32X4, false),
            Operator::F32x4RelaxedNmadd => self.multiply_add(F32X4, true),
            Operator::F64x2RelaxedMadd => self.multiply_add(F64X2, false),
            Operator::F64x2RelaxedNmadd => self.multiply_add(F64X2, true),
            Operator::I8x16RelaxedLaneselect => self.lane_select(I8X16, x86),
            // The machine has no such instruction for 16-bit lanes.
            Operator::I16x8RelaxedLaneselect => self.lane_select(I16X8, false),
            Operator::I32x4RelaxedLaneselect => self.lane_select(I32X4, x86),
            Operator::I64x2RelaxedLaneselect => self.lane_select(I64X2, x86),
            Operator::F32x4RelaxedMin => self.relaxed_minimum(F32X4, x86),
            Operator::F32x4RelaxedMax => self.relaxed_maximum(F32X4, x86),
            Operator::F64x2RelaxedMin => self.relaxed_minimum(F64X2, x86),
            Operator::F64x2RelaxedMax => self.relaxed_maximum(F64X2, x86),
            Operator::I16x8RelaxedQ15mulrS => {
                let multiply = if x86 {
                    Opcode::X86Pmulhrsw
                } else {
                    Opcode::SqmulRoundSat
                };
                self.binary_lanes(multiply, I16X8);
            }
            Operator::I16x8RelaxedDotI8x16I7x16S => {
                let value = self.pop_byte_dot_product(x86);
                self.push_vector(value);
            }
            Operator::I32x4RelaxedDotI8x16I7x16AddS => self.dot_product_add(x86),
            _ => return false,
        }
        true
    }

    /// `a * b + c`, or `-(a * b) + c`; rounded once where the machine can.
    fn multiply_add(&mut self, lanes: Type, negate: bool) {
        let addend = self.pop_vector(lanes);
        let (left, right) = self.pop_vectors(lanes);
        let left = if negate {
            self.builder.ins().fneg(left)
        } else {
            left
        };
        let value = if self.env.isa.has_native_fma() {
            self.builder.ins().fma(left, right, addend)
        } else {
            let product = self.builder.ins().fmul(left, right);
            self.builder.ins().fadd(product, addend)
        };
        self.push_vector(value);
    }

    /// Selects by lane, looking at the mask's top bits only, or by bit.
    fn lane_select(&mut self, lanes: Type, by_top_bit: bool) {
        let mask = self.pop_vector(lanes);
        let (left, right) = self.pop_vectors(lanes);
        let value = if by_top_bit {
            self.builder.ins().blendv(mask, left, right)
        } else {
            self.builder.ins().bitselect(mask, left, right)
        };
        self.push_vector(value);
    }

    fn relaxed_minimum(&mut self, lanes: Type, x86: bool) {
        if x86 {
            let (left, right) = self.pop_vectors(lanes);
            self.select_if_less(left, right, left, right, lanes);
        } else {
            self.binary_lanes(Opcode::Fmin, lanes);
        }
    }

    fn relaxed_maximum(&mut self, lanes: Type, x86: bool) {
        if x86 {
            let (left, right) = self.pop_vectors(lanes);
            self.select_if_less(right, left, left, right, lanes);
        } else {
            self.binary_lanes(Opcode::Fmax, lanes);
        }
    }

    /// Multiplies 8-bit lanes and adds neighbouring products to 16-bit ones.
    fn pop_byte_dot_product(&mut self, x86: bool) -> Value {
        let (left, right) = self.pop_vectors(I8X16);
        if x86 {
            // The machine takes one operand as unsigned: the one that must have its top bits
            // clear for the result to be specified.
            return self.builder.ins().x86_pmaddubsw(left, right);
        }
        let [low, high] = [Opcode::SwidenLow, Opcode::SwidenHigh].map(|widen| {
            let left = self.emit_unary(widen, I8X16, left);
            let right = self.emit_unary(widen, I8X16, right);
            self.builder.ins().imul(left, right)
        });
        self.builder.ins().iadd_pairwise(low, high)
    }

    fn dot_product_add(&mut self, x86: bool) {
        let addend = self.pop_vector(I32X4);
        let dot = self.pop_byte_dot_product(x86);
        let low = self.emit_unary(Opcode::SwidenLow, I16X8, dot);
        let high = self.emit_unary(Opcode::SwidenHigh, I16X8, dot);
        let sums = self.builder.ins().iadd_pairwise(low, high);
        let value = self.builder.ins().iadd(sums, addend);
        self.push_vector(value);
    }
}
