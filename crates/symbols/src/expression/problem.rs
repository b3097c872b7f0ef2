//! What can be wrong with an expression.

use super::ast::Effect;
use super::span::Span;

/// No more characters of an expression are repeated in a sentence.
const LONGEST_EXCERPT: usize = 40;

/// What is wrong with an expression, and where.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("{problem}")]
pub struct ExpressionError {
    /// The part of the text that it is about. Empty at the end of the text if something is
    /// missing there.
    pub span: Span,
    /// What is wrong.
    pub problem: Problem,
}

impl ExpressionError {
    pub(super) fn new(span: Span, problem: Problem) -> ExpressionError {
        ExpressionError { span, problem }
    }

    /// The error as plain text: the line of `source` that it is about, a caret at the column, and
    /// the sentence. `source` is the text that was parsed.
    ///
    /// ```
    /// use trapline_symbols::expression::{NoTypes, parse};
    ///
    /// let source = "1 + )";
    /// let error = parse(source, &NoTypes).unwrap_err();
    /// assert_eq!(
    ///     error.render(source),
    ///     "1 + )\n    ^\nexpected a value, found `)`"
    /// );
    /// ```
    pub fn render(&self, source: &str) -> String {
        format!("{}\n{}", self.span.underline(source), self.problem)
    }
}

