//! Bad input and bad behaviour: whatever a guest is or does, the host gets an error and goes on.

mod damaged;
mod dropping;
mod exhaustion;
mod extreme;
mod limits;
mod linking;
mod panics;
mod signals;
mod support;
mod traps;
