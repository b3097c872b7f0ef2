//! Attaching to a program elsewhere: what a client says is passed on to the program's own port, and what that
//! says to the client.

use crate::connection::{Client, Heard, Incoming};
use crate::protocol::{
    InitializeRequest, InitializeRequestArguments, ProtocolMessage, RequestMessage, TerminatedEvent,
};
use crate::transport::{LONGEST_CONTENT, read_message, write_message};
use serde::Deserialize;
use serde_json::Value;
use std::io::BufReader;
use std::net::{Shutdown, TcpStream, ToSocketAddrs};
use std::thread;
use std::time::Duration;
use trapline_debugger::Inbox;

/// A port that does not answer for so long is taken for dead.
const CONNECT: Duration = Duration::from_secs(10);

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
pub(crate) struct RemotePort(TcpStream);

/// Connects with the port that a request to attach names, and passes the request on.
pub(crate) fn connect(
    request: &RequestMessage,
    traits: InitializeRequestArguments,
    client: &Client,
) -> Result<RemotePort, String> {
    let arguments = request.arguments.clone().unwrap_or_default();
    let place: Result<Place, _> = serde_json::from_value(arguments);
    let place = place.map_err(|error| format!("the attach configuration is not valid: {error}"))?;
    let Place { host, port } = &place;
    let failed = |error| format!("cannot connect with {host}:{port}: {error}");
    let addresses = (host.as_str(), *port).to_socket_addrs().map_err(failed)?;
    let mut last = std::io::Error::from(std::io::ErrorKind::AddrNotAvailable);
    let mut stream = None;
    for address in addresses {
        match TcpStream::connect_timeout(&address, CONNECT) {
            Ok(connected) => {
                stream = Some(connected);
                break;
            }
            Err(error) => last = error,
        }
    }
    let stream = stream.ok_or_else(|| failed(last))?;
    let mut port = RemotePort(stream);
    let initialize = RequestMessage::new::<InitializeRequest>(-1, &traits);
    let initialize = initialize.map_err(|error| error.to_string())?;
    port.send(initialize).map_err(failed)?;
    port.send(request.clone()).map_err(failed)?;
    port.listen(client.clone()).map_err(failed)?;
    Ok(port)
}

impl RemotePort {
    fn send(&mut self, request: RequestMessage) -> std::io::Result<()> {
        let message = serde_json::to_vec(&ProtocolMessage::Request(request))?;
        write_message(&mut self.0, &message)
    }

    /// Passes on what the port says, on a thread of its own.
    fn listen(&self, client: Client) -> std::io::Result<()> {
        let mut reader = BufReader::new(self.0.try_clone()?);
        thread::Builder::new()
            .name("dap port".to_owned())
            .spawn(move || {
                let mut is_over = false;
                while let Ok(Some(content)) = read_message(&mut reader, LONGEST_CONTENT) {
                    let Ok(message) = serde_json::from_slice::<Value>(&content) else {
                        break;
                    };
                    // The client has its answer to that from the adapter itself.
                    if message["type"] == "response" && message["request_seq"] == -1 {
                        continue;
                    }
                    is_over |= message["event"] == "terminated";
                    client.say(message);
                }
                if !is_over {
                    client.tell(&TerminatedEvent::default());
                }
            })?;
        Ok(())
    }

    /// Passes on what the client says until it goes.
    pub(crate) async fn relay(mut self, inbox: &mut Inbox<Incoming>) {
        while let Some(incoming) = inbox.receive().await {
            let Heard::Request(request) = incoming.what else {
                break;
            };
            let is_last = request.command == "disconnect";
            if self.send(request).is_err() || is_last {
                break;
            }
        }
        // The answer to the last request is still passed on.
        let _ = self.0.shutdown(Shutdown::Write);
    }
}
