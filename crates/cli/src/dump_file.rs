//! `--coredump`: the file that a crash leaves behind.

use crate::core_dump::{self, ModuleName, Program};
use crate::load::Input;
use crate::output;
use crate::report::{describe_exception, describe_trap};
use crate::text::{ERROR, NOTE, count, harmless};
use anyhow::{anyhow, bail};
use std::fmt::Write;
use std::io::{self, BufWriter};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use trapline::{
    AsContext, DebugSession, DebugStepResult, Error, Frames, Module, Stopped, StoppedGuest, Store,
    StoreContext, WasmBacktrace,
};
use trapline_coredump::{CoreDump, WriteError};
use trapline_debugger::StopReason;
use trapline_wasi::{ExitCode, WasiCtx};

/// Where the core dump goes if there is to be one.
pub(crate) struct DumpFile {
    path: PathBuf,
    /// What the program is called, as in reports.
    executable: String,
    /// Where it came from, if from a file.
    program_path: Option<String>,
    /// What has become of it, as lines for the end of a report.
    outcome: Mutex<Option<String>>,
}

impl DumpFile {
    /// Prepares for a dump.
    ///
    /// # Errors
    ///
    /// If it is known already that it could not be written.
    pub(crate) fn new(
        path: &Path,
        executable: &str,
        input: &Input,
    ) -> anyhow::Result<Arc<DumpFile>> {
        if path == Path::new("-") {
            bail!(
                "a core dump cannot go to standard output, which is the program's; say --coredump \
                 FILE"
            );
        }
        output::check(path)?;
        Ok(Arc::new(DumpFile {
            path: path.to_owned(),
            executable: executable.to_owned(),
            program_path: input.absolute_path(),
            outcome: Mutex::new(None),
        }))
    }

    /// Has a dump written when a guest of the store crashes in an asynchronous call, while all its
    /// frames are there.
    pub(crate) fn watch(self: &Arc<DumpFile>, store: &mut Store<WasiCtx>) {
        let dump_file = self.clone();
        store.set_debug_handler(move |guest, event| {
            dump_file.notice(&guest, &event);
            Box::new(std::future::ready(Ok::<(), Error>(())))
        });
    }

    fn notice(&self, guest: &StoppedGuest<'_, WasiCtx>, event: &DebugStepResult) {
        let store = guest.store();
        let reason = match event {
            DebugStepResult::Trap(info) => format!("trap: {}", describe_trap(info)),
            DebugStepResult::Exception(event) if event.catcher.is_none() => {
                uncaught(&describe_exception(&event.exception, store))
            }
            DebugStepResult::HostError(text) if !guest.error().is_some_and(is_exit) => failed(text),
            _ => return,
        };
        self.take_down(guest, guest.frames(), store, reason);
    }

    /// Writes a dump of a session that has stopped at a crash.
    pub(crate) fn take_down_session(
        &self,
        session: &DebugSession<'_, WasiCtx>,
        reason: &StopReason,
    ) {
        let Ok(store) = session.store() else {
            return;
        };
        let reason = match reason {
            StopReason::Trap { info, .. } => format!("trap: {}", describe_trap(info)),
            StopReason::Exception { exception, .. } => {
                uncaught(&describe_exception(exception, store))
            }
            StopReason::HostError(text) => failed(text),
            _ => return,
        };
        self.take_down(session, session.frames(), store, reason);
    }

    fn take_down(
        &self,
        guest: &impl Stopped,
        frames: Frames<'_>,
        store: StoreContext<'_, WasiCtx>,
        reason: String,
    ) {
        self.once(|| {
            let program = self.program(reason);
            let dump = core_dump::of_stopped(guest, frames, store, &program);
            let dump = dump.map_err(|error| anyhow!("cannot make a core dump: {error}"))?;
            let mut lines = self.write(&dump.dump)?;
            if let Some((frames, error)) = dump.unread {
                let frames = count(frames as u64, "frame");
                let error = harmless(&error.to_string());
                let _ = writeln!(
                    lines,
                    "{NOTE}note:{NOTE:#} the values of {frames} are not in it: {error}"
                );
            }
            Ok(lines)
        });
    }

