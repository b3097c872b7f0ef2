//! A store's exceptions, by number, and what becomes of one that is thrown.
//!
//! A guest knows an `exnref` as a number: 0 is null, others count into this arena. An exception
//! is its tag, which is the address of a record, and its fields in the raw form.
//!
//! An exception of which nobody ever had a reference is dropped when the next one is thrown: its
//! handler has read the fields by then. The others live until a collection finds that no table,
//! no global, no other exception and no handle of the embedder's refers to them, nor a word on
//! the guest's stack, if there are live frames. Programs throw as often as they like in one call,
//! so that collections cannot wait for its end. For a word on the stack to be taken for a
//! reference by chance is as good as ruled out: all numbers have the same upper half.
//!
//! Throwing goes in these steps, of which the last alone changes the guest:
//!
//! ```text
//!   make the exception  -->  find its handler  -->  park it, or say where to go on  -->  go there
//!                                   |    ^
//!                                   v    |  another, or none
//!                                whoever watches
//! ```

use super::context::{InstanceHeader, VmTag};
use super::host_func::panic_failure;
use super::raw_val::RawVal;
use super::store::{OpaqueMut, StoreId, StoreOpaque};
use super::types::func_type;
use super::values::{load_val, store_val};
use super::vmctx::Vmctx;
use crate::api::{ExnRef, Val};
use crate::error::{Error, Result};
use crate::trap::{self, CatchSite, HostFailure, Resumption, StopReason, Unwound};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr::NonNull;
use std::sync::{Arc, OnceLock};
use trapline_compile::types::{FuncType, HeapType, TagIndex, ValType};

/// The upper half of all numbers.
const UPPER_HALF: u64 = 0x5845_786e_0000_0000;

/// So many exceptions are kept, so that a guest which keeps references to ever new
/// ones meets an error and not the end of the host's memory.
const MAX_LIVE: usize = 1 << 22;

/// A collection is not worth its time for fewer new exceptions.
const MIN_BUDGET: usize = 4096;

/// The number of the exception in a slot.
fn number_of(slot: usize) -> u64 {
    UPPER_HALF | (slot as u64 + 1)
}

/// The slot of an exception, if this can be the number of one.
fn slot_of(number: u64) -> Option<usize> {
    let slot = number.checked_sub(UPPER_HALF + 1)?;
    u32::try_from(slot).ok().map(|slot| slot as usize)
}

/// Whether this can be the number of an exception.
pub(crate) fn is_number(word: u64) -> bool {
    slot_of(word).is_some()
}

/// A tag of some store, by its record, whose address is its identity. Every value of this type
/// points to a record that lives as long as its store.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct TagPtr(NonNull<VmTag>);

// SAFETY: this is an address. What lies there never changes.
unsafe impl Send for TagPtr {}
// SAFETY: as above.
unsafe impl Sync for TagPtr {}

impl TagPtr {
    /// # Safety
    ///
    /// It points to the record of a tag, which lives as long as its store.
    pub(crate) unsafe fn new(record: NonNull<VmTag>) -> TagPtr {
        TagPtr(record)
    }

    /// The record.
    pub(crate) fn record(self) -> NonNull<VmTag> {
        self.0
    }

    /// Its type, if the tag is one of this store.
    pub(crate) fn ty(self, store: &StoreOpaque) -> Arc<FuncType> {
        // SAFETY: the record lives, as the store does.
        func_type(store, unsafe { self.0.as_ref() }.signature)
    }
}

/// What tells exceptions apart outside of their store: which store, which number. A handle keeps
/// the exception alive.
#[derive(Debug)]
pub struct Handle {
    pub(crate) store: StoreId,
    pub(crate) number: u64,
}

struct Exception {
    tag: TagPtr,
    fields: Box<[RawVal]>,
    /// The store's own copy of the embedder's handle, once there was one.
    handle: OnceLock<Arc<Handle>>,
    /// Whether the guest was given a reference.
    referenced: bool,
}

#[derive(Default)]
struct Slot {
    exception: Option<Exception>,
    marked: bool,
}

/// The exceptions that a guest or the embedder may hold, with their numbers.
pub(crate) struct Exceptions {
    slots: Vec<Slot>,
    free: Vec<u32>,
    /// How many exceptions more may come in before the next collection is worth its time.
    budget: usize,
    /// One that was caught without a reference, and whose fields its handler may still read.
    caught: u64,
}