/// What is wrong: each reads as a sentence without its full stop.
///
/// The first ones are the parser's, the next ones the evaluator's. The last ones are there for an
/// [`Environment`](super::Environment); the evaluator adds where it happened.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Problem {
    /// The text has too many bytes.
    #[error("the expression is too long: {limit} bytes are allowed")]
    TooLong {
        /// As many are allowed.
        limit: usize,
    },
    /// Parts lie in each other too deeply.
    #[error("the expression is nested too deeply: split it, with `$name = ...` for a part")]
    TooDeep,
    /// To find out what belongs together would take too much work.
    #[error("the expression is too complicated: split it, with `$name = ...` for a part")]
    TooComplicated,
    /// A character that no part of the syntax begins with.
    #[error("the character `{}` has no meaning here", .0.escape_debug())]
    UnexpectedCharacter(char),
    /// Something else is needed here.
    #[error("expected {expected}, found {found}")]
    Expected {
        /// What is needed.
        expected: &'static str,
        /// What is there instead.
        found: String,
    },
    /// The text ends in a literal or quoted name.
    #[error("{what} is not closed: its `{quote}` is missing")]
    NotClosed {
        /// What is not closed.
        what: &'static str,
        /// What would close it.
        quote: String,
    },
    /// `''`.
    #[error("there is no character between the quotes")]
    EmptyCharacter,
    /// A character literal of a given kind has several characters.
    #[error("there is more than one character between the quotes: use `\"` for strings")]
    LongCharacter,
    /// A backslash with something unknown behind it.
    #[error("unknown or incomplete escape `{0}`")]
    BadEscape(
        /// The escape as it was written.
        String,
    ),
    /// A character or string literal of a kind that is not known.
    #[error("{0}")]
    UnsupportedLiteral(
        /// A sentence about it.
        &'static str,
    ),
    /// A digit that the number's base does not have.
    #[error("`{digit}` is no digit in base {radix}{}", octal_hint(*.radix))]
    BadDigit {
        /// The digit.
        digit: char,
        /// The base.
        radix: u32,
    },
    /// A prefix like `0x` without anything behind it.
    #[error("the number has no digits")]
    NoDigits,
    /// A number that does not fit 128 bits, or not the type that it names.
    #[error("the number does not fit {0}")]
    NumberTooLarge(
        /// What it does not fit.
        String,
    ),
    /// What is written directly behind a number means nothing.
    #[error(
        "unknown suffix `{0}` of a number: known are `u8`, `i64`, `usize`, `f32`, `u`, `ll` and their like"
    )]
    BadSuffix(
        /// The suffix.
        String,
    ),
    /// `++` or `--`.
    #[error("`{0}` is not known: write `+= 1` or `-= 1`, or put a space between two signs")]
    Increment(
        /// Which of them.
        &'static str,
    ),
    /// An operator that C reads in one way, Rust and Zig in another.
    #[error(
        "`{inner}` beside `{outer}` means one thing in C, another in Rust and Zig: put parentheses around what belongs together"
    )]
    Ambiguous {
        /// The operator of the comparison.
        inner: &'static str,
        /// The operator on bits.
        outer: &'static str,
    },
    /// A builtin function of Zig that is not known here.
    #[error("`@{0}` is not known: there are `@as(type, value)` and `@sizeOf(type)`")]
    UnknownBuiltin(
        /// Its name.
        String,
    ),
    /// `dynamic_cast`.
    #[error("`dynamic_cast` is not known: use `static_cast` if you know the type")]
    DynamicCast,
    /// A type stands where a value is needed.
    #[error("`{0}` is a type, not a value: to convert to it, write `({0})value`")]
    TypeAsValue(
        /// The type.
        String,
    ),
    /// Words such as `unsigned` that do not make a type together.
    #[error("`{0}` is not a type of C")]
    BadTypeWords(
        /// The words.
        String,
    ),
    /// A number behind `$local` or the like, or behind `.`, is too large.
    #[error("the index does not fit 32 bits")]
    IndexTooLarge,
    /// Something like `$1x`.
    #[error("`${0}` is neither a register nor a variable nor a number of the history")]
    BadDollar(
        /// What follows the dollar sign.
        String,
    ),
    /// The left side of an assignment is nothing that is stored anywhere.
    #[error("nothing can be assigned to this: it is not a variable or a part of one")]
    NotAssignable,

    /// An integer is divided by zero.
    #[error("division by zero")]
    DivisionByZero,
    /// The smallest integer of its type is divided by -1.
    #[error("the quotient does not fit `{0}`")]
    DivisionOverflow(
        /// The type.
        String,
    ),
    /// An integer is shifted by more bits than it has, or by less than none.
    #[error("cannot shift `{type_name}` by {count} bits")]
    ShiftTooFar {
        /// The type that is shifted.
        type_name: String,
        /// By how many bits.
        count: String,
    },
    /// Types that an operator is not there for.
    #[error("`{operator}` cannot be applied to {operands}")]
    NoOperator {
        /// The operator.
        operator: &'static str,
        /// What it was applied to, described.
        operands: String,
    },
    /// There is no conversion between two types.
    #[error("cannot convert {from} to `{to}`")]
    NoConversion {
        /// What should be converted, described.
        from: String,
        /// The type.
        to: String,
    },
    /// An integer is needed as an index or count.
    #[error("an integer is needed here, this is {0}")]
    NotAnInteger(
        /// What it is, described.
        String,
    ),
    /// Something is needed that is true or false.
    #[error("this is neither true nor false, but {0}")]
    NotACondition(
        /// What it is, described.
        String,
    ),
    /// The expression would do something that it has not been allowed.
    #[error("{}: {how}", refused(*.effect))]
    Refused {
        /// What it would do.
        effect: Effect,
        /// How it can be allowed.
        how: String,
    },
    /// `sizeof` looks only at its operand's type.
    #[error("what `sizeof` is applied to is not run: take the {} out of it", noun(*.0))]
    EffectInSizeOf(
        /// What would have to be run.
        Effect,
    ),

    /// There is nothing of that name.
    #[error("there is no `{0}` here")]
    NoSuchName(
        /// The name or path.
        String,
    ),
    /// There is no type of that name.
    #[error("there is no type `{0}`")]
    NoSuchType(
        /// The type.
        String,
    ),
    /// The value has no such member.
    #[error("{object} has no member `{name}`")]
    NoSuchMember {
        /// What the value is, described.
        object: String,
        /// The name of the member.
        name: String,
    },
    /// The value is of a type for which the operation makes no sense.
    #[error("cannot {operation} {operand}")]
    WrongType {
        /// A verb with what belongs to it: `take the address of`.
        operation: &'static str,
        /// What the value is, described.
        operand: String,
    },
    /// There is nothing that can do this.
    #[error("{0} is not supported here")]
    Unsupported(
        /// What.
        String,
    ),
    /// Anything else, as a sentence without its full stop.
    #[error("{0}")]
    Other(
        /// The sentence.
        String,
    ),
}

impl Problem {
    pub(super) fn at(self, span: Span) -> ExpressionError {
        ExpressionError::new(span, self)
    }
}

/// A part of an expression, to be named in a sentence: the beginning of it if it is long.
pub(super) fn excerpt(text: &str) -> String {
    match text.char_indices().nth(LONGEST_EXCERPT) {
        None => text.to_string(),
        Some((end, _)) => format!("{}...", &text[..end]),
    }
}

fn octal_hint(radix: u32) -> &'static str {
    match radix {
        8 => ": a number that begins with 0 is octal, as in C",
        _ => "",
    }
}

fn refused(effect: Effect) -> &'static str {
    match effect {
        Effect::Call => "a call would run the program",
        Effect::Assignment => "an assignment would change the program's state",
    }
}

fn noun(effect: Effect) -> &'static str {
    match effect {
        Effect::Call => "call",
        Effect::Assignment => "assignment",
    }
}
