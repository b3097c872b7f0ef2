//! Clocks.

use std::time::Duration;

use rustix::time::{ClockId, Timespec, clock_getres, clock_gettime};

use crate::ctx::WasiCtx;
use crate::errno::Errno;
use crate::memory::GuestMemory;
use crate::types::{Clock, timestamp};

impl WasiCtx {
    /// `clock_res_get`
    pub(crate) fn clock_res_get(
        &mut self,
        memory: &mut GuestMemory<'_>,
        clock: u32,
        resolution: u32,
    ) -> Result<(), Errno> {
        let clock = Clock::from_raw(clock)?;
        // The interface promises that it is not zero.
        memory.write_u64(
            resolution,
            nanoseconds(clock_getres(host_clock(clock))).max(1),
        )
    }

    /// `clock_time_get`. The time is as precise as the host has it, whatever is asked for.
    pub(crate) fn clock_time_get(
        &mut self,
        memory: &mut GuestMemory<'_>,
        clock: u32,
        _precision: u64,
        time: u32,
    ) -> Result<(), Errno> {
        let now = self.now(Clock::from_raw(clock)?);
        memory.write_u64(time, now)
    }

    /// The time of a clock, in nanoseconds.
    pub(crate) fn now(&self, clock: Clock) -> u64 {
        match clock {
            // Counted from the guest's start: it need not know how long its host has been up.
            Clock::Monotonic => saturating_nanoseconds(self.started.elapsed()),
            _ => nanoseconds(clock_gettime(host_clock(clock))),
        }
    }
}

fn host_clock(clock: Clock) -> ClockId {
    match clock {
        Clock::Realtime => ClockId::Realtime,
        Clock::Monotonic => ClockId::Monotonic,
        Clock::ProcessCputime => ClockId::ProcessCPUTime,
        Clock::ThreadCputime => ClockId::ThreadCPUTime,
    }
}

fn nanoseconds(time: Timespec) -> u64 {
    timestamp(time.tv_sec, time.tv_nsec)
}

fn saturating_nanoseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use crate::WasiCtxBuilder;
    use crate::errno::Errno;
    use crate::memory::GuestMemory;

    fn time(clock: u32) -> u64 {
        let mut ctx = WasiCtxBuilder::new().build();
        let mut bytes = [0; 8];
        ctx.clock_time_get(&mut GuestMemory::new(&mut bytes), clock, 0, 0)
            .unwrap();
        u64::from_le_bytes(bytes)
    }

    #[test]
    fn every_clock_has_a_time_and_a_resolution() {
        let mut ctx = WasiCtxBuilder::new().build();
        let mut bytes = [0; 8];
        let mut memory = GuestMemory::new(&mut bytes);
        for clock in 0..4 {
            memory.write_u64(0, 0).unwrap();
            assert_eq!(ctx.clock_res_get(&mut memory, clock, 0), Ok(()));
            assert_ne!(memory.slice(0, 8).unwrap(), [0; 8]);
            assert_eq!(ctx.clock_time_get(&mut memory, clock, 0, 0), Ok(()));
        }
        assert_eq!(ctx.clock_res_get(&mut memory, 4, 0), Err(Errno::Inval));
        assert_eq!(
            ctx.clock_time_get(&mut memory, u32::MAX, 0, 0),
            Err(Errno::Inval)
        );
        assert_eq!(ctx.clock_time_get(&mut memory, 0, 0, 1), Err(Errno::Fault));
    }

    #[test]
    fn the_real_time_is_that_of_the_host_and_cpu_time_is_spent() {
        let host = std::time::UNIX_EPOCH.elapsed().unwrap().as_secs();
        assert!(time(0) / 1_000_000_000 - host < 100);
        assert!(time(2) > 0);
        assert!(time(3) > 0);
    }
}
