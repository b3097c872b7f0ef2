//! Who comes to a port has to show a token before anything that it says is listened to.
//!
//! All of it happens on the connection's own thread: a stranger cannot hold up the guest, take memory or stay.

use crate::connection::{Client, Heard};
use crate::context::{Refusal, answer};
use crate::protocol::{
    Capabilities, InitializeRequest, InitializeRequestArguments, ProtocolMessage, Request,
};
use crate::requests::arguments;
use crate::transport::read_message;
use serde_json::Value;
use std::io::BufRead;
use std::time::Duration;

/// What a client says before it is admitted is short, ...
const LONGEST_CONTENT: usize = 64 << 10;
/// ... is not much, ...
const MOST_MESSAGES: usize = 8;
/// ... and comes soon.
const LONGEST_WAIT: Duration = Duration::from_secs(10);

/// What a client has to show.
pub(crate) struct Guard {
    pub(crate) token: String,
    /// The request that shows it.
    pub(crate) command: &'static str,
    /// What the adapter behind it can do.
    pub(crate) capabilities: Capabilities,
}

impl Guard {
    /// Hears a client until it has shown the token, and passes on what it has said then. Returns whether it
    /// has.
    pub(crate) fn admit(
        &self,
        client: &Client,
        reader: &mut impl BufRead,
        send: &dyn Fn(Heard) -> bool,
    ) -> bool {
        client.set_read_timeout(Some(LONGEST_WAIT));
        let mut traits: Option<InitializeRequestArguments> = None;
        for _ in 0..MOST_MESSAGES {
            let Ok(Some(content)) = read_message(reader, LONGEST_CONTENT) else {
                return false;
            };
            let Ok(ProtocolMessage::Request(request)) = serde_json::from_slice(&content) else {
                return false;
            };
            if request.command == InitializeRequest::COMMAND && traits.is_none() {
                let said = arguments::<InitializeRequest>(&request);
                let result = said.map(|said| {
                    traits = Some(said);
                    serde_json::to_value(&self.capabilities).unwrap_or_default()
                });
                answer(client, &request, result);
                continue;
            }
            let shown = request.arguments.as_ref();
            let shown = shown.and_then(|arguments| arguments.get("token")?.as_str());
            if request.command == self.command
                && let Some(traits) =
                    traits.take_if(|_| shown.is_some_and(|shown| self.fits(shown)))
            {
                client.set_read_timeout(None);
                return send(Heard::Admitted(Box::new(traits))) && send(Heard::Request(request));
            }
            let is_refused = request.command == self.command;
            let reason = match is_refused {
                true => "the token is wrong; the port's owner knows it",
                false => "show the token first, in the request to launch or attach",
            };
            answer(client, &request, Err::<Value, _>(Refusal::because(reason)));
            if is_refused {
                return false;
            }
        }
        false
    }

    /// Compares all of it, so that the time that takes tells nothing of where it differs.
    fn fits(&self, shown: &str) -> bool {
        let (shown, token) = (shown.as_bytes(), self.token.as_bytes());
        let pairs = shown.iter().zip(token);
        let differences = pairs.fold(0, |differences, (a, b)| differences | (a ^ b));
        shown.len() == token.len() && differences == 0
    }
}
