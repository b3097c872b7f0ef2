//! The Rust types that stand for WebAssembly types.

use super::raw_val::RawVal;
use super::store::{OpaqueMut, StoreOpaque};
use super::values::{load_func, store_exception, store_extern, store_func};
use crate::api::{ExnRef, ExternRef, Func, V128};
use crate::error::{BoxError, Error, Result};
use trapline_compile::types::{HeapType, RefType, ValType};

mod private {
    pub trait Sealed {}
}
use private::Sealed;

/// A Rust type that stands for a WebAssembly type: `i32` and `u32` for `i32`, `i64` and `u64` for
/// `i64`, `f32`, `f64`, [`V128`], `Option<Func>` for `funcref`, [`Func`] for `(ref func)`,
/// `Option<ExternRef>` for `externref`, [`ExternRef`] for `(ref extern)`, `Option<ExnRef>` for
/// `exnref`, and [`ExnRef`] for `(ref exn)`.
///
/// ```
/// use trapline::{ValType, WasmTy};
///
/// assert_eq!(u32::wasm_type(), ValType::I32);
/// ```
pub trait WasmTy: Sealed + Send + Sized + 'static {
    /// The WebAssembly type.
    fn wasm_type() -> ValType;

    #[doc(hidden)]
    fn into_raw(self, store: &mut OpaqueMut<'_>) -> Result<RawVal>;

    /// # Safety
    ///
    /// The raw value is one of this type, in this store.
    #[doc(hidden)]
    unsafe fn from_raw(store: &StoreOpaque, raw: RawVal) -> Self;
}

macro_rules! numbers {
    ($($rust:ty => $wasm:ident, $store:expr, $load:expr;)*) => {$(
        impl Sealed for $rust {}
        impl WasmTy for $rust {
            fn wasm_type() -> ValType {
                ValType::$wasm
            }

            #[inline]
            fn into_raw(self, _: &mut OpaqueMut<'_>) -> Result<RawVal> {
                Ok($store(self))
            }

            #[inline]
            unsafe fn from_raw(_: &StoreOpaque, raw: RawVal) -> Self {
                $load(raw)
            }
        }
    )*};
}

numbers! {
    i32 => I32, |value| RawVal::from_u32(value as u32), |raw: RawVal| raw.as_u32() as i32;
    u32 => I32, RawVal::from_u32, RawVal::as_u32;
    i64 => I64, |value| RawVal::from_u64(value as u64), |raw: RawVal| raw.as_u64() as i64;
    u64 => I64, RawVal::from_u64, RawVal::as_u64;
    f32 => F32, |value: f32| RawVal::from_u32(value.to_bits()),
        |raw: RawVal| f32::from_bits(raw.as_u32());
    f64 => F64, |value: f64| RawVal::from_u64(value.to_bits()),
        |raw: RawVal| f64::from_bits(raw.as_u64());
    V128 => V128, |value: V128| RawVal::from_u128(value.as_u128()),
        |raw: RawVal| V128::from(raw.as_u128());
}

impl Sealed for Option<Func> {}
impl WasmTy for Option<Func> {
    fn wasm_type() -> ValType {
        ValType::FUNCREF
    }

    fn into_raw(self, store: &mut OpaqueMut<'_>) -> Result<RawVal> {
        Ok(self.map_or(RawVal::ZERO, |func| {
            RawVal::from_u64(store_func(store, &func))
        }))
    }

    unsafe fn from_raw(store: &StoreOpaque, raw: RawVal) -> Self {
        // SAFETY: as the caller says.
        unsafe { load_func(store, raw.as_u64()) }
    }
}

impl Sealed for Func {}
impl WasmTy for Func {
    fn wasm_type() -> ValType {
        ValType::Ref(RefType {
            nullable: false,
            heap: HeapType::Func,
        })
    }

    fn into_raw(self, store: &mut OpaqueMut<'_>) -> Result<RawVal> {
        Some(self).into_raw(store)
    }

    unsafe fn from_raw(store: &StoreOpaque, raw: RawVal) -> Self {
        // SAFETY: as the caller says.
        unsafe { Option::<Func>::from_raw(store, raw) }.expect("the type excludes null")
    }
}

impl Sealed for Option<ExternRef> {}
impl WasmTy for Option<ExternRef> {
    fn wasm_type() -> ValType {
        ValType::EXTERNREF
    }

