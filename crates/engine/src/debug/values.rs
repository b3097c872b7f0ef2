//! The values in the frames of a guest that is stopped.

use super::frame::Frame;
use super::handler::StoppedGuest;
use super::session::DebugSession;
use crate::api::Val;
use crate::error::Result;
use crate::vm::live_frames::Version;
use crate::vm::live_values::{LiveValues, unreadable};
use crate::vm::store::StoreOpaque;

/// The value of a local or operand, as [`Frame::locals`] and [`Frame::operands`] read it, where an
/// example is.
#[derive(Clone, Debug)]
pub struct FrameValue {
    val: Val,
    doubt: u128,
}

impl FrameValue {
    /// The value.
    pub fn val(&self) -> &Val {
        &self.val
    }

    /// The value.
    pub fn into_val(self) -> Val {
        self.val
    }

    /// Which bits of the value the program may find to be otherwise when it computes it. Zero, but
    /// for a NaN that is the sum or product of two NaNs with different payloads, and that is still
    /// to be computed: the processor chooses one of the payloads.
    pub fn doubt(&self) -> u128 {
        self.doubt
    }
}

/// What a guest that stands still can be read through: a [`DebugSession`], or what a handler of
/// events is given ([`StoppedGuest`]).
pub trait Stopped: private::Sealed {}

impl<T: 'static> Stopped for DebugSession<'_, T> {}
impl<T: 'static> Stopped for StoppedGuest<'_, T> {}

pub(super) mod private {
    use super::{Result, StoreOpaque, Version};

    /// Whoever has stopped a guest.
    pub trait Sealed {
        /// The store, and the number of the stop.
        fn stopped(&self) -> Result<(&StoreOpaque, &Version)>;
    }
}

/// # Locals and operands
///
/// They can be read in engines that observe them ([`Observe::State`](crate::Observe::State)), at
/// every stop and in every frame, and are exactly what the program would find. The session is
/// borrowed meanwhile, so that the guest stands still.
///
/// ```
/// use trapline::{Config, DebugSession, Engine, Instance, Module, Observe, Store, Val};
/// # fn block_on<F: Future>(future: F) -> F::Output {
/// #     let mut future = std::pin::pin!(future);
/// #     let mut context = std::task::Context::from_waker(std::task::Waker::noop());
/// #     loop {
/// #         if let std::task::Poll::Ready(done) = future.as_mut().poll(&mut context) {
/// #             return done;
/// #         }
/// #     }
/// # }
/// let mut config = Config::new();
/// config.observe(Observe::State);
/// let engine = Engine::new(&config)?;
/// let module = Module::new(
///     &engine,
///     r#"(module
///         (func (export "run") (param i32) (result i32)
///             (i32.div_u (local.get 0) (i32.const 0))))"#,
/// )?;
/// let mut store = Store::new(&engine, ());
/// let instance = Instance::new(&mut store, &module, &[])?;
/// let run = instance.get_func(&mut store, "run").unwrap();
///
/// let mut session = DebugSession::call(&mut store, run, &[Val::I32(7)])?;
/// block_on(session.next()); // The trap.
/// let frame = session.frames().next().unwrap();
/// assert_eq!(frame.locals(&session)?[0].val().unwrap_i32(), 7);
/// let operands = frame.operands(&session)?;
/// assert_eq!(operands.len(), 2);
/// assert_eq!(operands[1].val().unwrap_i32(), 0);
/// # Ok::<(), trapline::Error>(())
/// ```
impl Frame {
    /// The locals, parameters first.
    ///
    /// # Errors
    ///
    /// As for [`Frame::function`]; [`Error::NotObserved`](crate::Error::NotObserved) if the engine
    /// does not observe them, [`Error::NoFrameYet`](crate::Error::NoFrameYet) if the stack has
    /// overflowed before the function could begin.
    pub fn locals(&self, guest: &impl Stopped) -> Result<Vec<FrameValue>> {
        let (store, version) = guest.stopped()?;
        let values = LiveValues::new(self.frame_ref(), store, version)?;
        let reader = values.reader()?;
        let locals = 0..reader.num_locals();
        locals
            .map(|index| value(&values, reader.local(index)))
            .collect()
    }

    /// The operands on the function's stack, the topmost last: ahead of the instruction that the
    /// frame is at; in a frame that has called another, without what the call has taken.
    ///
    /// # Errors
    ///
    /// As for [`Frame::locals`].
    pub fn operands(&self, guest: &impl Stopped) -> Result<Vec<FrameValue>> {
        let (store, version) = guest.stopped()?;
        let values = LiveValues::new(self.frame_ref(), store, version)?;
        let reader = values.reader()?;
        let operands = 0..reader.num_operands();
        operands
            .map(|index| value(&values, reader.operand(index)))
            .collect()
    }
}

/// # For tests of the engine
impl Frame {
    /// Compares all locals and operands with the reference that the guest keeps if
    /// [`Config::observe_reference`](crate::Config::observe_reference) is set. Returns how many
    /// there are; an error tells the first that differs.
    #[doc(hidden)]
    pub fn compare_with_reference(&self, guest: &impl Stopped) -> Result<u64> {
        let (store, version) = guest.stopped()?;
        LiveValues::new(self.frame_ref(), store, version)?.compare_with_reference()
    }
}

fn value(
    values: &LiveValues<'_>,
    read: Result<trapline_compile::observe::FrameValue, trapline_compile::observe::ReadError>,
) -> Result<FrameValue> {
    let read = read.map_err(unreadable)?;
    Ok(FrameValue {
        val: values.val(read)?,
        doubt: read.doubt,
    })
}
