//! What expressions are evaluated in.

use crate::expression::ast::{Access, Effect, History, Register, StringLiteral};
use crate::expression::ast::{BinaryOperator, UnaryOperator};
use crate::expression::problem::Problem;
use crate::expression::scalar::{DataModel, Scalar, ScalarType};
use crate::expression::type_name::{Path, TypeName};

/// What is called.
#[derive(Clone, Debug)]
pub enum Callee<'a, V> {
    /// A value: a function, or a pointer to one.
    Value(&'a V),
    /// A member of a value, which may be a method, or a pointer to a function.
    Member {
        /// The value; with [`Access::Arrow`] it leads to the one that has the member.
        object: &'a V,
        /// How the member is reached.
        access: Access,
        /// The name of the member.
        name: &'a str,
    },
}

/// Where the names in an expression get their meaning, and its values come from.
///
/// The evaluator does what is the same everywhere: the order of things, scalars, pointer
/// arithmetic. It leaves to its environment what needs types and a program. Values are the
/// environment's own. One that is stored somewhere must remember where, since it may be assigned
/// to and its address be taken, and need not be read before [`Environment::scalar`] asks.
///
/// No function may panic, nor take time without bound, on any arguments: they come from users. An
/// error is a [`Problem`], to which the evaluator adds the part of the text that it is about.
///
/// What is not overridden refuses, with an error that fits; so an environment in which all values
/// are scalars is a short one:
///
/// ```
/// use trapline_symbols::expression::{
///     DataModel, Environment, NoTypes, Path, Problem, Scalar, evaluate, parse,
/// };
///
/// struct Limits;
///
/// impl Environment for Limits {
///     type Value = Scalar;
///
///     fn data_model(&self) -> DataModel {
///         DataModel::wasm32()
///     }
///
///     fn name(&mut self, path: &Path) -> Result<Scalar, Problem> {
///         match path.as_name() {
///             Some("half") => Ok(Scalar::f64(0.5)),
///             _ => Err(Problem::NoSuchName(path.to_string())),
///         }
///     }
///
///     fn value(&mut self, scalar: Scalar) -> Scalar {
///         scalar
///     }
///
///     fn scalar(&mut self, value: &Scalar) -> Result<Option<Scalar>, Problem> {
///         Ok(Some(*value))
///     }
/// }
///
/// let compute = |source| evaluate(&parse(source, &NoTypes).unwrap(), &mut Limits);
/// assert_eq!(compute("(int)(half * 7) << 2").unwrap().to_string(), "12");
/// assert_eq!(compute("half.x").unwrap_err().to_string(), "`f64` has no member `x`");
/// assert_eq!(
///     compute("double_of(half)").unwrap_err().to_string(),
///     "a call would run the program: ask for it with the command or option for calls",
/// );
/// ```
pub trait Environment {
    /// A value of the program, or one that was computed.
    type Value: Clone;

    /// What the scalars of the program are like.
    fn data_model(&self) -> DataModel;

    /// An expression begins to be evaluated.
    fn begin(&mut self) {}

    /// Whether the expression may have an effect on the program. Each kind of effect that is in an
    /// expression is asked for once, before anything is evaluated.
    ///
    /// # Errors
    ///
    /// How to allow it: it becomes [`Problem::Refused`]. Unless this is overridden, calls are
    /// refused and assignments are not.
    fn permit(&self, effect: Effect) -> Result<(), String> {
        match effect {
            Effect::Call => Err("ask for it with the command or option for calls".to_string()),
            Effect::Assignment => Ok(()),
        }
    }

    /// Whether a call of what has this name only makes a value, such as Rust's `Some(x)`. It needs
    /// no permission then.
    fn is_constructor(&self, path: &Path) -> bool {
        let _ = path;
        false
    }

    /// What a name stands for.
    ///
    /// # Errors
    ///
    /// [`Problem::NoSuchName`] if for nothing: then the evaluator tries whether `a.b` is `a::b`, as
    /// Zig writes it.
    fn name(&mut self, path: &Path) -> Result<Self::Value, Problem>;

    /// A part of the machine of WebAssembly.
    ///
    /// # Errors
    ///
    /// If there is no such part, or it cannot be read.
    fn register(&mut self, register: Register) -> Result<Self::Value, Problem> {
        Err(Problem::NoSuchName(register.to_string()))
    }

    /// A variable of the debugger's own.
    ///
    /// # Errors
    ///
    /// If it has not been assigned to.
    fn convenience(&mut self, name: &str) -> Result<Self::Value, Problem> {
        Err(Problem::NoSuchName(format!("${name}")))
    }

    /// Makes a value one of the debugger's own variables.
    ///
    /// # Errors
    ///
    /// If this environment has none.
    fn set_convenience(&mut self, name: &str, value: &Self::Value) -> Result<(), Problem> {
        let _ = value;
        Err(Problem::Unsupported(format!("the variable `${name}`")))
    }