    fn into_raw(self, store: &mut OpaqueMut<'_>) -> Result<RawVal> {
        match self {
            Some(value) => Ok(RawVal::from_u64(store_extern(store, &value)?)),
            None => Ok(RawVal::ZERO),
        }
    }

    unsafe fn from_raw(store: &StoreOpaque, raw: RawVal) -> Self {
        store.extern_refs.get(raw.as_u64()).cloned()
    }
}

impl Sealed for ExternRef {}
impl WasmTy for ExternRef {
    fn wasm_type() -> ValType {
        ValType::Ref(RefType {
            nullable: false,
            heap: HeapType::Extern,
        })
    }

    fn into_raw(self, store: &mut OpaqueMut<'_>) -> Result<RawVal> {
        Some(self).into_raw(store)
    }

    unsafe fn from_raw(store: &StoreOpaque, raw: RawVal) -> Self {
        // SAFETY: as the caller says.
        unsafe { Option::<ExternRef>::from_raw(store, raw) }.expect("the type excludes null")
    }
}

impl Sealed for Option<ExnRef> {}
impl WasmTy for Option<ExnRef> {
    fn wasm_type() -> ValType {
        ValType::EXNREF
    }

    fn into_raw(self, store: &mut OpaqueMut<'_>) -> Result<RawVal> {
        Ok(self.map_or(RawVal::ZERO, |value| {
            RawVal::from_u64(store_exception(store, &value))
        }))
    }

    unsafe fn from_raw(store: &StoreOpaque, raw: RawVal) -> Self {
        store.exceptions.handle(store.id, raw.as_u64())
    }
}

impl Sealed for ExnRef {}
impl WasmTy for ExnRef {
    fn wasm_type() -> ValType {
        ValType::Ref(RefType {
            nullable: false,
            heap: HeapType::Exn,
        })
    }

    fn into_raw(self, store: &mut OpaqueMut<'_>) -> Result<RawVal> {
        Some(self).into_raw(store)
    }

    unsafe fn from_raw(store: &StoreOpaque, raw: RawVal) -> Self {
        // SAFETY: as the caller says.
        unsafe { Option::<ExnRef>::from_raw(store, raw) }.expect("the type excludes null")
    }
}

/// The types of some parameters or results: one [`WasmTy`] alone, or a tuple of up to 16 of them.
///
/// ```
/// use trapline::{ValType, WasmTyList};
///
/// assert_eq!(<(i32, f64)>::types(), [ValType::I32, ValType::F64]);
/// ```
pub trait WasmTyList: Sealed + Send + Sized + 'static {
    /// The WebAssembly types, in order.
    fn types() -> Vec<ValType>;

    #[doc(hidden)]
    type Slots: Copy;

    /// # Safety
    ///
    /// The slots hold values of these types, in this store.
    #[doc(hidden)]
    unsafe fn load(store: &StoreOpaque, slots: *const RawVal) -> Self;

    /// # Safety
    ///
    /// There are slots for all.
    #[doc(hidden)]
    unsafe fn store(self, store: &mut OpaqueMut<'_>, slots: *mut RawVal) -> Result<()>;
}

impl<A: WasmTy> WasmTyList for A {
    type Slots = [RawVal; 1];

    fn types() -> Vec<ValType> {
        vec![A::wasm_type()]
    }

    #[inline]
    unsafe fn load(store: &StoreOpaque, slots: *const RawVal) -> Self {
        // SAFETY: as the caller says.
        unsafe { A::from_raw(store, *slots) }
    }

    #[inline]
    unsafe fn store(self, store: &mut OpaqueMut<'_>, slots: *mut RawVal) -> Result<()> {
        let raw = self.into_raw(store)?;
        // SAFETY: as the caller says.
        unsafe { slots.write(raw) };
        Ok(())
    }
}

