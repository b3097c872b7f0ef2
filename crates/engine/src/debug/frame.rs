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

    /// What tells this frame from others, at this stop and at later ones, until the function returns
    /// or is left otherwise. `None` if the stack has overflowed before the frame was made.
    ///
    /// # Errors
    ///
    /// As for [`Frame::function`].
    pub fn id(&self) -> Result<Option<FrameId>> {
        let guest = self.guest()?;
        let function = guest.function().as_u32();
        Ok(guest.live.fp.map(|fp| FrameId { fp, function }))
    }

    /// Whether this is the guest's frame with a frame pointer.
    pub(super) fn has_pointer(&self, fp: usize) -> bool {
        self.guest().is_ok_and(|guest| guest.live.fp == Some(fp))
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

/// The identity of a frame, which it keeps while the guest goes on. Made by [`Frame::id`].
///
/// It may be that of another frame once this one is gone. A tail call makes another frame.
///
/// ```
/// use trapline::{Config, DebugSession, Engine, Instance, Module, Observe, Store};
/// # fn block_on<F: Future>(future: F) -> F::Output {
/// #     let mut future = std::pin::pin!(future);
/// #     let mut context = std::task::Context::from_waker(std::task::Waker::noop());
/// #     loop {
/// #         if let std::task::Poll::Ready(done) = future.as_mut().poll(&mut context) {
/// #             return done;
/// #         }
/// #     }
/// # }
/// let engine = Engine::new(Config::new().observe(Observe::State))?;
/// let module = Module::new(
///     &engine,
///     r#"(module (func $inner nop) (func (export "run") (call $inner)))"#,
/// )?;
/// let mut store = Store::new(&engine, ());
/// let instance = Instance::new(&mut store, &module, &[])?;
/// let run = instance.get_func(&mut store, "run").unwrap();
/// let mut session = DebugSession::call(&mut store, run, &[])?;
/// block_on(session.step()); // At the call.
/// let caller = session.frames().next().unwrap().id()?;
/// block_on(session.step()); // In `inner`.
/// let ids: Vec<_> = session.frames().map(|frame| frame.id()).collect::<Result<_, _>>()?;
/// assert_ne!(ids[0], caller);
/// assert_eq!(ids[1], caller);
/// # Ok::<(), trapline::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct FrameId {
    fp: usize,
    function: u32,
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
