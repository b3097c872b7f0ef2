//! The envelopes that requests, responses and events are sent in.

use crate::protocol::{Event, Request};
use serde::{Deserialize, Serialize};
use serde_json::{Error, Map, Value};
use std::collections::BTreeMap;

/// A message, in either direction.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "camelCase")]
pub enum ProtocolMessage {
    /// Something is wanted.
    Request(RequestMessage),
    /// What has become of a request.
    Response(ResponseMessage),
    /// Something has happened.
    Event(EventMessage),
    /// A message of a type that is not known here. It cannot be written.
    #[serde(other, skip_serializing)]
    Other,
}

/// The envelope of a request.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct RequestMessage {
    /// The message's number among those of its sender.
    pub seq: i64,
    /// What is wanted: a [`Request::COMMAND`].
    pub command: String,
    /// More about it: a [`Request::Arguments`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub arguments: Option<Value>,
}

impl RequestMessage {
    /// A request.
    ///
    /// # Errors
    ///
    /// If the arguments cannot be written as JSON. Those in this module can.
    pub fn new<R: Request>(seq: i64, arguments: &R::Arguments) -> Result<RequestMessage, Error> {
        Ok(RequestMessage {
            seq,
            command: R::COMMAND.to_owned(),
            arguments: present(serde_json::to_value(arguments)?),
        })
    }

    /// The arguments, of a request whose command says that it is of this kind. If they are missing, so is
    /// each of them.
    ///
    /// # Errors
    ///
    /// If something is missing that must be there, or is of another type.
    pub fn parse<R: Request>(&self) -> Result<R::Arguments, Error> {
        parse(self.arguments.as_ref())
    }
}

/// The envelope of a response.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ResponseMessage {
    /// The message's number among those of its sender.
    pub seq: i64,
    /// The number of the request.
    pub request_seq: i64,
    /// Whether it could be carried out.
    pub success: bool,
    /// Its command.
    pub command: String,
    /// If not, why not: `cancelled`, `notStopped`, or anything else.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// The result: a [`Request::Body`], or an [`ErrorBody`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body: Option<Value>,
}

impl ResponseMessage {
    /// The response to a request that was carried out.
    ///
    /// # Errors
    ///
    /// If the body cannot be written as JSON. Those in this module can.
    pub fn success<R: Request>(
        seq: i64,
        request: &RequestMessage,
        body: &R::Body,
    ) -> Result<ResponseMessage, Error> {
        Ok(ResponseMessage {
            seq,
            request_seq: request.seq,
            success: true,
            command: request.command.clone(),
            message: None,
            body: present(serde_json::to_value(body)?),
        })
    }

    /// The response to a request that was not carried out, with a word for the client and a text for the
    /// user.
    ///
    /// # Errors
    ///
    /// None: an error can be written as JSON.
    pub fn failure(
        seq: i64,
        request: &RequestMessage,
        message: impl Into<String>,
        error: Option<ErrorMessage>,
    ) -> Result<ResponseMessage, Error> {
        Ok(ResponseMessage {
            seq,
            request_seq: request.seq,
            success: false,
            command: request.command.clone(),
            message: Some(message.into()),
            body: match error {
                Some(error) => Some(serde_json::to_value(ErrorBody { error: Some(error) })?),
                None => None,
            },
        })
    }

    /// The body, of a response whose command says that it is of this kind, and which tells of success.
    ///
    /// # Errors
    ///
    /// If something is missing that must be there, or is of another type.
    pub fn parse<R: Request>(&self) -> Result<R::Body, Error> {
        parse(self.body.as_ref())
    }
}

/// The envelope of an event.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct EventMessage {
    /// The message's number among those of its sender.
    pub seq: i64,
    /// What has happened: an [`Event::EVENT`].
    pub event: String,
    /// More about it: an [`Event`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body: Option<Value>,
}

impl EventMessage {
    /// An event.
    ///
    /// # Errors
    ///
    /// If the body cannot be written as JSON. Those in this module can.
    pub fn new<E: Event>(seq: i64, body: &E) -> Result<EventMessage, Error> {
        Ok(EventMessage {
            seq,
            event: E::EVENT.to_owned(),
            body: present(serde_json::to_value(body)?),
        })
    }

    /// The body, of an event whose name says that it is of this kind.
    ///
    /// # Errors
    ///
    /// If something is missing that must be there, or is of another type.
    pub fn parse<E: Event>(&self) -> Result<E, Error> {
        parse(self.body.as_ref())
    }
}

/// The body of a response to a request that was not carried out.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ErrorBody {
    /// Why it was not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<ErrorMessage>,
}

/// Why a request was not carried out; the protocol's `Message`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ErrorMessage {
    /// A number for the kind of error.
    pub id: i64,
    /// The text, with the names of variables in braces.
    pub format: String,
    /// What the variables stand for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub variables: Option<BTreeMap<String, String>>,
    /// Whether the maker of the adapter is to hear of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub send_telemetry: Option<bool>,
    /// Whether the user is to see it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub show_user: Option<bool>,
    /// Where there is more about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// The name to show for that.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url_label: Option<String>,
}

/// What stands for nothing is left out.
fn present(value: Value) -> Option<Value> {
    (!value.is_null()).then_some(value)
}

/// Reads what has come. When nothing has, whatever need not be there can still be read.
fn parse<T: serde::de::DeserializeOwned>(value: Option<&Value>) -> Result<T, Error> {
    match value {
        Some(value) if !value.is_null() => T::deserialize(value),
        _ => T::deserialize(Value::Object(Map::new())),
    }
}
