use super::{Fiber, StackPool, Teardown};
use crate::trap::testing::{Guest, Host, STACK};
use crate::trap::{HostFailure, Unwound};
use crate::vm::raw_val::RawVal;
use std::future::{pending, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::task::{Context, Poll, Wake, Waker};
use trapline_compile::trap::TrapKind;

/// Lets a closure refer to a guest on whichever thread runs it. The tests see to it that only one
/// does at a time.
struct Shared<'a>(&'a Guest);

// SAFETY: see above.
unsafe impl Send for Shared<'_> {}

impl Shared<'_> {
    fn call(&self, name: &str, argument: u64) -> Result<u64, Box<Unwound>> {
        self.0.call(name, &[argument])
    }
}

/// A fiber that calls an export of a guest.
fn fiber<'a>(guest: &'a Guest, name: &'a str, argument: u64) -> Fiber<'a, Call> {
    fiber_of(guest, move |guest| Call(guest.call(name, argument)))
}

fn fiber_of<'a, R>(
    guest: &'a Guest,
    body: impl FnOnce(&Shared<'_>) -> R + Send + 'a,
) -> Fiber<'a, R> {
    let pool = StackPool::new(STACK, 4).unwrap();
    let shared = Shared(guest);
    // SAFETY: the guest outlives the fiber, and is used by nobody else. Hosts of these tests have
    // nothing on the stack that is bound to a thread.
    unsafe {
        Fiber::new(pool.take().unwrap(), guest.store(), None, move || {
            let shared = shared;
            body(&shared)
        })
    }
}

/// The outcome of a call; it is only looked at when the fiber is done.
struct Call(Result<u64, Box<Unwound>>);

// SAFETY: failures of these tests can be sent.
unsafe impl Send for Call {}

impl Call {
    fn result(self) -> u32 {
        self.0.unwrap() as u32
    }
}

/// Waits, in a function of the host, for a future.
fn wait<T>(guest: &Guest, future: Pin<&mut dyn Future<Output = T>>) -> Result<T, HostFailure> {
    // SAFETY: the store runs on a fiber, whose suspender is live, and the caller on the same.
    unsafe {
        let suspender = (*guest.store().as_ptr()).suspender;
        assert!(!suspender.is_null(), "not on a fiber");
        (*suspender)
            .block_on(future)
            .map_err(|Teardown| HostFailure::Teardown)
    }
}

/// A future that is pending so many times.
fn yields(times: u32) -> impl Future<Output = ()> {
    let mut left = times;
    poll_fn(move |context| {
        if left == 0 {
            return Poll::Ready(());
        }
        left -= 1;
        context.waker().wake_by_ref();
        Poll::Pending
    })
}

fn resume<R>(fiber: &mut Fiber<'_, R>) -> Poll<R> {
    fiber
        .resume(&mut Context::from_waker(Waker::noop()))
        .unwrap()
}

fn finish<R>(fiber: &mut Fiber<'_, R>) -> R {
    loop {
        if let Poll::Ready(result) = resume(fiber) {
            return result;
        }
    }
}

/// `f` calls the host with its parameter and adds one; `trap` traps after that, `overflow`
/// overflows the stack after that.
const GUEST: &str = r#"(module (import "" "" (func (param i32) (result i32)))
    (func (export "f") (param i32) (result i32)
        (i32.add (call 0 (local.get 0)) (i32.const 1)))
    (func (export "trap") (param i32) (result i32)
        (drop (call 0 (local.get 0))) unreachable)
    (func (export "overflow") (param i32) (result i32)
        (drop (call 0 (local.get 0))) (call 4))
    (func (result i32) (i32.add (call 4) (i32.const 1))))"#;

/// A host that is pending as often as its argument says, and returns ten times that.
fn yielding() -> Host {
    Box::new(|guest, slots| {
        let times = slots[0].as_u32();
        wait(guest, pin!(yields(times)))?;
        slots[0] = RawVal::from_u32(times * 10);
        Ok(())
    })
}

fn assert_idle(guest: &Guest) {
    // SAFETY: the context is live, and nothing runs in the store.
    let context = unsafe { guest.store().as_ref() };
    assert!(context.activation.is_null() && context.suspender.is_null());
    assert!(crate::trap::replace_current(std::ptr::null_mut()).is_null());
}

