//! A debug port: a host that runs a guest lets clients attach to it.
//!
//! ```text
//!   nobody attached: the guest runs at full speed
//!        |  a client shows the token        ^  it goes: its breakpoints are removed
//!        v                                  |
//!   attached: the client holds the guest up, looks, has it go on
//! ```

use crate::connection::{Connection, Heard, Incoming};
use crate::context::{Refusal, answer};
use crate::drive::{Ended, State};
use crate::guard::Guard;
use crate::protocol::{
    AttachRequest, Capabilities, InitializedEvent, ProcessEvent, ProcessStartMethod, Request,
    RequestMessage,
};
use crate::requests::initialize::capabilities;
use crate::server::log;
use crate::session::{Phase, Session};
use serde::Deserialize;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::io;
use std::net::{SocketAddr, TcpListener, ToSocketAddrs};
use std::thread;
use trapline::{DebugSession, Error, Val};
use trapline_debugger::{
    Arrival, Debuggee, Debugger, ExceptionFilters, Inbox, InboxSender, Resume, Stop, StopReason,
};

/// A port where clients can attach to a guest.
///
/// A client that has not shown the port's token is not listened to. There is one client at a time.
///
/// ```
/// use trapline::{Config, DebugSession, Engine, Instance, Module, Observe, Store, Val};
/// use trapline_dap::{DebugPort, PortEnd};
/// use trapline_debugger::Debugger;
///
/// let engine = Engine::new(Config::new().observe(Observe::State))?;
/// let module = Module::new(
///     &engine,
///     r#"(module (func (export "answer") (result i32) (i32.const 42)))"#,
/// )?;
/// let mut store = Store::new(&engine, ());
/// let instance = Instance::new(&mut store, &module, &[])?;
/// let answer = instance.get_func(&mut store, "answer").unwrap();
///
/// let mut port = DebugPort::listen("127.0.0.1:0", "a secret")?;
/// assert!(port.address().ip().is_loopback());
/// let mut debugger = Debugger::new();
/// let session = DebugSession::call(&mut store, answer, &[])?;
/// let end = pollster::block_on(port.run(&mut debugger, session));
/// assert!(matches!(end, PortEnd::Finished(Ok(values)) if matches!(values[..], [Val::I32(42)])));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct DebugPort {
    address: SocketAddr,
    inbox: Inbox<Incoming>,
    /// Keeps the inbox open, also if the listener has failed.
    _sender: InboxSender<Incoming>,
}

/// How a call has ended that was run with a [`DebugPort`].
#[derive(Debug)]
pub enum PortEnd {
    /// The call is over: what it has returned, or failed with.
    Finished(Result<Vec<Val>, Error>),
    /// A client has asked for the guest to end. Nothing of it runs any more.
    Terminated,
}

/// What a request to attach says, beside where to.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct AttachOptions {
    #[serde(default)]
    source_map: BTreeMap<String, String>,
    #[serde(default)]
    stop_on_entry: bool,
}

impl DebugPort {
    /// Listens at an address of this machine's own. Port 0 is any that is free.
    ///
    /// # Errors
    ///
    /// If the address is not one of the loopback interface, or cannot be had.
    pub fn listen(address: impl ToSocketAddrs, token: &str) -> io::Result<DebugPort> {
        let addresses: Vec<SocketAddr> = address.to_socket_addrs()?.collect();
        if addresses.iter().any(|address| !address.ip().is_loopback()) {
            return Err(io::Error::new(
                io::ErrorKind::InvalidInput,
                "others could reach it, and what they say is not encrypted; listen at 127.0.0.1",
            ));
        }
        DebugPort::listen_anywhere(&addresses[..], token)
    }