    /// What to say of the dump after a call has failed. Writes one without the values of frames if
    /// none was written when the guest crashed: if it did before any of its code ran.
    pub(crate) fn outcome(&self, store: &Store<WasiCtx>, error: &Error) -> String {
        let reason = if let Some(info) = error.trap_info() {
            Some(format!("trap: {}", describe_trap(info)))
        } else if let Some(thrown) = error.exception() {
            Some(uncaught(&describe_exception(thrown.exn(), store)))
        } else {
            let failed = || failed(&error.to_string());
            error.backtrace().map(|_| failed())
        };
        if let Some(reason) = reason.filter(|_| !is_exit(error)) {
            let (store, backtrace) = (store.as_context(), error.backtrace());
            self.once(|| self.write_store(store, backtrace, reason));
        }
        self.outcome_so_far().clone().unwrap_or_default()
    }

    fn write_store(
        &self,
        store: StoreContext<'_, WasiCtx>,
        backtrace: Option<&WasmBacktrace>,
        reason: String,
    ) -> anyhow::Result<String> {
        let program = self.program(reason);
        self.write(&core_dump::of_store(store, backtrace, &program))
    }

    fn outcome_so_far(&self) -> std::sync::MutexGuard<'_, Option<String>> {
        // It is set in one step, so a panic leaves nothing half done.
        self.outcome
            .lock()
            .unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    /// Writes a dump unless one was written, or failed to be, already.
    fn once(&self, write: impl FnOnce() -> anyhow::Result<String>) {
        let mut outcome = self.outcome_so_far();
        if outcome.is_none() {
            *outcome = Some(write().unwrap_or_else(|error| {
                let error = harmless(&error.to_string());
                format!("{ERROR}error:{ERROR:#} no core dump: {error}\n")
            }));
        }
    }

    fn program(&self, reason: String) -> Program<'_> {
        Program {
            executable: self.executable.as_str().into(),
            reason,
            name: Box::new(|module| self.module_name(module)),
        }
    }

    fn module_name(&self, module: &Module) -> ModuleName {
        ModuleName {
            name: module.name().unwrap_or(&self.executable).to_owned(),
            path: self.program_path.clone(),
        }
    }

    fn write(&self, dump: &CoreDump<'_>) -> anyhow::Result<String> {
        let size = write(&self.path, dump)?;
        let path = harmless(&self.path.display().to_string());
        Ok(format!("core dump written to {path}, {size}\n"))
    }
}

/// Writes a dump to a file. Returns its size, for people.
pub(crate) fn write(path: &Path, dump: &CoreDump<'_>) -> anyhow::Result<String> {
    let mut length = 0;
    output::write(path, |file| {
        let written = dump.write(&mut BufWriter::with_capacity(1 << 16, file));
        length = written.map_err(|error| match error {
            WriteError::Io(error) => error,
            other => io::Error::other(other),
        })?;
        Ok(())
    })?;
    Ok(size(length))
}

fn is_exit(error: &Error) -> bool {
    error.downcast_ref::<ExitCode>().is_some()
}

fn uncaught(exception: &str) -> String {
    format!("uncaught exception: {exception}")
}

fn failed(error: &str) -> String {
    format!("error: {error}")
}

/// A number of bytes, for people.
fn size(bytes: u64) -> String {
    match bytes {
        0..1_000_000 => format!("{} kB", bytes.div_ceil(1000)),
        _ => format!("{:.1} MB", bytes as f64 / 1e6),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_have_few_digits() {
        let sizes = [1, 1000, 1001, 999_000, 1_000_000, 4_300_000_000].map(size);
        let expected = ["1 kB", "1 kB", "2 kB", "999 kB", "1.0 MB", "4300.0 MB"];
        assert_eq!(sizes, expected);
    }
}
