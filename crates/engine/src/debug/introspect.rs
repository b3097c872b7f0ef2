//! Everything that is in a store, exported or not.

use crate::api::{AsContext, AsContextMut, Func, Global, Instance, Memory, Module, Store, Table};
use crate::api::{Extern, StoreContext, StoreContextMut};
use crate::vm::store::StoreOpaque;
use trapline_compile::module::EntityIndex;
use trapline_compile::types::{FuncIndex, GlobalIndex, MemoryIndex, TableIndex};

/// # For debuggers
impl<T: 'static> Store<T> {
    /// All instances, in the order in which they were made.
    pub fn debug_instances(&self) -> Vec<Instance> {
        self.as_context().debug_instances()
    }

    /// All modules that there are instances of, in the order of their first.
    pub fn debug_modules(&self) -> Vec<Module> {
        self.as_context().debug_modules()
    }
}

/// # For debuggers
impl<T: 'static> StoreContext<'_, T> {
    /// As [`Store::debug_instances`].
    pub fn debug_instances(&self) -> Vec<Instance> {
        let store = self.into_inner().opaque();
        let indices = 0..store.instances.len() as u32;
        indices
            .map(|index| Instance::from_index(store.id, index))
            .collect()
    }

    /// As [`Store::debug_modules`].
    pub fn debug_modules(&self) -> Vec<Module> {
        let mut modules: Vec<Module> = Vec::new();
        for instance in &self.into_inner().opaque().instances {
            let module = Module::from_runtime(instance.module.clone());
            if !modules.iter().any(|known| known.same(&module)) {
                modules.push(module);
            }
        }
        modules
    }
}

/// # For debuggers
impl<T: 'static> StoreContextMut<'_, T> {
    /// As [`Store::debug_instances`].
    pub fn debug_instances(&self) -> Vec<Instance> {
        self.as_context().debug_instances()
    }

    /// As [`Store::debug_modules`].
    pub fn debug_modules(&self) -> Vec<Module> {
        self.as_context().debug_modules()
    }
}

/// # For debuggers
impl Module {
    /// The wasm pcs at which the code can be stopped, in ascending order; none if the engine does not
    /// observe. A breakpoint that is placed elsewhere slips forward to the next of them. All functions
    /// are gone through to find out.
    pub fn debug_places(&self) -> Vec<u32> {
        let compiled = self.runtime().compiled();
        let functions = compiled.info().bodies.keys();
        let mut places: Vec<u32> = functions
            .flat_map(|function| compiled.points_by_pc(function).places(compiled))
            .map(|place| place.wasm_pc)
            .collect();
        places.sort_unstable();
        places
    }

    /// The machine code that a function has become, without breakpoints. `None` if the module does not
    /// define a function with this index.
    ///
    /// ```
    /// use trapline::{Engine, Module};
    ///
    /// let engine = Engine::default();
    /// let module = Module::new(&engine, "(module (func (unreachable)))")?;
    /// let code = module.debug_machine_code(0).unwrap();
    /// let (at, _) = code.places[0];
    /// // On x86-64 what cannot be reached is `ud2`.
    /// assert_eq!(code.bytes[at as usize..][..2], [0x0f, 0x0b]);
    /// assert!(module.debug_machine_code(1).is_none());
    /// # Ok::<(), trapline::Error>(())
    /// ```
    pub fn debug_machine_code(&self, function: u32) -> Option<MachineCode<'_>> {
        let compiled = self.runtime().compiled();
        let info = compiled.info();
        let function = info
            .functions
            .is_valid(FuncIndex::from_u32(function))
            .then_some(function)?;
        let defined = info.defined_function(FuncIndex::from_u32(function))?;
        let range = compiled.function_code(defined);
        let place = |at: u32| {
            let point = compiled.point_at(at).map(|point| point.wasm_pc);
            let trap = || compiled.trap_at(at)?.wasm_pc;
            Some((at - range.start, point.or_else(trap)?))
        };
        // A call that ends the function returns to the first byte after it.
        let behind = range.start + 1..range.end + 1;
        let call = |at: u32| Some((at - range.start, compiled.call_site_at(at)?));
        Some(MachineCode {
            bytes: &compiled.text()[range.start as usize..range.end as usize],
            places: range.clone().filter_map(place).collect(),
            returns: behind.filter_map(call).collect(),
        })
    }
}

