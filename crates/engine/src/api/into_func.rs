//! Closures that can be functions of the host.

use super::caller::Caller;
use crate::vm::host_func::HostFunc;
use crate::vm::signatures::SignatureRegistry;
use crate::vm::wasm_ty::{WasmRet, WasmTy};
use std::sync::Arc;

/// A closure that can be a function of the host: it takes up to 16 parameters
/// ([`WasmTy`]), preceded by a [`Caller`] or not, and returns what a function may
/// ([`WasmRet`]).
///
/// ```
/// use trapline::{Caller, IntoFunc};
///
/// fn can_be_a_function<T, P, R>(_: impl IntoFunc<T, P, R>) {}
/// can_be_a_function::<(), _, _>(|x: i32, y: f64| (y, x));
/// can_be_a_function(|caller: Caller<'_, u64>| *caller.data());
/// ```
pub trait IntoFunc<T, P, R>: Send + Sync + 'static {
    #[doc(hidden)]
    fn into_host_func(self, signatures: &Arc<SignatureRegistry>) -> HostFunc<T>;
}

macro_rules! into_func {
    ($($param:ident)*) => {
        impl<T, F, $($param,)* R> IntoFunc<T, ($($param,)*), R> for F
        where
            T: 'static,
            F: Fn($($param),*) -> R + Send + Sync + 'static,
            $($param: WasmTy,)*
            R: WasmRet,
        {
            #[allow(non_snake_case, reason = "the parameters are named as their types")]
            fn into_host_func(self, signatures: &Arc<SignatureRegistry>) -> HostFunc<T> {
                HostFunc::typed(signatures, move |_, _, ($($param,)*): ($($param,)*)| {
                    self($($param),*)
                })
            }
        }

        impl<T, F, $($param,)* R> IntoFunc<T, (Caller<'_, T>, $($param,)*), R> for F
        where
            T: 'static,
            F: Fn(Caller<'_, T>, $($param),*) -> R + Send + Sync + 'static,
            $($param: WasmTy,)*
            R: WasmRet,
        {
            #[allow(non_snake_case, reason = "the parameters are named as their types")]
            fn into_host_func(self, signatures: &Arc<SignatureRegistry>) -> HostFunc<T> {
                HostFunc::typed(signatures, move |store, instance, ($($param,)*): ($($param,)*)| {
                    self(Caller::new(store, instance), $($param),*)
                })
            }
        }
    };
}

into_func!();
into_func!(A);
into_func!(A B);
into_func!(A B C);
into_func!(A B C D);
into_func!(A B C D E);
into_func!(A B C D E G);
into_func!(A B C D E G H);
into_func!(A B C D E G H I);
into_func!(A B C D E G H I J);
into_func!(A B C D E G H I J K);
into_func!(A B C D E G H I J K L);
into_func!(A B C D E G H I J K L M);
into_func!(A B C D E G H I J K L M N);
into_func!(A B C D E G H I J K L M N O);
into_func!(A B C D E G H I J K L M N O P);
into_func!(A B C D E G H I J K L M N O P Q);
