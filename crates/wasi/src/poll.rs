//! Waiting for several things at once.

use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fd::{AsFd, BorrowedFd};
use rustix::io::{Errno as Host, ioctl_fionread};

use crate::ctx::WasiCtx;
use crate::errno::Errno;
use crate::memory::GuestMemory;
use crate::rights::Rights;
use crate::table::Kind;
use crate::types::{Clock, Event, Filetype, Subscription, SubscriptionEvent};

/// The most subscriptions of one call, so that what the host sets aside for them is bounded.
const MAX_SUBSCRIPTIONS: u32 = 1 << 14;

/// The longest time to wait without looking at the clock again. The real time may be set while
/// the guest waits for it.
const MAX_WAIT: Duration = Duration::from_secs(60);

/// What it takes for a subscription's event to occur.
enum Waiting<'a> {
    /// It has occurred.
    Done(Event),
    /// This much time must pass since the call.
    For(Duration),
    /// A clock must have come to this time.
    Until(Clock, u64),
    /// The host must say so.
    Host(BorrowedFd<'a>, PollFlags),
}

impl WasiCtx {
    /// `poll_oneoff`
    pub(crate) fn poll_oneoff(
        &mut self,
        memory: &mut GuestMemory<'_>,
        subscriptions: u32,
        events: u32,
        count: u32,
        nevents: u32,
    ) -> Result<(), Errno> {
        if count == 0 || count > MAX_SUBSCRIPTIONS {
            return Err(Errno::Inval);
        }
        memory.check_array(events, count, Event::SIZE)?;
        memory.check(nevents, 4)?;
        let raw = memory.array(subscriptions, count, Subscription::SIZE)?;
        let subscriptions: Vec<Subscription> = raw
            .as_chunks()
            .0
            .iter()
            .map(Subscription::decode)
            .collect::<Result<_, _>>()?;

        let occurred = self.wait(&subscriptions)?;
        let mut at = events;
        for event in &occurred {
            memory.write(at, &event.encode())?;
            // Checked above: the whole array lies in the memory.
            at = at.wrapping_add(Event::SIZE);
        }
        // At most `count`.
        memory.write_u32(nevents, occurred.len() as u32)
    }

    /// Waits until at least one event has occurred, and returns all that have.
    fn wait(&self, subscriptions: &[Subscription]) -> Result<Vec<Event>, Errno> {
        let start = Instant::now();
        let waiting: Vec<(Subscription, Waiting<'_>)> = subscriptions
            .iter()
            .map(|s| (*s, self.waiting(*s)))
            .collect();
        loop {
            let timeout = waiting
                .iter()
                .map(|(_, waiting)| self.remaining(waiting, start))
                .min();
            let mut fds: Vec<PollFd<'_>> = waiting
                .iter()
                .filter_map(|(_, waiting)| match waiting {
                    Waiting::Host(fd, interest) => Some(PollFd::from_borrowed_fd(*fd, *interest)),
                    _ => None,
                })
                .collect();
            match poll(&mut fds, Some(&timespec(timeout.unwrap_or(MAX_WAIT)))) {
                Ok(_) | Err(Host::INTR) => {}
                Err(error) => return Err(error.into()),
            }
            let mut ready = fds.iter().map(PollFd::revents);
            let occurred: Vec<Event> = waiting
                .iter()
                .filter_map(|(subscription, waiting)| match waiting {
                    Waiting::Host(fd, _) => ready
                        .next()
                        .and_then(|ready| host_event(*subscription, *fd, ready)),
                    Waiting::Done(event) => Some(*event),
                    clock => self
                        .remaining(clock, start)
                        .is_zero()
                        .then(|| event(*subscription, Errno::Success)),
                })
                .collect();
            if !occurred.is_empty() {
                return Ok(occurred);
            }
        }
    }

    /// How long the host may sleep before this must be looked at again.
    fn remaining(&self, waiting: &Waiting<'_>, start: Instant) -> Duration {
        let remaining = match waiting {
            Waiting::Done(_) => Duration::ZERO,
            Waiting::For(time) => time.saturating_sub(start.elapsed()),
            Waiting::Until(clock, time) => {
                Duration::from_nanos(time.saturating_sub(self.now(*clock)))
            }
            Waiting::Host(..) => MAX_WAIT,
        };
        remaining.min(MAX_WAIT)
    }

    fn waiting(&self, subscription: Subscription) -> Waiting<'_> {
        let fd = |fd, right| {
            self.wait_for_fd(subscription, fd, right)
                .unwrap_or_else(|error| Waiting::Done(event(subscription, error)))
        };
        match subscription.event {
            SubscriptionEvent::Clock {
                clock,
                timeout,
                absolute,
            } => match (clock, absolute) {
                // No processor time is spent while waiting.
                (Clock::ProcessCputime | Clock::ThreadCputime, _) => {
                    Waiting::Done(event(subscription, Errno::Notsup))
                }
                (_, false) => Waiting::For(Duration::from_nanos(timeout)),
                (clock, true) => Waiting::Until(clock, timeout),
            },
            SubscriptionEvent::FdRead(number) => fd(number, Rights::FD_READ),
            SubscriptionEvent::FdWrite(number) => fd(number, Rights::FD_WRITE),
        }
    }

