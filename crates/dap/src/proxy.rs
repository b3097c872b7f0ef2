//! Attaching to a program elsewhere: what a client says is passed on to the program's own port, and what that
//! says to the client.

use crate::connection::{Client, Heard, Incoming};
use crate::context::{Refusal, answer};
use crate::protocol::{
    InitializeRequest, InitializeRequestArguments, ProtocolMessage, RequestMessage, TerminatedEvent,
};
use crate::transport::{LONGEST_CONTENT, read_message, write_message};
use serde::Deserialize;
use serde_json::{Map, Value};
use std::collections::HashMap;
use std::io::{self, BufReader};
use std::net::{Shutdown, TcpStream, ToSocketAddrs};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;
use trapline_debugger::Inbox;

/// A port that does not answer for so long is taken for dead.
const CONNECT: Duration = Duration::from_secs(10);

/// The number of the request that the adapter makes itself. No client has negative ones.
const INITIALIZE: i64 = -1;

/// Where a program can be attached to.
#[derive(Deserialize)]
struct Place {
    #[serde(default = "loopback")]
    host: String,
    port: u16,
}

fn loopback() -> String {
    "127.0.0.1".to_owned()
}

/// A connection with the port of a program.
pub(crate) struct RemotePort {
    stream: TcpStream,
    client: Client,
    waiting: Arc<Waiting>,
    listener: Option<JoinHandle<()>>,
}

/// The requests that the port has not answered; `None` once it is gone.
struct Waiting(Mutex<Option<HashMap<i64, RequestMessage>>>);

impl Waiting {
    fn requests(&self) -> MutexGuard<'_, Option<HashMap<i64, RequestMessage>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Connects with the port that a request to attach names, and passes the request on.
pub(crate) fn connect(
    request: &RequestMessage,
    traits: InitializeRequestArguments,
    client: &Client,
) -> Result<RemotePort, String> {
    let arguments = request.arguments.clone();
    let arguments = arguments.unwrap_or_else(|| Value::Object(Map::new()));
    let place: Result<Place, _> = serde_json::from_value(arguments);
    let place = place.map_err(|error| format!("the attach configuration is not valid: {error}"))?;
    let Place { host, port } = &place;
    let failed = |error| format!("cannot connect with {host}:{port}: {error}");
    let mut port = RemotePort {
        stream: open(host, *port).map_err(failed)?,
        client: client.clone(),
        waiting: Arc::new(Waiting(Mutex::new(Some(HashMap::new())))),
        listener: None,
    };
    let initialize = RequestMessage::new::<InitializeRequest>(INITIALIZE, &traits);
    let initialize = initialize.map_err(|error| error.to_string())?;
    port.send(initialize).map_err(failed)?;
    port.pass(request.clone());
    port.listen().map_err(failed)?;
    Ok(port)
}

fn open(host: &str, port: u16) -> io::Result<TcpStream> {
    let mut last = io::Error::from(io::ErrorKind::AddrNotAvailable);
    for address in (host, port).to_socket_addrs()? {
        match TcpStream::connect_timeout(&address, CONNECT) {
            Ok(stream) => return Ok(stream),
            Err(error) => last = error,
        }
    }
    Err(last)
}

/// What becomes of a request that nobody is left to answer.
fn answer_for_dead(client: &Client, request: &RequestMessage) {
    let result = match request.command.as_str() {
        "disconnect" | "terminate" => Ok(Value::Null),
        "attach" => Err(Refusal::because("the port has closed the connection")),
        _ => Err(Refusal::because("the program is gone")),
    };
    answer(client, request, result);
}

impl RemotePort {
    fn send(&mut self, request: RequestMessage) -> io::Result<()> {
        let message = serde_json::to_vec(&ProtocolMessage::Request(request))?;
        write_message(&mut self.stream, &message)
    }

    /// Passes a request on. It is answered in any case.
    fn pass(&mut self, request: RequestMessage) {
        match &mut *self.waiting.requests() {
            Some(waiting) => drop(waiting.insert(request.seq, request.clone())),
            None => return answer_for_dead(&self.client, &request),
        }
        if self.send(request).is_err() {
            // The listener finds that out too, and answers.
            let _ = self.stream.shutdown(Shutdown::Both);
        }
    }

    /// Passes on what the port says, on a thread of its own.
    fn listen(&mut self) -> io::Result<()> {
        let mut reader = BufReader::new(self.stream.try_clone()?);
        let (client, waiting) = (self.client.clone(), Arc::clone(&self.waiting));
        let listener = thread::Builder::new()
            .name("dap port".to_owned())
            .spawn(move || {
                let mut is_over = false;
                while let Ok(Some(content)) = read_message(&mut reader, LONGEST_CONTENT) {
                    let Ok(message) = serde_json::from_slice::<Value>(&content) else {
                        break;
                    };
                    let answered = message["request_seq"].as_i64();
                    if message["type"] == "response" && answered == Some(INITIALIZE) {
                        // The client has its answer to that from the adapter itself.
                        continue;
                    }
                    if let (Some(seq), Some(waiting)) = (answered, &mut *waiting.requests()) {
                        waiting.remove(&seq);
                    }
                    is_over |= message["event"] == "terminated";
                    client.say(message);
                }
                let left = waiting.requests().take().unwrap_or_default();
                for request in left.values() {
                    answer_for_dead(&client, request);
                }
                if !is_over {
                    client.tell(&TerminatedEvent::default());
                }
            })?;
        self.listener = Some(listener);
        Ok(())
    }

    /// Passes on what the client says until it goes.
    pub(crate) async fn relay(mut self, inbox: &mut Inbox<Incoming>) {
        while let Some(incoming) = inbox.receive().await {
            let Heard::Request(request) = incoming.what else {
                break;
            };
            let is_last = request.command == "disconnect";
            self.pass(request);
            if is_last {
                break;
            }
        }
        // What the port still says is passed on, until it ends the connection as well.
        let _ = self.stream.shutdown(Shutdown::Write);
        let _ = self.stream.set_read_timeout(Some(CONNECT));
        if let Some(listener) = self.listener.take() {
            let _ = listener.join();
        }
    }
}
