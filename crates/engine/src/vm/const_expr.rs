//! Constant expressions: initial values and the offsets of segments.

use super::instance::func_ref;
use super::module::RuntimeModule;
use super::raw_val::RawVal;
use super::vmctx::Vmctx;
use trapline_compile::module::{ConstExpr, ConstOp};

/// Evaluates a validated constant expression in an instance whose imports, function references and
/// earlier globals are in place.
pub(crate) fn evaluate(module: &RuntimeModule, vmctx: Vmctx, expr: &ConstExpr) -> RawVal {
    if let [op] = expr.ops[..] {
        return operand(module, vmctx, op).unwrap_or(RawVal::ZERO);
    }
    let mut stack = Vec::new();
    for &op in &expr.ops {
        let value = match operand(module, vmctx, op) {
            Some(value) => value,
            None => {
                let right = stack.pop().unwrap_or(RawVal::ZERO);
                let left = stack.pop().unwrap_or(RawVal::ZERO);
                binary(op, left, right)
            }
        };
        stack.push(value);
    }
    stack.pop().unwrap_or(RawVal::ZERO)
}

/// The value of an operator that takes none from the stack.
fn operand(module: &RuntimeModule, vmctx: Vmctx, op: ConstOp) -> Option<RawVal> {
    Some(match op {
        ConstOp::I32Const(value) => RawVal::from_u32(value as u32),
        ConstOp::I64Const(value) => RawVal::from_u64(value as u64),
        ConstOp::F32Const(bits) => RawVal::from_u32(bits),
        ConstOp::F64Const(bits) => RawVal::from_u64(bits),
        ConstOp::V128Const(bits) => RawVal::from_u128(bits),
        ConstOp::GlobalGet(index) => vmctx.global(index).get(),
        ConstOp::RefNull => RawVal::ZERO,
        ConstOp::RefFunc(func) => RawVal::from_u64(func_ref(module, vmctx, func).to_raw()),
        _ => return None,
    })
}

fn binary(op: ConstOp, left: RawVal, right: RawVal) -> RawVal {
    let (l32, r32) = (left.as_u32(), right.as_u32());
    let (l64, r64) = (left.as_u64(), right.as_u64());
    match op {
        ConstOp::I32Add => RawVal::from_u32(l32.wrapping_add(r32)),
        ConstOp::I32Sub => RawVal::from_u32(l32.wrapping_sub(r32)),
        ConstOp::I32Mul => RawVal::from_u32(l32.wrapping_mul(r32)),
        ConstOp::I64Add => RawVal::from_u64(l64.wrapping_add(r64)),
        ConstOp::I64Sub => RawVal::from_u64(l64.wrapping_sub(r64)),
        ConstOp::I64Mul => RawVal::from_u64(l64.wrapping_mul(r64)),
        // The others are operands.
        _ => RawVal::ZERO,
    }
}