    fn wait_for_fd(
        &self,
        subscription: Subscription,
        fd: u32,
        right: Rights,
    ) -> Result<Waiting<'_>, Errno> {
        let descriptor = self.table.get(fd)?;
        let interest = if right == Rights::FD_READ {
            PollFlags::IN
        } else {
            PollFlags::OUT
        };
        let now = event(subscription, Errno::Success);
        let host = match &descriptor.kind {
            Kind::Dir(_) => return Err(Errno::Badf),
            Kind::Input(input) => input.host(),
            Kind::Output(output) => output.host(),
            Kind::Socket { socket, .. } => Some(socket.as_fd()),
            Kind::File {
                file,
                filetype: Filetype::RegularFile,
            } => {
                descriptor.require(right | Rights::POLL_FD_READWRITE)?;
                let nbytes = if right == Rights::FD_READ {
                    left_to_read(file)?
                } else {
                    0
                };
                return Ok(Waiting::Done(Event { nbytes, ..now }));
            }
            Kind::File { file, .. } => Some(file.as_fd()),
        };
        descriptor.require(right | Rights::POLL_FD_READWRITE)?;
        // Readers and writers that are not the host's own are taken for always ready.
        Ok(host.map_or(Waiting::Done(now), |host| Waiting::Host(host, interest)))
    }
}

/// How many bytes of a regular file come after its position.
fn left_to_read(file: &std::fs::File) -> Result<u64, Errno> {
    let position = rustix::fs::tell(file)?;
    Ok(file.metadata()?.len().saturating_sub(position))
}

fn event(subscription: Subscription, error: Errno) -> Event {
    Event {
        subscription,
        error,
        nbytes: 0,
        hangup: false,
    }
}

/// The event that the host's answer stands for, if any.
fn host_event(subscription: Subscription, fd: BorrowedFd<'_>, ready: PollFlags) -> Option<Event> {
    if ready.is_empty() {
        return None;
    }
    if ready.contains(PollFlags::NVAL) {
        return Some(event(subscription, Errno::Badf));
    }
    let nbytes = match subscription.event {
        // Whatever the number is unknown for has none to tell.
        SubscriptionEvent::FdRead(_) => ioctl_fionread(fd).unwrap_or(0),
        _ => 0,
    };
    let hangup = ready.contains(PollFlags::HUP);
    Some(Event {
        nbytes,
        hangup,
        ..event(subscription, Errno::Success)
    })
}

fn timespec(duration: Duration) -> Timespec {
    // Never more than `MAX_WAIT`.
    Timespec {
        tv_sec: duration.as_secs().cast_signed(),
        tv_nsec: i64::from(duration.subsec_nanos()),
    }
}
