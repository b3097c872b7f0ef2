//! What packets are answered with.

use crate::wire::to_hex;

/// An answer to a packet.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Reply {
    /// It was done.
    Ok,
    /// It is not known, or not supported.
    Unsupported,
    /// What was asked for, as text or bytes.
    Data(Vec<u8>),
}

impl Reply {
    pub(crate) fn text(text: impl Into<String>) -> Reply {
        Reply::Data(text.into().into_bytes())
    }

    /// Bytes, in hexadecimal digits.
    pub(crate) fn hex(bytes: &[u8]) -> Reply {
        Reply::text(to_hex(bytes))
    }

    pub(crate) fn into_bytes(self) -> Vec<u8> {
        match self {
            Reply::Ok => b"OK".to_vec(),
            Reply::Unsupported => Vec::new(),
            Reply::Data(data) => data,
        }
    }
}

/// Why a packet is answered with an error.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum PacketError {
    /// The packet does not say what it should.
    #[error("the packet is malformed: {0}")]
    Malformed(&'static str),
    /// It was damaged on its way, and is not going to be sent again.
    #[error("the checksum of the packet is wrong")]
    Damaged,
    #[error("the packet is too long")]
    TooLong,
    #[error("there is no thread but 1")]
    NoThread,
    #[error("there is no register {0}")]
    NoRegister(u64),
    #[error("there is no frame {0}")]
    NoFrame(u32),
    #[error("there is nothing at {0:#x}")]
    NoMemory(u64),
    #[error("there is no code at {0:#x}")]
    NoCode(u64),
    #[error("the guest is running")]
    Running,
    #[error("the code of modules cannot be written")]
    ReadOnly,
    #[error("the guest cannot be told where to go on")]
    NoJump,
    /// What the debugger says.
    #[error("{0}")]
    Debugger(String),
}

impl PacketError {
    /// A number for clients that want no text, as the system counts its errors.
    fn code(&self) -> u8 {
        const NO_PROCESS: u8 = 3;
        const IO: u8 = 5;
        const FAULT: u8 = 14;
        const BUSY: u8 = 16;
        const INVALID: u8 = 22;
        match self {
            PacketError::Malformed(_)
            | PacketError::Damaged
            | PacketError::TooLong
            | PacketError::NoJump => INVALID,
            PacketError::NoThread | PacketError::NoFrame(_) => NO_PROCESS,
            PacketError::NoMemory(_) | PacketError::NoCode(_) | PacketError::ReadOnly => FAULT,
            PacketError::Running => BUSY,
            PacketError::NoRegister(_) | PacketError::Debugger(_) => IO,
        }
    }

    /// The answer, with its text if the client wants that.
    pub(crate) fn into_bytes(self, with_text: bool) -> Vec<u8> {
        let code = format!("E{:02x}", self.code());
        match with_text {
            true => format!("{code};{}", to_hex(self.to_string().as_bytes())).into_bytes(),
            false => code.into_bytes(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_have_text_for_those_who_want_it() {
        let error = || PacketError::NoThread;
        assert_eq!(error().into_bytes(false), b"E03");
        let text = to_hex(b"there is no thread but 1");
        assert_eq!(error().into_bytes(true), format!("E03;{text}").into_bytes());
    }
}
