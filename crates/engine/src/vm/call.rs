//! Calling functions, and making errors of what comes back.

use super::code_memory::CodeMemory;
use super::context::{HostCallee, VmFuncRef};
use super::func_ref::FuncPtr;
use super::raw_val::RawVal;
use super::store::{OpaqueMut, StoreOpaque};
use super::store_context::StoreContext;
use crate::api::{FrameInfo, MemoryFault, Module, Trap, TrapInfo, WasmBacktrace};
use crate::error::{Error, TrapError};
use crate::fiber::{PooledStack, Suspender};
use crate::trap::{self, HostFailure, RawBacktrace, TrapReport, Unwound};
use std::io;
use std::panic;
use std::ptr::NonNull;
use std::sync::Arc;

/// Whether asynchronous functions of the host may suspend the fiber that a call runs on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Waiting {
    /// They may not: somewhere on the stack is a frame of the host that does not expect it.
    Refused,
    /// They may: all frames of the host on the fiber are polls of futures that are `Send`.
    Allowed,
}

/// The stack that a store keeps for its synchronous calls. It lies outside of the store's own
/// memory, so that it can be lent out while the store is used.
pub(crate) struct CachedStack(NonNull<PooledStack>);

// SAFETY: owns what it points to, as a Box would.
unsafe impl Send for CachedStack {}
// SAFETY: as above.
unsafe impl Sync for CachedStack {}

impl CachedStack {
    fn new(stack: PooledStack) -> CachedStack {
        // SAFETY: a Box is not null.
        CachedStack(unsafe { NonNull::new_unchecked(Box::into_raw(Box::new(stack))) })
    }
}

impl Drop for CachedStack {
    fn drop(&mut self) {
        // SAFETY: the pointer came from a Box; a store is dropped only when nothing runs in it.
        drop(unsafe { Box::from_raw(self.0.as_ptr()) });
    }
}

/// Calls a function.
///
/// The way that most calls take is laid out for speed: what is cold is behind calls that are not
/// inlined, nothing but registers passes between them, and so the error is boxed.
///
/// # Safety
///
/// The function is of this store, and `slots` are as many as its type needs and hold values of
/// its parameters' types. If waiting is allowed then it is true that nothing on the fiber's stack
/// is bound to a thread.
#[inline]
pub(crate) unsafe fn call(
    mut store: OpaqueMut<'_>,
    func: FuncPtr,
    slots: *mut RawVal,
    waiting: Waiting,
) -> Result<(), Box<Error>> {
    let callee = func.as_ptr();
    let context = store.context();
    // SAFETY: the function's record lives as long as the store.
    let entry = unsafe { (*callee).entry };
    // SAFETY: the context is the store's, to which this is the exclusive access.
    let idle = unsafe { context.as_ref() }.is_idle();
    let Some(stack) = store.stack.as_ref().filter(|_| idle && !entry.is_null()) else {
        // SAFETY: as the caller says.
        return unsafe { call_otherwise(store, func, slots, waiting) };
    };
    // SAFETY: as the caller says; the record is as above. The store keeps the stack until it is
    // dropped itself, and nothing runs on it if nothing runs in the store.
    let result = unsafe {
        let stack = stack.0.as_ref();
        let (code, vmctx) = ((*callee).code.addr(), (*callee).vmctx.cast());
        trap::enter_idle(code, vmctx, slots, entry.addr(), context, stack)
    };
    match result {
        Ok(()) => Ok(()),
        Err(unwound) => Err(failed(store, unwound)),
    }
}

/// [`call`], where the function is one of the host, or something runs in the store already, or
/// nothing ever did.
///
/// # Safety
///
/// As for [`call`].
#[inline(never)]
unsafe fn call_otherwise(
    store: OpaqueMut<'_>,
    func: FuncPtr,
    slots: *mut RawVal,
    waiting: Waiting,
) -> Result<(), Box<Error>> {
    // SAFETY: nothing fills in the record: that is done when a module is instantiated, which may
    // happen below, but then the copy that is made here does not matter any more.
    let callee = unsafe { *func.as_ptr() };
    // SAFETY: as the caller says.
    unsafe {
        if callee.entry.is_null() {
            call_host(store, &callee, slots, waiting)
        } else {
            call_guest(store, &callee, slots, waiting)
        }
    }
}

/// Whether guests of the store can be called at all: not while one of them is stopped, or was given
/// up.
pub(crate) fn check_entry(store: &StoreOpaque) -> Result<(), Error> {
    match store.context.is_barred() {
        false => Ok(()),
        true if store.is_poisoned => Err(Error::PoisonedStore),
        true => Err(Error::PausedStore),
    }
}

/// Calls a function that has an entry trampoline.
///
/// # Safety
///
/// As for [`call`].
pub(crate) unsafe fn call_guest(
    mut store: OpaqueMut<'_>,
    callee: &VmFuncRef,
    slots: *mut RawVal,
    waiting: Waiting,
) -> Result<(), Box<Error>> {
    check_entry(&store)?;
    // SAFETY: as the caller says.
    let result = unsafe { enter_busy(&mut store, callee, slots, waiting) };
    result.map_err(|unwound| failed(store, unwound))
}