#[test]
fn a_body_that_waits_for_nothing_runs_to_its_end_at_once() {
    let guest = Guest::new(GUEST, vec![yielding()]);
    let mut fiber = fiber(&guest, "f", 0);
    let Poll::Ready(result) = resume(&mut fiber) else {
        panic!("suspended")
    };
    assert_eq!(result.result(), 1);
    assert!(fiber.is_done());
    assert_idle(&guest);
}

#[test]
fn a_call_is_suspended_as_often_as_its_host_waits() {
    let guest = Guest::new(GUEST, vec![yielding()]);
    let mut fiber = fiber(&guest, "f", 3);
    for _ in 0..3 {
        assert!(resume(&mut fiber).is_pending());
        assert_idle(&guest);
    }
    assert_eq!(finish(&mut fiber).result(), 31);
    assert_idle(&guest);
}

#[test]
fn a_fiber_can_change_threads_and_trap_afterwards() {
    for (name, kind) in [
        ("trap", TrapKind::Unreachable),
        ("overflow", TrapKind::StackOverflow),
    ] {
        let guest = Guest::new(GUEST, vec![yielding()]);
        let mut fiber = fiber(&guest, name, 2);
        assert!(resume(&mut fiber).is_pending());
        let again = std::thread::scope(|scope| {
            scope
                .spawn(|| resume(&mut fiber).is_pending())
                .join()
                .unwrap()
        });
        assert!(again);
        let outcome =
            std::thread::scope(|scope| scope.spawn(|| finish(&mut fiber)).join().unwrap());
        match outcome.0.map_err(|unwound| *unwound) {
            Err(Unwound::Trap(report)) => assert_eq!(report.kind, kind),
            _ => panic!("no trap"),
        }
        assert_idle(&guest);
    }
}

#[test]
fn suspended_fibers_leave_the_thread_to_others() {
    let guests: Vec<_> = (0..8)
        .map(|_| Guest::new(GUEST, vec![yielding()]))
        .collect();
    let mut fibers: Vec<_> = guests.iter().map(|guest| fiber(guest, "f", 5)).collect();
    for _ in 0..5 {
        assert!(fibers.iter_mut().all(|fiber| resume(fiber).is_pending()));
    }
    let results: Vec<_> = fibers
        .iter_mut()
        .map(|fiber| finish(fiber).result())
        .collect();
    assert_eq!(results, [51; 8]);
}

struct CountsDrops(Arc<AtomicU32>);

