//! A connection with a client: what it says is heard on a thread of its own, and anything can be said to it
//! from any thread.

use crate::context::answer;
use crate::guard::Guard;
use crate::protocol::{
    Event, InitializeRequestArguments, ProtocolMessage, RequestMessage, TerminatedEvent,
};
use crate::running::{Running, is_urgent};
use crate::transport::{LONGEST_CONTENT, read_message, write_message};
use serde_json::Value;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;
use trapline::InterruptHandle;
use trapline_debugger::InboxSender;

/// A client that reads nothing for so long is taken for gone.
const SLOWEST_CLIENT: Duration = Duration::from_secs(30);

/// What is to be done with a guest that cannot be ended.
type Abandon = Box<dyn Fn() + Send>;

/// A guest that does not end so long after it was to is held up by the host.
const LONGEST_END: Duration = Duration::from_secs(2);

/// Both directions of a connection, as [`serve`](crate::serve) takes it.
pub struct Connection {
    reader: Box<dyn Read + Send>,
    writer: Box<dyn Write + Send>,
    log: Option<Box<dyn Write + Send>>,
    abandon: Option<Abandon>,
    /// Ends it, so that its thread does too.
    stream: Option<TcpStream>,
}

impl Connection {
    /// A connection over what bytes are read from and written to, such as standard input and output.
    pub fn new(
        reader: impl Read + Send + 'static,
        writer: impl Write + Send + 'static,
    ) -> Connection {
        Connection {
            reader: Box::new(reader),
            writer: Box::new(writer),
            log: None,
            abandon: None,
            stream: None,
        }
    }

    /// A connection over TCP.
    ///
    /// # Errors
    ///
    /// If the system refuses to have the stream used from two sides.
    pub fn tcp(stream: TcpStream) -> io::Result<Connection> {
        stream.set_nodelay(true)?;
        stream.set_write_timeout(Some(SLOWEST_CLIENT))?;
        Ok(Connection {
            reader: Box::new(stream.try_clone()?),
            writer: Box::new(stream.try_clone()?),
            log: None,
            abandon: None,
            stream: Some(stream),
        })
    }

    /// The same, with what is to be done if the client goes, or wants the program to end, while a function of
    /// the host does not return: nothing else can end the guest then. It is called on the connection's own
    /// thread, after the client was answered; the adapter for one client ends the process.
    pub fn with_abandon(self, abandon: impl Fn() + Send + 'static) -> Connection {
        Connection {
            abandon: Some(Box::new(abandon)),
            ..self
        }
    }

    /// The same, with all messages written down.
    pub fn with_log(self, log: impl Write + Send + 'static) -> Connection {
        Connection {
            log: Some(Box::new(log)),
            ..self
        }
    }

    /// Begins to hear what the client says.
    pub(crate) fn open(self, inbox: InboxSender<Incoming>) -> io::Result<Client> {
        self.begin(inbox, None)
    }

    /// Begins to hear what the client says, but nothing else before it has shown the token in its request
    /// to launch or attach.
    pub(crate) fn open_guarded(
        self,
        inbox: InboxSender<Incoming>,
        guard: Guard,
    ) -> io::Result<Client> {
        self.begin(inbox, Some(guard))
    }

    fn begin(self, inbox: InboxSender<Incoming>, guard: Option<Guard>) -> io::Result<Client> {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let client = Client(Arc::new(Shared {
            number: NEXT.fetch_add(1, Ordering::Relaxed),
            writer: Mutex::new(Writer {
                sink: Some(self.writer),
                seq: 0,
            }),
            log: self.log.map(Mutex::new),
            running: Mutex::default(),
            guest_ended: Condvar::new(),
            stream: self.stream,
        }));
        let heard = client.clone();
        let abandon = self.abandon;
        let mut reader = BufReader::new(self.reader);
        thread::Builder::new()
            .name("dap client".to_owned())
            .spawn(move || {
                let send = |what| {
                    let client = heard.clone();
                    inbox.send(Incoming { client, what })
                };
                let admitted = match guard {
                    Some(guard) => guard.admit(&heard, &mut reader, &send),
                    None => true,
                };
                if admitted {
                    let why = hear(&heard, &mut reader, &send, abandon.as_ref());
                    heard.note_end();
                    send(Heard::Closed(why));
                    if let Some(abandon) = abandon.filter(|_| heard.is_held_up()) {
                        abandon();
                    }
                } else {
                    heard.close();
                    send(Heard::Refused);
                }
            })?;
        Ok(client)
    }
}

/// Reads messages until there are no more. Returns why, if that is not as it should be.
fn hear(
    client: &Client,
    reader: &mut impl BufRead,
    send: &dyn Fn(Heard) -> bool,
    abandon: Option<&Abandon>,
) -> Option<String> {
    loop {
        let content = match read_message(reader, LONGEST_CONTENT) {
            Ok(Some(content)) => content,
            Ok(None) => return None,
            Err(error) => return Some(error.to_string()),
        };
        client.write_down("<-", &content);
        let mut last = None;
        let what = match serde_json::from_slice(&content) {
            Ok(ProtocolMessage::Request(request)) => {
                client.note(&request);
                if matches!(request.command.as_str(), "terminate" | "disconnect") {
                    last = Some(request.clone());
                }
                Heard::Request(request)
            }
            // Nothing is asked of clients here that they could respond to.
            Ok(_) => continue,
            Err(error) => Heard::Malformed(error.to_string()),
        };
        if !send(what) {
            return None;
        }
        if let (Some(request), Some(abandon)) = (last, abandon)
            && client.is_held_up()
        {
            answer(client, &request, Ok(Value::Null));
            client.tell(&TerminatedEvent::default());
            abandon();
        }
    }
}