/// The machine code of a function, for those who print it. Made by [`Module::debug_machine_code`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct MachineCode<'m> {
    /// The code, which can be anywhere in memory.
    pub bytes: &'m [u8],
    /// Where instructions begin that are known to be for an instruction of WebAssembly, since they trap or
    /// the guest can be stopped there: offsets in the code, ascending, with the wasm pc.
    pub places: Vec<(u32, u32)>,
    /// Where calls of guests' functions return to, likewise, with the wasm pc of the call.
    pub returns: Vec<(u32, u32)>,
}

/// # For debuggers
///
/// Items by their index in the module, imported ones first, whether they are exported or not.
/// `None` if the module has no such item.
///
/// ```
/// use trapline::{Engine, Instance, Module, Store, Val};
///
/// let engine = Engine::default();
/// let module = Module::new(
///     &engine,
///     r#"(module
///         (memory 1) (global (mut i32) (i32.const 7))
///         (func (result i32) (global.get 0)))"#,
/// )?;
/// let mut store = Store::new(&engine, ());
/// let instance = Instance::new(&mut store, &module, &[])?;
/// let global = instance.debug_global(&store, 0).unwrap();
/// global.set(&mut store, Val::I32(42))?;
/// let func = instance.debug_function(&mut store, 0).unwrap();
/// assert_eq!(func.typed::<(), i32>(&store)?.call(&mut store, ())?, 42);
/// assert_eq!(instance.debug_memory(&store, 0).unwrap().data_size(&store), 65536);
/// assert!(instance.debug_table(&store, 0).is_none());
/// # Ok::<(), trapline::Error>(())
/// ```
impl Instance {
    /// The memory with an index.
    pub fn debug_memory(&self, store: impl AsContext, index: u32) -> Option<Memory> {
        let store = store.as_context().into_inner().opaque();
        let entity = EntityIndex::Memory(MemoryIndex::from_u32(index));
        self.debug_item(store, entity)?.into_memory()
    }

    /// The table with an index.
    pub fn debug_table(&self, store: impl AsContext, index: u32) -> Option<Table> {
        let store = store.as_context().into_inner().opaque();
        let entity = EntityIndex::Table(TableIndex::from_u32(index));
        self.debug_item(store, entity)?.into_table()
    }

    /// The global with an index.
    pub fn debug_global(&self, store: impl AsContext, index: u32) -> Option<Global> {
        let store = store.as_context().into_inner().opaque();
        let entity = EntityIndex::Global(GlobalIndex::from_u32(index));
        self.debug_item(store, entity)?.into_global()
    }

    /// The function with an index. One that the module itself has no reference to gets a record in
    /// the store.
    pub fn debug_function(&self, mut store: impl AsContextMut, index: u32) -> Option<Func> {
        let mut store = store.as_context_mut().into_inner();
        let mut opaque = store.opaque();
        opaque.check(self.store_id());
        let func = FuncIndex::from_u32(index);
        let pointer = opaque.any_function(self.index(), func)?;
        Some(Func::from_pointer(opaque.id, pointer))
    }

    fn debug_item(&self, store: &StoreOpaque, entity: EntityIndex) -> Option<Extern> {
        store.check(self.store_id());
        let instance = &store.instances[self.index() as usize];
        let item = instance.checked_item(entity)?;
        Some(Extern::from_item(store.id, item))
    }
}

/// # For debuggers
impl Func {
    /// The instance whose module defines the function, and the function's index there, counted with
    /// the imported ones. `None` if it is a function of the host.
    ///
    /// ```
    /// use trapline::{Engine, Func, Instance, Module, Store};
    ///
    /// let engine = Engine::default();
    /// let module = Module::new(
    ///     &engine,
    ///     r#"(module (import "host" "log" (func)) (func (export "run")))"#,
    /// )?;
    /// let mut store = Store::new(&engine, ());
    /// let log = Func::wrap(&mut store, || {});
    /// let instance = Instance::new(&mut store, &module, &[log.into()])?;
    /// let run = instance.get_func(&mut store, "run").unwrap();
    /// assert_eq!(run.debug_definition(&store), Some((instance, 1)));
    /// assert_eq!(log.debug_definition(&store), None);
    /// # Ok::<(), trapline::Error>(())
    /// ```
    pub fn debug_definition(&self, store: impl AsContext) -> Option<(Instance, u32)> {
        let store = store.as_context().into_inner().opaque();
        store.check(self.store_id());
        let (instance, function) = store.definition(self.pointer())?;
        Some((Instance::from_index(store.id, instance), function.as_u32()))
    }
}
