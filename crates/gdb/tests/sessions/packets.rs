//! Each packet, and what is answered.

use crate::client::{hex, unhex};
use crate::guest::Guest;

/// One memory with a text, globals of all types, and a function with locals of all types. Its first
/// instruction is known by a breakpoint there.
const VALUES: &str = r#"(module $values
    (memory 1)
    (data (i32.const 16) "text }#$*")
    (global i32 (i32.const 7))
    (global (mut i64) (i64.const -2))
    (global f32 (f32.const 1.5))
    (func $inner (param i32 i64 f32 f64) (result i32) (local v128)
        (local.set 4 (v128.const i64x2 1 2))
        (i32.const 40)
        (i32.const 50)
        (i32.const 60)
        (i32.load8_u (i32.const 16))
        (return))
    (func (export "run") (result i32)
        (call $inner (i32.const 1) (i64.const 2) (f32.const 0.5) (f64.const 0.25))))"#;

#[test]
fn a_handshake_is_answered_as_lldb_expects() {
    let mut guest = Guest::program("steps", &[]).serve();
    let client = &mut guest.client;
    client.send_raw(b"+");
    assert_eq!(client.ask("QStartNoAckMode"), "OK");
    // From now on nothing is acknowledged.
    let mut ask = |body: &str| {
        client.send(body);
        client.answer_unacknowledged()
    };
    let features = ask("qSupported:xmlRegisters=i386;multiprocess+");
    for feature in [
        "PacketSize=20000",
        "qXfer:libraries:read+",
        "qWasmInstance+",
    ] {
        assert!(
            features.split(';').any(|known| known == feature),
            "{features}"
        );
    }
    assert_eq!(ask("QThreadSuffixSupported"), "OK");
    assert_eq!(ask("QListThreadsInStopReply"), "OK");
    let triple = hex("wasm32-unknown-unknown-wasm");
    assert_eq!(
        ask("qHostInfo"),
        format!("triple:{triple};endian:little;ptrsize:4;")
    );
    assert_eq!(
        ask("qProcessInfo"),
        format!("pid:1;triple:{triple};endian:little;ptrsize:4;")
    );
    assert_eq!(ask("vCont?"), "vCont;c;C;s;S");
    assert_eq!(ask("QEnableErrorStrings"), "OK");
    let stop = ask("?");
    assert!(
        stop.starts_with("T05thread:1;threads:1;thread-pcs:40000000000"),
        "{stop}"
    );
    assert!(stop.ends_with(";reason:signal;"), "{stop}");
    assert_eq!(ask("qThreadStopInfo1"), stop);
    let register = ask("qRegisterInfo0");
    assert!(register.starts_with("name:pc;") && register.contains(";generic:pc;"));
    assert_eq!(
        ask("qRegisterInfo1"),
        format!("E05;{}", hex("there is no register 1"))
    );
    assert_eq!(ask("qC"), "QC1");
    assert_eq!(ask("qfThreadInfo"), "m1");
    assert_eq!(ask("qsThreadInfo"), "l");
    assert_eq!(ask("qAttached"), "1");
    for thread in ["Hg0", "Hc-1", "Hg1", "T1"] {
        assert_eq!(ask(thread), "OK");
    }
    for thread in ["Hg2", "Tx", "H", "qWasmCallStack:2"] {
        assert!(ask(thread).starts_with('E'), "{thread}");
    }
    for unknown in [
        "qSymbol::",
        "jThreadsInfo",
        "QPassSignals:e",
        "_M1000,rw",
        "!",
        "",
        "vFile:x",
    ] {
        assert_eq!(ask(unknown), "", "{unknown}");
    }
    drop(guest);
}

