//! Sockets that the guest is given, and the connections it accepts on them.

use std::io::{IoSlice, IoSliceMut};

use rustix::fd::OwnedFd;
use rustix::io::retry_on_intr;
use rustix::net::sockopt::socket_type;
use rustix::net::{
    RecvAncillaryBuffer, RecvFlags, ReturnFlags, SendAncillaryBuffer, SendFlags, Shutdown,
    SocketFlags, SocketType, accept_with, recvmsg, sendmsg, shutdown,
};

use crate::ctx::WasiCtx;
use crate::errno::Errno;
use crate::memory::GuestMemory;
use crate::rights::Rights;
use crate::table::{Descriptor, Kind};
use crate::types::{Fdflags, Filetype, ROFLAGS_RECV_DATA_TRUNCATED, Riflags, Sdflags, flags};

impl Descriptor {
    /// The socket, if the descriptor is one and has these rights.
    fn socket(&self, rights: Rights) -> Result<&OwnedFd, Errno> {
        match &self.kind {
            Kind::Socket { socket, .. } => self.require(rights).map(|()| socket),
            _ => Err(Errno::Notsock),
        }
    }
}

impl WasiCtx {
    /// `sock_accept`
    pub(crate) fn sock_accept(
        &mut self,
        memory: &mut GuestMemory<'_>,
        fd: u32,
        fdflags: u32,
        accepted: u32,
    ) -> Result<(), Errno> {
        let listener = self.table.get(fd)?;
        let socket = listener.socket(Rights::SOCK_ACCEPT)?;
        let fdflags: Fdflags = flags(fdflags)?;
        if !Fdflags::NONBLOCK.contains(fdflags) {
            return Err(Errno::Inval);
        }
        memory.check(accepted, 4)?;
        self.table.vacancy()?;

        let mut mode = SocketFlags::CLOEXEC;
        mode.set(SocketFlags::NONBLOCK, fdflags.contains(Fdflags::NONBLOCK));
        let socket = retry_on_intr(|| accept_with(socket, mode))?;
        let rights = listener.inheriting;
        let mut connection = Descriptor::new(Kind::Socket {
            socket,
            filetype: Filetype::SocketStream,
        });
        connection.flags = fdflags;
        connection.base = rights;
        connection.inheriting = Rights::empty();
        let fd = self.table.insert(connection)?;
        memory.write_u32(accepted, fd)
    }

    /// `sock_recv`
    #[expect(
        clippy::too_many_arguments,
        reason = "as many as the interface's function has"
    )]
    pub(crate) fn sock_recv(
        &mut self,
        memory: &mut GuestMemory<'_>,
        fd: u32,
        ri_data: u32,
        ri_data_len: u32,
        ri_flags: u32,
        datalen: u32,
        ro_flags: u32,
    ) -> Result<(), Errno> {
        let socket = self.table.get(fd)?.socket(Rights::FD_READ)?;
        let ri_flags = flags(ri_flags)?;
        memory.check(datalen, 4)?;
        memory.check(ro_flags, 2)?;
        let mut buffers = memory.io_slices_mut(ri_data, ri_data_len)?;
        let (count, truncated) = receive(socket, &mut buffers, ri_flags)?;
        memory.write_u32(datalen, u32::try_from(count).unwrap_or(u32::MAX))?;
        memory.write_u16(
            ro_flags,
            if truncated {
                ROFLAGS_RECV_DATA_TRUNCATED
            } else {
                0
            },
        )
    }

    /// `sock_send`
    pub(crate) fn sock_send(
        &mut self,
        memory: &mut GuestMemory<'_>,
        fd: u32,
        si_data: u32,
        si_data_len: u32,
        si_flags: u32,
        datalen: u32,
    ) -> Result<(), Errno> {
        let socket = self.table.get(fd)?.socket(Rights::FD_WRITE)?;
        if si_flags != 0 {
            return Err(Errno::Inval);
        }
        memory.check(datalen, 4)?;
        let buffers = memory.io_slices(si_data, si_data_len)?;
        let count = send(socket, &buffers)?;
        memory.write_u32(datalen, u32::try_from(count).unwrap_or(u32::MAX))
    }

    /// `sock_shutdown`
    pub(crate) fn sock_shutdown(
        &mut self,
        _: &mut GuestMemory<'_>,
        fd: u32,
        how: u32,
    ) -> Result<(), Errno> {
        let socket = self.table.get(fd)?.socket(Rights::SOCK_SHUTDOWN)?;
        let how: Sdflags = flags(how)?;
        let how = match (how.contains(Sdflags::RD), how.contains(Sdflags::WR)) {
            (true, true) => Shutdown::Both,
            (true, false) => Shutdown::Read,
            (false, true) => Shutdown::Write,
            (false, false) => return Err(Errno::Inval),
        };
        Ok(shutdown(socket, how)?)
    }
}

/// The type of a socket.
pub(crate) fn filetype(socket: &OwnedFd) -> Filetype {
    match socket_type(socket) {
        Ok(SocketType::DGRAM) => Filetype::SocketDgram,
        Ok(SocketType::STREAM) => Filetype::SocketStream,
        _ => Filetype::Unknown,
    }
}

/// Receives into the buffers; tells how much, and whether a message was longer than them.
pub(crate) fn receive(
    socket: &OwnedFd,
    buffers: &mut [IoSliceMut<'_>],
    ri_flags: Riflags,
) -> Result<(usize, bool), Errno> {
    let mut mode = RecvFlags::empty();
    mode.set(RecvFlags::PEEK, ri_flags.contains(Riflags::RECV_PEEK));
    mode.set(RecvFlags::WAITALL, ri_flags.contains(Riflags::RECV_WAITALL));
    let message =
        retry_on_intr(|| recvmsg(socket, buffers, &mut RecvAncillaryBuffer::default(), mode))?;
    Ok((message.bytes, message.flags.contains(ReturnFlags::TRUNC)))
}

/// Sends the buffers. A peer that is gone is an error, not a signal to the host.
pub(crate) fn send(socket: &OwnedFd, buffers: &[IoSlice<'_>]) -> Result<usize, Errno> {
    Ok(retry_on_intr(|| {
        sendmsg(
            socket,
            buffers,
            &mut SendAncillaryBuffer::default(),
            SendFlags::NOSIGNAL,
        )
    })?)
}