impl Exceptions {
    pub fn new() -> Exceptions {
        Exceptions {
            slots: Vec::new(),
            free: Vec::new(),
            budget: MIN_BUDGET,
            caught: 0,
        }
    }

    /// Adds an exception with fields of its tag's types. `None` if there are too many.
    pub fn add(&mut self, tag: TagPtr, fields: Box<[RawVal]>) -> Option<u64> {
        self.drop_caught();
        let slot = Slot {
            exception: Some(Exception {
                tag,
                fields,
                handle: OnceLock::new(),
                referenced: false,
            }),
            marked: false,
        };
        let index = match self.free.pop() {
            Some(index) => {
                self.slots[index as usize] = slot;
                index as usize
            }
            None if self.slots.len() >= MAX_LIVE => return None,
            None => {
                self.slots.push(slot);
                self.slots.len() - 1
            }
        };
        self.budget = self.budget.saturating_sub(1);
        Some(number_of(index))
    }

    fn get(&self, number: u64) -> Option<&Exception> {
        self.slots.get(slot_of(number)?)?.exception.as_ref()
    }

    /// The tag and the fields of an exception; `None` for 0, the null reference.
    pub fn parts(&self, number: u64) -> Option<(TagPtr, &[RawVal])> {
        let exception = self.get(number)?;
        Some((exception.tag, &exception.fields))
    }

    /// The embedder's handle of an exception of this store; `None` for 0, the null reference.
    pub fn handle(&self, store: StoreId, number: u64) -> Option<ExnRef> {
        let exception = self.get(number)?;
        let handle = exception
            .handle
            .get_or_init(|| Arc::new(Handle { store, number }));
        Some(ExnRef::from_handle(handle.clone()))
    }

    /// Notes that a handler is about to be entered with an exception.
    fn note_caught(&mut self, number: u64, with_reference: bool) {
        let slot = slot_of(number).and_then(|index| self.slots.get_mut(index));
        let Some(exception) = slot.and_then(|slot| slot.exception.as_mut()) else {
            return;
        };
        exception.referenced |= with_reference;
        if !exception.referenced && exception.handle.get().is_none() {
            self.caught = number;
        }
    }

    /// Drops the exception that was caught last, if nobody has a reference.
    fn drop_caught(&mut self) {
        let number = std::mem::take(&mut self.caught);
        let unknown = self
            .get(number)
            .is_some_and(|exception| !exception.referenced && exception.handle.get().is_none());
        if let Some(index) = slot_of(number).filter(|_| unknown) {
            self.slots[index].exception = None;
            self.free.push(index as u32);
            self.budget += 1;
        }
    }

    /// Whether so many exceptions have come in since the last collection that another is worth its
    /// time.
    #[inline]
    pub fn wants_collection(&self) -> bool {
        self.budget == 0
    }

    /// Notes that a number is in use, if it is one. `true` if that was not known.
    pub fn mark(&mut self, number: u64) -> bool {
        let slot = slot_of(number).and_then(|index| self.slots.get_mut(index));
        slot.is_some_and(|slot| !std::mem::replace(&mut slot.marked, true))
    }

    /// The numbers of those that the embedder has handles of.
    pub fn held(&self) -> Vec<u64> {
        let held = |slot: &Slot| {
            let handle = slot.exception.as_ref()?.handle.get()?;
            (Arc::strong_count(handle) > 1).then_some(handle.number)
        };
        self.slots.iter().filter_map(held).collect()
    }

    /// Frees the exceptions that were not marked.
    pub fn sweep(&mut self) {
        self.caught = 0;
        for (index, slot) in self.slots.iter_mut().enumerate() {
            if !std::mem::take(&mut slot.marked) && slot.exception.take().is_some() {
                self.free.push(index as u32);
            }
        }
        self.budget = self.live().max(MIN_BUDGET);
    }

    /// How many exceptions are held.
    fn live(&self) -> usize {
        self.slots.len() - self.free.len()
    }
}