/// Enters the guest where something runs in the store already, or for the first time.
///
/// # Safety
///
/// As for [`call`].
unsafe fn enter_busy(
    store: &mut OpaqueMut<'_>,
    callee: &VmFuncRef,
    slots: *mut RawVal,
    waiting: Waiting,
) -> Result<(), Box<Unwound>> {
    let context = store.context();
    // SAFETY: the context is the store's, to which this is the exclusive access. `enter_again`
    // and `enter_outermost` as the caller says.
    unsafe {
        if context.as_ref().runs_here() {
            enter_again(context, callee, slots, waiting)
        } else {
            enter_outermost(store, callee, slots)
        }
    }
}

/// # Safety
///
/// As for [`call`]; the store does not run on the current stack.
unsafe fn enter_outermost(
    store: &mut OpaqueMut<'_>,
    callee: &VmFuncRef,
    slots: *mut RawVal,
) -> Result<(), Box<Unwound>> {
    let context = store.context();
    // SAFETY: the context is the store's.
    let idle = unsafe { context.as_ref() }.activation.is_null();
    let (borrowed, taken);
    let stack = match &store.stack {
        Some(stack) if idle => {
            borrowed = stack.0;
            // SAFETY: the store keeps the stack until it is dropped itself.
            unsafe { borrowed.as_ref() }
        }
        _ => match take_stack(store, idle) {
            Ok(Ok(stack)) => {
                borrowed = stack;
                // SAFETY: as above.
                unsafe { borrowed.as_ref() }
            }
            Ok(Err(stack)) => {
                taken = stack;
                &taken
            }
            Err(error) => return Err(no_stack(error)),
        },
    };
    // SAFETY: an engine installs the handlers when it is made. Nothing runs
    // on the stack: either nothing runs in the store that keeps it, or it was just taken. If
    // something does run in the store, it is waiting for a function of the host that handed the
    // store to another thread or stack, and waits for that.
    unsafe {
        trap::enter(
            context,
            Some(stack),
            callee.entry.addr(),
            callee.code.addr(),
            callee.vmctx.cast(),
            slots,
        )
    }
}

/// Takes a stack from the pool: into the store if nothing runs there, else for one call.
#[cold]
fn take_stack(
    store: &mut OpaqueMut<'_>,
    idle: bool,
) -> io::Result<Result<NonNull<PooledStack>, PooledStack>> {
    let stack = store.engine.stacks().take()?;
    if !idle {
        return Ok(Err(stack));
    }
    let stack = store.stack.insert(CachedStack::new(stack));
    Ok(Ok(stack.0))
}

#[cold]
fn no_stack(error: io::Error) -> Box<Unwound> {
    let message = format!("cannot make a stack for the guest: {error}");
    let failure = HostFailure::Error(Box::new(Error::Limit(message)));
    Box::new(Unwound::failed(failure))
}

/// # Safety
///
/// As for [`call`]; the store runs on the current stack.
unsafe fn enter_again(
    context: NonNull<StoreContext>,
    callee: &VmFuncRef,
    slots: *mut RawVal,
    waiting: Waiting,
) -> Result<(), Box<Unwound>> {
    // SAFETY: the context is the store's, as the caller says.
    let _masked = unsafe { mask(context, waiting) };
    // SAFETY: `enter` as the caller says; the store runs on the current stack.
    unsafe {
        trap::enter(
            context,
            None,
            callee.entry.addr(),
            callee.code.addr(),
            callee.vmctx.cast(),
            slots,
        )
    }
}

/// Lets nothing wait on the fiber, for as long as the result lives, if a call that may not suspend
/// it is about to run on it. When the fiber is being torn down nothing can wait anyway.
///
/// # Safety
///
/// The context is that of a store which the caller has exclusive access to. If the store runs on a
/// fiber, the result is dropped on that fiber.
pub(crate) unsafe fn mask(context: NonNull<StoreContext>, waiting: Waiting) -> Option<Masked> {
    // SAFETY: the caller has exclusive access; the suspender of a store that runs is live.
    let suspender = unsafe { (*context.as_ptr()).suspender.as_ref() }?;
    if waiting == Waiting::Allowed {
        return None;
    }
    suspender.refuse();
    Some(Masked(suspender))
}

/// Keeps a suspender from suspending until this is dropped.
pub(crate) struct Masked(*const Suspender);

impl Drop for Masked {
    fn drop(&mut self) {
        // SAFETY: a fiber outlives all that runs on it.
        unsafe { (*self.0).allow() };
    }
}

