//! What the guest writes, as events.

use crate::connection::Client;
use crate::protocol::{OutputCategory, OutputEvent};
use std::io::{self, Write};

/// A standard stream of the guest, for a client.
///
/// What is written is sent as it comes, but a character that is not complete yet is kept back until it is.
pub(crate) struct GuestOutput {
    client: Client,
    category: OutputCategory,
    kept: Vec<u8>,
}

impl GuestOutput {
    pub(crate) fn new(client: Client, category: OutputCategory) -> GuestOutput {
        GuestOutput {
            client,
            category,
            kept: Vec::new(),
        }
    }

    fn send(&mut self, bytes: &[u8]) {
        if !bytes.is_empty() {
            let text = String::from_utf8_lossy(bytes).into_owned();
            self.client.tell(&OutputEvent {
                category: Some(self.category.clone()),
                output: text,
                ..OutputEvent::default()
            });
        }
    }
}

impl Write for GuestOutput {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut all = std::mem::take(&mut self.kept);
        all.extend_from_slice(bytes);
        let complete = complete(&all);
        self.send(&all[..complete]);
        self.kept = all.split_off(complete);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Drop for GuestOutput {
    fn drop(&mut self) {
        let kept = std::mem::take(&mut self.kept);
        self.send(&kept);
    }
}

/// How many bytes there are without a character at the end that has only begun.
fn complete(bytes: &[u8]) -> usize {
    let begun = |length: &usize| match bytes.len().checked_sub(*length) {
        Some(begin) => str::from_utf8(&bytes[begin..])
            .is_err_and(|error| error.valid_up_to() == 0 && error.error_len().is_none()),
        None => false,
    };
    bytes.len() - (1..4).rev().find(begun).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::complete;

    #[test]
    fn characters_are_kept_back_until_they_are_complete() {
        assert_eq!(complete("aé".as_bytes()), 3);
        assert_eq!(complete(&"aé".as_bytes()[..2]), 1);
        assert_eq!(complete(b"a\xffb"), 3);
        assert_eq!(complete(b"\xff\xe2\x82"), 1);
        assert_eq!(complete(b""), 0);
    }
}
