//! Expressions as trees.

use super::scalar::IntegerType;
use super::span::Span;
use super::type_name::{Path, TypeName};

/// No tree is higher than this, so that walking one needs little stack.
pub(super) const HIGHEST_TREE: usize = 200;

/// An expression, or a part of one.
///
/// Made by [`parse`](super::parse). Its `Display` writes it out with all parentheses, and with
/// paths and casts in the one form that needs no knowledge of types to be read: what it writes is
/// parsed as the same tree again (unless all these parentheses are nested too deeply for that).
#[derive(Clone, Debug, PartialEq)]
pub struct Expression(Box<Node>);

/// In a box of its own, so that an expression can be its parts' owner, and functions that return
/// one need little stack.
#[derive(Clone, Debug, PartialEq)]
struct Node {
    kind: ExpressionKind,
    span: Span,
    height: usize,
}

/// The kinds of expressions.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum ExpressionKind {
    /// A value that is written out.
    Literal(Literal),
    /// A variable, function or constant: `x`, `a::b`.
    Name(Path),
    /// A part of the machine of WebAssembly: `$local0`, `$pc`.
    Register(Register),
    /// A variable of the debugger's own: `$name`.
    Convenience(String),
    /// A value that the debugger has shown before: `$1`, `$`.
    History(History),
    /// A member: `a.b`, `p->b`.
    Member {
        /// What it is a member of.
        object: Expression,
        /// Whether `object` is the object, or leads to it.
        access: Access,
        /// Its name.
        name: String,
        /// Where the name stands.
        name_span: Span,
    },
    /// A member of a tuple: `t.0`.
    TupleMember {
        /// The tuple.
        object: Expression,
        /// Which member, from 0.
        index: u32,
        /// Where the index stands.
        index_span: Span,
    },
    /// What is in an optional value, as Zig writes it: `x.?`.
    Unwrap(Expression),
    /// An element: `a[i]`.
    Index {
        /// What it is an element of.
        object: Expression,
        /// Which one.
        index: Expression,
    },
    /// Several elements: `a[i..j]`, `a[i..=j]`.
    Slice {
        /// What they are elements of.
        object: Expression,
        /// The first one; that of the object if there is none.
        start: Option<Expression>,
        /// The one behind the last one, or the last one itself.
        end: Option<Expression>,
        /// Whether `end` is the last one itself.
        inclusive: bool,
    },
    /// gdb's `first@count`: an array that begins where a value is.
    Repeat {
        /// The first element.
        first: Expression,
        /// How many there are.
        count: Expression,
    },
    /// `-a`, `!a` and the like.
    Unary {
        /// The operator.
        operator: UnaryOperator,
        /// What it is applied to.
        operand: Expression,
    },
    /// What a pointer leads to: `*p`, in Zig `p.*`.
    Dereference(Expression),
    /// A pointer to what the operand is: `&a`, `&mut a`.
    AddressOf {
        /// What it points to.
        operand: Expression,
        /// Whether `mut` was written.
        mutable: bool,
    },
    /// `a + b` and the like.
    Binary {
        /// The operator.
        operator: BinaryOperator,
        /// What stands to its left.
        left: Expression,
        /// What stands to its right.
        right: Expression,
    },
    /// `a && b`, `a || b`: the right side only counts if the left one leaves it open.
    Logical {
        /// The operator.
        operator: LogicalOperator,
        /// What stands to its left.
        left: Expression,
        /// What stands to its right.
        right: Expression,
    },
    /// `condition ? a : b`
    Conditional {
        /// What decides.
        condition: Expression,
        /// The value if that is true.
        then: Expression,
        /// The value if it is not.
        otherwise: Expression,
    },
    /// A conversion, however it is written: `(T)x`, `x as T`, `@as(T, x)`, `static_cast<T>(x)`.
    Cast {
        /// The type to convert to.
        target: TypeName,
        /// What is converted.
        operand: Expression,
    },
    /// `sizeof value`
    SizeOf(Expression),
    /// `sizeof(T)`
    SizeOfType(TypeName),
    /// `a = b`; with an operator, `a += b` and the like.
    Assign {
        /// The operator that is applied before the assignment.
        operator: Option<BinaryOperator>,
        /// What is assigned to.
        target: Expression,
        /// What is assigned.
        value: Expression,
    },
    /// `f(a, b)`
    Call {
        /// The function, or a member that is one.
        callee: Expression,
        /// What it is given.
        arguments: Vec<Expression>,
    },
}

/// A value that is written out.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Literal {
    /// An integer.
    Integer(IntegerLiteral),
    /// A floating point number.
    Float {
        /// The number; if `single`, one that an `f32` can be.
        value: f64,
        /// Whether it is an `f32`.
        single: bool,
    },
    /// `true` or `false`
    Boolean(bool),
    /// A character.
    Character {
        /// Its code.
        code: u32,
        /// What was written before the quote.
        prefix: CharacterPrefix,
    },
    /// A string.
    String(StringLiteral),
    /// `null`, `nullptr`, `NULL`
    Null,
    /// Rust's `None`
    None,
}

