//! Expressions over the values of a program that stands still.
//!
//! A [`FrameEnvironment`] gives the names in an expression their meaning, as one of the program's
//! frames sees them: its variables, innermost scope first; members of C++'s `this`; then variables,
//! functions and names of enumerations outside of functions, those nearest to the function first, and
//! at last anything whose path ends in the one that is written. What comes out is a [`Value`], which an
//! [`Inspector`] shows like any other, whether it lives in the program or was computed.
//!
//! Types of libraries can be used as what they stand for: elements of vectors and strings have
//! indices, values in maps have keys, owners can be dereferenced, and text can be compared, whatever
//! holds it.
//!
//! A condition that is looked at a million times is bound once and then costs little:
//! see [`Condition`].

mod assign;
mod call;
mod compare;
mod condition;
mod environment;
mod history;
mod layout;
mod names;
mod parts;
mod problems;
mod sequences;
mod types;

pub use call::{CallTarget, Calls};
pub use condition::Condition;
pub use history::ValueHistory;

use crate::expression::{Expression, ExpressionError, TypeName, evaluate, parse, parse_type};
use crate::types::TypeId;
use crate::values::Value;
use crate::{Inspector, Symbols, SymbolsError, Target};
use names::{KnownTypes, Names};
use std::sync::Arc;

/// What expressions are evaluated in: a frame of a program that stands still.
///
/// `'a` is how long the program stands, `'s` how long what the session adds is lent.
///
/// ```
/// use trapline_symbols::{FrameEnvironment, Symbols, Target};
///
/// /// The text of an expression's value, or a sentence about what is wrong with it.
/// fn print(symbols: &Symbols, target: &dyn Target, wasm_pc: u32, source: &str) -> String {
///     let mut environment = match FrameEnvironment::new(symbols, target, Some(wasm_pc), 0) {
///         Ok(environment) => environment,
///         Err(error) => return error.to_string(),
///     };
///     match environment.evaluate(source) {
///         Ok(value) => match environment.inspector().text(&value) {
///             Ok(text) => text,
///             Err(error) => error.to_string(),
///         },
///         Err(error) => error.render(source),
///     }
/// }
/// ```
pub struct FrameEnvironment<'a, 's> {
    symbols: &'a Symbols,
    target: &'a dyn Target,
    names: Arc<Names>,
    wasm_pc: Option<u32>,
    history: Option<&'s mut ValueHistory>,
    calls: Option<&'s mut dyn Calls>,
    is_read_only: bool,
}

impl<'a, 's> FrameEnvironment<'a, 's> {
    /// The environment of a frame of a guest that runs the module of these symbols. `wasm_pc` is
    /// where the frame stands, as an offset in the module file; `frame` says which of the frames is
    /// meant that [`Symbols::frames`] tells for it, from 0. Without a place there are only the names
    /// outside of functions.
    ///
    /// # Errors
    ///
    /// If the debug information for this place is damaged.
    pub fn new(
        symbols: &'a Symbols,
        target: &'a dyn Target,
        wasm_pc: Option<u32>,
        frame: usize,
    ) -> Result<FrameEnvironment<'a, 's>, SymbolsError> {
        let names = Arc::new(Names::at(symbols, wasm_pc, frame)?);
        Ok(FrameEnvironment {
            symbols,
            target,
            names,
            wasm_pc,
            history: None,
            calls: None,
            is_read_only: false,
        })
    }

    /// The same with the values that the session keeps. Else `$1` and `$name` are errors.
    pub fn with_history(self, history: &'s mut ValueHistory) -> FrameEnvironment<'a, 's> {
        FrameEnvironment {
            history: Some(history),
            ..self
        }
    }

    /// The same with a permission to call functions of the program. Else calls are refused.
    pub fn with_calls(self, calls: &'s mut dyn Calls) -> FrameEnvironment<'a, 's> {
        FrameEnvironment {
            calls: Some(calls),
            ..self
        }
    }

    /// The same without the permission to assign to anything.
    pub fn read_only(self) -> FrameEnvironment<'a, 's> {
        FrameEnvironment {
            is_read_only: true,
            ..self
        }
    }

    /// Parses an expression, with the types that are known here.
    ///
    /// # Errors
    ///
    /// If it is none.
    pub fn parse(&self, source: &str) -> Result<Expression, ExpressionError> {
        self.symbols.begin_request();
        parse(source, &self.known_types())
    }

    /// Parses an expression and computes its value.
    ///
    /// # Errors
    ///
    /// What is wrong with it, and where.
    pub fn evaluate(&mut self, source: &str) -> Result<Value, ExpressionError> {
        let expression = self.parse(source)?;
        evaluate(&expression, self)
    }

    /// Parses an expression, and stores its value where another one is, converted to that one's type.
    /// Returns the place as it is then.
    ///
    /// # Errors
    ///
    /// What is wrong with the expression, or why nothing can be stored there.
    pub fn assign(&mut self, place: &Value, source: &str) -> Result<Value, ExpressionError> {
        let expression = self.parse(source)?;
        let value = evaluate(&expression, self)?;
        let stored = self.store(place, &value);
        stored.map_err(|problem| ExpressionError {
            span: expression.span(),
            problem,
        })
    }

    /// Parses a type and finds it; `None` is C's `void`.
    ///
    /// # Errors
    ///
    /// If it is none, or the program has no such type.
    pub fn find_type(&self, source: &str) -> Result<Option<TypeId>, ExpressionError> {
        self.symbols.begin_request();
        let name: TypeName = parse_type(source, &self.known_types())?;
        let found = self.type_named(&name);
        found.map_err(|problem| ExpressionError {
            span: name.span(),
            problem,
        })
    }

    /// Adds a value that is shown to those that the session keeps, and returns its number, from 1;
    /// `None` if it keeps none.
    pub fn record(&mut self, value: &Value) -> Option<usize> {
        let inspector = self.inspector();
        Some(self.history.as_mut()?.record(&inspector, value))
    }

    /// The debug information.
    pub fn symbols(&self) -> &'a Symbols {
        self.symbols
    }

    /// Shows the values.
    pub fn inspector(&self) -> Inspector<'a> {
        Inspector::new(self.symbols, self.target)
    }

    fn known_types(&self) -> KnownTypes<'_> {
        KnownTypes {
            names: &self.names,
            symbols: self.symbols,
        }
    }
}
