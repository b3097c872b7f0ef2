//! Sockets.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::net::{UnixDatagram, UnixStream};

use super::*;

fn accept(guest: &mut Guest, fd: u32, flags: u32) -> Result<u32, Errno> {
    guest.call(|ctx, memory| ctx.sock_accept(memory, fd, flags, RESULT))?;
    Ok(guest.result_u32(RESULT))
}

fn receive(guest: &mut Guest, fd: u32, len: u32, flags: u32) -> Result<Vec<u8>, Errno> {
    guest.put_iovecs(&[(FREE + 8, len)]);
    guest.call(|ctx, memory| ctx.sock_recv(memory, fd, FREE, 1, flags, RESULT, RESULT + 4))?;
    assert_eq!(guest.bytes_at(RESULT + 4, 2), [0, 0]);
    Ok(guest.bytes_at(FREE + 8, guest.result_u32(RESULT)).to_vec())
}

fn send(guest: &mut Guest, fd: u32, data: &str, flags: u32) -> Result<u32, Errno> {
    guest.put_buffer(data);
    guest.call(|ctx, memory| ctx.sock_send(memory, fd, FREE, 1, flags, RESULT))?;
    Ok(guest.result_u32(RESULT))
}

#[test]
fn connections_are_accepted_and_talk() {
    let mut guest = Guest::new();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    guest.ctx = WasiCtxBuilder::new().preopened_socket(listener).build();
    let mut host = TcpStream::connect(address).unwrap();
    assert_eq!(accept(&mut guest, 3, 1), Err(Errno::Inval));
    let fd = accept(&mut guest, 3, 0).unwrap();
    assert_eq!(fd, 4);

    host.write_all(b"question").unwrap();
    assert_eq!(
        receive(&mut guest, fd, 4, 1).unwrap(),
        b"ques",
        "a look does not take"
    );
    assert_eq!(receive(&mut guest, fd, 8, 2).unwrap(), b"question");
    assert_eq!(send(&mut guest, fd, "answer", 0), Ok(6));
    assert_eq!(guest.write(fd, "!"), Ok(1));
    let mut answer = [0; 7];
    host.read_exact(&mut answer).unwrap();
    assert_eq!(&answer, b"answer!");
    host.write_all(b"more").unwrap();
    assert_eq!(guest.read(fd, 4).unwrap(), "more");

    assert_eq!(receive(&mut guest, fd, 4, 4), Err(Errno::Inval));
    assert_eq!(send(&mut guest, fd, "x", 1), Err(Errno::Inval));
    let shutdown =
        |guest: &mut Guest, how| guest.call(|ctx, memory| ctx.sock_shutdown(memory, fd, how));
    assert_eq!(shutdown(&mut guest, 0), Err(Errno::Inval));
    assert_eq!(shutdown(&mut guest, 4), Err(Errno::Inval));
    assert_eq!(shutdown(&mut guest, 2), Ok(()));
    assert_eq!(host.read(&mut answer).unwrap(), 0);
    assert_eq!(send(&mut guest, fd, "x", 0), Err(Errno::Pipe));
    assert_eq!(shutdown(&mut guest, 3), Ok(()));
    assert_eq!(accept(&mut guest, fd, 0), Err(Errno::Notcapable));
    assert_eq!(guest.fd_stat(fd).unwrap().filetype, 6);
    assert_eq!(guest.seek(fd, 0, 1), Err(Errno::Spipe));
}

#[test]
fn sockets_that_do_not_block_say_again() {
    let mut guest = Guest::new();
    let (mut host, socket) = UnixStream::pair().unwrap();
    guest.ctx = WasiCtxBuilder::new().preopened_socket(socket).build();
    guest
        .call(|ctx, memory| ctx.fd_fdstat_set_flags(memory, 3, 4))
        .unwrap();
    assert_eq!(receive(&mut guest, 3, 1, 0), Err(Errno::Again));
    assert_eq!(guest.read(3, 1).err(), Some(Errno::Again));
    host.write_all(b"x").unwrap();
    assert_eq!(receive(&mut guest, 3, 1, 0).unwrap(), b"x");
}

#[test]
fn what_is_no_socket_says_so() {
    let mut guest = Guest::new();
    let file = guest.create("file").unwrap();
    for (fd, errno) in [
        (file, Errno::Notsock),
        (ROOT, Errno::Notsock),
        (1, Errno::Notsock),
        (99, Errno::Badf),
    ] {
        assert_eq!(accept(&mut guest, fd, 0), Err(errno));
        assert_eq!(receive(&mut guest, fd, 1, 0), Err(errno));
        assert_eq!(send(&mut guest, fd, "x", 0), Err(errno));
        let shutdown = guest.call(|ctx, memory| ctx.sock_shutdown(memory, fd, 3));
        assert_eq!(shutdown, Err(errno));
    }
}

#[test]
fn messages_longer_than_the_buffers_say_so() {
    let mut guest = Guest::new();
    let (host, socket) = UnixDatagram::pair().unwrap();
    guest.ctx = WasiCtxBuilder::new().preopened_socket(socket).build();
    assert_eq!(guest.fd_stat(3).unwrap().filetype, 5);
    host.send(b"message").unwrap();
    guest.put_iovecs(&[(FREE + 100, 2), (FREE + 200, 1)]);
    let answer = guest.call(|ctx, memory| ctx.sock_recv(memory, 3, FREE, 2, 0, RESULT, RESULT + 4));
    assert_eq!((answer, guest.result_u32(RESULT)), (Ok(()), 3));
    assert_eq!(guest.bytes_at(RESULT + 4, 2), [1, 0]);
    assert_eq!(
        (guest.bytes_at(FREE + 100, 2), guest.bytes_at(FREE + 200, 1)),
        (&b"me"[..], &b"s"[..])
    );
}