    /// A value that was shown before.
    ///
    /// # Errors
    ///
    /// If there are not so many.
    fn history(&mut self, history: History) -> Result<Self::Value, Problem> {
        Err(Problem::NoSuchName(history.to_string()))
    }

    /// A value that was computed, or written out.
    fn value(&mut self, scalar: Scalar) -> Self::Value;

    /// A string that was written out.
    ///
    /// # Errors
    ///
    /// If there are no values of this kind here.
    fn string(&mut self, literal: &StringLiteral) -> Result<Self::Value, Problem> {
        let _ = literal;
        Err(Problem::Unsupported("a string".to_string()))
    }

    /// Rust's `None`.
    ///
    /// # Errors
    ///
    /// If there are no values of this kind here.
    fn none(&mut self) -> Result<Self::Value, Problem> {
        Err(Problem::Unsupported("`None`".to_string()))
    }

    /// A null pointer, of no particular type.
    fn null(&mut self) -> Self::Value {
        let width = self.data_model().address;
        self.value(Scalar::address(width, 0))
    }

    /// The value as a scalar; that of a pointer is an address, that of an enumeration an integer.
    /// `None` if it is something that consists of parts.
    ///
    /// # Errors
    ///
    /// If the value cannot be read.
    fn scalar(&mut self, value: &Self::Value) -> Result<Option<Scalar>, Problem>;

    /// What a value is, for errors: with an article, such as ``a value of type `node` ``.
    fn describe(&mut self, value: &Self::Value) -> String {
        match self.scalar(value) {
            Ok(Some(scalar)) => format!("`{}`", scalar.type_()),
            _ => "a value that is no number".to_string(),
        }
    }

    /// An operator on two values of which at least one is no scalar: comparing strings, say.
    /// `None` if there is none for them.
    ///
    /// # Errors
    ///
    /// If the values cannot be read.
    fn binary(
        &mut self,
        operator: BinaryOperator,
        left: &Self::Value,
        right: &Self::Value,
    ) -> Result<Option<Self::Value>, Problem> {
        let _ = (operator, left, right);
        Ok(None)
    }

    /// An operator on a value that is no scalar. `None` if there is none for it.
    ///
    /// # Errors
    ///
    /// If the value cannot be read.
    fn unary(
        &mut self,
        operator: UnaryOperator,
        operand: &Self::Value,
    ) -> Result<Option<Self::Value>, Problem> {
        let _ = (operator, operand);
        Ok(None)
    }

    /// For a pointer, the size in bytes of what it points to, by which pointer arithmetic counts;
    /// also for an array that becomes a pointer to its first element there. `None` for all else,
    /// and for pointers without a type.
    ///
    /// # Errors
    ///
    /// If the size is not known.
    fn stride(&mut self, value: &Self::Value) -> Result<Option<u64>, Problem> {
        let _ = value;
        Ok(None)
    }

    /// The address that a pointer holds, or an array is at. It is asked for only if there is a
    /// stride.
    ///
    /// # Errors
    ///
    /// If it cannot be read, or the array is not in memory.
    fn pointer_address(&mut self, pointer: &Self::Value) -> Result<u64, Problem> {
        Err(self.wrong_type("take the address of", pointer))
    }

    /// A pointer of the same type with another address.
    ///
    /// # Errors
    ///
    /// If there is no such pointer.
    fn with_address(
        &mut self,
        pointer: &Self::Value,
        address: u64,
    ) -> Result<Self::Value, Problem> {
        let _ = address;
        Err(self.wrong_type("move", pointer))
    }

    /// A member. The name may be that of one of a pointer's target, as Rust and Zig write it.
    ///
    /// # Errors
    ///
    /// If there is none of this name.
    fn member(&mut self, object: &Self::Value, name: &str) -> Result<Self::Value, Problem> {
        Err(Problem::NoSuchMember {
            object: self.describe(object),
            name: name.to_string(),
        })
    }

    /// A member of a tuple, counted from 0.
    ///
    /// # Errors
    ///
    /// If it is no tuple, or has fewer.
    fn tuple_member(&mut self, object: &Self::Value, index: u32) -> Result<Self::Value, Problem> {
        Err(Problem::NoSuchMember {
            object: self.describe(object),
            name: index.to_string(),
        })
    }

    /// What is in an optional value.
    ///
    /// # Errors
    ///
    /// If it is none, or empty.
    fn unwrap(&mut self, object: &Self::Value) -> Result<Self::Value, Problem> {
        Err(self.wrong_type("unwrap", object))
    }

