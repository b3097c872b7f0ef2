//! What a store owns, and access to it.
//!
//! ```text
//! StoreInner<T>  +-----------------------------+ <- StoreContext, StoreOpaque, StoreInner: one
//!                | StoreOpaque | StoreContext  |    address, which never changes
//!                |             | instances ... |
//!                | limiter, data: T            |
//!                +-----------------------------+
//! ```
//!
//! Compiled code holds the address of the [`StoreContext`] and writes to it while it runs, and a
//! function of the host comes back to the store through it. So no Rust reference to the store may
//! be alive while a guest runs: access is handed around as [`StoreMut`], which *is* an exclusive
//! borrow in its lifetime but holds a pointer, from which references are made for short times.
//! All pointers to the store come from the one that its allocation returned.

use super::breakpoints::Breakpoints;
use super::call::CachedStack;
use super::context::VmFuncRef;
use super::debug_handler::{DebugHandler, HandleStop};
use super::exceptions::Exceptions;
use super::extern_refs::ExternRefs;
use super::func_ref::FuncPtr;
use super::host_func::{ErasedHostFunc, HostFuncItem};
use super::instance::InstanceItem;
use super::items::{HostItems, Record};
use super::module::RuntimeModule;
use super::store_context::StoreContext;
use crate::api::{Engine, ResourceLimiter};
use crate::error::{Error, Result};
use crate::fiber::PooledStack;
use std::collections::HashMap;
use std::marker::PhantomData;
use std::num::NonZeroU64;
use std::ops::{Deref, DerefMut};
use std::ptr::NonNull;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use trapline_compile::types::FuncIndex;

/// Tells stores apart; never given out twice in a process.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct StoreId(NonZeroU64);

impl StoreId {
    fn next() -> StoreId {
        static LAST: AtomicU64 = AtomicU64::new(0);
        let number = LAST.fetch_add(1, Ordering::Relaxed) + 1;
        StoreId(NonZeroU64::new(number).expect("2^64 stores are never made"))
    }
}

/// The part of a store that does not depend on the embedder's data.
#[repr(C)]
pub struct StoreOpaque {
    /// What compiled code knows of the store.
    pub(crate) context: StoreContext,
    pub(crate) id: StoreId,
    pub(crate) engine: Engine,
    /// All instances, in the order in which they were made.
    pub(crate) instances: Vec<InstanceItem>,
    /// Memories, tables, globals and tags that the embedder made.
    pub(crate) host_items: HostItems,
    /// Functions that the embedder made in this store, or took out of a linker into it.
    pub(crate) host_funcs: Vec<HostFuncItem>,
    /// What must live as long as the store: the functions of the host that instances import.
    pub(crate) keep: Vec<Arc<[ErasedHostFunc]>>,
    pub(crate) extern_refs: ExternRefs,
    pub(crate) exceptions: Exceptions,
    /// The stack for synchronous calls, once there was one.
    pub(crate) stack: Option<CachedStack>,
    /// The stack of the last asynchronous call, for the next.
    pub(crate) fiber_stack: Option<PooledStack>,
    /// Functions of the host that a guest has a reference to, while no module in the store has
    /// a trampoline for their signature.
    pub(crate) without_code: HashMap<u32, Vec<FuncPtr>>,
    /// The modules' own code, and what was changed in it.
    pub(crate) breakpoints: Breakpoints,
    /// References to functions that their modules have none to, for debuggers.
    pub(crate) made_func_refs: HashMap<(u32, FuncIndex), Record<VmFuncRef>>,
    /// How many guests wait, for functions of the host, on stacks that the context does not tell
    /// of.
    pub(crate) waiting_guests: usize,
    /// Whether a call was given up in the middle, on a stack that nobody can unwind.
    pub(crate) is_poisoned: bool,
    /// What handles the events of asynchronous calls.
    pub(crate) debug_handler: Option<HandleStop>,
    limiter: Option<WithLimiter>,
    memories: usize,
    tables: usize,
}