impl StoreOpaque {
    /// What a collection has to follow from a marked exception: its references to values of the
    /// host, then those to exceptions.
    pub(crate) fn exception_references(&self, number: u64) -> (Vec<u64>, Vec<u64>) {
        let (mut externs, mut exceptions) = (Vec::new(), Vec::new());
        let Some((tag, fields)) = self.exceptions.parts(number) else {
            return (externs, exceptions);
        };
        if fields.is_empty() {
            return (externs, exceptions);
        }
        for (ty, field) in tag.ty(self).params().iter().zip(fields) {
            match ty {
                ValType::Ref(ty) if ty.heap == HeapType::Extern => externs.push(field.as_u64()),
                ValType::Ref(ty) if ty.heap == HeapType::Exn => exceptions.push(field.as_u64()),
                _ => {}
            }
        }
        (externs, exceptions)
    }

    /// A field of an exception of this store.
    pub(crate) fn exception_field(&self, exception: &Handle, index: usize) -> Option<Val> {
        self.check(exception.store);
        let (tag, fields) = self.exceptions.parts(exception.number)?;
        let ty = *tag.ty(self).params().get(index)?;
        // SAFETY: the fields are of the tag's types.
        Some(unsafe { load_val(self, ty, *fields.get(index)?) })
    }

    /// The tag of an exception of this store.
    pub(crate) fn exception_tag(&self, exception: &Handle) -> TagPtr {
        self.check(exception.store);
        let parts = self.exceptions.parts(exception.number);
        parts.expect("a handle keeps its exception alive").0
    }

    /// Where an exception that is thrown where the guest was left last will be caught; `None` if
    /// that is not by the innermost entry into the guest. Nothing is changed by asking.
    ///
    /// # Safety
    ///
    /// The store runs no guest code at this moment: the caller was called by it.
    pub(crate) unsafe fn find_handler(&self, exception: u64) -> Option<CatchSite> {
        let (thrown, _) = self.exceptions.parts(exception)?;
        let catches = |code: &_, vmctx: usize, tag: TagIndex| {
            // What was read in the frame is taken for a vmctx only if it is one.
            let mut instances = self.instances.iter();
            let instance = instances.find(|instance| {
                instance.vmctx.as_ptr().addr() == vmctx && Arc::ptr_eq(instance.module.code(), code)
            });
            instance.is_some_and(|instance| instance.tag(tag) == Some(thrown))
        };
        // SAFETY: as the caller says; the context is the store's.
        unsafe {
            if self.context.tears_down() {
                return None;
            }
            trap::find_handler(&self.context, catches)
        }
    }
}

fn too_many() -> Error {
    Error::Limit("there are too many exceptions that a guest may refer to".to_owned())
}

/// Makes an exception for the embedder.
pub(crate) fn new_exception(
    store: &mut OpaqueMut<'_>,
    tag: TagPtr,
    fields: &[Val],
) -> Result<ExnRef> {
    let ty = tag.ty(store);
    if ty.params().len() != fields.len() {
        return Err(Error::signature(format_args!(
            "the tag's exceptions have {} fields, but {} were given",
            ty.params().len(),
            fields.len()
        )));
    }
    store.exceptions.drop_caught();
    store.collect_exceptions_if_due();
    let fields = fields.iter().zip(ty.params());
    let fields = fields.map(|(field, &ty)| store_val(store, ty, field));
    let fields = fields.collect::<Result<Box<[_]>>>()?;
    let number = store.exceptions.add(tag, fields).ok_or_else(too_many)?;
    let handle = store.exceptions.handle(store.id, number);
    Ok(handle.expect("it was just made"))
}

/// What a thrown exception does to the guest that was left last.
enum Thrown {
    /// It goes on there.
    Caught(Resumption),
    /// Whoever watches has taken it, and wants the entry to fail with this instead.
    Taken(Box<Unwound>),
    /// Nothing here catches it: the entry into the guest fails with it.
    Uncaught(ExnRef),
}

