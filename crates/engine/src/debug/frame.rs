//! The frames of a guest that is stopped.

use crate::api::{FrameInfo, Instance, Module};
use crate::error::Result;
use crate::vm::live_frames::{FrameRef, GuestFrame, LiveFrames};
use crate::vm::store::StoreId;
use std::fmt;

/// A frame of a guest that is stopped in a [`DebugSession`](crate::DebugSession), where an example
/// is; or a mark that stands for the frames of the host between one activation of the guest and
/// the next.
///
/// It can be kept, but is good for this stop only: when the session has gone on, every question is
/// answered with [`Error::StaleFrame`](crate::Error::StaleFrame).
pub struct Frame {
    frame: FrameRef,
    store: StoreId,
}

impl Frame {
    /// Whether this stands for frames of the host. Nothing else can be asked of it.
    pub fn is_host(&self) -> bool {
        self.frame.is_host()
    }

    pub(super) fn frame_ref(&self) -> &FrameRef {
        &self.frame
    }

    fn guest(&self) -> Result<&GuestFrame> {
        self.frame.guest()
    }

    /// The index of the function in its module, counted with the imported ones.
    ///
    /// # Errors
    ///
    /// As for all that follows: [`Error::StaleFrame`](crate::Error::StaleFrame) if the guest was
    /// resumed, [`Error::HostFrame`](crate::Error::HostFrame) if this is the host's.
    pub fn function(&self) -> Result<u32> {
        Ok(self.guest()?.function().as_u32())
    }

    /// The function's name, if the module's name section gives it one.
    ///
    /// # Errors
    ///
    /// As for [`Frame::function`].
    pub fn function_name(&self) -> Result<Option<String>> {
        let guest = self.guest()?;
        let name = guest.module.compiled().function_name(guest.function());
        Ok(name.map(str::to_owned))
    }

    /// The module of the function.
    ///
    /// # Errors
    ///
    /// As for [`Frame::function`].
    pub fn module(&self) -> Result<Module> {
        Ok(Module::from_runtime(self.guest()?.module.clone()))
    }

    /// The instance that the function runs for; `None` if that is not known, because the store has
    /// several of the module and the engine does not observe the state of guests.
    ///
    /// # Errors
    ///
    /// As for [`Frame::function`].
    pub fn instance(&self) -> Result<Option<Instance>> {
        let index = self.guest()?.instance;
        Ok(index.map(|index| Instance::from_index(self.store, index)))
    }

    /// The offset in the module file of the instruction that the frame is at, in bytes: in the
    /// innermost frame the one that trapped, or that comes next; in others the call. `None` if it
    /// is not known.
    ///
    /// # Errors
    ///
    /// As for [`Frame::function`].
    pub fn wasm_pc(&self) -> Result<Option<u32>> {
        Ok(self.guest()?.live.wasm_pc)
    }

    /// The same in the form that backtraces have, to be kept for longer.
    ///
    /// # Errors
    ///
    /// As for [`Frame::function`].
    pub fn info(&self) -> Result<FrameInfo> {
        let guest = self.guest()?;
        let module = Module::from_runtime(guest.module.clone());
        Ok(FrameInfo::new(module, guest.function(), guest.live.wasm_pc))
    }
}

impl fmt::Debug for Frame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Frame").field(&self.info()).finish()
    }
}

/// The frames of a guest that is stopped, innermost first. Made by
/// [`DebugSession::frames`](crate::DebugSession::frames), where an example is.
pub struct Frames<'s> {
    frames: LiveFrames<'s>,
    store: StoreId,
}

impl<'s> Frames<'s> {
    pub(super) fn new(frames: LiveFrames<'s>, store: StoreId) -> Frames<'s> {
        Frames { frames, store }
    }
}

impl Iterator for Frames<'_> {
    type Item = Frame;

    fn next(&mut self) -> Option<Frame> {
        Some(Frame {
            frame: self.frames.next()?,
            store: self.store,
        })
    }
}