macro_rules! tuples {
    ($count:literal $($name:ident $index:tt)*) => {
        impl<$($name: WasmTy),*> Sealed for ($($name,)*) {}
        #[allow(unused_variables, clippy::unused_unit, unused_unsafe, reason = "the empty tuple has no parts")]
        impl<$($name: WasmTy),*> WasmTyList for ($($name,)*) {
            type Slots = [RawVal; $count];

            fn types() -> Vec<ValType> {
                vec![$($name::wasm_type()),*]
            }

            #[inline]
            unsafe fn load(store: &StoreOpaque, slots: *const RawVal) -> Self {
                // SAFETY: as the caller says.
                unsafe { ($($name::from_raw(store, *slots.add($index)),)*) }
            }

            #[inline]
            unsafe fn store(self, store: &mut OpaqueMut<'_>, slots: *mut RawVal) -> Result<()> {
                $(
                    let raw = self.$index.into_raw(store)?;
                    // SAFETY: as the caller says.
                    unsafe { slots.add($index).write(raw) };
                )*
                Ok(())
            }
        }
        impl<$($name: WasmTy),*> WasmRet for ($($name,)*) {
            type Results = ($($name,)*);

            fn into_result(self) -> Result<Self::Results> {
                Ok(self)
            }
        }
    };
}

tuples!(0);
tuples!(1 A 0);
tuples!(2 A 0 B 1);
tuples!(3 A 0 B 1 C 2);
tuples!(4 A 0 B 1 C 2 D 3);
tuples!(5 A 0 B 1 C 2 D 3 E 4);
tuples!(6 A 0 B 1 C 2 D 3 E 4 F 5);
tuples!(7 A 0 B 1 C 2 D 3 E 4 F 5 G 6);
tuples!(8 A 0 B 1 C 2 D 3 E 4 F 5 G 6 H 7);
tuples!(9 A 0 B 1 C 2 D 3 E 4 F 5 G 6 H 7 I 8);
tuples!(10 A 0 B 1 C 2 D 3 E 4 F 5 G 6 H 7 I 8 J 9);
tuples!(11 A 0 B 1 C 2 D 3 E 4 F 5 G 6 H 7 I 8 J 9 K 10);
tuples!(12 A 0 B 1 C 2 D 3 E 4 F 5 G 6 H 7 I 8 J 9 K 10 L 11);
tuples!(13 A 0 B 1 C 2 D 3 E 4 F 5 G 6 H 7 I 8 J 9 K 10 L 11 M 12);
tuples!(14 A 0 B 1 C 2 D 3 E 4 F 5 G 6 H 7 I 8 J 9 K 10 L 11 M 12 N 13);
tuples!(15 A 0 B 1 C 2 D 3 E 4 F 5 G 6 H 7 I 8 J 9 K 10 L 11 M 12 N 13 O 14);
tuples!(16 A 0 B 1 C 2 D 3 E 4 F 5 G 6 H 7 I 8 J 9 K 10 L 11 M 12 N 13 O 14 P 15);

/// The parameters of a [`TypedFunc`](crate::TypedFunc): any [`WasmTyList`].
///
/// ```
/// fn takes_parameters<P: trapline::WasmParams>() {}
/// takes_parameters::<(i32, i64)>();
/// ```
pub trait WasmParams: WasmTyList {}

impl<P: WasmTyList> WasmParams for P {}

/// The results of a [`TypedFunc`](crate::TypedFunc): any [`WasmTyList`].
///
/// ```
/// fn returns_results<R: trapline::WasmResults>() {}
/// returns_results::<()>();
/// ```
pub trait WasmResults: WasmTyList {}

impl<R: WasmTyList> WasmResults for R {}

/// What a function of the host may return: a [`WasmTyList`], or a `Result` of one with any error
/// that can be boxed.
///
/// ```
/// fn can_be_returned<R: trapline::WasmRet>() {}
/// can_be_returned::<i32>();
/// can_be_returned::<(i32, f32)>();
/// can_be_returned::<Result<(), std::io::Error>>();
/// can_be_returned::<Result<i32, String>>();
/// ```
pub trait WasmRet: Send + 'static {
    /// The results proper.
    type Results: WasmTyList;

    #[doc(hidden)]
    fn into_result(self) -> Result<Self::Results>;
}

impl<A: WasmTy> WasmRet for A {
    type Results = A;

    #[inline]
    fn into_result(self) -> Result<A> {
        Ok(self)
    }
}

impl<R, E> WasmRet for Result<R, E>
where
    R: WasmTyList,
    E: Into<BoxError> + Send + 'static,
{
    type Results = R;

    #[inline]
    fn into_result(self) -> Result<R> {
        self.map_err(Error::host)
    }
}
