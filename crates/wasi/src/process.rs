//! Ending the guest, and giving way to others.

use crate::ctx::WasiCtx;
use crate::errno::Errno;
use crate::memory::GuestMemory;

/// The error with which a guest ends that has called `proc_exit`.
///
/// It ends the call into the guest like any error of a host function, even when the code is 0.
/// The embedder finds it with `error.downcast_ref::<ExitCode>()`.
///
/// ```
/// use trapline_wasi::ExitCode;
///
/// let error: Box<dyn std::error::Error + Send + Sync> = ExitCode(3).into();
/// assert_eq!(error.downcast_ref(), Some(&ExitCode(3)));
/// assert_eq!(error.to_string(), "the guest exited with code 3");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the guest exited with code {0}")]
pub struct ExitCode(pub i32);

/// What a signal does to a process that has no handler for it (`signal` in `typenames.witx`).
enum Action {
    Ignore,
    Terminate,
    Stop,
}

impl WasiCtx {
    /// `proc_exit`. The code is handed on as the guest gives it.
    pub(crate) fn proc_exit(&mut self, code: u32) -> ExitCode {
        ExitCode(code.cast_signed())
    }

    /// `proc_raise`: does what the signal does by default, as guests have no way to handle it.
    ///
    /// A guest that is terminated ends with the code that shells report for it.
    pub(crate) fn proc_raise(&mut self, signal: u32) -> Result<Result<(), ExitCode>, Errno> {
        match action(signal)? {
            Action::Ignore => Ok(Ok(())),
            Action::Terminate => Ok(Err(ExitCode(128 + signal.cast_signed()))),
            // Nobody could make it go on.
            Action::Stop => Err(Errno::Notsup),
        }
    }

    /// `sched_yield`
    pub(crate) fn sched_yield(&mut self, _: &mut GuestMemory<'_>) -> Result<(), Errno> {
        std::thread::yield_now();
        Ok(())
    }
}

fn action(signal: u32) -> Result<Action, Errno> {
    match signal {
        // none, pipe, chld, cont, urg, winch
        0 | 13 | 16 | 17 | 22 | 27 => Ok(Action::Ignore),
        // stop, tstp, ttin, ttou
        18..=21 => Ok(Action::Stop),
        // hup to usr2, alrm, term, xcpu to prof, poll to sys
        1..=12 | 14 | 15 | 23..=26 | 28..=30 => Ok(Action::Terminate),
        _ => Err(Errno::Inval),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::WasiCtxBuilder;

    #[test]
    fn exit_codes_are_handed_on_whole() {
        let mut ctx = WasiCtxBuilder::new().build();
        assert_eq!(ctx.proc_exit(33), ExitCode(33));
        assert_eq!(ctx.proc_exit(u32::MAX), ExitCode(-1));
    }

    #[test]
    fn signals_do_what_they_do_by_default() {
        let mut ctx = WasiCtxBuilder::new().build();
        assert_eq!(ctx.proc_raise(0), Ok(Ok(())));
        assert_eq!(ctx.proc_raise(6), Ok(Err(ExitCode(134))));
        assert_eq!(ctx.proc_raise(18), Err(Errno::Notsup));
        assert_eq!(ctx.proc_raise(31), Err(Errno::Inval));
        assert_eq!(ctx.proc_raise(u32::MAX), Err(Errno::Inval));
    }
}
