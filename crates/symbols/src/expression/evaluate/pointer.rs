//! Pointer arithmetic, which counts in elements.

use super::{Environment, Evaluator};
use crate::expression::ast::BinaryOperator;
use crate::expression::problem::Problem;
use crate::expression::scalar::{Scalar, ScalarType};

impl<E: Environment + ?Sized> Evaluator<'_, E> {
    /// `p + n`, `n + p`, `p - n` and `p - q`; `None` if there is no pointer with a type.
    pub(super) fn pointer_arithmetic(
        &mut self,
        operator: BinaryOperator,
        left: &E::Value,
        right: &E::Value,
    ) -> Result<Option<E::Value>, Problem> {
        let subtract = operator == BinaryOperator::Subtract;
        let strides = (
            self.environment.stride(left)?,
            self.environment.stride(right)?,
        );
        match strides {
            (None, None) => Ok(None),
            (Some(stride), None) => self.moved(operator, left, stride, right).map(Some),
            (None, Some(stride)) if !subtract => {
                self.moved(operator, right, stride, left).map(Some)
            }
            (Some(stride), Some(other)) if subtract && stride == other && stride > 0 => {
                let left = self.environment.pointer_address(left)?;
                let right = self.environment.pointer_address(right)?;
                let difference = (i128::from(left) - i128::from(right)) / i128::from(stride);
                let type_ = self.environment.data_model().address.integer(true);
                let difference = Scalar::integer(type_, difference);
                Ok(Some(self.environment.value(difference)))
            }
            _ => Err(self.no_operator(operator, left, right)),
        }
    }

    /// A pointer, moved by a number of elements. Addresses wrap around.
    fn moved(
        &mut self,
        operator: BinaryOperator,
        pointer: &E::Value,
        stride: u64,
        distance: &E::Value,
    ) -> Result<E::Value, Problem> {
        let count = match self.environment.scalar(distance)? {
            Some(scalar) if !matches!(scalar.type_(), ScalarType::Address(_)) => {
                scalar.to_integer()
            }
            // An address without a type is no distance, but may be subtracted.
            Some(scalar) if operator == BinaryOperator::Subtract => {
                return self.byte_difference(pointer, scalar);
            }
            _ => None,
        };
        let Some(count) = count else {
            return Err(self.no_operator(operator, pointer, distance));
        };
        let address = self.environment.pointer_address(pointer)?;
        // Addresses have 64 bits at most, so that those of the numbers above do not matter.
        let bytes = (count as u64).wrapping_mul(stride);
        let moved = match operator {
            BinaryOperator::Subtract => address.wrapping_sub(bytes),
            _ => address.wrapping_add(bytes),
        };
        let width = self.environment.data_model().address;
        let moved = moved & width.integer(false).max() as u64;
        self.environment.with_address(pointer, moved)
    }

    /// A pointer minus an address that has no type: in bytes.
    fn byte_difference(&mut self, pointer: &E::Value, other: Scalar) -> Result<E::Value, Problem> {
        let width = self.environment.data_model().address;
        let address = self.environment.pointer_address(pointer)?;
        let difference = BinaryOperator::Subtract.apply(Scalar::address(width, address), other)?;
        Ok(self.environment.value(difference))
    }

    pub(super) fn no_operator(
        &mut self,
        operator: BinaryOperator,
        left: &E::Value,
        right: &E::Value,
    ) -> Problem {
        let left = self.environment.describe(left);
        let right = self.environment.describe(right);
        Problem::NoOperator {
            operator: operator.text(),
            operands: format!("{left} and {right}"),
        }
    }
}
