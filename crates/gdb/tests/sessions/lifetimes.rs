//! Clients that come, go, and come back.

use crate::client::{Client, packet};
use crate::guest::{Guest, described, options};
use std::io::Read;
use std::net::{Shutdown, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::thread::{self, JoinHandle};
use trapline_gdb::{
    Connection, ListenError, Listener, Options, Reach, ServeError, serve, serve_clients,
};

/// Counts in memory until somebody writes behind that.
const PATIENT: &str = r#"(module
    (memory 1)
    (func (export "run") (result i32)
        (loop $again
            (i64.store (i32.const 0) (i64.add (i64.load (i32.const 0)) (i64.const 1)))
            (br_if $again (i32.eqz (i32.load (i32.const 8)))))
        (i32.load (i32.const 8))))"#;

/// A server of clients that come one after the other.
struct Server {
    address: String,
    thread: JoinHandle<Result<String, ServeError>>,
}

impl Server {
    fn new(guest: Guest, options: impl FnOnce() -> Options + Send + 'static) -> Server {
        let (tell, told) = mpsc::channel();
        let thread = thread::spawn(move || {
            let mut listener = Listener::bind("127.0.0.1:0", Reach::Local).unwrap();
            tell.send(listener.address().to_owned()).unwrap();
            guest.debugged(|debuggee| {
                serve_clients(debuggee, &mut listener, &options()).map(described)
            })
        });
        let address = told.recv().unwrap();
        Server { address, thread }
    }

    /// Connects as soon as nobody else is.
    fn connect(&self) -> Client {
        loop {
            let stream = TcpStream::connect(&self.address).unwrap();
            let mut client = Client::new(stream);
            // The one before may still be on its way out.
            if client.try_send_raw(&packet(b"qC")) && client.byte() == Some(b'+') {
                assert_eq!(client.answer(), "QC1");
                return client;
            }
        }
    }

    fn served(self) -> String {
        self.thread.join().unwrap().unwrap()
    }
}

#[test]
fn a_second_client_is_sent_away_and_the_first_goes_on() {
    let server = Server::new(Guest::text(PATIENT), options);
    let mut first = server.connect();
    for _ in 0..3 {
        let mut second = TcpStream::connect(&server.address).unwrap();
        assert_eq!(second.read(&mut [0; 9]).unwrap_or(0), 0, "closed at once");
        assert!(first.ask("?").starts_with("T05"));
    }
    first.send("c");
    first.acknowledged();
    let mut second = TcpStream::connect(&server.address).unwrap();
    assert_eq!(
        second.read(&mut [0; 9]).unwrap_or(0),
        0,
        "while the guest runs"
    );
    first.send_raw(b"\x03");
    assert!(first.answer().starts_with("T02"));
    first.send("k");
    drop(first);
    assert_eq!(server.served(), "Killed");
}

#[test]
fn a_guest_goes_on_without_its_client_and_is_held_up_for_the_next() {
    let server = Server::new(Guest::text(PATIENT), options);
    let mut first = server.connect();
    let place = {
        first.ask("s");
        first.pcs()[0]
    };
    assert_eq!(first.ask(&format!("Z0,{place:x},1")), "OK");
    assert_eq!(first.ask("D"), "OK");
    assert_eq!(first.byte(), None, "the connection is closed");
    drop(first);
    let mut second = server.connect();
    assert!(second.ask("?").starts_with("T05"));
    let count = second.ask("m0,8");
    assert_ne!(
        count, "0000000000000000",
        "it has run, over the breakpoint of before"
    );
    assert_eq!(second.ask("m0,8"), count, "it stands still");
    assert_eq!(second.ask("M8,4:2a000000"), "OK");
    assert_eq!(second.ask("D;1"), "OK");
    drop(second);
    assert_eq!(server.served(), "returned 42");
}

#[test]
fn a_guest_stands_still_when_its_client_is_gone() {
    let server = Server::new(Guest::text(PATIENT), options);
    let mut first = server.connect();
    first.send("c");
    first.acknowledged();
    while first.ask("m0,1") == "00" {}
    // In the middle of a packet, while the guest runs.
    first.send_raw(b"$m0,");
    drop(first);
    let mut second = server.connect();
    let count = second.ask("m0,8");
    assert_eq!(second.ask("m0,8"), count);
    assert_eq!(second.pcs().len(), 1);
    assert_eq!(second.ask("M8,4:07000000"), "OK");
    assert_eq!(second.ask("c"), "W00");
    drop(second);
    assert_eq!(server.served(), "returned 7");
}

