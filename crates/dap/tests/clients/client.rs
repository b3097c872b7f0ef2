//! A client for tests: one end of a connection, and what is done with it.

use crate::programs::Texts;
use serde_json::{Value, json};
use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::thread::{self, JoinHandle};
use std::time::Duration;
use trapline_dap::{Access, Connection, serve};

/// What does not come in this time does not come.
const LONGEST_WAIT: Duration = Duration::from_secs(60);

pub struct Client {
    pub stream: TcpStream,
    reader: BufReader<TcpStream>,
    seq: i64,
    /// Events that came before they were waited for.
    events: VecDeque<Value>,
}

/// A client that is served on a thread of its own, which ends when it is served no more.
pub fn served(access: Access) -> (Client, JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let server = thread::spawn(move || {
        let (stream, _) = listener.accept().unwrap();
        serve(Connection::tcp(stream).unwrap(), &Texts, &access).unwrap();
    });
    (Client::connect(address), server)
}

impl Client {
    pub fn connect(address: SocketAddr) -> Client {
        let stream = TcpStream::connect(address).unwrap();
        stream.set_nodelay(true).unwrap();
        stream.set_read_timeout(Some(LONGEST_WAIT)).unwrap();
        Client {
            reader: BufReader::new(stream.try_clone().unwrap()),
            stream,
            seq: 0,
            events: VecDeque::new(),
        }
    }

    /// Sends bytes as they are; the other side may not want them any more.
    pub fn send_raw(&mut self, bytes: &[u8]) {
        let _ = self.stream.write_all(bytes);
    }

    pub fn send(&mut self, command: &str, arguments: Value) -> i64 {
        self.seq += 1;
        let bytes = message(self.seq, command, arguments);
        self.send_raw(&bytes);
        self.seq
    }

    /// The next message; `None` when the other side has ended the connection.
    pub fn receive(&mut self) -> Option<Value> {
        let mut length = 0;
        loop {
            let mut line = String::new();
            match self.reader.read_line(&mut line) {
                Ok(1..) => {}
                Ok(0) => return None,
                Err(error) if error.kind() == std::io::ErrorKind::ConnectionReset => return None,
                Err(error) => panic!("nothing has come: {error}"),
            }
            match line.trim().split_once(": ") {
                Some((_, value)) => length = value.parse().unwrap(),
                None => break,
            }
        }
        let mut content = vec![0; length];
        self.reader.read_exact(&mut content).ok()?;
        Some(serde_json::from_slice(&content).unwrap())
    }

    /// What a request was answered.
    pub fn answer(&mut self, seq: i64) -> Value {
        loop {
            let message = self.receive().expect("an answer");
            if message["request_seq"] == seq {
                return message;
            }
            self.events.push_back(message);
        }
    }

    /// Has a request carried out, and returns the body of the response.
    pub fn ask(&mut self, command: &str, arguments: Value) -> Value {
        let seq = self.send(command, arguments);
        let answer = self.answer(seq);
        assert_eq!(answer["success"], true, "{answer}");
        answer["body"].clone()
    }

    /// Has a request refused, and returns why.
    pub fn ask_in_vain(&mut self, command: &str, arguments: Value) -> String {
        let seq = self.send(command, arguments);
        let answer = self.answer(seq);
        assert_eq!(answer["success"], false, "{answer}");
        assert!(answer["body"]["error"]["format"].is_string(), "{answer}");
        answer["message"].as_str().unwrap().to_owned()
    }

    /// Waits for an event.
    pub fn wait_for(&mut self, event: &str) -> Value {
        let before = self
            .events
            .iter()
            .position(|message| message["event"] == event);
        if let Some(index) = before {
            return self.events.remove(index).unwrap();
        }
        loop {
            let message = self
                .receive()
                .unwrap_or_else(|| panic!("no event {event} has come"));
            if message["event"] == event {
                return message;
            }
            self.events.push_back(message);
        }
    }

    /// Waits for the end of the connection.
    pub fn wait_for_end(&mut self) {
        while self.receive().is_some() {}
    }

    pub fn close(&mut self) {
        let _ = self.stream.shutdown(Shutdown::Both);
    }

    /// Comes to where a program stands at a call of `count`.
    pub fn launch(&mut self, program: &str) {
        self.ask("initialize", json!({ "adapterID": "test" }));
        self.ask("launch", json!({ "program": program }));
        self.wait_for("initialized");
        let name = json!({ "breakpoints": [{ "name": "count" }] });
        let set = self.ask("setFunctionBreakpoints", name);
        assert_eq!(set["breakpoints"][0]["verified"], true, "{set}");
        self.ask("configurationDone", json!({}));
        self.wait_for("stopped");
    }
}

pub fn message(seq: i64, command: &str, arguments: Value) -> Vec<u8> {
    let request = json!({
        "seq": seq, "type": "request", "command": command, "arguments": arguments
    });
    framed(request.to_string().as_bytes())
}

pub fn framed(content: &[u8]) -> Vec<u8> {
    let mut bytes = format!("Content-Length: {}\r\n\r\n", content.len()).into_bytes();
    bytes.extend_from_slice(content);
    bytes
}