const _: () = {
    assert!(std::mem::offset_of!(StoreOpaque, context) == 0);
    assert!(std::mem::offset_of!(StoreInner<u8>, opaque) == 0);
};

// SAFETY: the pointers in a store lead to things that it owns, or to the activations and wakers
// of a call that borrows the store; the types that are owned by value are Send by themselves.
unsafe impl Send for StoreOpaque {}
// SAFETY: through a shared reference nothing can be done that writes or runs the guest.
unsafe impl Sync for StoreOpaque {}

/// A store's limiter, from the embedder's data.
type Limiter<T> = Box<dyn (FnMut(&mut T) -> &mut dyn ResourceLimiter) + Send + Sync>;

/// Calls back with the limiter of a store whose `T` only this function knows.
type WithLimiter = unsafe fn(NonNull<StoreOpaque>, &mut dyn FnMut(&mut dyn ResourceLimiter));

/// All of a store.
#[repr(C)]
pub struct StoreInner<T> {
    opaque: StoreOpaque,
    limiter: Option<Limiter<T>>,
    debug_handler: Option<DebugHandler<T>>,
    data: T,
}

/// Owns a store. It is bound to a thread if the embedder's data is:
///
/// ```compile_fail
/// fn send<T: Send>(_: T) {}
/// send(trapline::Store::new(&trapline::Engine::default(), std::rc::Rc::new(0)));
/// ```
pub struct StoreBox<T>(NonNull<StoreInner<T>>);

// SAFETY: owns what it points to, as a Box would.
unsafe impl<T: Send> Send for StoreBox<T> {}
// SAFETY: as above. The limiter is Sync.
unsafe impl<T: Sync> Sync for StoreBox<T> {}

impl<T> StoreBox<T> {
    pub(crate) fn new(engine: &Engine, data: T) -> StoreBox<T> {
        let opaque = StoreOpaque {
            context: StoreContext::new(),
            id: StoreId::next(),
            engine: engine.clone(),
            instances: Vec::new(),
            host_items: HostItems::default(),
            host_funcs: Vec::new(),
            keep: Vec::new(),
            extern_refs: ExternRefs::new(),
            exceptions: Exceptions::new(),
            stack: None,
            fiber_stack: None,
            without_code: HashMap::new(),
            breakpoints: Breakpoints::default(),
            made_func_refs: HashMap::new(),
            waiting_guests: 0,
            is_poisoned: false,
            debug_handler: None,
            limiter: None,
            memories: 0,
            tables: 0,
        };
        let inner = Box::new(StoreInner {
            opaque,
            limiter: None,
            debug_handler: None,
            data,
        });
        // SAFETY: a Box is not null.
        StoreBox(unsafe { NonNull::new_unchecked(Box::into_raw(inner)) })
    }

    pub(crate) fn get(&self) -> StoreRef<'_, T> {
        // SAFETY: the store is borrowed, so no one has exclusive access.
        StoreRef(unsafe { self.0.as_ref() })
    }

    pub(crate) fn get_mut(&mut self) -> StoreMut<'_, T> {
        StoreMut {
            pointer: self.0,
            borrow: PhantomData,
        }
    }

    pub(crate) fn into_data(self) -> T {
        // SAFETY: the pointer came from a Box, and forgetting `self` gives that up only once.
        let inner = unsafe { Box::from_raw(self.0.as_ptr()) };
        std::mem::forget(self);
        inner.data
    }
}

impl<T> Drop for StoreBox<T> {
    fn drop(&mut self) {
        // SAFETY: the pointer came from a Box. Nothing runs in the store, since a call borrows it;
        // a call that was leaked will never be resumed.
        drop(unsafe { Box::from_raw(self.0.as_ptr()) });
    }
}

/// Shared access to a store.
pub struct StoreRef<'a, T>(&'a StoreInner<T>);

impl<T> Clone for StoreRef<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for StoreRef<'_, T> {}

impl<'a, T> StoreRef<'a, T> {
    pub(crate) fn data(self) -> &'a T {
        &self.0.data
    }

    pub(crate) fn opaque(self) -> &'a StoreOpaque {
        &self.0.opaque
    }
}