#[test]
fn values_have_the_width_of_their_types() {
    let mut guest = Guest::text(VALUES).serve();
    let client = &mut guest.client;
    for _ in 0..4 {
        client.ask("s");
    }
    let caller = client.pcs()[0];
    client.ask("s");
    assert_eq!(client.pcs().len(), 2);
    // The call has two bytes.
    assert_eq!(client.pcs()[1], caller + 2);
    for _ in 0..5 {
        client.ask("vCont;s:1");
    }
    let expected = [
        ("qWasmLocal:0;0", "01000000"),
        ("qWasmLocal:0;1", "0200000000000000"),
        ("qWasmLocal:0;2", "0000003f"),
        ("qWasmLocal:0;3", "000000000000d03f"),
        ("qWasmLocal:0;4", "01000000000000000200000000000000"),
        ("qWasmStackValue:0;0", "28000000"),
        ("qWasmStackValue:0;2", "3c000000"),
        ("qWasmGlobal:0;0", "07000000"),
        ("qWasmGlobal:1;1", "feffffffffffffff"),
        ("qWasmGlobal:2;instance:0;", "0000c03f"),
        ("qWasmGlobal:2;instance:0", "0000c03f"),
    ];
    for (packet, bytes) in expected {
        assert_eq!(client.ask(packet), bytes, "{packet}");
    }
    let refused = [
        "qWasmLocal:0;5",
        "qWasmLocal:2;0",
        "qWasmLocal:0;",
        "qWasmLocal:0;x",
        "qWasmLocal:;0",
        "qWasmLocal",
        "qWasmLocal:4294967296;0",
        "qWasmStackValue:0;4",
        "qWasmGlobal:0;3",
        "qWasmGlobal:0;instance:1;",
        "qWasmGlobal:x;instance:0;",
        "qWasmGlobal:0;instance:;",
    ];
    for packet in refused {
        let answer = client.ask(packet);
        assert!(
            answer.len() == 3 && answer.starts_with('E'),
            "{packet}: {answer}"
        );
    }
    assert_eq!(client.ask("c"), "W00");
    assert_eq!(guest.served(), "returned 116");
}

#[test]
fn memories_and_modules_are_read_and_memories_written() {
    let mut guest = Guest::text(VALUES).serve();
    let client = &mut guest.client;
    assert_eq!(client.ask("m10,4"), hex("text"));
    assert_eq!(client.ask("m100000010,4"), hex("text"));
    assert_eq!(client.ask_bytes(b"x10,9"), b"btext }#$*");
    assert_eq!(client.ask("x10,0"), "b");
    // As much as there is.
    assert_eq!(client.ask("mfffe,10"), "0000");
    assert_eq!(client.ask("m4000000000000000,8"), "0061736d01000000");
    assert_eq!(client.ask("M10,4:54455854"), "OK");
    assert_eq!(client.ask("m10,6"), hex("TEXT }"));
    // `}]` is a `}` that is meant.
    assert_eq!(client.ask_bytes(b"X10,3:a}]}\x03"), b"OK");
    assert_eq!(client.ask_bytes(b"x10,4"), b"ba}\x23T");
    let refused = [
        "m10000,1",
        "m10",
        "m,1",
        "m10,",
        "mx,1",
        "m200000000,1",
        "m4000000100000000,1",
        "m8000000000000000,1",
        "mffffffffffffffff,ffffffffffffffff",
        "M10,4:5445585",
        "M10,3:54455854",
        "M10,4",
        "M10000,1:00",
        "Mffff,2:0000",
        "M4000000000000000,1:00",
        "X10,5:abc",
        "X10",
    ];
    for packet in refused {
        let answer = client.ask(packet);
        assert!(answer.starts_with('E'), "{packet}: {answer}");
    }
    // No more is answered than fits in a packet.
    let most = client.ask("m0,ffffffffffffffff");
    assert!(
        most.len() > 0x1f000 && most.len() <= 0x20000,
        "{}",
        most.len()
    );
    assert_eq!(client.ask("QEnableErrorStrings"), "OK");
    let (code, text) = client
        .ask("m10000,1")
        .split_once(';')
        .map(|(a, b)| (a.to_owned(), unhex(b)))
        .unwrap();
    assert_eq!((&*code, &*text), ("E0e", "there is nothing at 0x10000"));
}