/// An integer that is written out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IntegerLiteral {
    /// Its value.
    pub value: u128,
    /// Whether it was written in base 10: in C, others may be unsigned without a suffix.
    pub decimal: bool,
    /// Its type, if it has a suffix.
    pub suffix: Option<IntegerSuffix>,
}

/// A suffix that gives an integer's type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IntegerSuffix {
    /// `u8`, `i64` and the like.
    Fixed(IntegerType),
    /// `usize`, `isize`, `uz`, `z`: as many bits as an address.
    Size {
        /// Whether it is a signed one.
        signed: bool,
    },
    /// C's `u` and `l`s: the smallest type allowed that the number fits.
    C {
        /// Whether there is a `u`.
        unsigned: bool,
        /// How many `l`s there are: up to 2.
        longs: u8,
    },
}

/// What is written before a character literal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CharacterPrefix {
    /// Nothing. Codes below 128 are C's `char`, others Unicode characters.
    None,
    /// Nothing, and a code from 128 on was written as a byte: `'\xff'`. It is C's `char`.
    Escaped,
    /// `b`: Rust's `u8`.
    Byte,
    /// `u8`: C's `char8_t`.
    Utf8,
    /// `u`: C's `char16_t`.
    Utf16,
    /// `U`: C's `char32_t`.
    Utf32,
    /// `L`: C's `wchar_t`, which has 32 bits in WebAssembly.
    Wide,
}

/// A string that is written out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StringLiteral {
    /// Its bytes, without any zero at the end.
    pub bytes: Vec<u8>,
    /// What was written before the quote.
    pub prefix: StringPrefix,
}

/// What is written before a string literal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StringPrefix {
    /// Nothing, or something that makes no difference.
    None,
    /// `b`: Rust's `&[u8; n]`.
    Byte,
    /// `c`: Rust's `&CStr`.
    C,
}

/// A part of the machine of WebAssembly, in the frame that is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Register {
    /// `$local0`: a local of the function.
    Local(u32),
    /// `$stack0`: an operand, 0 being the bottom one.
    Operand(u32),
    /// `$global0`: a global of the instance.
    Global(u32),
    /// `$pc`: the wasm pc.
    Pc,
    /// `$memory`, `$memory1`: the bytes of a memory of the instance, to be indexed.
    Memory(u32),
}

/// A value that was shown before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum History {
    /// `$n`: the value with this number.
    Number(u32),
    /// `$`, `$$`, `$$n`: the last one, the one before it, the one `n` before it.
    Back(u32),
}

/// How a member is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Access {
    /// `.`: it is the object's. Rust and Zig write it for pointers too.
    Dot,
    /// `->`: it is that of what a pointer leads to.
    Arrow,
}

/// Operators with one operand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum UnaryOperator {
    /// `-`
    Minus,
    /// `+`
    Plus,
    /// `!`, which is always the logical one, as in C.
    Not,
    /// `~`
    Complement,
}

/// Operators with two operands that both count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum BinaryOperator {
    /// `+`
    Add,
    /// `-`
    Subtract,
    /// `*`
    Multiply,
    /// `/`
    Divide,
    /// `%`
    Remainder,
    /// `<<`
    ShiftLeft,
    /// `>>`
    ShiftRight,
    /// `&`
    And,
    /// `|`
    Or,
    /// `^`
    ExclusiveOr,
    /// `==`
    Equal,
    /// `!=`
    NotEqual,
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
}

/// Operators whose right operand only counts sometimes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LogicalOperator {
    /// `&&`, `and`
    And,
    /// `||`, `or`
    Or,
}

/// What evaluating an expression can do to the program.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Effect {
    /// Run some of its code.
    Call,
    /// Change its variables or memory.
    Assignment,
}

impl Access {
    /// How it is written.
    pub fn text(self) -> &'static str {
        match self {
            Access::Dot => ".",
            Access::Arrow => "->",
        }
    }
}

impl UnaryOperator {
    /// How it is written.
    pub fn text(self) -> &'static str {
        match self {
            UnaryOperator::Minus => "-",
            UnaryOperator::Plus => "+",
            UnaryOperator::Not => "!",
            UnaryOperator::Complement => "~",
        }
    }
}

