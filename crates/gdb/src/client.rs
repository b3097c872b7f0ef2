//! A client, and the guest that it is served.

use crate::address::code_address;
use crate::options::Options;
use crate::packets::{self, Action};
use crate::reply::PacketError;
use crate::stop_reply::Stopped;
use crate::wire::{Incoming, encode};
use std::cell::{Cell, OnceCell, Ref};
use std::collections::BTreeMap;
use std::io::{self, Write};
use trapline::{DebugSession, Error, Frame, Val};
use trapline_debugger::{
    BreakpointId, Debuggee, DebuggerError, ModuleId, Resume, Stop, StopReason,
};

/// The outermost frames of deeper stacks are not told of: all have to fit in one packet.
const MOST_FRAMES: usize = 4096;

/// What the client has asked to be told, and how.
#[derive(Debug, Default)]
pub(crate) struct Modes {
    /// Whether packets are not acknowledged.
    pub(crate) no_acks: bool,
    /// Whether errors have text.
    pub(crate) error_strings: bool,
    /// Whether stops tell all threads, and where they are.
    pub(crate) list_threads: bool,
}

/// How it comes that no more is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    Detached,
    Killed,
    Disconnected,
}

/// What comes after a packet.
#[derive(Debug)]
pub(crate) enum Next {
    /// The next packet.
    Wait,
    Resume(Resume),
    End(End),
}

/// A frame of the guest, as the client counts them: without marks for the host.
pub(crate) struct WireFrame {
    pub(crate) frame: Frame,
    pub(crate) module: ModuleId,
    /// Where it is: the innermost at its next instruction, the others behind their calls.
    pub(crate) pc: u64,
}

/// A client that is connected.
pub(crate) struct Client<'c, 'd, 's, T: 'static> {
    pub(crate) debuggee: &'c mut Debuggee<'d, 's, T>,
    pub(crate) modes: Modes,
    /// The breakpoints that it has set, by their addresses.
    pub(crate) breakpoints: BTreeMap<u64, BreakpointId>,
    pub(crate) stopped: Stopped,
    /// How many modules it has been told of, once it has asked.
    pub(crate) told_modules: Cell<Option<usize>>,
    /// How the call has ended.
    pub(crate) outcome: Option<Result<Vec<Val>, Error>>,
    options: &'c Options,
    frames: OnceCell<Vec<WireFrame>>,
    writer: Box<dyn Write + Send>,
    /// The last answer, should it have to be sent again.
    last: Vec<u8>,
}