impl Drop for CountsDrops {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

/// A host that calls the guest again until its argument is zero, and then waits for ever.
fn nesting(drops: &Arc<AtomicU32>) -> Host {
    let drops = Arc::clone(drops);
    Box::new(move |guest, slots| {
        let _dropped = CountsDrops(Arc::clone(&drops));
        match slots[0].as_u32() {
            0 => wait(guest, pin!(pending::<()>())),
            depth => match guest.call("f", &[u64::from(depth - 1)]).map_err(|u| *u) {
                Err(Unwound::Host { failure, .. }) => Err(failure),
                _ => panic!("it was torn down"),
            },
        }
    })
}

#[test]
fn dropping_a_suspended_fiber_drops_what_all_its_host_frames_hold() {
    let drops = Arc::new(AtomicU32::new(0));
    let guest = Guest::new(GUEST, vec![nesting(&drops)]);
    let mut fiber = fiber(&guest, "f", 6);
    assert!(resume(&mut fiber).is_pending());
    assert_eq!(drops.load(Ordering::Relaxed), 0);
    drop(fiber);
    assert_eq!(drops.load(Ordering::Relaxed), 7);
    assert_idle(&guest);
}

#[test]
fn a_fiber_can_be_dropped_on_another_thread() {
    let drops = Arc::new(AtomicU32::new(0));
    let guest = Guest::new(GUEST, vec![nesting(&drops)]);
    let mut fiber = fiber(&guest, "f", 2);
    assert!(resume(&mut fiber).is_pending());
    std::thread::scope(|scope| scope.spawn(move || drop(fiber)).join().unwrap());
    assert_eq!(drops.load(Ordering::Relaxed), 3);
}

#[test]
fn a_fiber_that_was_never_begun_drops_its_body() {
    let drops = Arc::new(AtomicU32::new(0));
    let held = CountsDrops(Arc::clone(&drops));
    let guest = Guest::new(GUEST, vec![yielding()]);
    drop(fiber_of(&guest, move |_| drop(held)));
    assert_eq!(drops.load(Ordering::Relaxed), 1);
}

#[test]
fn the_guest_is_not_entered_in_a_teardown() {
    let host: Host = Box::new(|guest, _| {
        let waited = wait(guest, pin!(pending::<()>()));
        assert!(matches!(waited, Err(HostFailure::Teardown)));
        // Neither entered, nor waited for.
        match guest.call("f", &[0]).map_err(|unwound| *unwound) {
            Err(Unwound::Host { failure, .. }) => assert!(matches!(failure, HostFailure::Teardown)),
            _ => panic!("entered"),
        }
        wait(guest, pin!(yields(1)))
    });
    let guest = Guest::new(GUEST, vec![host]);
    let mut fiber = fiber(&guest, "f", 0);
    assert!(resume(&mut fiber).is_pending());
    drop(fiber);
    assert_idle(&guest);
}

#[test]
fn a_leaked_fiber_leaves_its_store_usable() {
    let guest = Guest::new(GUEST, vec![yielding()]);
    let mut leaked = fiber(&guest, "f", 1);
    assert!(resume(&mut leaked).is_pending());
    std::mem::forget(leaked);
    assert_idle(&guest);
    assert_eq!(finish(&mut fiber(&guest, "f", 2)).result(), 21);
}

#[test]
fn a_panic_of_the_body_reaches_the_one_who_resumes() {
    let guest = Guest::new(GUEST, vec![yielding()]);
    let mut fiber = fiber_of(&guest, |_| std::panic::resume_unwind(Box::new(17)));
    let caught = catch_unwind(AssertUnwindSafe(|| resume::<()>(&mut fiber)));
    assert_eq!(*caught.unwrap_err().downcast::<i32>().unwrap(), 17);
    assert!(fiber.is_done());
    assert_idle(&guest);
}

#[test]
fn a_fiber_can_run_on_another_one() {
    let inner_guest: &'static Guest = Box::leak(Guest::new(GUEST, vec![yielding()]));
    let outer_host: Host = Box::new(move |guest, slots| {
        let mut inner = fiber(inner_guest, "f", 4);
        let done = pin!(poll_fn(|context| inner.resume(context).unwrap()));
        slots[0] = RawVal::from_u32(wait(guest, done)?.result());
        // And one that is dropped with the outer.
        let mut inner = fiber(inner_guest, "f", 1);
        assert!(resume(&mut inner).is_pending());
        wait(guest, pin!(yields(1)))
    });
    let guest = Guest::new(GUEST, vec![outer_host]);
    let mut outer = fiber(&guest, "f", 0);
    for _ in 0..5 {
        assert!(resume(&mut outer).is_pending());
        assert_idle(inner_guest);
    }
    assert_eq!(finish(&mut outer).result(), 42);
    let mut outer = fiber(&guest, "f", 0);
    for _ in 0..5 {
        assert!(resume(&mut outer).is_pending());
    }
    drop(outer);
    assert_idle(inner_guest);
}

/// A waker that counts.
struct Count(AtomicU32);

impl Wake for Count {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

/// The host's future calls the guest again in its poll, which suspends the fiber inside of it,
/// and only then waits for something by itself: it must not be left with the waker of the
/// resumption in which its poll began.
#[test]
fn a_future_that_suspended_its_fiber_waits_with_a_waker_of_the_last_resumption() {
    let host: Host = Box::new(|guest, slots| {
        let depth = slots[0].as_u32();
        if depth == 0 {
            return wait(guest, pin!(yields(1)));
        }
        let (mut called, mut waited) = (false, 0);
        let future = poll_fn(|context| {
            if !called {
                guest.call("f", &[0]).unwrap();
                called = true;
            }
            waited += 1;
            // Woken at every poll; ready at the third.
            context.waker().wake_by_ref();
            if waited < 3 {
                Poll::Pending
            } else {
                Poll::Ready(())
            }
        });
        wait(guest, pin!(future))
    });
    let guest = Guest::new(GUEST, vec![host]);
    let mut fiber = fiber(&guest, "f", 1);
    let counts: Vec<_> = (0..3).map(|_| Arc::new(Count(AtomicU32::new(0)))).collect();
    let mut resume = |count: &Arc<Count>| {
        let waker = Waker::from(Arc::clone(count));
        fiber
            .resume(&mut Context::from_waker(&waker))
            .unwrap()
            .is_pending()
    };
    assert!(resume(&counts[0]), "the inner call waits");
    assert!(resume(&counts[1]), "the outer future waits");
    assert!(counts[1].0.load(Ordering::Relaxed) > 0, "it can be woken");
    assert!(!resume(&counts[2]));
}
