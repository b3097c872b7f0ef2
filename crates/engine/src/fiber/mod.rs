//! Guest stacks, and fibers that run on them.
//!
//! Guest code never runs on a thread's own stack. A synchronous call takes a [`GuestStack`] and
//! switches to it for as long as the guest runs; an asynchronous one runs on a [`Fiber`], which is
//! a guest stack that can be left in the middle and returned to later.
#![allow(unsafe_code)]

mod interrupt;
mod pool;
mod shadow_stack;
mod stack;
mod suspend;
mod suspender;

#[cfg(test)]
mod tests;

pub(crate) use interrupt::{Interrupt, Requester};
pub(crate) use pool::{PooledStack, StackPool};
pub(crate) use stack::{GuestStack, StackBounds, StackSize, YELLOW_ZONE};
pub(crate) use suspend::{Fiber, Progress, Teardown};
pub(crate) use suspender::{Suspender, Watch};
