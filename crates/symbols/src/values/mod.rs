//! What variables hold: a tree that is read as it is looked at.
//!
//! An [`Inspector`] makes [`Value`]s of variables, and tells of each its text and its children. A
//! value is a type and a place, no more, so that it costs nothing to have one of a million
//! elements; memory is read for what is shown. Whatever is wrong with the program's data or its
//! debug information is told where it is met, as a [`ValueError`].
//!
//! Nothing here goes deeper than a limit, be it because data lead in circles or since a length is
//! nonsense: texts are cut, and children come in pages.

pub(crate) mod access;
pub(crate) mod array;
pub(crate) mod enumeration;
pub(crate) mod pointer;
pub(crate) mod record;
pub(crate) mod scalar;
pub(crate) mod string;
mod text;
pub(crate) mod view;

use crate::dwarf::units::EntryId;
use crate::locations::{Context, Place};
use crate::scopes::Variable;
use crate::types::TypeId;
use crate::{Symbols, Target, ValueError};
use std::ops::Range;
use view::Children;

/// Shows the values of a guest that stands still, as one of its frames sees them.
///
/// ```
/// use trapline_symbols::{Inspector, Symbols, Target, TargetError, WasmValue};
///
/// /// Writes down the variables at an instruction with their values, a line each.
/// fn describe(symbols: &Symbols, wasm_pc: u32, target: &dyn Target) -> String {
///     let inspector = Inspector::new(symbols, target);
///     let mut lines = String::new();
///     for frame in symbols.scopes(wasm_pc).unwrap_or_default() {
///         for variable in frame.variables() {
///             let value = inspector.variable(variable);
///             let text = match inspector.text(&value) {
///                 Ok(text) => text,
///                 Err(error) => format!("<{error}>"),
///             };
///             lines += &format!("{} = {text}\n", value.name());
///         }
///     }
///     lines
/// }
/// ```
pub struct Inspector<'a> {
    pub(crate) symbols: &'a Symbols,
    pub(crate) target: &'a dyn Target,
    format: Format,
}

/// How values are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Format {
    /// The radix of integers.
    pub radix: Radix,
    /// Whether the types of libraries are shown as they are built, and not as what they stand for.
    pub raw: bool,
}

impl Format {
    /// Integers in a radix.
    pub fn radix(mut self, radix: Radix) -> Format {
        self.radix = radix;
        self
    }

    /// The types of libraries as they are built.
    pub fn raw(mut self) -> Format {
        self.raw = true;
        self
    }
}

/// A radix.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Radix {
    /// 2
    Binary,
    /// 8
    Octal,
    /// 10
    #[default]
    Decimal,
    /// 16
    Hexadecimal,
}

/// A value, or a part of one.
#[derive(Clone, Debug)]
pub struct Value {
    pub(crate) name: String,
    pub(crate) type_: Option<TypeId>,
    /// How many dimensions of an array are indexed already.
    pub(crate) dimension: usize,
    pub(crate) at: Result<At, ValueError>,
    pub(crate) context: Context,
}

/// Where a value is.
#[derive(Clone, Debug)]
pub(crate) struct At {
    pub(crate) place: Place,
    /// How many bytes from the beginning of that.
    pub(crate) offset: u64,
    /// For a bit-field its first bit, counted from there, and how many it has.
    pub(crate) bits: Option<(u64, u64)>,
}

impl Value {
    /// The name of the variable or part; empty for one that has none.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The type; `None` if the debug information does not say.
    pub fn type_id(&self) -> Option<TypeId> {
        self.type_
    }

    /// Where the value begins in the guest's memory, if it is there as a whole and is no bit-field.
    pub fn address(&self) -> Option<u64> {
        match self.at.as_ref().ok()? {
            At {
                place: Place::Memory(address),
                offset,
                bits: None,
            } => address.checked_add(*offset),
            _ => None,
        }
    }

    /// Where the value is: the place and how many bytes from its beginning.
    ///
    /// # Errors
    ///
    /// Why it is not known.
    pub fn place(&self) -> Result<(&Place, u64), &ValueError> {
        let at = self.at.as_ref()?;
        Ok((&at.place, at.offset))
    }
}

