//! Clients that do not keep to the protocol.

use crate::client::packet;
use crate::guest::Guest;

const GUEST: &str = r#"(module (memory 1) (func (export "run") (result i32) (i32.const 3)))"#;

#[test]
fn a_packet_with_a_wrong_checksum_is_to_be_sent_again() {
    let mut guest = Guest::text(GUEST).serve();
    let client = &mut guest.client;
    for damaged in ["$qC#00", "$qC#zz", "$qD#b4"] {
        client.send_raw(damaged.as_bytes());
        assert_eq!(client.byte(), Some(b'-'), "{damaged}");
    }
    assert_eq!(client.ask("qC"), "QC1");
    // The answer was damaged.
    client.send_raw(b"-");
    assert_eq!(client.answer(), "QC1");
    // Nobody can ask for it without acknowledgements.
    assert_eq!(client.ask("QStartNoAckMode"), "OK");
    client.send_raw(b"$qC#00");
    assert_eq!(client.answer_unacknowledged(), "E16");
    client.send_raw(b"-");
    client.send("qC");
    assert_eq!(client.answer(), "QC1");
}

#[test]
fn a_packet_that_is_too_long_is_refused_and_the_next_one_is_not() {
    let mut guest = Guest::text(GUEST).serve();
    let client = &mut guest.client;
    let most = format!("q{}", "x".repeat(0x1_ffff));
    assert_eq!(client.ask(&most), "", "it is only not known");
    assert_eq!(client.ask(&format!("{most}x")), "E16");
    client.send_raw(b"$");
    for _ in 0..1000 {
        client.send_raw(&[b'x'; 10_000]);
    }
    client.send_raw(b"#00");
    client.acknowledged();
    assert_eq!(client.answer(), "E16");
    // What never ends is cut off by the next.
    client.send_raw(&[b"$", &[b'y'; 300_000][..]].concat());
    assert_eq!(client.ask("qC"), "QC1");
}

#[test]
fn noise_is_not_heard() {
    let mut guest = Guest::text(GUEST).serve();
    let client = &mut guest.client;
    let noise: Vec<u8> = (0..=255).filter(|byte| !b"$-".contains(byte)).collect();
    client.send_raw(&noise.repeat(50));
    assert_eq!(client.ask("qC"), "QC1");
}

#[test]
fn a_client_that_asks_before_it_listens_is_answered_in_order() {
    let mut guest = Guest::text(GUEST).serve();
    let client = &mut guest.client;
    assert_eq!(client.ask("QStartNoAckMode"), "OK");
    for offset in 0..50 {
        client.send(&format!("M{offset:x},1:{offset:02x}"));
        client.send(&format!("m{offset:x},1"));
    }
    for offset in 0..50 {
        assert_eq!(client.answer_unacknowledged(), "OK");
        assert_eq!(client.answer(), format!("{offset:02x}"));
    }
}

#[test]
fn a_client_that_never_listens_has_to_wait_and_can_leave() {
    let mut guest = Guest::text(GUEST).serve();
    let packets = packet(b"m0,1000").repeat(10);
    while guest.client.try_send_raw(&packets) {}
    assert_eq!(guest.served(), "Disconnected");
}

/// Numbers that look like chance, and are the same each time.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % end as u64) as usize
    }
}

#[test]
fn packets_that_are_made_of_parts_of_others_are_answered() {
    const PARTS: [&str; 48] = [
        "m",
        "M",
        "x",
        "X",
        "Z",
        "z",
        "0",
        "1",
        "2",
        "9",
        ",",
        ":",
        ";",
        "-1",
        "ff",
        "4000000000000000",
        "400000000000003f",
        "ffffffffffffffff",
        "100000000",
        "q",
        "Q",
        "v",
        "Supported",
        "Cont",
        "s",
        "H",
        "g",
        "p",
        "T",
        "?",
        "qXfer:libraries:read::",
        "qWasmLocal:",
        "qWasmGlobal:",
        "qWasmStackValue:",
        "qWasmCallStack:",
        "instance:",
        "thread:",
        "qMemoryRegionInfo:",
        "qRegisterInfo",
        "qThreadStopInfo",
        "qfThreadInfo",
        "QEnableErrorStrings",
        "QListThreadsInStopReply",
        "vCont;",
        "\u{1}",
        "\u{7f}",
        "}]",
        "é",
    ];
    let mut numbers = Numbers(0x2545_f491_4f6c_dd1d);
    let mut guest = Guest::text(GUEST).serve();
    let mut runs = 0;
    for _ in 0..20_000 {
        let parts = 1 + numbers.below(6);
        let body: String = (0..parts)
            .map(|_| PARTS[numbers.below(PARTS.len())])
            .collect();
        // Those end the session by right.
        if body.starts_with('k') || body.starts_with('D') || body.starts_with("vKill") {
            continue;
        }
        guest.client.send_raw(&packet(body.as_bytes()));
        guest.client.acknowledged();
        let answer = guest.client.answer_lossy();
        if answer.starts_with('W') {
            runs += 1;
            guest = Guest::text(GUEST).serve();
        }
    }
    assert!(runs > 0);
    assert_eq!(guest.client.ask("qC"), "QC1");
}

#[test]
fn bytes_by_chance_do_not_end_the_server() {
    let mut numbers = Numbers(0x9e37_79b9_7f4a_7c15);
    for _ in 0..20 {
        let mut guest = Guest::text(GUEST).serve();
        let bytes: Vec<u8> = (0..2000).map(|_| numbers.below(256) as u8).collect();
        guest.client.send_raw(&bytes);
        let served = guest.served();
        assert!(
            ["Disconnected", "Killed", "Detached"].contains(&&*served),
            "{served}"
        );
    }
}
