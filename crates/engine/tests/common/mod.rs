//! What several tests need.
#![allow(dead_code, reason = "no test file needs everything")]

use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};
use trapline::{Engine, Instance, Linker, Module, Store};

/// A store with an instance of a module in the text format, linked with `linker`.
pub fn instantiate<T: 'static>(linker: &Linker<T>, data: T, wat: &str) -> (Store<T>, Instance) {
    let module = Module::new(linker.engine(), wat).expect("the module compiles");
    let mut store = Store::new(linker.engine(), data);
    let instance = linker
        .instantiate(&mut store, &module)
        .expect("the module links");
    (store, instance)
}

/// As [`instantiate`], for a module without imports.
pub fn instance(wat: &str) -> (Store<()>, Instance) {
    instantiate(&Linker::new(&Engine::default()), (), wat)
}

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

/// Runs a future to its end on this thread.
pub fn block_on<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let mut context = Context::from_waker(&waker);
    loop {
        match future.as_mut().poll(&mut context) {
            Poll::Ready(output) => return output,
            Poll::Pending => thread::park(),
        }
    }
}

/// Polls a future once.
pub fn poll_once<F: Future>(future: Pin<&mut F>) -> Poll<F::Output> {
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    future.poll(&mut Context::from_waker(&waker))
}

/// Is pending a number of times.
pub struct Yield(pub u32);

impl Future for Yield {
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

/// Is never ready.
pub struct Never;

impl Future for Never {
    type Output = ();

    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
        Poll::Pending
    }
}
