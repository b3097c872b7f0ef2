//! `setExpression`: stores a value where an expression leads.

use super::Handle;
use crate::context::{Context, Refusal};
use crate::evaluation::Effects;
use crate::protocol::{SetExpressionArguments, SetExpressionBody, SetExpressionRequest};
use crate::references::ShownValue;
use crate::values::is_hex;

impl Handle for SetExpressionRequest {
    fn handle(
        context: &mut Context<'_>,
        arguments: SetExpressionArguments,
    ) -> Result<SetExpressionBody, Refusal> {
        let level = context.level_or_first(arguments.frame_id)?;
        let expression = arguments.expression.trim();
        let value = context.with_environment(
            level,
            Effects::Assignments,
            |environment| environment.evaluate(expression),
            expression,
        )?;
        let place = ShownValue {
            level,
            value,
            expression: Some(expression.to_owned()),
            is_raw: false,
            is_hex: is_hex(arguments.format.as_ref()),
        };
        let stored = context.store(&place, arguments.value.trim())?;
        let told = context.tell_value(&stored)?;
        Ok(SetExpressionBody {
            value: told.text,
            type_name: told.type_name,
            presentation_hint: told.hint,
            variables_reference: Some(told.reference),
            named_variables: told.named,
            indexed_variables: told.indexed,
            memory_reference: told.memory,
            ..SetExpressionBody::default()
        })
    }
}