#[test]
fn a_guest_ends_with_its_only_client() {
    let server = Server::new(Guest::text(PATIENT), || options().once());
    let mut client = server.connect();
    client.send("c");
    client.acknowledged();
    drop(client);
    assert_eq!(server.served(), "Disconnected");
    let server = Server::new(Guest::text(PATIENT), || options().once());
    assert_eq!(server.connect().ask("vKill;1"), "OK");
    assert_eq!(server.served(), "Killed");
}

#[test]
fn what_the_client_has_set_is_gone_with_it() {
    Guest::text(PATIENT).debugged(|debuggee| {
        debuggee.debugger_mut().settings_mut().exceptions.caught = true;
        let settings = debuggee.debugger().settings().clone();
        let (ours, theirs) = UnixStream::pair().unwrap();
        let client = thread::spawn(move || {
            let mut client = Client::new(ours);
            let pc = client.pcs()[0];
            assert_eq!(client.ask(&format!("Z0,{pc:x},1")), "OK");
        });
        let connection = Connection::unix(theirs).unwrap();
        let served = serve(debuggee, connection, &Options::new()).unwrap();
        client.join().unwrap();
        assert_eq!(described(served), "Disconnected");
        assert_eq!(debuggee.debugger().breakpoints().iter().count(), 0);
        assert_eq!(debuggee.debugger().settings(), &settings);
    });
}

#[test]
fn a_call_that_is_over_is_not_served() {
    Guest::text(r#"(module (func (export "run")))"#).debugged(|debuggee| {
        for is_over in [false, true] {
            let (ours, theirs) = UnixStream::pair().unwrap();
            let mut client = Client::new(ours);
            client.send("c");
            let connection = Connection::unix(theirs).unwrap();
            let served = serve(debuggee, connection, &Options::new());
            assert_eq!(matches!(served, Err(ServeError::Over)), is_over);
        }
    });
}

#[test]
fn a_client_that_does_not_leave_after_the_end_does_not_keep_it() {
    let mut guest = Guest::program("exit", &["0"]).serve();
    assert_eq!(guest.client.ask("c"), "W00");
    assert!(guest.join().starts_with("failed: "));
}

#[test]
fn only_what_is_local_is_listened_to_unless_more_is_allowed() {
    for address in ["0.0.0.0:0", "[::]:0"] {
        let refused = Listener::bind(address, Reach::Local).unwrap_err();
        assert!(matches!(refused, ListenError::Remote(_)), "{refused}");
    }
    Listener::bind("0.0.0.0:0", Reach::Remote).unwrap();
    for address in ["0", ":0", "127.0.0.1:0", "localhost:0"] {
        let listener = Listener::bind(address, Reach::Local).unwrap();
        assert!(
            !listener.address().ends_with(":0"),
            "{}",
            listener.address()
        );
    }
    for address in ["", "here", "127.0.0.1", "127.0.0.1:70000", "70000"] {
        let refused = Listener::bind(address, Reach::Local).unwrap_err();
        assert!(
            matches!(refused, ListenError::Address(_)),
            "{address}: {refused}"
        );
    }
}

/// A folder of this test's own.
struct Folder(PathBuf);

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

#[test]
fn a_socket_in_the_file_system_is_its_users_own() {
    let name = format!("trapline-gdb-{}", std::process::id());
    let folder = Folder(std::env::temp_dir().join(name));
    std::fs::create_dir_all(&folder.0).unwrap();
    let path = folder.0.join("socket");
    let address = format!("unix:{}", path.display());
    let mut listener = Listener::bind(&address, Reach::Local).unwrap();
    assert_eq!(listener.address(), address);
    let mode = std::fs::metadata(&path).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let entries = |path: &Path| std::fs::read_dir(path).unwrap().count();
    assert_eq!(entries(&folder.0), 1);
    let client = UnixStream::connect(&path).unwrap();
    listener.accept().unwrap();
    client.shutdown(Shutdown::Both).unwrap();
    let taken = Listener::bind(&address, Reach::Local).unwrap_err();
    assert!(matches!(taken, ListenError::System(..)), "{taken}");
    drop(listener);
    assert_eq!(entries(&folder.0), 0);
}
