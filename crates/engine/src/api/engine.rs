//! Engines.

use super::cache::Cache;
use super::config::Config;
use crate::error::{Error, Result};
use crate::fiber::{StackPool, StackSize};
use crate::trap;
use crate::vm::signatures::SignatureRegistry;
use std::fmt;
use std::sync::Arc;
use trapline_compile::{Compiler, CompilerOptions, Observe};

/// How many unused stacks an engine keeps.
const UNUSED_STACKS: usize = 64;

/// What modules and stores have in common: the compiler, its settings and its cache, function
/// types, and stacks for guests to run on.
///
/// Clones are the same engine. Modules run only in stores of the engine that compiled them.
///
/// ```
/// use trapline::{Config, Engine};
///
/// let engine = Engine::new(&Config::new())?;
/// assert!(engine.same(&engine.clone()));
/// assert!(!engine.same(&Engine::default()));
/// # Ok::<(), trapline::Error>(())
/// ```
#[derive(Clone)]
pub struct Engine(Arc<EngineInner>);

struct EngineInner {
    compiler: Compiler,
    cache: Option<Cache>,
    signatures: Arc<SignatureRegistry>,
    stacks: Arc<StackPool>,
    observe: Observe,
}

impl Engine {
    /// An engine with some settings.
    ///
    /// The first one in a process installs handlers for the signals that tell of traps. Signals
    /// that are not due to a guest go on to the handlers that were there before.
    ///
    /// # Errors
    ///
    /// If the machine is not supported, the handlers cannot be installed, the cache's directory
    /// cannot be made, or the size of stacks leaves nothing for guests.
    pub fn new(config: &Config) -> Result<Engine> {
        trap::install_handlers()
            .map_err(|error| Error::Limit(format!("cannot install signal handlers: {error}")))?;
        let options = CompilerOptions {
            opt_level: config.opt_level,
            parallel: config.parallel_compilation,
            observe: config.observe,
            reference: config.observe_reference,
        };
        let size = StackSize {
            total: config.stack_size,
            host_headroom: config.host_stack_headroom,
        };
        let stacks = StackPool::new(size, UNUSED_STACKS).map_err(|error| {
            Error::Limit(format!(
                "cannot make stacks of {} bytes, {} of them for the host: {error}",
                config.stack_size, config.host_stack_headroom
            ))
        })?;
        Ok(Engine(Arc::new(EngineInner {
            compiler: Compiler::new(&options)?,
            cache: config.cache.as_deref().map(Cache::new).transpose()?,
            signatures: Arc::default(),
            stacks,
            observe: config.observe,
        })))
    }

    /// Whether both are the same engine.
    pub fn same(&self, other: &Engine) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    /// Whether bytes begin like a module that [`Module::serialize`](crate::Module::serialize) made.
    /// It need not be whole, or of this build.
    pub fn is_precompiled(bytes: &[u8]) -> bool {
        trapline_compile::is_artifact(bytes)
    }

    /// Whether guests can be stopped at breakpoints.
    pub(crate) fn observes(&self) -> bool {
        self.0.observe != Observe::None
    }

    /// Whether locals and operands can be read, so that guests can be stopped at any instruction.
    pub(crate) fn observes_state(&self) -> bool {
        self.0.observe == Observe::State
    }

    pub(crate) fn compiler(&self) -> &Compiler {
        &self.0.compiler
    }

    pub(crate) fn cache(&self) -> Option<&Cache> {
        self.0.cache.as_ref()
    }

    pub(crate) fn signatures(&self) -> &Arc<SignatureRegistry> {
        &self.0.signatures
    }

    pub(crate) fn stacks(&self) -> &Arc<StackPool> {
        &self.0.stacks
    }
}

impl Default for Engine {
    /// An engine with the default settings.
    ///
    /// # Panics
    ///
    /// Where [`Engine::new`] fails: if the machine is not supported.
    fn default() -> Engine {
        Engine::new(&Config::new()).expect("the default settings work on supported machines")
    }
}

impl fmt::Debug for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Engine").finish_non_exhaustive()
    }
}
