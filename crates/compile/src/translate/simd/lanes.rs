//! Lanes by themselves: to and from memory, scalars, and other places of the vector.

use super::super::function::FunctionTranslator;
use super::lane_integer;
use crate::types::ValType;
use cranelift_codegen::ir::types::{I8X16, I16X8, I32};
use cranelift_codegen::ir::{InstBuilder, Opcode, Type, Value};
use wasmparser::MemArg;

impl FunctionTranslator<'_> {
    /// Loads 8 bytes as lanes of half the size, and widens them.
    pub(super) fn load_widened(&mut self, memarg: &MemArg, opcode: Opcode, lanes: Type) {
        if let Some(value) = self.load_as(memarg, opcode, lanes, 8) {
            self.push_vector(value);
        }
    }

    /// Loads a lane as a scalar.
    fn load_scalar(&mut self, memarg: &MemArg, lanes: Type) -> Option<Value> {
        let scalar = lane_integer(lanes);
        self.load_as(memarg, Opcode::Load, scalar, scalar.bytes())
    }

    pub(super) fn load_splat(&mut self, memarg: &MemArg, lanes: Type) {
        if let Some(scalar) = self.load_scalar(memarg, lanes) {
            let value = self.builder.ins().splat(lanes, scalar);
            self.push_vector(value);
        }
    }

    pub(super) fn load_zero(&mut self, memarg: &MemArg, lanes: Type) {
        if let Some(scalar) = self.load_scalar(memarg, lanes) {
            let value = self.builder.ins().scalar_to_vector(lanes, scalar);
            self.push_vector(value);
        }
    }

    pub(super) fn load_lane(&mut self, memarg: &MemArg, lanes: Type, lane: u8) {
        let vector = self.pop_vector(lanes);
        if let Some(scalar) = self.load_scalar(memarg, lanes) {
            let value = self.builder.ins().insertlane(vector, scalar, lane);
            self.push_vector(value);
        }
    }

    pub(super) fn store_lane(&mut self, memarg: &MemArg, lanes: Type, lane: u8) {
        let vector = self.pop_vector(lanes);
        let scalar = self.builder.ins().extractlane(vector, lane);
        self.store_value(memarg, Opcode::Store, scalar, lane_integer(lanes).bytes());
    }

    pub(super) fn shuffle(&mut self, lanes: &[u8; 16]) {
        let (left, right) = self.pop_vectors(I8X16);
        let mask = self
            .builder
            .func
            .dfg
            .immediates
            .push(lanes.as_slice().into());
        let value = self.builder.ins().shuffle(left, right, mask);
        self.push_vector(value);
    }

    /// Pops a scalar as a lane: small ones are the low bits of an `i32`.
    fn pop_scalar(&mut self, lanes: Type) -> Value {
        let scalar = self.pop();
        if lanes == I8X16 || lanes == I16X8 {
            self.builder.ins().ireduce(lanes.lane_type(), scalar)
        } else {
            scalar
        }
    }

    pub(super) fn splat(&mut self, lanes: Type) {
        let scalar = self.pop_scalar(lanes);
        let value = self.builder.ins().splat(lanes, scalar);
        self.push_vector(value);
    }

    pub(super) fn extract_lane(&mut self, lanes: Type, lane: u8, ty: ValType) {
        let vector = self.pop_vector(lanes);
        let value = self.builder.ins().extractlane(vector, lane);
        self.push(value, ty);
    }

    /// Extracts a lane of less than 32 bits, which `extend` makes an `i32`.
    pub(super) fn extract_small_lane(&mut self, lanes: Type, lane: u8, extend: Opcode) {
        let vector = self.pop_vector(lanes);
        let scalar = self.builder.ins().extractlane(vector, lane);
        let value = self.emit_unary(extend, I32, scalar);
        self.push(value, ValType::I32);
    }

    pub(super) fn replace_lane(&mut self, lanes: Type, lane: u8) {
        let scalar = self.pop_scalar(lanes);
        let vector = self.pop_vector(lanes);
        let value = self.builder.ins().insertlane(vector, scalar, lane);
        self.push_vector(value);
    }
}
