//! Values whose type is known only as the program runs.

use super::exn_ref::ExnRef;
use super::extern_ref::ExternRef;
use super::func::Func;
use super::v128::V128;
use trapline_compile::types::{HeapType, RefType, ValType};

/// A WebAssembly value.
///
/// Floats are kept as bits, so that the payload of a NaN survives.
///
/// ```
/// use trapline::{Val, ValType};
///
/// let value = Val::from(1.5_f64);
/// assert_eq!(value.ty(), ValType::F64);
/// assert_eq!(value.f64(), Some(1.5));
/// assert_eq!(value.i32(), None);
/// ```
#[derive(Clone, Debug)]
pub enum Val {
    /// An `i32`.
    I32(i32),
    /// An `i64`.
    I64(i64),
    /// The bits of an `f32`.
    F32(u32),
    /// The bits of an `f64`.
    F64(u64),
    /// A `v128`.
    V128(V128),
    /// A `funcref`; `None` is null.
    FuncRef(Option<Func>),
    /// An `externref`; `None` is null.
    ExternRef(Option<ExternRef>),
    /// An `exnref`; `None` is null.
    ExnRef(Option<ExnRef>),
}

macro_rules! accessors {
    ($($(#[$doc:meta])* $name:ident, $unwrap:ident: $rust:ty, $pattern:pat => $value:expr;)*) => {$(
        $(#[$doc])*
        pub fn $name(&self) -> Option<$rust> {
            match self {
                $pattern => Some($value),
                _ => None,
            }
        }

        #[doc = concat!("As [`Val::", stringify!($name), "`].")]
        ///
        /// # Panics
        ///
        /// If the value has another type.
        #[track_caller]
        pub fn $unwrap(&self) -> $rust {
            self.$name().unwrap_or_else(|| panic!("a value of type {}", self.ty()))
        }
    )*};
}

impl Val {
    /// The type. That of a reference is the nullable one.
    pub fn ty(&self) -> ValType {
        match self {
            Val::I32(_) => ValType::I32,
            Val::I64(_) => ValType::I64,
            Val::F32(_) => ValType::F32,
            Val::F64(_) => ValType::F64,
            Val::V128(_) => ValType::V128,
            Val::FuncRef(_) => ValType::FUNCREF,
            Val::ExternRef(_) => ValType::EXTERNREF,
            Val::ExnRef(_) => ValType::EXNREF,
        }
    }

    /// Zero or null. For a type that excludes null it is null nevertheless.
    pub fn default_for(ty: ValType) -> Val {
        match ty {
            ValType::I32 => Val::I32(0),
            ValType::I64 => Val::I64(0),
            ValType::F32 => Val::F32(0),
            ValType::F64 => Val::F64(0),
            ValType::V128 => Val::V128(V128::default()),
            ValType::Ref(ty) => Ref::null(ty).into(),
        }
    }

    accessors! {
        /// The value, if it is an `i32`.
        i32, unwrap_i32: i32, Val::I32(value) => *value;
        /// The value, if it is an `i64`.
        i64, unwrap_i64: i64, Val::I64(value) => *value;
        /// The value, if it is an `f32`.
        f32, unwrap_f32: f32, Val::F32(bits) => f32::from_bits(*bits);
        /// The value, if it is an `f64`.
        f64, unwrap_f64: f64, Val::F64(bits) => f64::from_bits(*bits);
        /// The value, if it is a `v128`.
        v128, unwrap_v128: V128, Val::V128(vector) => *vector;
        /// The value, if it is a `funcref`.
        funcref, unwrap_funcref: Option<&Func>, Val::FuncRef(func) => func.as_ref();
        /// The value, if it is an `externref`.
        externref, unwrap_externref: Option<&ExternRef>, Val::ExternRef(value) => value.as_ref();
        /// The value, if it is an `exnref`.
        exnref, unwrap_exnref: Option<&ExnRef>, Val::ExnRef(value) => value.as_ref();
    }

    pub(crate) fn into_ref(self) -> Option<Ref> {
        match self {
            Val::FuncRef(func) => Some(Ref::Func(func)),
            Val::ExternRef(value) => Some(Ref::Extern(value)),
            Val::ExnRef(value) => Some(Ref::Exn(value)),
            _ => None,
        }
    }
}

macro_rules! from {
    ($($rust:ty, $value:ident => $result:expr;)*) => {$(
        impl From<$rust> for Val {
            fn from($value: $rust) -> Val {
                $result
            }
        }
    )*};
}

from! {
    i32, value => Val::I32(value);
    u32, value => Val::I32(value as i32);
    i64, value => Val::I64(value);
    u64, value => Val::I64(value as i64);
    f32, value => Val::F32(value.to_bits());
    f64, value => Val::F64(value.to_bits());
    V128, value => Val::V128(value);
    Func, func => Val::FuncRef(Some(func));
    Option<Func>, func => Val::FuncRef(func);
    ExternRef, value => Val::ExternRef(Some(value));
    Option<ExternRef>, value => Val::ExternRef(value);
    ExnRef, value => Val::ExnRef(Some(value));
    Option<ExnRef>, value => Val::ExnRef(value);
    Ref, reference => match reference {
        Ref::Func(func) => Val::FuncRef(func),
        Ref::Extern(value) => Val::ExternRef(value),
        Ref::Exn(value) => Val::ExnRef(value),
    };
}

/// A WebAssembly reference: what a [`Table`](crate::Table) holds.
///
/// ```
/// use trapline::{ExternRef, Ref, RefType};
///
/// let reference = Ref::from(ExternRef::new("a value of the host"));
/// assert_eq!(reference.ty(), RefType::EXTERNREF);
/// assert!(!reference.is_null());
/// assert!(Ref::null(RefType::FUNCREF).is_null());
/// ```
#[derive(Clone, Debug)]
pub enum Ref {
    /// A `funcref`; `None` is null.
    Func(Option<Func>),
    /// An `externref`; `None` is null.
    Extern(Option<ExternRef>),
    /// An `exnref`; `None` is null.
    Exn(Option<ExnRef>),
}

impl Ref {
    /// The null reference of a type.
    pub fn null(ty: RefType) -> Ref {
        match ty.heap {
            HeapType::Func => Ref::Func(None),
            HeapType::Extern => Ref::Extern(None),
            HeapType::Exn | HeapType::NoExn => Ref::Exn(None),
        }
    }

    /// Whether it is null.
    pub fn is_null(&self) -> bool {
        matches!(self, Ref::Func(None) | Ref::Extern(None) | Ref::Exn(None))
    }

    /// The type, the nullable one.
    pub fn ty(&self) -> RefType {
        match self {
            Ref::Func(_) => RefType::FUNCREF,
            Ref::Extern(_) => RefType::EXTERNREF,
            Ref::Exn(_) => RefType::EXNREF,
        }
    }
}

impl From<Func> for Ref {
    fn from(func: Func) -> Ref {
        Ref::Func(Some(func))
    }
}

impl From<Option<Func>> for Ref {
    fn from(func: Option<Func>) -> Ref {
        Ref::Func(func)
    }
}

impl From<ExternRef> for Ref {
    fn from(value: ExternRef) -> Ref {
        Ref::Extern(Some(value))
    }
}

impl From<Option<ExternRef>> for Ref {
    fn from(value: Option<ExternRef>) -> Ref {
        Ref::Extern(value)
    }
}

impl From<ExnRef> for Ref {
    fn from(value: ExnRef) -> Ref {
        Ref::Exn(Some(value))
    }
}

impl From<Option<ExnRef>> for Ref {
    fn from(value: Option<ExnRef>) -> Ref {
        Ref::Exn(value)
    }
}