    /// Listens at any address. What is said there, the token too, can be read on the way.
    ///
    /// # Errors
    ///
    /// If the address cannot be had.
    pub fn listen_anywhere(address: impl ToSocketAddrs, token: &str) -> io::Result<DebugPort> {
        let listener = TcpListener::bind(address)?;
        let address = listener.local_addr()?;
        let (sender, inbox) = Inbox::new();
        let (token, for_clients) = (token.to_owned(), sender.clone());
        thread::Builder::new()
            .name("dap port".to_owned())
            .spawn(move || accept(&listener, &token, &for_clients))?;
        Ok(DebugPort {
            address,
            inbox,
            _sender: sender,
        })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Runs a call to its end, whoever is attached meanwhile. The guest runs while the future is polled.
    ///
    /// Without a client the guest stops nowhere: the debugger's own breakpoints and settings are put aside.
    ///
    /// # Panics
    ///
    /// As [`Debuggee::resume`].
    pub async fn run<T: 'static>(
        &mut self,
        debugger: &mut Debugger,
        call: DebugSession<'_, T>,
    ) -> PortEnd {
        self.run_watched(debugger, call, |_, _| {}).await
    }

    /// The same, and shows the host each stop of the guest, first of all and whether anyone is attached or
    /// not: so it sees what is there at a crash.
    ///
    /// # Panics
    ///
    /// As [`Debuggee::resume`].
    pub async fn run_watched<T: 'static>(
        &mut self,
        debugger: &mut Debugger,
        call: DebugSession<'_, T>,
        mut watch: impl FnMut(&Debuggee<'_, '_, T>, &Stop),
    ) -> PortEnd {
        let mut debuggee = Debuggee::new(debugger, call);
        put_aside(debuggee.debugger_mut());
        let mut attached: Option<Session> = None;
        let mut state = State::Runs(Resume::Continue);
        loop {
            let arrival = match state {
                State::Runs(how) => debuggee.resume_or_receive(how, &mut self.inbox).await,
                State::Stands => match self.inbox.receive().await {
                    Some(message) => Arrival::Message(message),
                    None => return PortEnd::Terminated,
                },
            };
            if let Arrival::Stop(stop) = &arrival {
                watch(&debuggee, stop);
            }
            let next = match (&mut attached, arrival) {
                (Some(session), Arrival::Message(message))
                    if session.client.is(&message.client) =>
                {
                    match attach_request(&message) {
                        Some(request) if session.phase == Phase::Initialized => {
                            Ok(begin(session, &mut debuggee, request))
                        }
                        _ => session.arrived(&mut debuggee, Arrival::Message(message)),
                    }
                }
                (Some(session), arrival @ Arrival::Stop(_)) => {
                    session.arrived(&mut debuggee, arrival)
                }
                (None, Arrival::Stop(stop)) => match stop.reason {
                    StopReason::Finished(outcome) => Err(Ended::Finished(outcome)),
                    StopReason::Interrupted => Ok(State::Runs(Resume::AsBefore)),
                    _ => Ok(State::Runs(Resume::Continue)),
                },
                (holder, Arrival::Message(message)) => {
                    let stands = holder
                        .as_ref()
                        .is_some_and(|session| session.stopped.is_some());
                    self.strange(message, holder);
                    Ok(match stands {
                        true => State::Stands,
                        false => State::Runs(Resume::AsBefore),
                    })
                }
            };
            state = match next {
                Ok(state) => state,
                Err(Ended::Finished(outcome)) => {
                    if let Some(session) = &mut attached {
                        session.report_end(Some(i64::from(outcome.is_err())));
                        session.client.close();
                    }
                    return PortEnd::Finished(outcome);
                }
                Err(
                    Ended::Terminated
                    | Ended::Gone {
                        terminate: Some(true),
                    },
                ) => {
                    if let Some(session) = &mut attached {
                        session.report_end(None);
                        session.client.close();
                    }
                    return PortEnd::Terminated;
                }
                // No client is told that it could have it started again.
                Err(Ended::Restart(_)) => State::Runs(Resume::AsBefore),
                Err(Ended::Gone { .. }) => {
                    if let Some(mut session) = attached.take() {
                        session.breakpoints.clear(debuggee.debugger_mut());
                        session.client.close();
                    }
                    put_aside(debuggee.debugger_mut());
                    State::Runs(Resume::AsBefore)
                }
            };
        }
    }

    /// Hears one who is not attached.
    fn strange(&self, message: Incoming, attached: &mut Option<Session>) {
        match message.what {
            Heard::Admitted(traits) if attached.is_none() => {
                let mut session = Session::new(message.client);
                session.traits = *traits;
                session.phase = Phase::Initialized;
                session.can_restart = false;
                *attached = Some(session);
            }
            Heard::Request(request) => {
                let refusal = Refusal::because("another client is attached");
                answer(&message.client, &request, Err::<Value, _>(refusal));
                message.client.close();
            }
            _ => {}
        }
    }
}