/// Throws an exception that exists.
///
/// # Safety
///
/// The caller was called by the store's guest, which is going to be left by what this says.
unsafe fn throw_exception(store: &mut OpaqueMut<'_>, exception: u64) -> Thrown {
    let context = store.context();
    let handle = |store: &StoreOpaque, number| {
        let handle = store.exceptions.handle(store.id, number);
        handle.expect("what is thrown is an exception of the store")
    };
    // SAFETY: the guest waits.
    let site = unsafe { store.find_handler(exception) };
    // Whoever watches sees an exception before anything is decided: the guest is as it was when it
    // threw.
    //
    // SAFETY: as above; the caller does nothing but wait for this.
    let answer = unsafe { trap::thrown(context, site, || handle(store, exception)) };
    let (exception, site) = match answer {
        Some(StopReason::Unwinding(unwound)) => {
            // SAFETY: as above.
            unsafe { trap::note_told(context) };
            return Thrown::Taken(unwound);
        }
        Some(StopReason::Thrown {
            exception: chosen, ..
        }) if chosen.handle().number != exception => {
            // It stays when the reference goes: nothing is collected before the guest goes on.
            let chosen = chosen.handle().number;
            // SAFETY: as above.
            (chosen, unsafe { store.find_handler(chosen) })
        }
        _ => (exception, site),
    };
    match site {
        Some(site) => {
            let store = &mut **store;
            store.exceptions.note_caught(exception, site.with_reference);
            let fields = store.exceptions.parts(exception);
            let fields = fields.map_or(std::ptr::null(), |(_, fields)| fields.as_ptr());
            Thrown::Caught(Resumption::new(site, exception, fields.expose_provenance()))
        }
        None => {
            // SAFETY: as above.
            unsafe { trap::note_told(context) };
            Thrown::Uncaught(handle(store, exception))
        }
    }
}

/// How a function of the host fails whose guest is to be unwound with something.
fn instead(unwound: Unwound) -> HostFailure {
    match unwound {
        Unwound::Host { failure, .. } => failure,
        Unwound::Trap(_) => HostFailure::Error("a trap in the place of an exception".into()),
    }
}

