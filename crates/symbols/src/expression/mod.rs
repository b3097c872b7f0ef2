//! Expressions as people type them into a debugger: reading them, and computing their values.
//!
//! There is one syntax for programs in C, C++, Rust and Zig. It is C's, with what the others write
//! differently:
//!
//! | | |
//! |---|---|
//! | names | `x`, `a::b::c`, `std::vector<int>::x`, `a::<T>::c`, in Zig `a.b`; in quotes, as they are: `'a b'`, `@"a b"`, `r#type` |
//! | parts | `a.b`, `p->b`, `t.0`, `a[i]`, `a[i..j]`, `a[i..=j]`, Zig's `x.*` and `x.?`, gdb's `a@n` and `{T}address` |
//! | pointers | `*p`, `&a`, `&mut a` |
//! | operators | `+ - * / %`, `& \| ^ ~`, `<< >>`, `== != < <= > >=`, `&& \|\| !`, `and or`, `c ? a : b` |
//! | casts | `(T)x`, `(T*)x`, `int(x)`, `x as T`, `@as(T, x)`, `static_cast<T>(x)` and its like |
//! | sizes | `sizeof x`, `sizeof(T)`, `@sizeOf(T)` |
//! | literals | `1`, `0x1f`, `0o17`, `017`, `0b1`, `1_000`, with suffixes of C and Rust; `1.5`, `1e3f`, `0x1p4`; `'a'`, `b'a'`, `"a"`, `r"a"`; `true`, `false`, `null`, `nullptr`, `NULL`, `None` |
//! | machine | `$local0`, `$stack0`, `$global0`, `$pc`, `$memory[address]`, `$memory1[address]` |
//! | debugger | its variables `$name`, values it has shown: `$1`, `$`, `$$`, `$$2` |
//! | effects | `a = b`, `a += b` and the like, calls `f(a, b)`, `x.f(a)` |
//!
//! Precedence is C's, with gdb's `@` between shifts and `+`, and `as` above `*`. Arithmetic follows
//! the rules of C too, for all languages ([`Scalar`]). So `!` is the logical one, also for Rust's
//! integers. Where C and Rust would bind operators differently, as in `a & b == c`, the parser asks
//! for parentheses.
//!
//! [`parse`] makes an [`Expression`], in which each part knows its place in the text ([`Span`]).
//! [`evaluate`] computes its value in an [`Environment`], which knows what names mean and what
//! values are. Errors say what is wrong and show where ([`ExpressionError::render`]).
//!
//! # Limits
//!
//! Expressions come from users and editors, and may be anything. They have at most 16 KiB, and are
//! not nested more deeply than people do; what is beyond is an error. So neither reading nor
//! evaluating one uses up the stack, or takes long.

mod ast;
mod evaluate;
mod literal;
mod parser;
mod primitives;
mod print;
mod problem;
mod scalar;
mod span;
#[cfg(test)]
mod tests;
mod token;
mod type_name;

pub use ast::{
    Access, BinaryOperator, CharacterPrefix, Effect, Expression, ExpressionKind, History,
    IntegerLiteral, IntegerSuffix, Literal, LogicalOperator, Register, StringLiteral, StringPrefix,
    UnaryOperator,
};
pub(crate) use evaluate::permit;
pub use evaluate::{Callee, Environment, evaluate, evaluate_condition};
pub use parser::{NoTypes, TypeNames, parse, parse_type};
pub(crate) use primitives::spellings_of_c;
pub use problem::{ExpressionError, Problem};
pub use scalar::{AddressWidth, DataModel, FloatType, IntegerType, Scalar, ScalarType};
pub use span::Span;
pub use type_name::{GenericArgument, Path, Segment, Tag, TypeName, TypeNameKind};
