//! What requests work with, and how they are answered.

use crate::connection::Client;
use crate::guest::Guest;
use crate::launcher::LaunchOptions;
use crate::protocol::{self, ErrorMessage, Event};
use crate::references::{Referent, ScopeKind, ShownValue};
use crate::session::{Phase, Session, Stopped};
use serde_json::{Value, json};
use trapline_debugger::{Debugger, DebuggerError, Resume};

/// The one thread that guests have.
pub(crate) const THREAD: i64 = 1;

/// Why a request is not carried out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// Nobody wants the answer any more.
    Cancelled,
    /// The guest runs, and must stand still for it.
    NotStopped,
    /// Something else, a sentence without its full stop.
    Because(String),
}

impl Refusal {
    pub(crate) fn because(reason: impl ToString) -> Refusal {
        Refusal::Because(reason.to_string())
    }

    /// What programs know it by.
    fn word(&self) -> &str {
        match self {
            Refusal::Cancelled => "cancelled",
            Refusal::NotStopped => "notStopped",
            Refusal::Because(reason) => reason,
        }
    }

    fn sentence(&self) -> &str {
        match self {
            Refusal::Cancelled => "the request was cancelled",
            Refusal::NotStopped => "the program is running",
            Refusal::Because(reason) => reason,
        }
    }
}

impl From<DebuggerError> for Refusal {
    fn from(error: DebuggerError) -> Refusal {
        Refusal::because(error)
    }
}

/// What comes after a request was answered.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum Then {
    #[default]
    Nothing,
    /// Everything is set: the program may start.
    Configured,
    /// The guest goes on.
    Resume(Resume),
    /// It is to stand still.
    Pause,
    /// It ends.
    Terminate,
    /// It starts again, perhaps as another one.
    Restart(Option<Box<LaunchOptions>>),
    /// The client goes, and the guest ends or not; if that is not said, then as is usual.
    Disconnect { terminate: Option<bool> },
}

/// What requests work with.
pub(crate) struct Context<'c> {
    pub(crate) session: &'c mut Session,
    pub(crate) guest: &'c mut dyn Guest,
    /// The request's number.
    pub(crate) seq: i64,
    pub(crate) then: Then,
    events: Vec<Value>,
}

impl<'c> Context<'c> {
    pub(crate) fn new(session: &'c mut Session, guest: &'c mut dyn Guest, seq: i64) -> Context<'c> {
        Context {
            session,
            guest,
            seq,
            then: Then::Nothing,
            events: Vec::new(),
        }
    }

    pub(crate) fn debugger(&self) -> &Debugger {
        self.guest.debugger()
    }

    /// Tells of an event once the request is answered.
    pub(crate) fn tell_after<E: Event>(&mut self, body: &E) {
        let body = serde_json::to_value(body).unwrap_or_default();
        self.events
            .push(json!({ "type": "event", "event": E::EVENT, "body": body }));
    }

    pub(crate) fn take_events(&mut self) -> Vec<Value> {
        std::mem::take(&mut self.events)
    }

    /// That the program was started, and has not ended.
    pub(crate) fn live(&self) -> Result<(), Refusal> {
        match self.session.phase {
            Phase::Started => Ok(()),
            Phase::Over => Err(Refusal::because("the program has ended")),
            _ => Err(Refusal::because("the program was not started yet")),
        }
    }

    /// Why the guest stands still.
    pub(crate) fn stopped(&self) -> Result<&Stopped, Refusal> {
        self.live()?;
        self.session.stopped.as_ref().ok_or(Refusal::NotStopped)
    }

    /// That this is the thread that there is.
    pub(crate) fn thread(&self, id: i64) -> Result<(), Refusal> {
        match id {
            THREAD => Ok(()),
            _ => Err(Refusal::because(format!("there is no thread {id}"))),
        }
    }

    /// Whether the guest stands in a function with a source.
    pub(crate) fn has_lines(&self) -> bool {
        let frames = self.guest.frames(0..1);
        frames.first().is_some_and(|frame| frame.location.is_some())
    }

    /// What a number stands for.
    pub(crate) fn referent(&self, number: i64) -> Result<&Referent, Refusal> {
        self.stopped()?;
        let invalid = || Refusal::because(format!("{number} is not valid at this stop"));
        self.session.references.get(number).ok_or_else(invalid)
    }

    /// The level of a frame.
    pub(crate) fn level(&self, frame: i64) -> Result<usize, Refusal> {
        match self.referent(frame)? {
            Referent::Frame { level } => Ok(*level),
            _ => Err(Refusal::because(format!("{frame} is no frame"))),
        }
    }

    /// The level of a frame, or of the one to look at first.
    pub(crate) fn level_or_first(&self, frame: Option<i64>) -> Result<usize, Refusal> {
        match frame {
            Some(frame) => self.level(frame),
            None => Ok(self.stopped()?.level),
        }
    }

    /// What a number of variables stands for.
    pub(crate) fn container(&self, number: i64) -> Result<Container, Refusal> {
        match self.referent(number)? {
            Referent::Scope { level, kind } => Ok(Container::Scope(*level, *kind)),
            Referent::Value(value) => Ok(Container::Value(value.clone())),
            _ => Err(Refusal::because(format!("{number} has no variables"))),
        }
    }
}

/// What has variables.
pub(crate) enum Container {
    Scope(usize, ScopeKind),
    Value(ShownValue),
}

/// Answers a request.
pub(crate) fn answer(
    client: &Client,
    request: &protocol::RequestMessage,
    result: Result<Value, Refusal>,
) {
    let mut response = json!({
        "type": "response",
        "request_seq": request.seq,
        "command": request.command,
        "success": result.is_ok(),
    });
    match result {
        Ok(Value::Null) => {}
        Ok(body) => response["body"] = body,
        Err(refusal) => {
            let error = ErrorMessage {
                id: 1,
                format: refusal.sentence().replace('{', "(").replace('}', ")"),
                show_user: Some(false),
                ..ErrorMessage::default()
            };
            response["message"] = refusal.word().into();
            response["body"] = json!({ "error": error });
        }
    }
    client.say(response);
}
