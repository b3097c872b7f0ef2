//! The two clocks that measurements can be read from.

use clap::ValueEnum;
use rustix::time::{ClockId, clock_gettime};
use serde::{Deserialize, Serialize};

/// A length of time.
pub type Seconds = f64;

/// What is meant by time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Clock {
    /// Time as it passes.
    Wall,
    /// Processor time of the measuring thread, the kernel's work for it included. What other
    /// processes take does not count, so figures from a busy machine stay comparable.
    Cpu,
}

impl Clock {
    /// Seconds since some fixed moment.
    pub fn now(self) -> Seconds {
        let id = match self {
            Clock::Wall => ClockId::Monotonic,
            Clock::Cpu => ClockId::ThreadCPUTime,
        };
        let now = clock_gettime(id);
        now.tv_sec as f64 + now.tv_nsec as f64 * 1e-9
    }

    /// How long `work` takes, and what it returns.
    pub fn time<T>(self, work: impl FnOnce() -> T) -> (Seconds, T) {
        let start = self.now();
        let result = work();
        (self.now() - start, result)
    }
}
