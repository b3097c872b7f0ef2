//! What several of these tests need.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Waker};
use trapline::{Engine, Instance, Linker, Module, Store};

/// Compiles text for an engine.
pub fn module(engine: &Engine, wat: &str) -> Module {
    Module::new(engine, wat).unwrap_or_else(|error| panic!("{error}:\n{wat}"))
}

/// A store with an instance of a module that imports what a linker holds.
pub fn instance<T: 'static>(linker: &Linker<T>, wat: &str, data: T) -> (Store<T>, Instance) {
    let mut store = Store::new(linker.engine(), data);
    let module = module(linker.engine(), wat);
    let instance = linker
        .instantiate(&mut store, &module)
        .expect("an instance");
    (store, instance)
}

/// Polls a future once, without a waker that anyone listens to.
pub fn poll<F: Future + ?Sized>(future: &mut Pin<Box<F>>) -> Poll<F::Output> {
    future
        .as_mut()
        .poll(&mut Context::from_waker(Waker::noop()))
}

/// Polls a future until it is done. Only for futures that are ready again at once.
pub fn finish<F: Future>(future: F) -> F::Output {
    let mut future = Box::pin(future);
    loop {
        if let Poll::Ready(output) = poll(&mut future) {
            return output;
        }
    }
}

/// A future that is pending a number of times.
pub struct Yields(pub usize);

impl Future for Yields {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        if self.0 == 0 {
            return Poll::Ready(());
        }
        self.0 -= 1;
        context.waker().wake_by_ref();
        Poll::Pending
    }
}

/// Counts how many guards made from it are alive, and how many there ever were.
#[derive(Clone, Default)]
pub struct Guards {
    alive: Arc<AtomicUsize>,
    made: Arc<AtomicUsize>,
}

/// Counted as alive until it is dropped.
pub struct Guard(Arc<AtomicUsize>);

impl Guards {
    pub fn guard(&self) -> Guard {
        self.made.fetch_add(1, Ordering::SeqCst);
        self.alive.fetch_add(1, Ordering::SeqCst);
        Guard(self.alive.clone())
    }

    pub fn alive(&self) -> usize {
        self.alive.load(Ordering::SeqCst)
    }

    pub fn made(&self) -> usize {
        self.made.load(Ordering::SeqCst)
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

/// Numbers without pattern, the same in every run.
pub struct Random(pub u64);

impl Random {
    pub fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    /// A number below a bound that is not zero.
    pub fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound as u64) as usize
    }
}

/// Bytes of this process's memory that are resident.
pub fn resident() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").expect("a Linux process");
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("RssAnon:"));
    let kilobytes = line
        .and_then(|line| line.trim().strip_suffix(" kB"))
        .expect("a size");
    kilobytes.trim().parse::<usize>().expect("a number") << 10
}

/// Number of mappings of this process.
pub fn mappings() -> usize {
    std::fs::read_to_string("/proc/self/maps")
        .expect("a Linux process")
        .lines()
        .count()
}
