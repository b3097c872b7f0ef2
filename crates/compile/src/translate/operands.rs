//! Pushing and popping operands.
//!
//! Operands are held in different forms ([`Form`]); whoever pops one says in which he wants it.

use super::function::{FunctionTranslator, State};
use super::state::{Form, Operand};
use crate::abi;
use crate::observe::RecipeId;
use crate::types::ValType;
use cranelift_codegen::ir::{BlockArg, InstBuilder, Type, Value, types};

impl FunctionTranslator<'_> {
    /// Pushes a value that is held as its type demands.
    pub(super) fn push(&mut self, value: Value, ty: ValType) {
        debug_assert_eq!(self.builder.func.dfg.value_type(value), abi::value_type(ty));
        self.state.operands.push(Operand {
            value,
            ty,
            form: Form::Plain,
            recipe: RecipeId::NONE,
        });
    }

    /// Pushes an `i32` that is a condition: an 8-bit value, 0 or 1.
    pub(super) fn push_condition(&mut self, value: Value) {
        debug_assert_eq!(self.builder.func.dfg.value_type(value), types::I8);
        self.state.operands.push(Operand {
            value,
            ty: ValType::I32,
            form: Form::Condition,
            recipe: RecipeId::NONE,
        });
    }

    /// Pushes a `v128`, held as a vector of any lanes.
    pub(super) fn push_vector(&mut self, value: Value) {
        let plain = self.builder.func.dfg.value_type(value) == types::I8X16;
        let form = if plain { Form::Plain } else { Form::Lanes };
        self.state.operands.push(Operand {
            value,
            ty: ValType::V128,
            form,
            recipe: RecipeId::NONE,
        });
    }

    /// Pops a `v128` as a vector of these lanes.
    pub(super) fn pop_vector(&mut self, lanes: Type) -> Value {
        let value = self.state.operands.pop().value;
        if self.builder.func.dfg.value_type(value) == lanes {
            value
        } else {
            self.emit_bitcast(lanes, value)
        }
    }

    /// Pops a value, held as its type demands.
    pub(super) fn pop(&mut self) -> Value {
        let operand = self.state.operands.pop();
        self.plain(operand)
    }

    /// Pops an `i32` of which only matters whether it is zero: 32 or 8 bits.
    pub(super) fn pop_condition(&mut self) -> Value {
        self.state.operands.pop().value
    }

    /// The value of an operand, held as its type demands.
    #[inline]
    fn plain(&mut self, operand: Operand) -> Value {
        match operand.form {
            Form::Plain => operand.value,
            Form::Condition => self.builder.ins().uextend(types::I32, operand.value),
            Form::Lanes => self.emit_bitcast(types::I8X16, operand.value),
        }
    }

    /// Converts the topmost operands to what their types demand, where they stand.
    pub(super) fn settle(&mut self, count: usize) {
        for from_top in (1..=count).rev() {
            let operand = self.state.operands.top(from_top)[0];
            if operand.form != Form::Plain {
                let value = self.plain(operand);
                self.state.operands.top_mut(from_top)[0] = Operand {
                    value,
                    form: Form::Plain,
                    ..operand
                };
            }
        }
    }

    /// The value of the operand at a depth, in a form that has the bits of its wasm value.
    pub(super) fn storable(&mut self, depth: usize) -> Value {
        let operand = *self.state.operands.at(depth);
        match operand.form {
            Form::Plain | Form::Lanes => operand.value,
            Form::Condition => {
                let value = self.plain(operand);
                *self.state.operands.at_mut(depth) = Operand {
                    value,
                    form: Form::Plain,
                    ..operand
                };
                value
            }
        }
    }

    /// Collects the topmost operands as the arguments of a branch, and leaves them.
    pub(super) fn collect_block_args(&mut self, count: usize) {
        self.settle(count);
        self.pass_values(count);
        let State {
            block_args,
            operands,
            ..
        } = &mut *self.state;
        block_args.clear();
        block_args.extend(
            operands
                .top(count)
                .iter()
                .map(|operand| BlockArg::Value(operand.value)),
        );
    }

    /// Pops the topmost operands and collects them after those already in `state.values`.
    pub(super) fn pop_values(&mut self, count: usize) {
        self.settle(count);
        self.pass_values(count);
        let State {
            values, operands, ..
        } = &mut *self.state;
        values.extend(operands.top(count).iter().map(|operand| operand.value));
        operands.truncate(operands.height() - count);
    }

    /// Zero-extends a value to the width of addresses.
    pub(super) fn extend_index(&mut self, index: Value, index64: bool) -> Value {
        if index64 {
            index
        } else {
            self.builder.ins().uextend(types::I64, index)
        }
    }
}
