//! The traps that compiled code can raise.

use cranelift_codegen::ir::TrapCode;
use std::fmt;

macro_rules! traps {
    ($($(#[$doc:meta])* $name:ident = $code:literal, $text:literal;)*) => {
        /// Why compiled code trapped.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[repr(u8)]
        #[non_exhaustive]
        pub enum TrapKind {
            $($(#[$doc])* $name = $code,)*
        }

        impl TrapKind {
            /// The kind with this number, as it stands in a trap table.
            pub fn from_u8(code: u8) -> Option<TrapKind> {
                match code {
                    $($code => Some(TrapKind::$name),)*
                    _ => None,
                }
            }
        }

        impl fmt::Display for TrapKind {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(match self {
                    $(TrapKind::$name => $text,)*
                })
            }
        }
    };
}

// The texts are those of the official test suite, so that they are what people know.
traps! {
    /// `unreachable` was executed.
    Unreachable = 1, "unreachable";
    /// A load, store or bulk operation reached beyond the end of a memory.
    MemoryOutOfBounds = 2, "out of bounds memory access";
    /// A table operation reached beyond the end of a table.
    TableOutOfBounds = 3, "out of bounds table access";
    /// `call_indirect` indexed beyond the end of its table.
    UndefinedElement = 4, "undefined element";
    /// `call_indirect` met a null element.
    UninitializedElement = 5, "uninitialized element";
    /// `call_indirect` met a function of another type.
    IndirectCallTypeMismatch = 6, "indirect call type mismatch";
    /// A signed division or remainder overflowed, or a float is too large for an integer.
    IntegerOverflow = 7, "integer overflow";
    /// An integer was divided by zero.
    IntegerDivideByZero = 8, "integer divide by zero";
    /// A NaN was converted to an integer.
    InvalidConversionToInteger = 9, "invalid conversion to integer";
    /// The guest's stack is used up.
    StackOverflow = 10, "call stack exhausted";
    /// A function of the host failed; the runtime holds its error. Only trampolines raise it.
    HostError = 11, "error raised by the host";
    /// `throw_ref` met a null reference.
    NullExceptionReference = 12, "null exception reference";
}

impl TrapKind {
    /// The code that Cranelift carries for this trap.
    pub(crate) fn code(self) -> TrapCode {
        TrapCode::unwrap_user(self as u8)
    }

    /// The kind behind a code that Cranelift reports: one of ours, or one that the code
    /// generator attached by itself (to divisions, conversions and stack probes).
    pub(crate) fn from_code(code: TrapCode) -> Option<TrapKind> {
        match code {
            TrapCode::STACK_OVERFLOW => Some(TrapKind::StackOverflow),
            TrapCode::HEAP_OUT_OF_BOUNDS => Some(TrapKind::MemoryOutOfBounds),
            TrapCode::INTEGER_OVERFLOW => Some(TrapKind::IntegerOverflow),
            TrapCode::INTEGER_DIVISION_BY_ZERO => Some(TrapKind::IntegerDivideByZero),
            TrapCode::BAD_CONVERSION_TO_INTEGER => Some(TrapKind::InvalidConversionToInteger),
            user => TrapKind::from_u8(user.as_raw().get()),
        }
    }
}
