//! Conditions: expressions that are true or false, evaluated again and again at the same place in the
//! code.
//!
//! What the names in a condition mean, and where their values are, is the same each time. So a
//! condition is bound once: as far as its parts are simple they become a [`Node`], a tree that only
//! reads words of the guest and computes with them. Whatever that cannot do, and all errors, are left
//! to the evaluator that serves all expressions; so both have to agree, and the tests compare them.

mod compile;
mod node;
mod variants;

use super::FrameEnvironment;
use super::names::{KnownTypes, Names};
use crate::expression::{
    Effect, Expression, ExpressionError, Problem, Span, evaluate_condition, parse, permit,
};
use crate::{Symbols, SymbolsError, Target};
use compile::Compiler;
use node::{Machine, Node};
use std::sync::Arc;

/// An expression that is true or false at a place in the code, such as the condition of a
/// breakpoint.
///
/// ```
/// use trapline_symbols::{Condition, Symbols, Target};
///
/// /// At how many of the stops at a place an expression is true.
/// fn count(symbols: &Symbols, wasm_pc: u32, source: &str, stops: &[&dyn Target]) -> usize {
///     let Ok(condition) = Condition::bind(symbols, source, wasm_pc) else {
///         return 0;
///     };
///     let holds = |target: &&&dyn Target| condition.holds(symbols, **target) == Ok(true);
///     stops.iter().filter(holds).count()
/// }
/// ```
#[derive(Debug)]
pub struct Condition {
    expression: Expression,
    /// What most of the time is enough.
    node: Option<Node>,
    names: Arc<Names>,
    wasm_pc: u32,
    identity: u64,
}

impl Condition {
    /// Binds an expression to the place where a frame stands each time when it is evaluated:
    /// `wasm_pc` is the instruction's offset in the module file.
    ///
    /// # Errors
    ///
    /// What is wrong with the expression, and where: also if it would change the program, or names
    /// what there is not.
    pub fn bind(
        symbols: &Symbols,
        source: &str,
        wasm_pc: u32,
    ) -> Result<Condition, ExpressionError> {
        let damaged = |error: SymbolsError| ExpressionError {
            span: Span {
                start: 0,
                end: source.len(),
            },
            problem: Problem::Other(error.to_string()),
        };
        let names = Names::at(symbols, Some(wasm_pc), 0).map_err(damaged)?;
        symbols.begin_request();
        let known = KnownTypes {
            names: &names,
            symbols,
        };
        let expression = parse(source, &known)?;
        if let Some((span, effect)) = expression.first_effect()
            && effect == Effect::Assignment
        {
            let how = "a condition only looks: write `==` to compare".to_string();
            let problem = Problem::Refused { effect, how };
            return Err(ExpressionError { span, problem });
        }
        let compiler = Compiler {
            symbols,
            names: &names,
        };
        permit(&expression, &compiler.environment())?;
        compiler.check_names(&expression)?;
        Ok(Condition {
            node: compiler.condition(&expression),
            expression,
            names: Arc::new(names),
            wasm_pc,
            identity: symbols.identity(),
        })
    }

    /// Whether it is true in a frame of the guest that stands at that place. `symbols` are those that
    /// it was bound with.
    ///
    /// # Errors
    ///
    /// If that cannot be said, and why not.
    pub fn holds(&self, symbols: &Symbols, target: &dyn Target) -> Result<bool, ExpressionError> {
        if self.identity != symbols.identity() {
            let sentence = "the condition was made for another module";
            return Err(ExpressionError {
                span: self.expression.span(),
                problem: Problem::Other(sentence.to_string()),
            });
        }
        if let Some(node) = &self.node {
            let machine = Machine { symbols, target };
            if let Some(scalar) = node.scalar(&machine) {
                return Ok(scalar.is_true());
            }
        }
        self.holds_by_evaluator(symbols, target)
    }

    /// Whether nothing but reading a few words is needed to tell.
    pub fn is_fast(&self) -> bool {
        self.node.is_some()
    }

    fn holds_by_evaluator(
        &self,
        symbols: &Symbols,
        target: &dyn Target,
    ) -> Result<bool, ExpressionError> {
        let mut environment = FrameEnvironment {
            symbols,
            target,
            names: self.names.clone(),
            wasm_pc: Some(self.wasm_pc),
            history: None,
            calls: None,
            is_read_only: false,
        };
        evaluate_condition(&self.expression, &mut environment)
    }
}