/// Exclusive access to a store.
pub struct StoreMut<'a, T> {
    pointer: NonNull<StoreInner<T>>,
    borrow: PhantomData<&'a mut StoreInner<T>>,
}

// SAFETY: stands for a `&'a mut StoreInner<T>`.
unsafe impl<T: Send> Send for StoreMut<'_, T> {}
// SAFETY: as above.
unsafe impl<T: Sync> Sync for StoreMut<'_, T> {}

impl<'a, T> StoreMut<'a, T> {
    /// Access for a function of the host that the store's guest called.
    ///
    /// # Safety
    ///
    /// The context is that of a store whose data has type `T`, and no one else uses the store
    /// while the result lives.
    pub(crate) unsafe fn from_context(context: NonNull<StoreContext>) -> StoreMut<'a, T> {
        StoreMut {
            pointer: context.cast(),
            borrow: PhantomData,
        }
    }

    pub(crate) fn reborrow(&mut self) -> StoreMut<'_, T> {
        StoreMut {
            pointer: self.pointer,
            borrow: PhantomData,
        }
    }

    pub(crate) fn shared(&self) -> StoreRef<'_, T> {
        // SAFETY: the exclusive access is not used while the result borrows it.
        StoreRef(unsafe { self.pointer.as_ref() })
    }

    pub(crate) fn into_shared(self) -> StoreRef<'a, T> {
        // SAFETY: the exclusive access ends here.
        StoreRef(unsafe { self.pointer.as_ref() })
    }

    pub(crate) fn into_data_mut(self) -> &'a mut T {
        // SAFETY: the exclusive access turns into one to the data.
        unsafe { &mut (*self.pointer.as_ptr()).data }
    }

    pub(crate) fn data_mut(&mut self) -> &mut T {
        self.reborrow().into_data_mut()
    }

    /// The part that does not depend on `T`.
    pub(crate) fn opaque(&mut self) -> OpaqueMut<'_> {
        OpaqueMut {
            pointer: self.pointer.cast(),
            borrow: PhantomData,
        }
    }

    /// The part that does not depend on `T`, and the data.
    pub(crate) fn split(self) -> (OpaqueMut<'a>, &'a mut T) {
        let opaque = OpaqueMut {
            pointer: self.pointer.cast(),
            borrow: PhantomData,
        };
        (opaque, self.into_data_mut())
    }

    /// The handler of events.
    pub(crate) fn debug_handler(&self) -> Option<DebugHandler<T>> {
        // SAFETY: the exclusive access is not used meanwhile.
        unsafe { self.pointer.as_ref() }.debug_handler.clone()
    }

    /// Notes the handler, where its type is known.
    pub(super) fn put_debug_handler(&mut self, handler: Option<DebugHandler<T>>) {
        // SAFETY: this is the exclusive access.
        unsafe { self.pointer.as_mut() }.debug_handler = handler;
    }

    pub(crate) fn set_limiter(&mut self, limiter: Limiter<T>) {
        unsafe fn with_limiter<T>(
            store: NonNull<StoreOpaque>,
            ask: &mut dyn FnMut(&mut dyn ResourceLimiter),
        ) {
            // SAFETY: the store was made by this very `StoreMut<T>`, so its type is right, and the
            // caller has exclusive access to all of it.
            let inner = unsafe { store.cast::<StoreInner<T>>().as_mut() };
            if let Some(limiter) = &mut inner.limiter {
                ask(limiter(&mut inner.data));
            }
        }
        // SAFETY: this is the exclusive access.
        let inner = unsafe { self.pointer.as_mut() };
        inner.limiter = Some(limiter);
        inner.opaque.limiter = Some(with_limiter::<T>);
    }
}

/// Exclusive access to a store without its type. The embedder's data is part of what it gives
/// access to, through the limiter.
pub struct OpaqueMut<'a> {
    pointer: NonNull<StoreOpaque>,
    borrow: PhantomData<&'a mut StoreOpaque>,
}

