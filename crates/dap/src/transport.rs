//! Messages on the wire: a header that tells their length, and JSON.
//!
//! ```text
//!   Content-Length: 42\r\n
//!   \r\n
//!   {"seq":1,"type":"request","command":"threads"}
//! ```
//!
//! See the protocol's [overview](https://microsoft.github.io/debug-adapter-protocol/overview).

use std::io::{self, BufRead, Read, Write};

/// A header is no longer than this, in bytes.
const LONGEST_HEADER: u64 = 4096;
/// The content of a message is no longer than this, in bytes.
pub(crate) const LONGEST_CONTENT: usize = 32 << 20;

/// Why there is no message. After any of these nothing more can be read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TransportError {
    #[error("the connection has failed: {0}")]
    Broken(#[from] io::Error),
    #[error("a header has no Content-Length, or one that is no number")]
    BadHeader,
    #[error("a header is longer than {LONGEST_HEADER} bytes")]
    LongHeader,
    #[error("a message is too long")]
    TooLong,
}

/// Reads the content of a message; `None` if the connection ends before one begins.
///
/// A content of more than `longest` bytes is refused.
pub(crate) fn read_message(
    reader: &mut impl BufRead,
    longest: usize,
) -> Result<Option<Vec<u8>>, TransportError> {
    let Some(length) = read_header(reader)? else {
        return Ok(None);
    };
    if length > longest {
        return Err(TransportError::TooLong);
    }
    // Memory is taken for what has come, not for what was announced.
    let mut content = Vec::new();
    reader.take(length as u64).read_to_end(&mut content)?;
    match content.len() == length {
        true => Ok(Some(content)),
        false => Err(io::Error::from(io::ErrorKind::UnexpectedEof).into()),
    }
}

fn read_header(reader: &mut impl BufRead) -> Result<Option<usize>, TransportError> {
    let mut header = reader.take(LONGEST_HEADER);
    let mut length = None;
    let mut line = Vec::new();
    loop {
        line.clear();
        header.read_until(b'\n', &mut line)?;
        if !line.ends_with(b"\n") {
            return match (header.limit(), line.is_empty() && length.is_none()) {
                (0, _) => Err(TransportError::LongHeader),
                (_, true) => Ok(None),
                (_, false) => Err(io::Error::from(io::ErrorKind::UnexpectedEof).into()),
            };
        }
        let text = str::from_utf8(&line).map_err(|_| TransportError::BadHeader)?;
        let text = text.trim_end();
        match text.split_once(':') {
            None if text.is_empty() => break,
            Some((name, value)) if name.eq_ignore_ascii_case("content-length") => {
                let value = value.trim().parse();
                length = Some(value.map_err(|_| TransportError::BadHeader)?);
            }
            Some(_) => {}
            None => return Err(TransportError::BadHeader),
        }
    }
    length.map(Some).ok_or(TransportError::BadHeader)
}

/// Writes a message, and has it sent.
pub(crate) fn write_message(writer: &mut dyn Write, content: &[u8]) -> io::Result<()> {
    let mut message = format!("Content-Length: {}\r\n\r\n", content.len()).into_bytes();
    message.extend_from_slice(content);
    writer.write_all(&message)?;
    writer.flush()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(mut bytes: &[u8]) -> Result<Option<Vec<u8>>, TransportError> {
        read_message(&mut bytes, LONGEST_CONTENT)
    }

    #[test]
    fn what_is_written_is_read_again() {
        let mut wire = Vec::new();
        write_message(&mut wire, b"{}").unwrap();
        write_message(&mut wire, b"").unwrap();
        let mut reader = &wire[..];
        assert_eq!(
            read_message(&mut reader, LONGEST_CONTENT).unwrap().unwrap(),
            b"{}"
        );
        assert_eq!(
            read_message(&mut reader, LONGEST_CONTENT).unwrap().unwrap(),
            b""
        );
        assert!(
            read_message(&mut reader, LONGEST_CONTENT)
                .unwrap()
                .is_none()
        );
    }

    #[test]
    fn headers_are_read_as_leniently_as_is_safe() {
        let message = read(b"content-length:2\nContent-Type: x\n\n{}");
        assert_eq!(message.unwrap().unwrap(), b"{}");
        for bad in [
            "\r\n\r\n",
            "Content-Length: x\r\n\r\n",
            "GET / HTTP/1.1\r\n\r\n",
        ] {
            let error = read(bad.as_bytes()).unwrap_err();
            assert!(matches!(error, TransportError::BadHeader), "{bad}: {error}");
        }
    }

    #[test]
    fn what_has_no_end_is_refused() {
        let endless = vec![b'x'; 1 << 20];
        assert!(matches!(read(&endless), Err(TransportError::LongHeader)));
        let huge = read(b"Content-Length: 99999999999\r\n\r\n");
        assert!(matches!(huge, Err(TransportError::TooLong)));
        for cut in ["Content-Length: 5\r\n\r\n{}", "Content-Length: 5"] {
            let error = read(cut.as_bytes()).unwrap_err();
            assert!(matches!(error, TransportError::Broken(_)), "{cut}");
        }
    }
}
