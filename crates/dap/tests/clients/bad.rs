//! Clients that launch a program, and say what they should not.

use crate::client::{Client, framed, message, served};
use crate::programs::{ENDLESS, SHORT};
use serde_json::{Value, json};
use std::fs;
use trapline_dap::Access;

#[test]
fn what_is_no_message_is_told_and_the_conversation_goes_on() {
    let (mut client, server) = served(Access::Open);
    client.launch(SHORT);
    for nonsense in [
        "",
        "{",
        "[]",
        "null",
        "{\"type\":\"request\"}",
        "\u{0}",
        "{\"seq\":true}",
    ] {
        client.send_raw(&framed(nonsense.as_bytes()));
        // What is known of the module is told, too.
        let is_told = |message: &Value| {
            let text = message["body"]["output"].as_str().unwrap();
            text.starts_with("a message is not one of the protocol: ")
        };
        while !is_told(&client.wait_for("output")) {}
    }
    // Messages of the protocol that mean nothing here.
    client.send_raw(&framed(br#"{"seq":1,"type":"event","event":"x"}"#));
    client.send_raw(&framed(br#"{"seq":1,"type":"gossip"}"#));
    assert_eq!(
        client.ask("threads", Value::Null)["threads"][0]["name"],
        "main"
    );
    client.ask("disconnect", json!({}));
    client.wait_for_end();
    server.join().unwrap();
}

#[test]
fn requests_out_of_order_are_refused() {
    let (mut client, server) = served(Access::Open);
    for command in [
        "launch",
        "attach",
        "threads",
        "configurationDone",
        "nonsense",
    ] {
        client.ask_in_vain(command, json!({ "program": SHORT, "port": 1 }));
    }
    client.ask("initialize", json!({ "adapterID": "test" }));
    client.ask_in_vain("initialize", json!({ "adapterID": "test" }));
    for command in [
        "configurationDone",
        "continue",
        "stackTrace",
        "restart",
        "terminate",
    ] {
        client.ask_in_vain(command, json!({ "threadId": 1 }));
    }
    client.ask_in_vain("launch", json!({ "program": "no module" }));
    client.ask_in_vain("launch", json!({ "program": 1 }));
    client.ask("launch", json!({ "program": ENDLESS }));
    client.ask_in_vain("launch", json!({ "program": ENDLESS }));
    client.ask("configurationDone", json!({}));
    let refused = client.ask_in_vain("stackTrace", json!({ "threadId": 1 }));
    assert_eq!(refused, "notStopped");
    client.ask_in_vain("pause", json!({ "threadId": 2 }));
    client.ask("pause", json!({ "threadId": 1 }));
    client.wait_for("stopped");
    let stack = client.ask("stackTrace", json!({ "threadId": 1 }));
    let frame = stack["stackFrames"][0]["id"].clone();
    client.ask("continue", json!({ "threadId": 1 }));
    client.ask("pause", json!({ "threadId": 1 }));
    client.wait_for("stopped");
    // A number of the stop before is not one of this stop.
    client.ask_in_vain("scopes", json!({ "frameId": frame }));
    for number in [0, -1, i64::MAX, i64::MIN] {
        client.ask_in_vain("variables", json!({ "variablesReference": number }));
        client.ask_in_vain("source", json!({ "sourceReference": number }));
        client.ask_in_vain("locations", json!({ "locationReference": number }));
    }
    client.ask("disconnect", json!({}));
    server.join().unwrap();
}

#[test]
fn numbers_and_texts_may_be_any() {
    let (mut client, server) = served(Access::Open);
    client.launch(SHORT);
    let huge = [i64::MIN, -1, 0, 1 << 31, 1 << 40, i64::MAX];
    for number in huge {
        for (command, arguments) in [
            (
                "readMemory",
                json!({ "memoryReference": "0x10", "offset": number, "count": 4 }),
            ),
            (
                "readMemory",
                json!({ "memoryReference": "0x10", "count": number }),
            ),
            (
                "writeMemory",
                json!({ "memoryReference": "0x10", "offset": number, "data": "AA==" }),
            ),
            (
                "disassemble",
                json!({ "memoryReference": "0x4000000000000030",
                "instructionOffset": number, "instructionCount": 3 }),
            ),
            (
                "stackTrace",
                json!({ "threadId": 1, "startFrame": number, "levels": number }),
            ),
            (
                "setInstructionBreakpoints",
                json!({ "breakpoints": [
                { "instructionReference": "0x4000000000000030", "offset": number }] }),
            ),
            ("completions", json!({ "text": "a.b", "column": number })),
            (
                "evaluate",
                json!({ "expression": format!("$memory[{number}]"), "context": "repl" }),
            ),
        ] {
            // It is answered, either way.
            let seq = client.send(command, arguments);
            assert_eq!(client.answer(seq)["command"], command);
        }
    }
    let long = "(".repeat(100_000);
    client.ask_in_vain("evaluate", json!({ "expression": long }));
    for data in ["x", "AAA", "====", "\u{1F600}"] {
        client.ask_in_vain(
            "writeMemory",
            json!({ "memoryReference": "0x10", "data": data }),
        );
    }
    client.ask("disconnect", json!({}));
    server.join().unwrap();
}

#[test]
fn a_message_that_is_too_long_ends_the_connection() {
    for header in [
        "Content-Length: 99999999999\r\n\r\n",
        "Content-Length: x\r\n\r\n",
        "GET /\r\n\r\n",
    ] {
        let (mut client, server) = served(Access::Open);
        client.launch(SHORT);
        client.send_raw(header.as_bytes());
        client.wait_for_end();
        server.join().unwrap();
    }
    let (mut client, server) = served(Access::Open);
    client.send_raw(&[b'x'; 1 << 16]);
    client.wait_for_end();
    server.join().unwrap();
}

#[test]
fn a_message_may_come_in_pieces() {
    let (mut client, server) = served(Access::Open);
    let initialize = message(1, "initialize", json!({ "adapterID": "test" }));
    for byte in initialize {
        client.send_raw(&[byte]);
    }
    assert_eq!(client.answer(1)["success"], true);
    client.close();
    server.join().unwrap();
}

#[test]
fn a_client_may_go_at_any_point() {
    // What is said, until the program runs for ever.
    let talk: Vec<Vec<u8>> = [
        ("initialize", json!({ "adapterID": "test" })),
        ("launch", json!({ "program": ENDLESS })),
        (
            "setFunctionBreakpoints",
            json!({ "breakpoints": [{ "name": "count" }] }),
        ),
        ("configurationDone", json!({})),
        ("threads", json!({})),
        ("stackTrace", json!({ "threadId": 1 })),
        ("setFunctionBreakpoints", json!({ "breakpoints": [] })),
        ("continue", json!({ "threadId": 1 })),
        ("pause", json!({ "threadId": 1 })),
        ("continue", json!({ "threadId": 1 })),
    ]
    .into_iter()
    .zip(1..)
    .map(|((command, arguments), seq)| message(seq, command, arguments))
    .collect();
    let said = |whole: usize, cut: bool| {
        let mut bytes = talk[..whole].concat();
        if let (true, Some(next)) = (cut, talk.get(whole)) {
            bytes.extend_from_slice(&next[..next.len() / 2]);
        }
        bytes
    };
    // The first makes what there is once for all.
    for warm_up in [true, false] {
        let before = fs::read_dir("/proc/self/fd").unwrap().count();
        for whole in 0..=talk.len() {
            for cut in [false, true] {
                let (mut client, server) = served(Access::Open);
                client.send_raw(&said(whole, cut));
                if whole > 0 {
                    assert_eq!(client.answer(whole as i64)["request_seq"], whole as i64);
                }
                client.close();
                drop(client);
                server.join().unwrap();
            }
        }
        // Other tests of this process may have some open.
        let after = fs::read_dir("/proc/self/fd").unwrap().count();
        assert!(
            warm_up || after < before + 40,
            "{before} descriptors, then {after}"
        );
    }
}

#[test]
fn without_the_token_nothing_is_launched() {
    let token = || Access::Token("a secret".to_owned());
    let launch = |client: &mut Client, token: Value| {
        client.ask("initialize", json!({ "adapterID": "test" }));
        client.send("launch", json!({ "program": SHORT, "token": token }))
    };
    for wrong in [
        Value::Null,
        json!(""),
        json!("a secret "),
        json!("A secret"),
        json!(1),
    ] {
        let (mut client, server) = served(token());
        let seq = launch(&mut client, wrong);
        assert_eq!(client.answer(seq)["success"], false);
        client.wait_for_end();
        server.join().unwrap();
    }
    let (mut client, server) = served(token());
    let seq = launch(&mut client, json!("a secret"));
    assert_eq!(client.answer(seq)["success"], true);
    client.ask("configurationDone", json!({}));
    client.wait_for("stopped");
    client.ask("disconnect", json!({}));
    server.join().unwrap();
}