#[test]
fn regions_lead_from_one_to_the_next_until_the_end() {
    let mut guest = Guest::text(VALUES).serve();
    let client = &mut guest.client;
    let mut address = 0_u64;
    let mut regions = Vec::new();
    loop {
        let region = client.ask(&format!("qMemoryRegionInfo:{address:x}"));
        let field = |name: &str| {
            let mut fields = region.split(';').filter_map(|field| field.split_once(':'));
            fields.find(|(key, _)| *key == name).map(|(_, value)| value)
        };
        let number = |name| u64::from_str_radix(field(name).unwrap(), 16).unwrap();
        assert_eq!(number("start"), address);
        regions.push((address, field("permissions").unwrap_or("").to_owned()));
        address += number("size");
        if address == u64::MAX {
            break;
        }
    }
    let expected = [
        (0, "rw"),
        (0x1_0000, ""),
        (0x1_0000_0000, "rw"),
        (0x1_0001_0000, ""),
        (0x4000_0000_0000_0000, "rx"),
    ];
    assert_eq!(regions.len(), 6);
    for ((at, permissions), (expected_at, expected)) in regions.iter().zip(expected) {
        assert_eq!((*at, &**permissions), (expected_at, expected));
    }
    assert!(client.ask("qMemoryRegionInfo:").starts_with('E'));
    let middle = client.ask("qMemoryRegionInfo:4000000000000010");
    assert!(
        middle.contains(&format!("name:{};", hex("values"))),
        "{middle}"
    );
}

#[test]
fn breakpoints_are_where_there_is_code() {
    let mut guest = Guest::text(VALUES).serve();
    let client = &mut guest.client;
    let pc = client.pcs()[0];
    for kind in ["0", "1"] {
        assert_eq!(client.ask(&format!("Z{kind},{pc:x},1")), "OK");
        assert_eq!(client.ask(&format!("Z{kind},{pc:x},1")), "OK");
        assert_eq!(client.ask(&format!("z{kind},{pc:x},1")), "OK");
        assert_eq!(client.ask(&format!("z{kind},{pc:x},1")), "OK");
    }
    for kind in ["2", "3", "4", "9"] {
        assert_eq!(client.ask(&format!("Z{kind},10,4")), "");
        assert_eq!(client.ask(&format!("z{kind},10,4")), "");
    }
    let nowhere = [
        "Z0,10,1",
        "Z0,4000000000000000,1",
        "Z0,4000000100000040,1",
        "Z0,8000000000000000,1",
        "Z0",
        "Z",
        "Z0,x,1",
        "Z0,40",
        "z0,40",
    ];
    for packet in nowhere {
        assert!(client.ask(packet).starts_with('E'), "{packet}");
    }
}

#[test]
fn what_goes_on_elsewhere_or_somehow_else_is_refused() {
    let mut guest = Guest::text(VALUES).serve();
    let client = &mut guest.client;
    for packet in [
        "c4000000000000040",
        "s40",
        "C05;40",
        "S05;40",
        "vCont",
        "vCont;c:2",
        "vCont;s:x",
    ] {
        assert!(client.ask(packet).starts_with('E'), "{packet}");
    }
    for packet in ["vCont;t", "vCont;r1,2:1"] {
        assert_eq!(client.ask(packet), "", "{packet}");
    }
    assert!(client.ask("S05").starts_with("T05"));
    assert!(client.ask("vCont;c:2;s:1").starts_with("T05"));
    assert!(client.ask("vCont;S05:-1").starts_with("T05"));
    assert_eq!(client.ask("C05"), "W00");
}

#[test]
fn the_pc_is_read_with_and_without_a_thread() {
    let mut guest = Guest::text(VALUES).serve();
    let client = &mut guest.client;
    let pc = format!("{:016x}", client.pcs()[0].swap_bytes());
    for packet in ["p0", "p0;thread:1;", "p00;thread:0001", "g", "g;thread:1;"] {
        assert_eq!(client.ask(packet), pc, "{packet}");
    }
    for packet in ["p1", "p", "px", "p0;thread:2;", "p0;what:1;"] {
        assert!(client.ask(packet).starts_with('E'), "{packet}");
    }
}
