//! Expressions at a frame, and what they may do there.

use crate::context::{Context, Refusal};
use trapline_symbols::FrameEnvironment;
use trapline_symbols::expression::ExpressionError;

/// What an expression may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Effects {
    None,
    Assignments,
    /// That, and call functions of the program.
    Calls,
}

impl Context<'_> {
    /// Works in the environment of a frame.
    pub(crate) fn with_environment<R>(
        &mut self,
        level: usize,
        effects: Effects,
        work: impl FnOnce(&mut FrameEnvironment<'_, '_>) -> Result<R, ExpressionError>,
        expression: &str,
    ) -> Result<R, Refusal> {
        let refuse = |error: ExpressionError| Refusal::because(error.render(expression));
        let history = &mut self.session.history;
        let frame = self.guest.frame(level)?;
        if effects != Effects::Calls {
            let mut environment = frame.environment()?.with_history(history);
            if effects == Effects::None {
                environment = environment.read_only();
            }
            return work(&mut environment).map_err(refuse);
        }
        let client = self.session.client.clone();
        let seq = self.seq;
        let mut work = Some(work);
        let mut result = None;
        let worked = self.guest.with_calls(
            level,
            &mut |handle| client.begin_call(seq, handle),
            &mut |calls| {
                let environment = frame.environment();
                result = work.take().map(|work| {
                    let environment = environment?.with_history(history).with_calls(calls);
                    work(&mut { environment }).map_err(refuse)
                });
            },
        );
        if self.session.client.end_call() {
            return Err(Refusal::Cancelled);
        }
        worked?;
        let never = || Refusal::because("the expression was not evaluated");
        result.ok_or_else(never)?
    }
}
