//! The runtime functions that compiled code calls.
//!
//! A builtin is reached through a trampoline in the image (see `trampoline.rs`), which
//! checks that the stack has room for the host and records where the guest was left. But for
//! [`Builtin::Throw`] and [`Builtin::ThrowRef`], which go on at the handler if there is one, no
//! builtin unwinds: one that can trap returns 0, and the calling code raises the trap by itself, with a
//! trapping instruction at the place of the wasm operator. So every trap of a guest is a
//! hardware trap with an exact pc. One that calls the embedder's code and fails there
//! ([`Builtin::can_fail`]) returns [`FAILED`], upon which the trampoline traps with
//! [`TrapKind::HostError`](crate::trap::TrapKind::HostError).

use cranelift_codegen::ir::{AbiParam, Signature, Type, types};
use cranelift_codegen::isa::CallConv;

/// The result of a builtin in which the embedder's code failed; the runtime holds the error.
pub const FAILED: i64 = -2;

macro_rules! builtins {
    ($($(#[$doc:meta])* $name:ident ($($param:ident),*) $(-> $result:ident)? $(, can_fail $fail:literal)?;)*) => {
        /// A runtime function that compiled code calls, in the order of the table that the vmctx
        /// points to. The first parameter of all is the vmctx.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[repr(u8)]
        pub enum Builtin {
            $($(#[$doc])* $name,)*
        }

        impl Builtin {
            /// All of them, in order.
            pub const ALL: &[Builtin] = &[$(Builtin::$name,)*];

            /// The types of the parameters after the vmctx.
            pub fn params(self) -> &'static [Type] {
                match self { $(Builtin::$name => &[$(types::$param),*],)* }
            }

            /// The type of the result, if there is one.
            pub fn result(self) -> Option<Type> {
                match self { $(Builtin::$name => builtins!(@result $($result)?),)* }
            }

            /// Whether it may return [`FAILED`]; its result is an `i64` then.
            pub fn can_fail(self) -> bool {
                match self { $(Builtin::$name => false $(|| $fail)?,)* }
            }
        }
    };
    (@result) => { None };
    (@result $result:ident) => { Some(types::$result) };
}

builtins! {
    /// (memory, pages) -> size before in pages, or -1.
    MemoryGrow(I32, I64) -> I64, can_fail true;
    /// (destination memory, source memory, destination, source, length in bytes) -> 0 if out of bounds.
    MemoryCopy(I32, I32, I64, I64, I64) -> I32;
    /// (memory, destination, byte, length in bytes) -> 0 if out of bounds.
    MemoryFill(I32, I64, I32, I64) -> I32;
    /// (memory, segment, destination, source, length in bytes) -> 0 if out of bounds.
    MemoryInit(I32, I32, I64, I32, I32) -> I32;
    /// (segment)
    DataDrop(I32);
    /// (table, initial element, elements) -> size before in elements, or -1.
    TableGrow(I32, I64, I64) -> I64, can_fail true;
    /// (table, destination, element, length in elements) -> 0 if out of bounds.
    TableFill(I32, I64, I64, I64) -> I32;
    /// (destination table, source table, destination, source, length in elements) -> 0 if out of bounds.
    TableCopy(I32, I32, I64, I64, I64) -> I32;
    /// (table, segment, destination, source, length in elements) -> 0 if out of bounds.
    TableInit(I32, I32, I64, I32, I32) -> I32;
    /// (segment)
    ElemDrop(I32);
    /// (tag, address of the fields in slots). Does not return but by failing.
    Throw(I32, I64) -> I64, can_fail true;
    /// (exception, not null). Does not return but by failing.
    ThrowRef(I64) -> I64, can_fail true;
}

impl Builtin {
    /// Offset in bytes of its address in the table of builtins.
    pub fn offset(self) -> u32 {
        self as u32 * 8
    }

    /// Its signature in a calling convention.
    pub fn signature(self, call_conv: CallConv) -> Signature {
        let mut signature = Signature::new(call_conv);
        signature.params.push(AbiParam::new(types::I64));
        signature
            .params
            .extend(self.params().iter().map(|&ty| AbiParam::new(ty)));
        signature.returns.extend(self.result().map(AbiParam::new));
        signature
    }
}