/// Calls a function of the host in the way the guest would, but directly.
///
/// # Safety
///
/// As for [`call`]; the function is one of the host.
#[cold]
unsafe fn call_host(
    mut store: OpaqueMut<'_>,
    callee: &VmFuncRef,
    slots: *mut RawVal,
    waiting: Waiting,
) -> Result<(), Box<Error>> {
    check_entry(&store)?;
    let callee = callee.vmctx.cast::<HostCallee>();
    let context = store.context();
    // SAFETY: the context is the store's.
    let runs_here = unsafe { context.as_ref() }.runs_here();
    // A fiber can only be suspended by what runs on it.
    let waiting = if runs_here { waiting } else { Waiting::Refused };
    // SAFETY: this is the exclusive access to the store.
    let _masked = unsafe { mask(context, waiting) };
    // SAFETY: a function without an entry trampoline has a host callee for a vmctx. The slots are
    // as the caller says.
    let result = unsafe { ((*(*callee).data).run)(callee, slots) };
    result.map_err(|failure| Box::new(host_failed(store, failure, RawBacktrace::default())))
}

/// What a call that did not return tells its caller. Panics go on.
#[cold]
#[inline(never)]
#[expect(
    clippy::boxed_local,
    reason = "unboxing is cold too, and not to be done by those who call this"
)]
fn failed(store: OpaqueMut<'_>, unwound: Box<Unwound>) -> Box<Error> {
    Box::new(match *unwound {
        Unwound::Trap(report) => trapped(&store, report),
        Unwound::Host {
            failure,
            backtrace,
            seen_by,
        } => host_failed(store, failure, backtrace).mark_seen(seen_by),
    })
}

fn host_failed(store: OpaqueMut<'_>, failure: HostFailure, frames: RawBacktrace) -> Error {
    match failure {
        HostFailure::Error(error) => {
            let error = Error::host(error);
            if frames.frames.is_empty() {
                error
            } else {
                error.at(|| backtrace(&store, frames))
            }
        }
        HostFailure::Panic(payload) => panic::resume_unwind(payload),
        HostFailure::Teardown => Error::Dropped,
        HostFailure::Caught(_) => unreachable!("the guest has gone on"),
    }
}

fn trapped(store: &StoreOpaque, report: TrapReport) -> Error {
    let Some(info) = trap_info(store, &report) else {
        return Error::host(format!("a trap of an unknown kind: {}", report.kind));
    };
    let backtrace = backtrace(store, report.backtrace);
    Error::Trap(Box::new(TrapError {
        info,
        backtrace,
        seen_by: report.seen_by,
    }))
}

/// What is known of a trap of a guest.
pub(crate) fn trap_info(store: &StoreOpaque, report: &TrapReport) -> Option<TrapInfo> {
    let fault = report
        .fault_address
        .and_then(|address| memory_fault(store, report, address));
    Some(TrapInfo {
        trap: Trap::from_kind(report.kind)?,
        wasm_pc: report.wasm_pc,
        fault,
    })
}

/// Which memory an address belongs to, as the instance sees it whose code accessed it.
fn memory_fault(store: &StoreOpaque, report: &TrapReport, address: usize) -> Option<MemoryFault> {
    let code = &report.backtrace.frames.first()?.code;
    store
        .instances
        .iter()
        .filter(|instance| Arc::ptr_eq(instance.module.code(), code))
        .find_map(|instance| {
            let own = instance.memories.iter();
            let imported = &instance.imported.memories;
            let all = imported.iter().map(|&id| store.memory(id)).chain(own);
            all.enumerate().find_map(|(index, memory)| {
                Some(MemoryFault {
                    memory: index as u32,
                    address: memory.contains_fault(address)?,
                    memory_size: memory.bytes().byte_len(),
                })
            })
        })
}

/// The frames of a store's guests, with the modules they belong to.
pub(crate) fn backtrace(store: &StoreOpaque, raw: RawBacktrace) -> WasmBacktrace {
    let mut frames: Vec<FrameInfo> = Vec::with_capacity(raw.frames.len());
    // The module of the frame before, which is the most likely one for the next.
    let mut last: Option<(Arc<CodeMemory>, Module)> = None;
    for frame in raw.frames {
        if !last
            .as_ref()
            .is_some_and(|(code, _)| Arc::ptr_eq(code, &frame.code))
        {
            let mut instances = store.instances.iter().rev();
            let instance =
                instances.find(|instance| Arc::ptr_eq(instance.module.code(), &frame.code));
            let Some(instance) = instance else { continue };
            let module = Module::from_runtime(instance.module.clone());
            last = Some((frame.code, module));
        }
        let Some((_, module)) = &last else { continue };
        let module = module.clone();
        let index = module.runtime().info().function_index(frame.function);
        frames.push(FrameInfo::new(module, index, frame.wasm_pc));
    }
    WasmBacktrace::new(frames, raw.truncated)
}

/// The frames of the guest that called the function of the host which is running.
pub(crate) fn current_backtrace(store: &StoreOpaque) -> WasmBacktrace {
    // SAFETY: the store is live; it runs no guest code, because the host has access to it. Its
    // context is only read.
    let raw = unsafe { trap::backtrace(NonNull::from(&store.context)) };
    backtrace(store, raw)
}