impl BinaryOperator {
    /// How it is written.
    pub fn text(self) -> &'static str {
        match self {
            BinaryOperator::Add => "+",
            BinaryOperator::Subtract => "-",
            BinaryOperator::Multiply => "*",
            BinaryOperator::Divide => "/",
            BinaryOperator::Remainder => "%",
            BinaryOperator::ShiftLeft => "<<",
            BinaryOperator::ShiftRight => ">>",
            BinaryOperator::And => "&",
            BinaryOperator::Or => "|",
            BinaryOperator::ExclusiveOr => "^",
            BinaryOperator::Equal => "==",
            BinaryOperator::NotEqual => "!=",
            BinaryOperator::Less => "<",
            BinaryOperator::LessOrEqual => "<=",
            BinaryOperator::Greater => ">",
            BinaryOperator::GreaterOrEqual => ">=",
        }
    }

    /// Whether it compares.
    pub fn is_comparison(self) -> bool {
        matches!(
            self,
            BinaryOperator::Equal
                | BinaryOperator::NotEqual
                | BinaryOperator::Less
                | BinaryOperator::LessOrEqual
                | BinaryOperator::Greater
                | BinaryOperator::GreaterOrEqual
        )
    }
}

impl LogicalOperator {
    /// How it is written.
    pub fn text(self) -> &'static str {
        match self {
            LogicalOperator::And => "&&",
            LogicalOperator::Or => "||",
        }
    }
}

impl Expression {
    pub(super) fn new(kind: ExpressionKind, span: Span) -> Expression {
        let mut below = kind.type_height();
        kind.for_each_part(&mut |part| below = below.max(part.height()));
        Expression(Box::new(Node {
            kind,
            span,
            height: below + 1,
        }))
    }

    /// What kind of expression it is, with its parts.
    pub fn kind(&self) -> &ExpressionKind {
        &self.0.kind
    }

    /// The same, said to be elsewhere in the text: with the parentheses around it.
    pub(super) fn with_span(mut self, span: Span) -> Expression {
        self.0.span = span;
        self
    }

    /// Where it stands in the text.
    pub fn span(&self) -> Span {
        self.0.span
    }

    /// How many parts lie in each other.
    pub(super) fn height(&self) -> usize {
        self.0.height
    }

    /// A part that has an effect on the program if it is reached, and which one: the outermost one,
    /// and of several the leftmost. Assigning to a variable of the debugger's own is no effect.
    pub fn first_effect(&self) -> Option<(Span, Effect)> {
        self.find_effect(&|_, _| true)
    }

    /// The first part with an effect that `wanted` picks.
    pub(super) fn find_effect(
        &self,
        wanted: &dyn Fn(&Expression, Effect) -> bool,
    ) -> Option<(Span, Effect)> {
        let own = match self.kind() {
            ExpressionKind::Call { .. } => Some(Effect::Call),
            ExpressionKind::Assign { target, .. } => {
                let ours = matches!(target.kind(), ExpressionKind::Convenience(_));
                (!ours).then_some(Effect::Assignment)
            }
            _ => None,
        };
        if let Some(effect) = own.filter(|effect| wanted(self, *effect)) {
            return Some((self.span(), effect));
        }
        let mut found = None;
        self.kind().for_each_part(&mut |part| {
            if found.is_none() {
                found = part.find_effect(wanted);
            }
        });
        found
    }
}

impl ExpressionKind {
    /// Visits the expressions that this one consists of.
    pub(crate) fn for_each_part(&self, visit: &mut dyn FnMut(&Expression)) {
        match self {
            ExpressionKind::Literal(_)
            | ExpressionKind::Name(_)
            | ExpressionKind::Register(_)
            | ExpressionKind::Convenience(_)
            | ExpressionKind::History(_)
            | ExpressionKind::SizeOfType(_) => {}
            ExpressionKind::Member { object: part, .. }
            | ExpressionKind::TupleMember { object: part, .. }
            | ExpressionKind::Unwrap(part)
            | ExpressionKind::Unary { operand: part, .. }
            | ExpressionKind::Dereference(part)
            | ExpressionKind::AddressOf { operand: part, .. }
            | ExpressionKind::Cast { operand: part, .. }
            | ExpressionKind::SizeOf(part) => visit(part),
            ExpressionKind::Index {
                object: left,
                index: right,
            }
            | ExpressionKind::Repeat {
                first: left,
                count: right,
            }
            | ExpressionKind::Binary { left, right, .. }
            | ExpressionKind::Logical { left, right, .. }
            | ExpressionKind::Assign {
                target: left,
                value: right,
                ..
            } => {
                visit(left);
                visit(right);
            }
            ExpressionKind::Slice {
                object, start, end, ..
            } => {
                visit(object);
                start.iter().chain(end).for_each(visit);
            }
            ExpressionKind::Conditional {
                condition,
                then,
                otherwise,
            } => [condition, then, otherwise].into_iter().for_each(visit),
            ExpressionKind::Call { callee, arguments } => {
                visit(callee);
                arguments.iter().for_each(visit);
            }
        }
    }

    fn type_height(&self) -> usize {
        match self {
            ExpressionKind::Name(path) => path.height(),
            ExpressionKind::Cast { target, .. } => target.height(),
            ExpressionKind::SizeOfType(target) => target.height(),
            _ => 0,
        }
    }
}
