//! Serves one client, from the beginning of its connection to the end.

use crate::client::{Client, End, Next};
use crate::connection::Connection;
use crate::options::Options;
use crate::reader::{Message, Messages};
use crate::stop_reply::Stopped;
use crate::wire::Incoming;
use pollster::block_on;
use std::io;
use std::net::Shutdown;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;
use trapline::{Error, Val};
use trapline_debugger::{
    Arrival, Debuggee, DebuggerError, ExceptionFilters, Resume, Settings, StopReason,
};

/// So long a client may take to read the last answer, and close its side.
const LONGEST_FAREWELL: Duration = Duration::from_secs(1);

/// How it has ended to serve a client.
#[derive(Debug)]
#[non_exhaustive]
pub enum Served {
    /// The call is over: what it has returned, or failed with. The client knows.
    Exited(Result<Vec<Val>, Error>),
    /// The client has let the guest go: it is to go on, without anybody who watches.
    Detached,
    /// The client wants the guest to end.
    Killed,
    /// The client is gone. The guest stands where it did, or was held up if it was running.
    Disconnected,
}

/// Why a client could not be served.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ServeError {
    /// There is no guest any more.
    #[error("the call that was to be debugged is over")]
    Over,
    /// The guest cannot be stopped.
    #[error("the guest cannot be debugged: {0}")]
    NotObserved(Error),
    /// The guest cannot go on.
    #[error("the guest cannot go on: {0}")]
    Refused(DebuggerError),
    /// The connection could not be listened to.
    #[error("cannot listen to the client: {0}")]
    Connection(io::Error),
}

/// Serves a client, on this thread, on which the guest runs too. The guest stands still in the beginning; one
/// that has not begun is taken to its first instruction.
///
/// While the client is served it has the debugger's breakpoints and settings beside those that there are: the
/// guest stops at exceptions that nothing catches, and not at panics. It leaves none of that behind.
///
/// ```
/// use std::io::Cursor;
/// use trapline::{Config, DebugSession, Engine, Instance, Module, Observe, Store, Val};
/// use trapline_debugger::{Debuggee, Debugger};
/// use trapline_gdb::{Connection, Options, Served, serve};
///
/// let engine = Engine::new(Config::new().observe(Observe::State))?;
/// let module = Module::new(&engine, r#"(module (func (export "run") (result i32) (i32.const 7)))"#)?;
/// let mut store = Store::new(&engine, ());
/// let instance = Instance::new(&mut store, &module, &[])?;
/// let run = instance.get_func(&mut store, "run").unwrap();
/// let mut debugger = Debugger::new();
/// let session = DebugSession::call(&mut store, run, &[])?;
/// let mut debuggee = Debuggee::new(&mut debugger, session);
///
/// // A client that says all at once, and does not listen.
/// let said = Cursor::new(b"$Hg1#e0$vCont;c#a8");
/// let connection = Connection::new(said, std::io::sink(), |_| {});
/// match serve(&mut debuggee, connection, &Options::new())? {
///     Served::Exited(Ok(results)) => assert!(matches!(results[..], [Val::I32(7)])),
///     // It has left before the end.
///     Served::Disconnected => {}
///     other => panic!("{other:?}"),
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
///
/// If there is nothing to be served. What a client sends is never an error.
///
/// # Panics
///
/// If a function of the host panics, and none further out catches it: the panic goes on here.
pub fn serve<T: 'static>(
    debuggee: &mut Debuggee<'_, '_, T>,
    connection: Connection,
    options: &Options,
) -> Result<Served, ServeError> {
    if debuggee.is_over() {
        return Err(ServeError::Over);
    }
    let handle = debuggee.session().interrupt_handle();
    handle.map_err(ServeError::NotObserved)?;
    let Connection {
        reader,
        writer,
        shutdown,
        seat,
    } = connection;
    let mut messages =
        Messages::listen(reader, options.unheard.clone()).map_err(ServeError::Connection)?;
    let settings = debuggee.debugger().settings().clone();
    take_settings(debuggee.debugger_mut().settings_mut());
    let mut client = Client::new(debuggee, options, writer);
    let end = client.serve(&mut messages);
    client.clear();
    let outcome = client.outcome.take();
    drop(client);
    *debuggee.debugger_mut().settings_mut() = settings;
    // The next client may come while this one reads its last answer.
    drop(seat);
    // Whoever cannot be written to is gone.
    let end = end.unwrap_or(Some(End::Disconnected));
    match end {
        Some(End::Disconnected | End::Killed) => shutdown(Shutdown::Both),
        Some(End::Detached) | None => bid_farewell(shutdown, messages),
    }
    Ok(match (outcome, end) {
        (Some(outcome), _) => Served::Exited(outcome),
        (None, Some(End::Detached)) => Served::Detached,
        (None, Some(End::Killed)) => Served::Killed,
        (None, Some(End::Disconnected) | None) => Served::Disconnected,
    })
}

