//! Settings of an engine.

use std::path::PathBuf;
use trapline_compile::{Observe, OptLevel};

/// Settings of an [`Engine`](crate::Engine).
///
/// ```
/// use trapline::{Config, Engine, OptLevel};
///
/// let mut config = Config::new();
/// config.opt_level(OptLevel::None).stack_size(1 << 20);
/// let engine = Engine::new(&config)?;
/// # Ok::<(), trapline::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Config {
    pub(crate) opt_level: OptLevel,
    pub(crate) parallel_compilation: bool,
    pub(crate) observe: Observe,
    pub(crate) observe_reference: bool,
    pub(crate) stack_size: usize,
    pub(crate) host_stack_headroom: usize,
    pub(crate) cache: Option<PathBuf>,
}

impl Default for Config {
    fn default() -> Config {
        Config::new()
    }
}

impl Config {
    /// The default settings.
    pub fn new() -> Config {
        Config {
            opt_level: OptLevel::Speed,
            parallel_compilation: true,
            observe: Observe::None,
            observe_reference: false,
            stack_size: 4 << 20,
            host_stack_headroom: 512 << 10,
            cache: None,
        }
    }

    /// How hard to optimize guest code. [`OptLevel::Speed`] if not set.
    pub fn opt_level(&mut self, level: OptLevel) -> &mut Config {
        self.opt_level = level;
        self
    }

    /// Whether functions are compiled on all processors. True if not set.
    pub fn parallel_compilation(&mut self, parallel: bool) -> &mut Config {
        self.parallel_compilation = parallel;
        self
    }

    /// What guests offer to those who stop them. [`Observe::None`] if not set.
    pub fn observe(&mut self, observe: Observe) -> &mut Config {
        self.observe = observe;
        self
    }

    /// Whether guests store all of their state as well, for tests of what is read of them
    /// ([`Frame::compare_with_reference`](crate::Frame::compare_with_reference)).
    #[doc(hidden)]
    pub fn observe_reference(&mut self, reference: bool) -> &mut Config {
        self.observe_reference = reference;
        self
    }

    /// The size in bytes of the stack that a guest, and the functions of the host that it calls,
    /// run on. 4 MiB if not set. Rounded up to whole pages.
    pub fn stack_size(&mut self, bytes: usize) -> &mut Config {
        self.stack_size = bytes;
        self
    }

    /// How many bytes of the stack must be left when the guest calls a function of the host; with
    /// less it traps with [`Trap::StackOverflow`](crate::Trap::StackOverflow). 512 KiB if not
    /// set. A function of the host that uses more ends the process as any stack overflow does.
    pub fn host_stack_headroom(&mut self, bytes: usize) -> &mut Config {
        self.host_stack_headroom = bytes;
        self
    }

    /// The directory in which compiled modules are kept, so that the next process need not
    /// compile them again. It is made if need be. None if not set: nothing is kept.
    ///
    /// Machine code from the directory is run as it is, once it is seen to be whole and of this
    /// engine's kind: who can write there can run anything with this process's rights.
    pub fn cache(&mut self, directory: Option<PathBuf>) -> &mut Config {
        self.cache = directory;
        self
    }
}
