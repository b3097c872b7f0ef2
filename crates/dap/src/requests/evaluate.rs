//! `evaluate`: the value of an expression at a frame. What is typed into the console may assign to variables
//! and call functions of the program; what is evaluated without being asked for, such as watches, may not.

use super::Handle;
use crate::context::{Context, Refusal};
use crate::evaluation::Effects;
use crate::protocol::{EvaluateArguments, EvaluateBody, EvaluateContext, EvaluateRequest};
use crate::references::ShownValue;
use crate::values::is_hex;

impl Handle for EvaluateRequest {
    fn handle(
        context: &mut Context<'_>,
        arguments: EvaluateArguments,
    ) -> Result<EvaluateBody, Refusal> {
        let level = context.level_or_first(arguments.frame_id)?;
        let expression = arguments.expression.trim();
        if expression.is_empty() {
            return Err(Refusal::because("there is no expression"));
        }
        let is_typed = arguments.context == Some(EvaluateContext::Repl);
        let value = context.with_environment(
            level,
            match is_typed {
                true => Effects::Calls,
                false => Effects::None,
            },
            |environment| {
                let value = environment.evaluate(expression)?;
                if is_typed {
                    environment.record(&value);
                }
                Ok(value)
            },
            expression,
        )?;
        let shown = ShownValue {
            level,
            value,
            expression: Some(expression.to_owned()),
            is_raw: false,
            is_hex: is_hex(arguments.format.as_ref()),
        };
        let mut told = context.tell_value(&shown)?;
        if arguments.context == Some(EvaluateContext::Clipboard) {
            told.text = context.whole_text(&shown)?;
        }
        if is_typed {
            // It may have assigned to something, or called what does.
            context.changed(None);
        }
        Ok(EvaluateBody {
            result: told.text,
            type_name: told.type_name,
            presentation_hint: told.hint,
            variables_reference: told.reference,
            named_variables: told.named,
            indexed_variables: told.indexed,
            memory_reference: told.memory,
            value_location_reference: context.function(&shown),
        })
    }
}