/// What clients expect. They tell what stands behind a panic from its frames.
fn take_settings(settings: &mut Settings) {
    // Those that nothing catches.
    settings.exceptions = ExceptionFilters::default();
    settings.stop_at_panics = false;
}

/// Lets the client read what it was sent last. A connection that is closed while there is something unread
/// in it may lose that.
fn bid_farewell(shutdown: Box<dyn Fn(Shutdown) + Send>, mut messages: Messages) {
    shutdown(Shutdown::Write);
    let (done, is_done) = mpsc::channel::<()>();
    thread::spawn(move || {
        let _ = is_done.recv_timeout(LONGEST_FAREWELL);
        shutdown(Shutdown::Both);
    });
    while let Some(Message::Incoming(_)) = block_on(messages.inbox.receive()) {
        messages.window.received();
    }
    drop(done);
}

impl<T: 'static> Client<'_, '_, '_, T> {
    /// Serves until the call is over (`None`), or the client has had enough.
    fn serve(&mut self, messages: &mut Messages) -> io::Result<Option<End>> {
        self.begin();
        loop {
            let message = block_on(messages.inbox.receive());
            messages.window.received();
            let Some(Message::Incoming(incoming)) = message else {
                return Ok(Some(End::Disconnected));
            };
            match self.take(incoming, false)? {
                Next::Wait => {}
                Next::End(end) => return Ok(Some(end)),
                Next::Resume(how) => {
                    if let Some(end) = self.run(how, messages)? {
                        return Ok(Some(end));
                    }
                    self.report()?;
                    if self.outcome.is_some() {
                        return Ok(None);
                    }
                }
            }
        }
    }

    /// Takes the guest to where the client can look at it.
    fn begin(&mut self) {
        if self.debuggee.is_waiting() {
            self.stopped = Stopped::by_interrupt();
        } else if self.frames().is_empty() {
            self.forget_frames();
            let stop = block_on(self.debuggee.resume(Resume::StepInstruction));
            if !matches!(stop.reason, StopReason::Step) {
                self.note(stop);
            }
        }
    }

    /// Runs the guest to its next stop, which is noted, or until the connection ends.
    fn run(&mut self, how: Resume, messages: &mut Messages) -> io::Result<Option<End>> {
        if self.is_before_breakpoint() {
            self.stopped = Stopped::at_breakpoint();
            self.forget_frames();
            return Ok(None);
        }
        let mut how = how;
        while self.outcome.is_none() {
            self.forget_frames();
            let resumed = self.debuggee.resume_or_receive(how, &mut messages.inbox);
            match block_on(resumed) {
                Arrival::Stop(stop) => {
                    self.note(stop);
                    break;
                }
                Arrival::Message(Message::Disconnected) => {
                    messages.window.received();
                    return Ok(Some(End::Disconnected));
                }
                Arrival::Message(Message::Incoming(incoming)) => {
                    messages.window.received();
                    match self.interrupted_by(incoming)? {
                        Interrupted::Passed => {}
                        Interrupted::Stopped => break,
                        Interrupted::Ended(end) => return Ok(Some(end)),
                    }
                }
            }
            how = Resume::AsBefore;
        }
        self.forget_frames();
        Ok(None)
    }

    /// The guest was held up for what has come in.
    fn interrupted_by(&mut self, incoming: Incoming) -> io::Result<Interrupted> {
        self.forget_frames();
        if incoming != Incoming::Interrupt {
            return Ok(match self.take(incoming, true)? {
                Next::End(end) => Interrupted::Ended(end),
                Next::Wait | Next::Resume(_) => Interrupted::Passed,
            });
        }
        // What waits for the host stops when that is done.
        if self.debuggee.is_waiting() && self.debuggee.interrupt().is_ok() {
            return Ok(Interrupted::Passed);
        }
        self.stopped = Stopped::by_interrupt();
        Ok(Interrupted::Stopped)
    }
}

/// What it comes to that the guest was held up.
enum Interrupted {
    /// It goes on.
    Passed,
    /// It has stopped.
    Stopped,
    /// The connection ends.
    Ended(End),
}
