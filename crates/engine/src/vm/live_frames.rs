//! The frames of a guest that stands still, for debuggers.
//!
//! A frame is known by where it lies, which means something only until the guest goes on. So a
//! [`FrameRef`] carries the number of the stop that it is of, and everything that is done with it
//! asks first whether that is still the one.

use super::code_memory::CodeMemory;
use super::module::RuntimeModule;
use super::store::StoreOpaque;
use crate::error::{Error, Result};
use crate::trap::{LiveFrame, Step, Walk};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use trapline_compile::observe::FrameMap;
use trapline_compile::types::FuncIndex;

/// Counts the stops of one watched call.
#[derive(Debug)]
pub struct Version(Arc<AtomicU64>);

impl Version {
    pub fn new() -> Version {
        Version(Arc::default())
    }

    /// Makes all that is known by the current number stale.
    pub fn advance(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    fn now(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// A step from the innermost frame outwards.
pub(crate) struct FrameRef {
    current: Arc<AtomicU64>,
    version: u64,
    frame: Option<GuestFrame>,
}

/// A frame of the guest.
pub(crate) struct GuestFrame {
    /// Where it lies and what it runs.
    pub live: LiveFrame,
    /// Its module.
    pub module: Arc<RuntimeModule>,
    /// Its instance, by its index in the store, if it is known.
    pub instance: Option<u32>,
}

impl GuestFrame {
    /// Its function's index in the module.
    pub fn function(&self) -> FuncIndex {
        self.module.info().function_index(self.live.function)
    }
}

impl FrameRef {
    /// Whether it stands for frames of the host.
    pub fn is_host(&self) -> bool {
        self.frame.is_none()
    }

    /// The frame of the guest, if it still is where it was.
    pub fn guest(&self) -> Result<&GuestFrame> {
        if self.current.load(Ordering::Relaxed) != self.version {
            return Err(Error::StaleFrame);
        }
        self.frame.as_ref().ok_or(Error::HostFrame)
    }

    /// Reads a word of the frame's stack at an address in the frame.
    ///
    /// `version` is that of the watched call, which is borrowed to be told: as long as it is, the
    /// guest stands still.
    pub fn read_word(&self, version: &Version, address: usize) -> Result<u64> {
        let guest = self.guest()?;
        if !Arc::ptr_eq(&version.0, &self.current) {
            return Err(Error::StaleFrame);
        }
        // SAFETY: the call that the version belongs to is borrowed, and is where it was when the
        // frame was found; so the stack lives, and nobody runs on it.
        unsafe { guest.live.read_word(address) }.ok_or(Error::StaleFrame)
    }
}

/// The frames of a guest that stands still, innermost first.
pub(crate) struct LiveFrames<'s> {
    walk: Option<Walk>,
    store: &'s StoreOpaque,
    version: &'s Version,
    /// The module of the last frame, with the instance if there is but one.
    module: Option<(Arc<RuntimeModule>, Option<u32>)>,
    /// Where the frame that comes next is, if not where the machine is.
    position: Option<u32>,
}

impl<'s> LiveFrames<'s> {
    /// The frames that a walk finds; none without one.
    pub fn new(walk: Option<Walk>, store: &'s StoreOpaque, version: &'s Version) -> Self {
        LiveFrames {
            walk,
            store,
            version,
            module: None,
            position: None,
        }
    }

    /// Has the innermost frame be at a wasm pc to which it has gone on paper.
    pub fn at(mut self, position: Option<u32>) -> Self {
        self.position = position;
        self
    }

    /// The instance that a frame runs for, if the frame holds its vmctx.
    fn instance_of(&self, live: &LiveFrame) -> Option<u32> {
        let distance = live.code.compiled().frame_area(live.function)?;
        let area = live.fp?.checked_sub(distance as usize)?;
        // SAFETY: the version is borrowed from the call that the walk goes over, so the guest
        // stands still.
        let vmctx = unsafe { live.read_word(area + FrameMap::VMCTX as usize) }?;
        let mut instances = self.store.instances.iter();
        let found = instances.position(|instance| instance.vmctx.as_ptr().addr() as u64 == vmctx);
        Some(found? as u32)
    }

    fn module(&mut self, code: &Arc<CodeMemory>) -> Option<(Arc<RuntimeModule>, Option<u32>)> {
        let same = |module: &RuntimeModule| Arc::ptr_eq(module.code(), code);
        if !self.module.as_ref().is_some_and(|(module, _)| same(module)) {
            let instances = self.store.instances.iter().enumerate();
            let mut instances = instances.filter(|(_, instance)| same(&instance.module));
            let (first, instance) = instances.next()?;
            // Code does not tell which of several instances it runs for.
            let only = instances.next().is_none().then_some(first as u32);
            self.module = Some((instance.module.clone(), only));
        }
        self.module.clone()
    }
}

impl Iterator for LiveFrames<'_> {
    type Item = FrameRef;

    fn next(&mut self) -> Option<FrameRef> {
        loop {
            let frame = match self.walk.as_mut()?.next()? {
                Step::Host => None,
                Step::Guest(mut live) => {
                    if let Some(position) = self.position.take() {
                        live.wasm_pc = Some(position);
                    }
                    // A frame of another store that this one's host has called into is not ours.
                    let Some((module, instance)) = self.module(&live.code) else {
                        continue;
                    };
                    let instance = instance.or_else(|| self.instance_of(&live));
                    Some(GuestFrame {
                        live,
                        module,
                        instance,
                    })
                }
            };
            return Some(FrameRef {
                current: Arc::clone(&self.version.0),
                version: self.version.now(),
                frame,
            });
        }
    }
}
