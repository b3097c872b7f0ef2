//! Calling conventions: how wasm types and function types look to the code generator.
//!
//! | edge | convention | parameters | results |
//! |---|---|---|---|
//! | guest to guest | `tail` | vmctx of the callee, wasm parameters | wasm results |
//! | host to guest (entry trampoline) | `tail` | code, vmctx, slots | none |
//! | guest to host (exit trampoline) | `tail` | host callee as vmctx, wasm parameters | wasm results |
//! | exit trampoline to host | `system_v` | host callee, slots | `u32`, 0 if all went well |
//! | guest to builtin (builtin trampoline) | `tail` | vmctx, the builtin's parameters | its result |
//! | builtin trampoline to host | `system_v` | as the guest gave them | its result |
//!
//! On x86-64 functions of both conventions keep `rbx`, `rbp` and `r12` to `r15` for their callers:
//! each saves those that it uses, and one that catches exceptions all of them, because no register
//! keeps its value on the way to a handler. A guest that is left without returning restores none.
//!
//! *Slots* are an array of [`crate::layout::RAW_VALUE_SIZE`] bytes a value, as many as the larger
//! of the numbers of parameters and results: parameters on the way in, results on the way back.

use crate::types::{FuncType, ValType};
use cranelift_codegen::ir::{AbiParam, Signature, Type, types};
use cranelift_codegen::isa::CallConv;

/// The type of pointers: all supported targets have 64-bit ones.
pub(crate) const POINTER: Type = types::I64;

/// The code generator's type for a wasm type. References are pointers or numbers of 8 bytes.
pub(crate) fn value_type(ty: ValType) -> Type {
    match ty {
        ValType::I32 => types::I32,
        ValType::I64 => types::I64,
        ValType::F32 => types::F32,
        ValType::F64 => types::F64,
        ValType::V128 => types::I8X16,
        ValType::Ref(_) => types::I64,
    }
}

/// How guest code calls a function of this type, be it of the guest or of the host.
pub(crate) fn guest_signature(ty: &FuncType) -> Signature {
    let mut signature = Signature::new(CallConv::Tail);
    signature.params.push(AbiParam::new(POINTER));
    signature
        .params
        .extend(ty.params().iter().map(|&ty| AbiParam::new(value_type(ty))));
    signature
        .returns
        .extend(ty.results().iter().map(|&ty| AbiParam::new(value_type(ty))));
    signature
}

/// The signature of an entry trampoline. On x86-64 the `tail` convention passes these parameters
/// in the same registers as the system's.
pub(crate) fn entry_signature() -> Signature {
    let mut signature = Signature::new(CallConv::Tail);
    signature.params.extend([AbiParam::new(POINTER); 3]);
    signature
}

/// The signature of a function of the host behind an exit trampoline.
pub(crate) fn host_signature() -> Signature {
    let mut signature = Signature::new(CallConv::SystemV);
    signature.params.extend([AbiParam::new(POINTER); 2]);
    signature.returns.push(AbiParam::new(types::I32));
    signature
}
