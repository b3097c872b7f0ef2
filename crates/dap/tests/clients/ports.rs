//! Clients that attach to a guest.

use crate::client::Client;
use crate::programs::{ENDLESS, engine};
use serde_json::json;
use std::net::SocketAddr;
use std::thread::{self, JoinHandle};
use trapline::{DebugSession, Instance, Module, Store};
use trapline_dap::{DebugPort, PortEnd};
use trapline_debugger::Debugger;

const TOKEN: &str = "a secret";

/// A guest that runs for ever on a thread of its own, and where clients can attach.
fn endless() -> (SocketAddr, JoinHandle<bool>) {
    let mut port = DebugPort::listen("127.0.0.1:0", TOKEN).unwrap();
    let address = port.address();
    let host = thread::spawn(move || {
        let engine = engine();
        let module = Module::new(&engine, ENDLESS).unwrap();
        let mut store = Store::new(&engine, ());
        let instance = Instance::new(&mut store, &module, &[]).unwrap();
        let start = instance.get_func(&mut store, "_start").unwrap();
        let session = DebugSession::call(&mut store, start, &[]).unwrap();
        let end = pollster::block_on(port.run(&mut Debugger::new(), session));
        matches!(end, PortEnd::Terminated)
    });
    (address, host)
}

fn attach(address: SocketAddr) -> Client {
    let mut client = Client::connect(address);
    client.ask("initialize", json!({ "adapterID": "test" }));
    client.ask("attach", json!({ "token": TOKEN }));
    client.wait_for("initialized");
    client.ask("configurationDone", json!({}));
    client
}

/// How often the guest has counted.
fn count(client: &mut Client) -> i64 {
    let arguments = json!({ "threadId": 1 });
    client.ask("pause", arguments.clone());
    client.wait_for("stopped");
    let stack = client.ask("stackTrace", arguments);
    let frame = &stack["stackFrames"][0]["id"];
    let scopes = client.ask("scopes", json!({ "frameId": frame }));
    let mut scopes = scopes["scopes"].as_array().unwrap().iter();
    let globals = scopes
        .find(|scope| scope["name"] == "WebAssembly globals")
        .unwrap();
    let number = &globals["variablesReference"];
    let variables = client.ask("variables", json!({ "variablesReference": number }));
    let value = variables["variables"][0]["value"].as_str().unwrap();
    value.parse().unwrap()
}

fn end(mut client: Client, host: JoinHandle<bool>) {
    client.ask("disconnect", json!({ "terminateDebuggee": true }));
    assert!(host.join().unwrap());
}

#[test]
fn a_client_attaches_looks_and_goes_and_the_guest_runs_on() {
    let (address, host) = endless();
    let mut client = attach(address);
    let first = count(&mut client);
    let name = json!({ "breakpoints": [{ "name": "count" }] });
    client.ask("setFunctionBreakpoints", name);
    client.ask("continue", json!({ "threadId": 1 }));
    let stopped = client.wait_for("stopped");
    assert_eq!(stopped["body"]["reason"], "function breakpoint");
    client.ask("disconnect", json!({}));
    client.wait_for_end();
    // It stands at no breakpoint that is left behind.
    let mut client = attach(address);
    let second = count(&mut client);
    assert!(first < second, "{first} {second}");
    // A pause may come before it has got anywhere.
    loop {
        client.ask("continue", json!({ "threadId": 1 }));
        if count(&mut client) > second {
            break;
        }
    }
    end(client, host);
}

#[test]
fn of_two_clients_one_is_attached() {
    let (address, host) = endless();
    let mut client = attach(address);
    let mut other = Client::connect(address);
    other.ask("initialize", json!({ "adapterID": "test" }));
    let refused = other.ask_in_vain("attach", json!({ "token": TOKEN }));
    assert_eq!(refused, "another client is attached");
    other.wait_for_end();
    count(&mut client);
    // One that stands still at a stop is not disturbed by another either.
    let mut other = Client::connect(address);
    other.ask("initialize", json!({ "adapterID": "test" }));
    other.ask_in_vain("attach", json!({ "token": TOKEN }));
    client.ask("stackTrace", json!({ "threadId": 1 }));
    // When it goes without a word the next one may come.
    client.close();
    drop(client);
    loop {
        let mut next = Client::connect(address);
        next.ask("initialize", json!({ "adapterID": "test" }));
        let seq = next.send("attach", json!({ "token": TOKEN }));
        if next.answer(seq)["success"] == true {
            count(&mut next);
            return end(next, host);
        }
    }
}

#[test]
fn strangers_get_nothing() {
    let (address, host) = endless();
    let garbage = vec![b'x'; 1 << 16];
    for bytes in [
        &b"GET / HTTP/1.1\r\n\r\n"[..],
        b"+$qSupported#37",
        &garbage,
        b"",
    ] {
        let mut stranger = Client::connect(address);
        stranger.send_raw(bytes);
        let _ = stranger.stream.shutdown(std::net::Shutdown::Write);
        stranger.wait_for_end();
    }
    for token in [json!(null), json!("wrong"), json!(TOKEN.to_uppercase())] {
        let mut stranger = Client::connect(address);
        stranger.ask("initialize", json!({ "adapterID": "test" }));
        for command in ["threads", "pause", "readMemory", "evaluate", "launch"] {
            stranger.ask_in_vain(command, json!({ "threadId": 1, "token": TOKEN }));
        }
        stranger.ask_in_vain("attach", json!({ "token": token }));
        stranger.wait_for_end();
    }
    // One who says nothing stays outside, and is in nobody's way.
    let silent = Client::connect(address);
    let mut client = attach(address);
    count(&mut client);
    drop(silent);
    end(client, host);
}

#[test]
fn a_port_is_this_machines_own() {
    let error = DebugPort::listen("0.0.0.0:0", TOKEN).map(drop).unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::InvalidInput);
}
