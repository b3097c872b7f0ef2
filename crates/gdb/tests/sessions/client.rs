//! A client that says exactly what it is told to.

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::os::unix::net::UnixStream;
use std::time::Duration;

/// What takes longer has failed.
const LONGEST: Duration = Duration::from_secs(60);

pub struct Client {
    stream: Box<dyn Stream>,
    acks: bool,
}

/// What a client is connected by.
pub trait Stream: Read + Write + Send {
    fn set_timeout(&self, timeout: Duration);
    fn set_write_timeout(&self, timeout: Duration);
}

impl Stream for UnixStream {
    fn set_write_timeout(&self, timeout: Duration) {
        UnixStream::set_write_timeout(self, Some(timeout)).unwrap();
    }

    fn set_timeout(&self, timeout: Duration) {
        self.set_read_timeout(Some(timeout)).unwrap();
    }
}

impl Stream for TcpStream {
    fn set_write_timeout(&self, timeout: Duration) {
        TcpStream::set_write_timeout(self, Some(timeout)).unwrap();
    }

    fn set_timeout(&self, timeout: Duration) {
        self.set_read_timeout(Some(timeout)).unwrap();
    }
}

/// The bytes of a packet.
pub fn packet(body: &[u8]) -> Vec<u8> {
    let sum = body.iter().fold(0_u8, |sum, byte| sum.wrapping_add(*byte));
    [b"$", body, format!("#{sum:02x}").as_bytes()].concat()
}

/// Text in hexadecimal digits.
pub fn hex(text: &str) -> String {
    text.bytes().map(|byte| format!("{byte:02x}")).collect()
}

/// The text that hexadecimal digits stand for.
pub fn unhex(digits: &str) -> String {
    let pairs = digits.as_bytes().chunks(2);
    let bytes = pairs.map(|pair| u8::from_str_radix(str::from_utf8(pair).unwrap(), 16).unwrap());
    String::from_utf8(bytes.collect()).unwrap()
}

impl Client {
    pub fn new(stream: impl Stream + 'static) -> Client {
        stream.set_timeout(LONGEST);
        let stream = Box::new(stream);
        Client { stream, acks: true }
    }

    pub fn send_raw(&mut self, bytes: &[u8]) {
        self.stream.write_all(bytes).unwrap();
    }

    /// Sends bytes, unless nobody takes them.
    pub fn try_send_raw(&mut self, bytes: &[u8]) -> bool {
        self.stream.set_write_timeout(Duration::from_millis(200));
        self.stream.write_all(bytes).is_ok()
    }

    /// Sends a packet, without waiting for anything.
    pub fn send(&mut self, body: &str) {
        self.send_raw(&packet(body.as_bytes()));
    }

    /// Sends a packet that is acknowledged. Returns its answer.
    pub fn ask(&mut self, body: &str) -> String {
        String::from_utf8(self.ask_bytes(body.as_bytes())).unwrap()
    }

    /// As [`Client::ask`], with bytes as they are on the wire.
    pub fn ask_bytes(&mut self, body: &[u8]) -> Vec<u8> {
        self.send_raw(&packet(body));
        self.acknowledged();
        self.answer_bytes()
    }

    pub fn acknowledged(&mut self) {
        if self.acks {
            assert_eq!(self.byte(), Some(b'+'));
        }
    }

    /// The next packet, which is not acknowledged from now on.
    pub fn answer_unacknowledged(&mut self) -> String {
        self.acks = false;
        self.answer()
    }

    /// The next packet.
    pub fn answer(&mut self) -> String {
        String::from_utf8(self.answer_bytes()).unwrap()
    }

    /// The next packet, if it may have any bytes.
    pub fn answer_lossy(&mut self) -> String {
        String::from_utf8_lossy(&self.answer_bytes()).into_owned()
    }

    fn answer_bytes(&mut self) -> Vec<u8> {
        assert_eq!(self.byte(), Some(b'$'));
        let mut body = Vec::new();
        let mut sum = 0_u8;
        loop {
            match self.byte().expect("the packet ends") {
                b'#' => break,
                b'}' => {
                    let escaped = self.byte().expect("something is escaped");
                    sum = sum.wrapping_add(b'}').wrapping_add(escaped);
                    body.push(escaped ^ 0x20);
                }
                byte => {
                    sum = sum.wrapping_add(byte);
                    body.push(byte);
                }
            }
        }
        let digits = [self.byte().unwrap(), self.byte().unwrap()];
        assert_eq!(str::from_utf8(&digits).unwrap(), format!("{sum:02x}"));
        if self.acks {
            self.send_raw(b"+");
        }
        body
    }

    /// The next byte; `None` if the server has closed the connection.
    pub fn byte(&mut self) -> Option<u8> {
        let mut byte = [0];
        match self.stream.read(&mut byte) {
            Ok(0) => None,
            Ok(_) => Some(byte[0]),
            Err(error) if error.kind() == ErrorKind::ConnectionReset => None,
            Err(error) => panic!("{error}"),
        }
    }

    /// The pcs of all frames.
    pub fn pcs(&mut self) -> Vec<u64> {
        let digits = self.ask("qWasmCallStack:1");
        let each = digits.as_bytes().chunks(16);
        each.map(|digits| {
            let number = u64::from_str_radix(str::from_utf8(digits).unwrap(), 16).unwrap();
            number.swap_bytes()
        })
        .collect()
    }
}