impl Deref for OpaqueMut<'_> {
    type Target = StoreOpaque;

    #[inline]
    fn deref(&self) -> &StoreOpaque {
        // SAFETY: the access is exclusive, and borrowed for the result.
        unsafe { self.pointer.as_ref() }
    }
}

impl DerefMut for OpaqueMut<'_> {
    #[inline]
    fn deref_mut(&mut self) -> &mut StoreOpaque {
        // SAFETY: the access is exclusive, and borrowed for the result.
        unsafe { self.pointer.as_mut() }
    }
}

impl<'a> OpaqueMut<'a> {
    /// Access for a builtin that the store's guest called.
    ///
    /// # Safety
    ///
    /// The context is that of a store, and no one else uses the store while the result lives.
    pub(crate) unsafe fn from_context(context: NonNull<StoreContext>) -> OpaqueMut<'a> {
        OpaqueMut {
            pointer: context.cast(),
            borrow: PhantomData,
        }
    }

    pub(crate) fn reborrow(&mut self) -> OpaqueMut<'_> {
        OpaqueMut {
            pointer: self.pointer,
            borrow: PhantomData,
        }
    }

    /// The address of the context, good for as long as the store lives.
    #[inline]
    pub(crate) fn context(&mut self) -> NonNull<StoreContext> {
        self.pointer.cast()
    }

    /// Asks the limiter, if there is one.
    pub(crate) fn limiter<R>(
        &mut self,
        ask: impl FnOnce(&mut dyn ResourceLimiter) -> R,
    ) -> Option<R> {
        let with_limiter = self.limiter?;
        let mut ask = Some(ask);
        let mut answer = None;
        // SAFETY: this is exclusive access to all of the store, data included.
        unsafe {
            with_limiter(self.pointer, &mut |limiter| {
                answer = ask.take().map(|ask| ask(limiter));
            });
        }
        answer
    }

    /// Checks the number of instances, memories and tables against the limiter's numbers, before
    /// some more are made.
    pub(crate) fn check_count(
        &mut self,
        instances: usize,
        memories: usize,
        tables: usize,
    ) -> Result<()> {
        fn check(what: &str, now: usize, more: usize, limit: usize) -> Result<()> {
            if now.saturating_add(more) > limit {
                let message = format!("the store may have {limit} {what}: {now} and {more} more");
                return Err(Error::Limit(message));
            }
            Ok(())
        }
        let now = (self.instances.len(), self.memories, self.tables);
        self.limiter(|limiter| {
            check("instances", now.0, instances, limiter.instances())?;
            check("memories", now.1, memories, limiter.memories())?;
            check("tables", now.2, tables, limiter.tables())
        })
        .transpose()?;
        Ok(())
    }

    /// Notes that memories and tables were made.
    pub(crate) fn count(&mut self, memories: usize, tables: usize) {
        self.memories += memories;
        self.tables += tables;
    }
}

impl StoreOpaque {
    /// Panics if a handle is of another store.
    #[inline]
    pub(crate) fn check(&self, id: StoreId) {
        if self.id != id {
            wrong_store();
        }
    }

    /// The signature numbers of a new module: gives code to the functions of the host that were
    /// waiting for a trampoline.
    pub(crate) fn fill_code(&mut self, module: &RuntimeModule) {
        if self.without_code.is_empty() {
            return;
        }
        for (signature, &number) in module.signature_numbers() {
            for func in self.without_code.remove(&number).unwrap_or_default() {
                // SAFETY: the function is one of this store; no guest runs.
                unsafe { (*func.as_ptr()).code = module.exit_trampoline(signature) };
            }
        }
    }

    /// Keeps functions of the host alive for as long as the store.
    pub(crate) fn keep(&mut self, functions: &Arc<[ErasedHostFunc]>) {
        // A store with many instances of one module keeps its functions once.
        let known = self
            .keep
            .last()
            .is_some_and(|last| Arc::ptr_eq(last, functions));
        if !functions.is_empty() && !known {
            self.keep.push(functions.clone());
        }
    }
}

#[cold]
#[inline(never)]
fn wrong_store() -> ! {
    panic!("a handle was used with a store that it does not belong to");
}