/// Lets clients in, each with a thread of its own that hears it.
fn accept(listener: &TcpListener, token: &str, inbox: &InboxSender<Incoming>) {
    for stream in listener.incoming() {
        let guard = Guard {
            token: token.to_owned(),
            command: AttachRequest::COMMAND,
            capabilities: Capabilities {
                supports_restart_request: Some(false),
                ..capabilities()
            },
        };
        // One that fails is a client that is not there.
        let connection = stream.and_then(Connection::tcp);
        let opened = connection
            .and_then(|connection| connection.open_guarded(inbox.clone(), guard).map(drop));
        if opened.is_err() && !inbox.is_open() {
            return;
        }
    }
}

fn attach_request(message: &Incoming) -> Option<&RequestMessage> {
    match &message.what {
        Heard::Request(request) if request.command == AttachRequest::COMMAND => Some(request),
        _ => None,
    }
}

/// A client is attached.
fn begin<T: 'static>(
    session: &mut Session,
    debuggee: &mut Debuggee<'_, '_, T>,
    request: &RequestMessage,
) -> State {
    let as_before = State::Runs(Resume::AsBefore);
    let arguments = request.arguments.clone();
    let arguments = arguments.unwrap_or_else(|| Value::Object(Map::new()));
    let options: Result<AttachOptions, _> = serde_json::from_value(arguments);
    let options = match options {
        Ok(options) => options,
        Err(error) => {
            let reason = format!("the attach configuration is not valid: {error}");
            answer(
                &session.client,
                request,
                Err::<Value, _>(Refusal::Because(reason)),
            );
            return as_before;
        }
    };
    let debugger = debuggee.debugger_mut();
    debugger.sources_mut().clear_substitutions();
    for (from, to) in options.source_map {
        debugger.sources_mut().substitute(from, to);
    }
    debugger.set_log(log(session.client.clone()));
    debugger.settings_mut().exceptions = ExceptionFilters::default();
    debugger.settings_mut().stop_at_panics = true;
    let first = debugger.modules().iter().next();
    let name = first.map(|module| module.name()).unwrap_or_default();
    session.phase = Phase::Started;
    answer(&session.client, request, Ok(Value::Null));
    session.client.tell(&ProcessEvent {
        name,
        system_process_id: Some(i64::from(std::process::id())),
        is_local_process: Some(true),
        start_method: Some(ProcessStartMethod::Attach),
        pointer_size: Some(32),
    });
    session.client.tell(&InitializedEvent);
    match options.stop_on_entry && !debuggee.is_waiting() {
        true => {
            session.report_pause();
            State::Stands
        }
        false => as_before,
    }
}

/// Without a client nothing is to be met.
fn put_aside(debugger: &mut Debugger) {
    let settings = debugger.settings_mut();
    settings.exceptions.uncaught = false;
    settings.exceptions.caught = false;
    settings.exceptions.tags.clear();
    settings.exceptions.caught_tags.clear();
    settings.exceptions.uncaught_tags.clear();
    settings.stop_at_panics = false;
}
