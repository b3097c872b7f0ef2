//! Packets in the stream of bytes: `$`, what is said, `#`, and its checksum in two digits.
//!
//! In between `}` escapes the byte that follows, which is told with a bit changed. Outside of packets `+` and
//! `-` acknowledge, and the byte 3 asks for an interrupt. Everything else there is noise.

use super::hex::digit;

/// The longest packet that is taken, between its marks, and as long as answers get.
pub(crate) const MAX_PACKET: usize = 0x2_0000;

const ESCAPE: u8 = b'}';
const ESCAPED: u8 = 0x20;
const INTERRUPT: u8 = 3;

/// What has come in.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Incoming {
    /// A packet, without its marks and escapes.
    Packet(Vec<u8>),
    /// A packet whose checksum is wrong.
    Damaged,
    /// A packet that is longer than [`MAX_PACKET`]; it was passed by.
    TooLong,
    /// The last answer did not arrive well.
    Resend,
    /// The guest is to stop.
    Interrupt,
}

impl Incoming {
    /// Whether the guest is to end.
    pub(crate) fn is_kill(&self) -> bool {
        match self {
            Incoming::Packet(packet) => packet == b"k" || packet.starts_with(b"vKill"),
            _ => false,
        }
    }

    /// Whether the guest is to go on without its client.
    pub(crate) fn is_detach(&self) -> bool {
        matches!(self, Incoming::Packet(packet) if packet.starts_with(b"D"))
    }
}

/// Finds packets in bytes, as they come. It keeps no more of them than one packet may have.
#[derive(Default)]
pub(crate) struct Decoder {
    state: State,
    body: Vec<u8>,
    sum: u8,
    is_too_long: bool,
}

#[derive(Clone, Copy, Default)]
enum State {
    #[default]
    Between,
    Body,
    Escaped,
    Checksum,
    SecondDigit(Option<u8>),
}

impl Decoder {
    /// Takes a byte. Returns what is complete with it.
    pub(crate) fn push(&mut self, byte: u8) -> Option<Incoming> {
        match (self.state, byte) {
            (State::Between, b'-') => return Some(Incoming::Resend),
            (State::Between, INTERRUPT) => return Some(Incoming::Interrupt),
            // Within a packet it is always escaped, so the packet before was cut off.
            (State::Between | State::Body, b'$') => {
                *self = Decoder {
                    state: State::Body,
                    ..Decoder::default()
                };
            }
            (State::Between, _) => {}
            (State::Body, b'#') => self.state = State::Checksum,
            (State::Body, ESCAPE) => {
                self.sum = self.sum.wrapping_add(byte);
                self.state = State::Escaped;
            }
            (State::Body, byte) => self.keep(byte, byte),
            (State::Escaped, byte) => {
                self.keep(byte, byte ^ ESCAPED);
                self.state = State::Body;
            }
            (State::Checksum, byte) => self.state = State::SecondDigit(digit(byte)),
            (State::SecondDigit(first), byte) => {
                let expected = first.zip(digit(byte)).map(|(high, low)| high << 4 | low);
                return Some(self.finish(expected));
            }
        }
        None
    }

    fn keep(&mut self, sent: u8, meant: u8) {
        self.sum = self.sum.wrapping_add(sent);
        match self.body.len() < MAX_PACKET {
            true => self.body.push(meant),
            false => self.is_too_long = true,
        }
    }

    fn finish(&mut self, expected: Option<u8>) -> Incoming {
        let packet = std::mem::take(self);
        if packet.is_too_long {
            return Incoming::TooLong;
        }
        match expected == Some(packet.sum) {
            true => Incoming::Packet(packet.body),
            false => Incoming::Damaged,
        }
    }
}

/// The bytes of a packet that says this.
pub(crate) fn encode(body: &[u8]) -> Vec<u8> {
    let mut packet = Vec::with_capacity(body.len() + 4);
    packet.push(b'$');
    for &byte in body {
        match byte {
            // A star would repeat what is before it.
            b'$' | b'#' | ESCAPE | b'*' => packet.extend([ESCAPE, byte ^ ESCAPED]),
            byte => packet.push(byte),
        }
    }
    let said = packet[1..].iter();
    let sum = said.fold(0_u8, |sum, byte| sum.wrapping_add(*byte));
    packet.push(b'#');
    packet.extend(super::to_hex(&[sum]).into_bytes());
    packet
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decode(bytes: &[u8]) -> Vec<Incoming> {
        let mut decoder = Decoder::default();
        let incoming = bytes.iter().filter_map(|byte| decoder.push(*byte));
        incoming.collect()
    }

    #[test]
    fn packets_are_read_as_they_are_written() {
        let body: Vec<u8> = (0..=255).collect();
        assert_eq!(decode(&encode(&body)), [Incoming::Packet(body)]);
        assert_eq!(encode(b"OK"), b"$OK#9a");
    }

    #[test]
    fn what_is_between_packets_is_told_from_noise() {
        let bytes = b"+x\x03$OK#9A-\xff$\x03#03+";
        assert_eq!(
            decode(bytes),
            [
                Incoming::Interrupt,
                Incoming::Packet(b"OK".to_vec()),
                Incoming::Resend,
                Incoming::Packet(vec![3]),
            ]
        );
    }

    #[test]
    fn packets_that_are_damaged_are_told() {
        assert_eq!(decode(b"$OK#00"), [Incoming::Damaged]);
        assert_eq!(decode(b"$OK#zz"), [Incoming::Damaged]);
        assert_eq!(
            decode(b"$cut off$OK#9a"),
            [Incoming::Packet(b"OK".to_vec())]
        );
        assert_eq!(decode(b"$never ends"), []);
    }

    #[test]
    fn packets_without_end_take_no_memory() {
        let mut decoder = Decoder::default();
        decoder.push(b'$');
        for _ in 0..10 * MAX_PACKET {
            assert_eq!(decoder.push(b'x'), None);
        }
        assert!(decoder.body.capacity() <= 2 * MAX_PACKET);
        let rest: Vec<_> = b"#00$OK#9a"
            .iter()
            .filter_map(|byte| decoder.push(*byte))
            .collect();
        assert_eq!(rest, [Incoming::TooLong, Incoming::Packet(b"OK".to_vec())]);
    }
}
