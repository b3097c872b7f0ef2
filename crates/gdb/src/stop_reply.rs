//! What the client is told of a stop.

use crate::options::Options;
use crate::wire::to_hex;
use trapline_debugger::{Stop, StopReason};

/// The numbers of signals, as on Linux.
const SIGINT: u8 = 2;
const SIGTRAP: u8 = 5;

/// The last stop, as the client sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Stopped {
    /// The guest stands still.
    At {
        signal: u8,
        reason: &'static str,
        description: Option<String>,
    },
    /// It has ended, with this exit code.
    Exited(u8),
}

impl Stopped {
    /// Before anything has happened.
    pub(crate) fn at_beginning() -> Stopped {
        Stopped::because("signal", SIGTRAP, None)
    }

    /// It has come to a breakpoint.
    pub(crate) fn at_breakpoint() -> Stopped {
        Stopped::because("breakpoint", SIGTRAP, None)
    }

    /// The client has asked for it.
    pub(crate) fn by_interrupt() -> Stopped {
        Stopped::because("signal", SIGINT, None)
    }

    fn because(reason: &'static str, signal: u8, description: Option<String>) -> Stopped {
        Stopped::At {
            signal,
            reason,
            description,
        }
    }

    /// What a stop is to the client.
    pub(crate) fn new(stop: &Stop, options: &Options) -> Stopped {
        let exception = |text: String| Stopped::because("exception", SIGTRAP, Some(text));
        match &stop.reason {
            StopReason::Breakpoint { .. } => Stopped::at_breakpoint(),
            StopReason::Interrupted => Stopped::by_interrupt(),
            StopReason::Trap { info, hint } => exception(match hint {
                Some(hint) => format!("{info}; {hint}"),
                None => info.to_string(),
            }),
            StopReason::Exception { tag, catcher, .. } => {
                let kind = match catcher {
                    Some(_) => "exception",
                    None => "uncaught exception",
                };
                exception(match tag {
                    Some(tag) => format!("{kind} with the tag {tag}"),
                    None => kind.to_owned(),
                })
            }
            StopReason::HostError(text) => exception(text.clone()),
            StopReason::Panic { message, .. } => {
                exception(message.clone().unwrap_or_else(|| "panic".to_owned()))
            }
            StopReason::Refused(error) => exception(format!("the guest cannot go on: {error}")),
            StopReason::Finished(outcome) => Stopped::Exited((options.exit_code)(outcome)),
            StopReason::Over => Stopped::Exited(0),
            // A step, or what is not known yet.
            _ => Stopped::because("trace", SIGTRAP, None),
        }
    }

    /// Whether the guest stands where it has stepped to, or where it was when the client came, and not where
    /// something has happened.
    pub(crate) fn is_before_anything(&self) -> bool {
        match self {
            Stopped::At { reason, signal, .. } => {
                *reason == "trace" || *signal == SIGTRAP && *reason == "signal"
            }
            Stopped::Exited(_) => false,
        }
    }

    /// The packet. `pc` is where the innermost frame is.
    pub(crate) fn packet(&self, pc: Option<u64>, list_threads: bool) -> String {
        let (signal, reason, description) = match self {
            Stopped::Exited(code) => return format!("W{code:02x}"),
            Stopped::At {
                signal,
                reason,
                description,
            } => (signal, reason, description),
        };
        let mut packet = format!("T{signal:02x}thread:1;");
        if list_threads {
            packet += "threads:1;";
            packet += &pc.map_or(String::new(), |pc| format!("thread-pcs:{pc:x};"));
        }
        packet += &format!("reason:{reason};");
        if let Some(description) = description {
            packet += &format!("description:{};", to_hex(description.as_bytes()));
        }
        packet
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stops_are_told_with_what_the_client_has_asked_for() {
        let stopped = Stopped::because("exception", 5, Some("ab".to_owned()));
        assert_eq!(
            stopped.packet(Some(0x40), false),
            "T05thread:1;reason:exception;description:6162;"
        );
        assert_eq!(
            stopped.packet(Some(0x40), true),
            "T05thread:1;threads:1;thread-pcs:40;reason:exception;description:6162;"
        );
        assert_eq!(Stopped::Exited(3).packet(None, true), "W03");
    }
}