/// What has come from a client.
pub(crate) struct Incoming {
    pub(crate) client: Client,
    pub(crate) what: Heard,
}

pub(crate) enum Heard {
    Request(RequestMessage),
    /// Something that is no message, and why not.
    Malformed(String),
    /// The connection has ended, and why, if that is not as it should be.
    Closed(Option<String>),
    /// The client has shown the token: what it has said of itself. Its request to launch or attach follows.
    Admitted(Box<InitializeRequestArguments>),
    /// It has not.
    Refused,
}

/// A client, to be spoken to. Copies are the same client. What is said to one that is gone is lost.
#[derive(Clone)]
pub(crate) struct Client(Arc<Shared>);

struct Shared {
    /// Tells it from others.
    number: u64,
    writer: Mutex<Writer>,
    log: Option<Mutex<Box<dyn Write + Send>>>,
    running: Mutex<Running>,
    guest_ended: Condvar,
    stream: Option<TcpStream>,
}

struct Writer {
    /// None once it has failed.
    sink: Option<Box<dyn Write + Send>>,
    seq: i64,
}

impl Client {
    pub(crate) fn is(&self, other: &Client) -> bool {
        self.0.number == other.0.number
    }

    /// Says something: a response or an event. Its number in the order of messages is set here.
    pub(crate) fn say(&self, mut message: Value) {
        let mut writer = self.0.writer.lock().unwrap_or_else(PoisonError::into_inner);
        writer.seq += 1;
        message["seq"] = writer.seq.into();
        let Some(sink) = &mut writer.sink else {
            return;
        };
        let content = message.to_string();
        self.write_down("->", content.as_bytes());
        if write_message(sink, content.as_bytes()).is_err() {
            writer.sink = None;
            drop(writer);
            self.close();
        }
    }

    /// Tells of an event.
    pub(crate) fn tell<E: Event>(&self, body: &E) {
        let body = serde_json::to_value(body).unwrap_or_default();
        let mut event = serde_json::json!({ "type": "event", "event": E::EVENT });
        if !body.is_null() {
            event["body"] = body;
        }
        self.say(event);
    }

    /// Writes a message down, if there is a log.
    fn write_down(&self, direction: &str, content: &[u8]) {
        if let Some(log) = &self.0.log {
            let mut log = log.lock().unwrap_or_else(PoisonError::into_inner);
            // A log that cannot be written is no reason to fail.
            let _ = writeln!(log, "{direction} {}", String::from_utf8_lossy(content));
            let _ = log.flush();
        }
    }

    /// How long it may say nothing.
    pub(crate) fn set_read_timeout(&self, timeout: Option<Duration>) {
        if let Some(stream) = &self.0.stream {
            let _ = stream.set_read_timeout(timeout);
        }
    }

    /// Ends the connection.
    pub(crate) fn close(&self) {
        if let Some(stream) = &self.0.stream {
            // It may have ended already.
            let _ = stream.shutdown(Shutdown::Both);
        }
    }

    /// Does what cannot wait until the request's turn comes.
    fn note(&self, request: &RequestMessage) {
        let number = |name: &str| request.arguments.as_ref()?.get(name)?.as_i64();
        if request.command == "cancel" {
            if let Some(id) = number("requestId") {
                self.running().cancel(id);
            }
        } else if is_urgent(&request.command) {
            self.running().await_urgent();
        }
    }

    /// The client is gone: nobody waits for what runs for it.
    fn note_end(&self) {
        self.running().await_urgent();
    }

    /// A guest is run for the client, from now on or no longer.
    pub(crate) fn set_guest(&self, has_guest: bool) {
        self.running().has_guest = has_guest;
        self.0.guest_ended.notify_all();
    }

    /// Whether a guest that is to end does not, since a function of the host does not return.
    fn is_held_up(&self) -> bool {
        let running = self.running();
        let ended = &self.0.guest_ended;
        let waited = ended.wait_timeout_while(running, LONGEST_END, |running| running.has_guest);
        let (running, _) = waited.unwrap_or_else(PoisonError::into_inner);
        running.has_guest
    }

    /// The turn of a request has come. Returns whether it is not wanted any more.
    pub(crate) fn begin(&self, request: &RequestMessage) -> bool {
        self.running().begin(request.seq, &request.command)
    }

    /// A request has come to a call of a function of the guest.
    pub(crate) fn begin_call(&self, seq: i64, handle: InterruptHandle) {
        self.running().begin_call(seq, handle);
    }

    /// No function of the guest runs for a request any more. Returns whether the request was cancelled
    /// meanwhile.
    pub(crate) fn end_call(&self) -> bool {
        self.running().end_call()
    }

    fn running(&self) -> MutexGuard<'_, Running> {
        self.0
            .running
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}