/// Runs a builtin that throws. 1 if the guest goes on as the resumption says, 0 if it failed.
///
/// # Safety
///
/// Called from a builtin that guest code called with this vmctx; the resumption can be written.
unsafe fn builtin(
    vmctx: *mut InstanceHeader,
    resumption: *mut Resumption,
    body: impl FnOnce(&mut OpaqueMut<'_>, Vmctx) -> Result<u64>,
) -> u32 {
    // SAFETY: the caller says so.
    let vmctx = unsafe { Vmctx::from_raw(vmctx) };
    let context = vmctx.store_context();
    let result = catch_unwind(AssertUnwindSafe(|| -> Result<Thrown> {
        // SAFETY: the guest waits for the builtin: nothing else uses the store.
        let mut store = unsafe { OpaqueMut::from_context(context) };
        let exception = body(&mut store, vmctx)?;
        // SAFETY: as above.
        Ok(unsafe { throw_exception(&mut store, exception) })
    }));
    let failure = match result {
        Ok(Ok(Thrown::Caught(caught))) => {
            // SAFETY: the caller says so; the store lives.
            unsafe {
                resumption.write(caught);
                if context.as_ref().wants_attention() {
                    trap::step_into_guest();
                }
            }
            return 1;
        }
        Ok(Ok(Thrown::Taken(unwound))) => instead(*unwound),
        Ok(Ok(Thrown::Uncaught(exception))) => HostFailure::Error(Box::new(Error::from(exception))),
        Ok(Err(error)) => HostFailure::Error(Box::new(error)),
        Err(panic) => panic_failure(panic),
    };
    // SAFETY: called from a builtin that guest code of this store called.
    unsafe { trap::park(context, failure) };
    0
}

/// `throw`: the tag by its number in the module, and the fields in slots.
///
/// # Safety
///
/// Called by guest code, through the stub that resumes it, with its own vmctx, and with a tag and
/// fields as validation has checked them.
pub(crate) unsafe extern "sysv64" fn throw(
    vmctx: *mut InstanceHeader,
    tag: u32,
    fields: *const RawVal,
    resumption: *mut Resumption,
) -> u32 {
    // SAFETY: the caller says so.
    unsafe {
        builtin(vmctx, resumption, |store, vmctx| {
            let tag = TagIndex::from_u32(tag);
            let info = store.instances[vmctx.instance() as usize].module.info();
            let fields = match info.tag_type(tag).params().len() {
                0 => Box::default(),
                // SAFETY: there are slots for all fields, in the guest's frame.
                count => Box::from(std::slice::from_raw_parts(fields, count)),
            };
            store.exceptions.drop_caught();
            if store.exceptions.wants_collection() {
                // SAFETY: the resumption lies in the frame of the stub that the guest has called,
                // which has saved all registers above it.
                store.collect_exceptions(resumption.addr());
            }
            let number = store.exceptions.add(vmctx.tag(tag), fields);
            number.ok_or_else(too_many)
        })
    }
}

/// `throw_ref`: an exception that is not null.
///
/// # Safety
///
/// As for [`throw`].
pub(crate) unsafe extern "sysv64" fn throw_ref(
    vmctx: *mut InstanceHeader,
    exception: u64,
    resumption: *mut Resumption,
) -> u32 {
    // SAFETY: the caller says so.
    unsafe { builtin(vmctx, resumption, |_, _| Ok(exception)) }
}

/// What the failure of a function of the host does to the guest that called it: if the error is an
/// exception which the guest catches, then the guest goes on there.
///
/// # Safety
///
/// The function was called by the store's guest, and is about to return that it failed.
pub(crate) unsafe fn thrown_by_host(
    store: &mut OpaqueMut<'_>,
    failure: HostFailure,
) -> HostFailure {
    let exception = match &failure {
        HostFailure::Error(error) => match error.downcast_ref::<Error>() {
            Some(Error::Exception(thrown)) => thrown.exn().handle(),
            _ => return failure,
        },
        _ => return failure,
    };
    if exception.store != store.id {
        return failure;
    }
    let thrown = exception.number;
    // SAFETY: the guest waits.
    match unsafe { throw_exception(store, thrown) } {
        Thrown::Caught(resumption) => HostFailure::Caught(resumption),
        Thrown::Taken(unwound) => instead(*unwound),
        Thrown::Uncaught(other) if other.handle().number != thrown => {
            HostFailure::Error(Box::new(Error::from(other)))
        }
        // It keeps what was noted where it was thrown.
        Thrown::Uncaught(_) => failure,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tag() -> TagPtr {
        static TAG: VmTag = VmTag {
            signature: 0,
            _reserved: 0,
        };
        // SAFETY: a static lives for ever.
        unsafe { TagPtr::new(NonNull::from(&TAG)) }
    }

    fn store() -> StoreId {
        let store = crate::Store::new(&crate::Engine::default(), ());
        crate::AsContext::as_context(&store)
            .into_inner()
            .opaque()
            .id
    }

    #[test]
    fn an_exception_that_nobody_refers_to_goes_with_the_next() {
        let mut exceptions = Exceptions::new();
        for _ in 0..3 {
            let number = exceptions.add(tag(), Box::default()).unwrap();
            assert_eq!(number, number_of(0));
            exceptions.note_caught(number, false);
            assert!(exceptions.parts(number).is_some());
        }
        exceptions.note_caught(number_of(0), true);
        assert_eq!(exceptions.add(tag(), Box::default()), Some(number_of(1)));
        assert!(exceptions.parts(number_of(0)).is_some());
    }

    #[test]
    fn there_are_not_more_exceptions_than_the_limit() {
        let mut exceptions = Exceptions::new();
        for _ in 0..MAX_LIVE {
            let number = exceptions.add(tag(), Box::default()).unwrap();
            exceptions.note_caught(number, true);
        }
        assert!(exceptions.add(tag(), Box::default()).is_none());
        exceptions.sweep();
        assert!(exceptions.add(tag(), Box::default()).is_some());
    }

    #[test]
    fn an_exception_that_the_embedder_holds_has_one_handle_and_stays() {
        let id = store();
        let mut exceptions = Exceptions::new();
        let number = exceptions.add(tag(), Box::default()).unwrap();
        let handle = exceptions.handle(id, number).unwrap();
        exceptions.note_caught(number, false);
        assert_eq!(exceptions.add(tag(), Box::default()), Some(number_of(1)));
        assert_eq!(exceptions.held(), [number]);
        assert!(exceptions.mark(number));
        assert!(!exceptions.mark(number));
        assert!(!exceptions.mark(1));
        exceptions.sweep();
        assert_eq!(exceptions.live(), 1);
        assert!(exceptions.handle(id, number).unwrap().ptr_eq(&handle));
        drop(handle);
        assert!(exceptions.held().is_empty());
        assert!(exceptions.handle(id, 0).is_none());
        assert!(exceptions.handle(id, u64::MAX).is_none());
    }
}