impl<'c, 'd, 's, T: 'static> Client<'c, 'd, 's, T> {
    pub(crate) fn new(
        debuggee: &'c mut Debuggee<'d, 's, T>,
        options: &'c Options,
        writer: Box<dyn Write + Send>,
    ) -> Client<'c, 'd, 's, T> {
        Client {
            debuggee,
            modes: Modes::default(),
            breakpoints: BTreeMap::new(),
            stopped: Stopped::at_beginning(),
            told_modules: Cell::new(None),
            outcome: None,
            options,
            frames: OnceCell::new(),
            writer,
            last: Vec::new(),
        }
    }

    /// Notes a stop, without telling it.
    pub(crate) fn note(&mut self, stop: Stop) {
        self.stopped = Stopped::new(&stop, self.options);
        if let StopReason::Finished(outcome) = stop.reason {
            self.outcome = Some(outcome);
        }
    }

    /// Tells where and why the guest stands still.
    pub(crate) fn report(&mut self) -> io::Result<()> {
        let packet = self.stop_packet();
        self.send(packet.as_bytes())
    }

    /// What is told of the last stop.
    pub(crate) fn stop_packet(&self) -> String {
        let pc = self.frames().first().map(|frame| frame.pc);
        let mut packet = self.stopped.packet(pc, self.modes.list_threads);
        let modules = self.debuggee.debugger().modules().iter().len();
        let is_stop = packet.starts_with('T');
        if is_stop && self.told_modules.get().is_some_and(|told| told != modules) {
            // Without this nobody asks again.
            packet += "library:;";
        }
        packet
    }

    /// Takes what has come in, and answers unless what comes next does.
    pub(crate) fn take(&mut self, incoming: Incoming, is_running: bool) -> io::Result<Next> {
        let packet = match incoming {
            Incoming::Packet(packet) => packet,
            // Whoever interrupts what stands still is told of that stop already.
            Incoming::Interrupt => return Ok(Next::Wait),
            Incoming::Resend => {
                if !self.modes.no_acks {
                    self.writer.write_all(&self.last)?;
                    self.writer.flush()?;
                }
                return Ok(Next::Wait);
            }
            Incoming::Damaged => {
                match self.modes.no_acks {
                    true => self.refuse(PacketError::Damaged)?,
                    false => self
                        .writer
                        .write_all(b"-")
                        .and_then(|()| self.writer.flush())?,
                }
                return Ok(Next::Wait);
            }
            Incoming::TooLong => {
                self.acknowledge()?;
                self.refuse(PacketError::TooLong)?;
                return Ok(Next::Wait);
            }
        };
        let acknowledged = self.acknowledge();
        let action = packets::handle(self, &packet);
        if let Ok(Action::End(end, reply)) = action {
            // Many a client does not wait for an answer to its last packet.
            if let Some(reply) = reply {
                let _ = self.send(&reply.into_bytes());
            }
            return Ok(Next::End(end));
        }
        acknowledged?;
        match action {
            Ok(Action::Resume(_)) if is_running => self.refuse(PacketError::Running)?,
            Ok(Action::Resume(how)) => return Ok(Next::Resume(how)),
            Ok(Action::Reply(reply)) => self.send(&reply.into_bytes())?,
            Ok(Action::End(end, _)) => return Ok(Next::End(end)),
            Err(error) => self.refuse(error)?,
        }
        Ok(Next::Wait)
    }

    fn acknowledge(&mut self) -> io::Result<()> {
        match self.modes.no_acks {
            true => Ok(()),
            false => self.writer.write_all(b"+"),
        }
    }

    fn refuse(&mut self, error: PacketError) -> io::Result<()> {
        let bytes = error.into_bytes(self.modes.error_strings);
        self.send(&bytes)
    }

    fn send(&mut self, body: &[u8]) -> io::Result<()> {
        self.last = encode(body);
        self.writer.write_all(&self.last)?;
        self.writer.flush()
    }

    /// Forgets the frames, as the guest goes on.
    pub(crate) fn forget_frames(&mut self) {
        self.frames = OnceCell::new();
    }

    /// The frames of the guest, innermost first. None while it cannot be looked at.
    pub(crate) fn frames(&self) -> &[WireFrame] {
        self.frames.get_or_init(|| {
            let session = self.debuggee.session();
            let frames = session.frames().filter_map(|frame| self.wire_frame(frame));
            let mut frames: Vec<WireFrame> = frames.take(MOST_FRAMES).collect();
            for outer in frames.iter_mut().skip(1) {
                outer.pc = self.return_address(outer);
            }
            if let Some(innermost) = frames.first_mut() {
                innermost.pc = self.next_instruction(innermost);
            }
            frames
        })
    }

    /// The frame with a number.
    pub(crate) fn frame(&self, number: u32) -> Result<&WireFrame, PacketError> {
        let frame = self.frames().get(number as usize);
        frame.ok_or(PacketError::NoFrame(number))
    }

    /// The session.
    pub(crate) fn session(&self) -> Ref<'_, DebugSession<'s, T>> {
        self.debuggee.session()
    }

    /// A frame with where it is itself.
    fn wire_frame(&self, frame: Frame) -> Option<WireFrame> {
        let module = frame.module().ok()?;
        let module = self.debuggee.debugger().modules().find(&module)?;
        let pc = code_address(module, frame.wasm_pc().ok()??);
        Some(WireFrame { frame, module, pc })
    }

    /// Where the innermost frame goes on. To LLDB a function begins where its locals are declared: what has
    /// stepped there has entered the function, and is taken on to its first line. Nor does it take what stands
    /// there for standing at a breakpoint at the first instruction, which is to be met then.
    fn next_instruction(&self, frame: &WireFrame) -> u64 {
        let module = self.debuggee.debugger().modules().get(frame.module);
        let beginning = module.and_then(|module| module.beginning(frame.pc as u32));
        let Some((begin, first)) = beginning else {
            return frame.pc;
        };
        let begin = code_address(frame.module, begin);
        if first != frame.pc as u32 || self.breakpoints.contains_key(&frame.pc) {
            return frame.pc;
        }
        let mut breakpoints = self.breakpoints.range(begin..frame.pc);
        match breakpoints.next() {
            Some((address, _)) => *address,
            None if self.stopped.is_before_anything() => begin,
            None => frame.pc,
        }
    }

    /// Whether the guest is told to stand where a function begins, and there is a breakpoint at its first
    /// instruction: then it comes to that without anything being run.
    pub(crate) fn is_before_breakpoint(&self) -> bool {
        let Some(innermost) = self.frames().first() else {
            return false;
        };
        let wasm_pc = innermost.frame.wasm_pc().ok().flatten();
        let pc = wasm_pc.map(|wasm_pc| code_address(innermost.module, wasm_pc));
        pc.is_some_and(|pc| pc != innermost.pc && self.breakpoints.contains_key(&pc))
    }

    /// Where a frame goes on when what it calls returns.
    fn return_address(&self, frame: &WireFrame) -> u64 {
        let module = self.debuggee.debugger().modules().get(frame.module);
        let behind = module.and_then(|module| module.return_address(frame.pc as u32));
        // Whoever asks for the call takes one from it.
        behind.map_or(frame.pc + 1, |behind| code_address(frame.module, behind))
    }

    /// Removes what the client has set in the debugger.
    pub(crate) fn clear(&mut self) {
        let breakpoints = std::mem::take(&mut self.breakpoints);
        for id in breakpoints.into_values() {
            self.debuggee.debugger_mut().breakpoints_mut().remove(id);
        }
    }
}

impl From<DebuggerError> for PacketError {
    fn from(error: DebuggerError) -> PacketError {
        PacketError::Debugger(error.to_string())
    }
}

impl From<Error> for PacketError {
    fn from(error: Error) -> PacketError {
        PacketError::Debugger(error.to_string())
    }
}
