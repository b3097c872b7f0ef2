//! Calls of functions and builtins.
//!
//! A function of the module is called directly; its vmctx is the caller's own. Imported functions
//! and elements of tables are called by address, with the vmctx that stands beside it. Whether
//! the callee is wasm or the host makes no difference to the call.

use super::access::Access;
use super::effects::Effect;
use super::function::FunctionTranslator;
use crate::abi::{self, POINTER};
use crate::builtins::Builtin;
use crate::codegen::CallTarget;
use crate::layout::{func_ref, function_import};
use crate::trap::TrapKind;
use crate::types::{DefinedFuncIndex, FuncIndex, SignatureIndex, TableIndex, TypeIndex};
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{
    ExtFuncData, ExternalName, FuncRef, Inst, InstBuilder, Opcode, SigRef, Signature,
    UserExternalName, Value, types,
};
use cranelift_codegen::isa::CallConv;

/// A function to be called.
#[derive(Clone, Copy)]
pub(super) enum Callee {
    /// One of the module's own.
    Direct(FuncRef),
    /// One whose code address and vmctx are known only at run time.
    Indirect { code: Value, vmctx: Value },
}

impl FunctionTranslator<'_> {
    pub(super) fn call(&mut self, function: FuncIndex) {
        let (callee, signature) = self.known_callee(function);
        self.emit_call(callee, signature);
    }

    pub(super) fn return_call(&mut self, function: FuncIndex) {
        let (callee, signature) = self.known_callee(function);
        self.emit_return_call(callee, signature);
    }

    pub(super) fn call_indirect(&mut self, ty: TypeIndex, table: TableIndex) {
        let signature = self.env.info.types[ty];
        let callee = self.pop_callee(signature, table);
        self.emit_call(callee, signature);
    }

    pub(super) fn return_call_indirect(&mut self, ty: TypeIndex, table: TableIndex) {
        let signature = self.env.info.types[ty];
        let callee = self.pop_callee(signature, table);
        self.emit_return_call(callee, signature);
    }

    fn known_callee(&mut self, function: FuncIndex) -> (Callee, SignatureIndex) {
        let signature = self.env.info.functions[function].signature;
        let callee = match self.env.info.defined_function(function) {
            Some(defined) => Callee::Direct(self.function_ref(defined, signature)),
            None => {
                let import = self.env.layout.imported_function(function);
                let code = import + function_import::CODE;
                let vmctx = import + function_import::VMCTX;
                Callee::Indirect {
                    code: self.load_constant(POINTER, self.vmctx, code),
                    vmctx: self.load_constant(POINTER, self.vmctx, vmctx),
                }
            }
        };
        (callee, signature)
    }

    /// Pops an index and finds the function in a table, with the checks of `call_indirect`.
    fn pop_callee(&mut self, signature: SignatureIndex, table: TableIndex) -> Callee {
        let index = self.pop();
        let address = self.element_address(table, index, TrapKind::UndefinedElement);
        let record = self.emit_load(Opcode::Load, POINTER, Access::TableElement, address, 0);
        let offset = self.env.layout.signature(signature);
        let expected = self.load_constant(types::I32, self.vmctx, offset);
        // This one traps if the reference is null.
        let offset = func_ref::SIGNATURE as i32;
        let actual = self.emit_load(Opcode::Load, types::I32, Access::Signature, record, offset);
        let matches = self.builder.ins().icmp(IntCC::Equal, actual, expected);
        self.builder
            .ins()
            .trapz(matches, TrapKind::IndirectCallTypeMismatch.code());
        let mut field = |offset| {
            self.emit_load(
                Opcode::Load,
                POINTER,
                Access::FuncRef,
                record,
                offset as i32,
            )
        };
        Callee::Indirect {
            code: field(func_ref::CODE),
            vmctx: field(func_ref::VMCTX),
        }
    }

    fn emit_call(&mut self, callee: Callee, signature: SignatureIndex) {
        self.collect_arguments(callee, signature);
        self.before_call();
        if self.state.handlers.any() {
            let results = self.env.info.signatures[signature].results();
            let next = self.emit_try_call(callee, signature);
            self.effect(Effect::Call);
            self.push_block_params(next, results);
            self.fresh_operands(results.len());
            return;
        }
        let inst = match callee {
            Callee::Direct(function) => self.builder.ins().call(function, &self.state.values),
            Callee::Indirect { code, .. } => {
                let signature = self.signature_ref(signature);
                self.builder
                    .ins()
                    .call_indirect(signature, code, &self.state.values)
            }
        };
        self.effect(Effect::Call);
        self.push_results(inst, signature);
    }

    fn emit_return_call(&mut self, callee: Callee, signature: SignatureIndex) {
        self.collect_arguments(callee, signature);
        match callee {
            Callee::Direct(function) => {
                self.builder.ins().return_call(function, &self.state.values);
            }
            Callee::Indirect { code, .. } => {
                let signature = self.signature_ref(signature);
                self.builder
                    .ins()
                    .return_call_indirect(signature, code, &self.state.values);
            }
        }
        self.set_unreachable();
    }

    /// Pops the arguments into `state.values`, after the vmctx.
    fn collect_arguments(&mut self, callee: Callee, signature: SignatureIndex) {
        self.state.values.clear();
        self.state.values.push(match callee {
            Callee::Direct(_) => self.vmctx,
            Callee::Indirect { vmctx, .. } => vmctx,
        });
        self.pop_values(self.env.info.signatures[signature].params().len());
    }

    fn push_results(&mut self, call: Inst, signature: SignatureIndex) {
        let results = self.env.info.signatures[signature].results();
        self.pass_values(results.len());
        for (index, &ty) in results.iter().enumerate() {
            let value = self.builder.inst_results(call)[index];
            self.push(value, ty);
        }
        self.fresh_operands(results.len());
    }

    pub(super) fn signature_ref(&mut self, index: SignatureIndex) -> SigRef {
        if let Some(signature) = self.state.signatures.get(index) {
            return signature;
        }
        let signature = abi::guest_signature(&self.env.info.signatures[index]);
        let signature = self.builder.import_signature(signature);
        self.state.signatures.insert(index, signature)
    }

    fn function_ref(&mut self, index: DefinedFuncIndex, signature: SignatureIndex) -> FuncRef {
        if let Some(function) = self.state.functions.get(index) {
            return function;
        }
        let signature = self.signature_ref(signature);
        let function = self.import(CallTarget::Function(index).name(), signature);
        self.state.functions.insert(index, function)
    }

    fn import(&mut self, name: UserExternalName, signature: SigRef) -> FuncRef {
        let name = self.builder.func.declare_imported_user_function(name);
        self.builder.import_function(ExtFuncData {
            name: ExternalName::User(name),
            signature,
            colocated: true,
            patchable: false,
        })
    }

    /// Calls a builtin that has a result.
    pub(super) fn call_builtin(&mut self, builtin: Builtin, args: &[Value]) -> Value {
        let call = self.emit_builtin_call(builtin, args);
        self.builder.inst_results(call)[0]
    }

    /// Calls a builtin whose result is 0 if the operator must trap.
    pub(super) fn call_checked_builtin(
        &mut self,
        builtin: Builtin,
        args: &[Value],
        trap: TrapKind,
    ) {
        let done = self.call_builtin(builtin, args);
        self.builder.ins().trapz(done, trap.code());
    }

    /// Calls a builtin.
    pub(super) fn emit_builtin_call(&mut self, builtin: Builtin, args: &[Value]) -> Inst {
        let function = self.collect_builtin_arguments(builtin, args);
        self.builder.ins().call(function, &self.state.values)
    }

    /// Collects the arguments of a builtin into `state.values`, after the vmctx.
    pub(super) fn collect_builtin_arguments(
        &mut self,
        builtin: Builtin,
        args: &[Value],
    ) -> FuncRef {
        let function = match self.state.builtins[builtin as usize] {
            Some(function) => function,
            None => {
                let signature: Signature = builtin.signature(CallConv::Tail);
                let signature = self.builder.import_signature(signature);
                let function = self.import(CallTarget::Builtin(builtin).name(), signature);
                self.state.builtins[builtin as usize] = Some(function);
                function
            }
        };
        self.state.values.clear();
        self.state.values.push(self.vmctx);
        self.state.values.extend_from_slice(args);
        function
    }
}