impl<'a> Inspector<'a> {
    /// An inspector for a guest that runs the module of these symbols.
    pub fn new(symbols: &'a Symbols, target: &'a dyn Target) -> Inspector<'a> {
        Inspector {
            symbols,
            target,
            format: Format::default(),
        }
    }

    /// The same with another format.
    pub fn with_format(&self, format: Format) -> Inspector<'a> {
        Inspector { format, ..*self }
    }

    pub(crate) fn format(&self) -> Format {
        self.format
    }

    /// The value of a variable. It can always be had: if the variable's place is not known, that is
    /// what is told of it.
    pub fn variable(&self, variable: &Variable) -> Value {
        self.symbols.begin_request();
        self.value_of(variable)
    }

    /// The same, as a part of a larger request.
    pub(crate) fn value_of(&self, variable: &Variable) -> Value {
        let context = variable.context;
        let mut at = self.place_of(variable.entry, context);
        if at.is_err() && self.is_empty(variable.type_) {
            // There is nothing to be found.
            at = Ok(At {
                place: Place::Bytes([].into()),
                offset: 0,
                bits: None,
            });
        }
        Value {
            name: variable.name.clone().unwrap_or_default(),
            type_: variable.type_,
            dimension: 0,
            at,
            context,
        }
    }

    /// Whether values of a type have no bytes.
    fn is_empty(&self, type_: Option<TypeId>) -> bool {
        let size = type_.map(|id| self.symbols.size_of(id));
        matches!(size, Some(Ok(Some(0))))
    }

    pub(crate) fn place_of(&self, entry: EntryId, context: Context) -> Result<At, ValueError> {
        let place = self.symbols.place_of(entry, context, self.target);
        Ok(At {
            place: place.map_err(|error| self.explain(error))?,
            offset: 0,
            bits: None,
        })
    }

    /// The value on one line, cut if it is long.
    ///
    /// # Errors
    ///
    /// If it cannot be shown at all. Errors in parts of it are in the text.
    pub fn text(&self, value: &Value) -> Result<String, ValueError> {
        self.symbols.begin_request();
        self.write(value).map_err(|error| self.explain(error))
    }

    /// How many bytes a value has.
    ///
    /// # Errors
    ///
    /// If its type does not say.
    pub fn size_of(&self, value: &Value) -> Result<u64, ValueError> {
        self.symbols.begin_request();
        self.size(value).map_err(|error| self.explain(error))
    }

    /// How many children the value has.
    ///
    /// # Errors
    ///
    /// If that cannot be told.
    pub fn child_count(&self, value: &Value) -> Result<u64, ValueError> {
        self.symbols.begin_request();
        let children = self.children_of(value);
        let children = children.map_err(|error| self.explain(error))?;
        Ok(children.count())
    }

    /// Some of the children of a value: of those that there are in the range, as many as are asked
    /// for, but no more than a page of 1000.
    ///
    /// # Errors
    ///
    /// If they cannot be found.
    pub fn children(&self, value: &Value, range: Range<u64>) -> Result<Vec<Value>, ValueError> {
        self.symbols.begin_request();
        let children = self.children_of(value);
        children
            .and_then(|children| children.page(self, range))
            .map_err(|error| self.explain(error))
    }

    /// The name of a value's type, as its language writes it.
    ///
    /// # Errors
    ///
    /// If the debug information of the type is damaged.
    pub fn type_name(&self, value: &Value) -> Result<String, ValueError> {
        self.symbols.begin_request();
        let name = self.symbols.type_text(value.type_, 0);
        name.map_err(|error| self.explain(error.into()))
    }

    fn children_of(&self, value: &Value) -> Result<Children, ValueError> {
        let raw = || self.raw_view(value).map(|view| view.children);
        match self.view(value) {
            Ok(view) => Ok(view.children),
            // What a library's type stands for cannot be told, but how it is built can.
            Err(error) if value.at.is_ok() && !self.format.raw => raw().map_err(|_| error),
            Err(error) => Err(error),
        }
    }

    fn explain(&self, error: ValueError) -> ValueError {
        match error {
            ValueError::Malformed(_) if self.symbols.is_exhausted() => ValueError::TooMuchWork,
            error => error,
        }
    }
}