    /// What an object has under a key, if it is one that has keys: the value in a map. `None` for all
    /// others; then [`Environment::index`] is asked.
    ///
    /// # Errors
    ///
    /// If there is no such key, or it cannot be looked for.
    fn lookup(
        &mut self,
        object: &Self::Value,
        key: &Self::Value,
    ) -> Result<Option<Self::Value>, Problem> {
        let _ = (object, key);
        Ok(None)
    }

    /// An element of an array, a slice, a container or what a pointer leads to. The index may be
    /// negative behind a pointer.
    ///
    /// # Errors
    ///
    /// If there is no such element.
    fn index(&mut self, object: &Self::Value, index: i128) -> Result<Self::Value, Problem> {
        let _ = index;
        Err(self.wrong_type("index", object))
    }

    /// The elements from `start` up to `end`, which is no longer part of them. `None` stands for
    /// where the object itself begins or ends. `end` may be before `start`.
    ///
    /// # Errors
    ///
    /// If there are no such elements.
    fn slice(
        &mut self,
        object: &Self::Value,
        start: Option<i128>,
        end: Option<i128>,
    ) -> Result<Self::Value, Problem> {
        let _ = (start, end);
        Err(self.wrong_type("slice", object))
    }

    /// An array of `count` elements, of which the first is where `first` is.
    ///
    /// # Errors
    ///
    /// If `first` is not in memory, or the count makes no sense.
    fn repeat(&mut self, first: &Self::Value, count: i128) -> Result<Self::Value, Problem> {
        let _ = count;
        Err(self.wrong_type("make an array of", first))
    }

    /// What a pointer leads to. It need not be there until [`Environment::scalar`] asks for it:
    /// `sizeof *p` has a value for null pointers too.
    ///
    /// # Errors
    ///
    /// If it is no pointer, or leads nowhere.
    fn dereference(&mut self, pointer: &Self::Value) -> Result<Self::Value, Problem> {
        Err(self.wrong_type("dereference", pointer))
    }

    /// A pointer to where a value is.
    ///
    /// # Errors
    ///
    /// If it is not in memory.
    fn address_of(&mut self, value: &Self::Value) -> Result<Self::Value, Problem> {
        Err(self.wrong_type("take the address of", value))
    }

    /// Converts to a type. [`ScalarType::named`](super::ScalarType::named) knows the types that
    /// languages have from the start, and [`Scalar::cast`] how scalars are converted.
    ///
    /// # Errors
    ///
    /// If there is no such type, or no conversion to it.
    fn cast(&mut self, value: &Self::Value, target: &TypeName) -> Result<Self::Value, Problem> {
        let scalar_type = scalar_type(target, &self.data_model())?;
        match self.scalar(value)? {
            Some(scalar) => Ok(self.value(scalar.cast(scalar_type)?)),
            None => Err(self.wrong_type("convert", value)),
        }
    }

    /// The size of a value in bytes, by its type.
    ///
    /// # Errors
    ///
    /// If it is not known.
    fn size_of(&mut self, value: &Self::Value) -> Result<u64, Problem> {
        match self.scalar(value)? {
            Some(scalar) => Ok(scalar.type_().bytes().into()),
            None => Err(self.wrong_type("find the size of", value)),
        }
    }

    /// The size in bytes of values of a type.
    ///
    /// # Errors
    ///
    /// If there is no such type, or its size is not known.
    fn size_of_type(&mut self, type_name: &TypeName) -> Result<u64, Problem> {
        let scalar_type = scalar_type(type_name, &self.data_model())?;
        Ok(scalar_type.bytes().into())
    }

    /// Stores a value where another one is, converted to its type, and returns what is there now.
    ///
    /// # Errors
    ///
    /// If the other value is stored nowhere, or the new one cannot be converted.
    fn assign(&mut self, place: &Self::Value, value: &Self::Value) -> Result<Self::Value, Problem> {
        let _ = value;
        Err(self.wrong_type("assign to", place))
    }

    /// That something makes no sense for a value.
    fn wrong_type(&mut self, operation: &'static str, value: &Self::Value) -> Problem {
        Problem::WrongType {
            operation,
            operand: self.describe(value),
        }
    }

    /// Calls a function of the program. Only if [`Environment::permit`] allows it.
    ///
    /// # Errors
    ///
    /// If it is no function, the arguments do not fit, or it did not return.
    fn call(
        &mut self,
        callee: Callee<'_, Self::Value>,
        arguments: &[Self::Value],
    ) -> Result<Self::Value, Problem> {
        let _ = (callee, arguments);
        Err(Problem::Unsupported("a call".to_string()))
    }
}

/// A type that languages have from the start.
fn scalar_type(type_name: &TypeName, model: &DataModel) -> Result<ScalarType, Problem> {
    let named = type_name
        .as_name()
        .and_then(|name| ScalarType::named(name, model));
    named.ok_or_else(|| Problem::NoSuchType(type_name.to_string()))
}
