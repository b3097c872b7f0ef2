//! Serves clients, one after the other.

use crate::listener::Listener;
use crate::options::Options;
use crate::serve::{ServeError, Served, serve};
use pollster::block_on;
use trapline_debugger::{Arrival, Debuggee, Resume, StopReason};

/// Serves whoever comes until the call is over or a client wants the guest to end.
///
/// Until the first client comes the guest does not begin. When one detaches it goes on, and is held up when
/// another one comes. When one is gone without that it stands still until another one comes, or with
/// [`Options::once`] that is the end.
///
/// # Errors
///
/// If nothing can be served. What clients send is never an error.
///
/// # Panics
///
/// As [`serve`].
pub fn serve_clients<T: 'static>(
    debuggee: &mut Debuggee<'_, '_, T>,
    listener: &mut Listener,
    options: &Options,
) -> Result<Served, ServeError> {
    let mut connection = listener.accept().map_err(ServeError::Connection)?;
    loop {
        connection = match serve(debuggee, connection, options)? {
            Served::Detached => match run(debuggee, listener)? {
                Next::Client(connection) => connection,
                Next::Exited(served) => return Ok(served),
            },
            Served::Disconnected if !options.once => {
                listener.accept().map_err(ServeError::Connection)?
            }
            served => return Ok(served),
        };
    }
}

enum Next {
    Client(crate::Connection),
    Exited(Served),
}

/// Lets the guest run, until there is a client or it has ended.
fn run<T: 'static>(
    debuggee: &mut Debuggee<'_, '_, T>,
    listener: &mut Listener,
) -> Result<Next, ServeError> {
    let mut how = Resume::Continue;
    loop {
        match block_on(debuggee.resume_or_receive(how, &mut listener.clients)) {
            Arrival::Message(connection) => return Ok(Next::Client(connection)),
            Arrival::Stop(stop) => match stop.reason {
                StopReason::Finished(outcome) => return Ok(Next::Exited(Served::Exited(outcome))),
                StopReason::Over => return Err(ServeError::Over),
                StopReason::Refused(error) => return Err(ServeError::Refused(error)),
                _ => how = Resume::Continue,
            },
        }
    }
}
