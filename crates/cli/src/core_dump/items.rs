//! Everything of a store but its frames.

use super::{ModuleName, Program};
use std::collections::HashMap;
use std::hash::Hash;
use trapline::{
    ExnRef, ExternRef, Global, Instance, Memory, Module, Ref, StoreContext, Table, Val,
};
use trapline_coredump::{self as dump, CodeMap, CoreDump, Function, ModuleIdentity, Value};

/// What a core dump refers to by numbers.
pub(super) struct Items<'s, T: 'static> {
    store: StoreContext<'s, T>,
    modules: Vec<Numbered>,
    instances: Numbers<Instance>,
    memories: Numbers<Memory>,
    globals: Numbers<Global>,
    tables: Numbers<Table>,
    extern_refs: Numbers<ExternRef>,
    exceptions: Numbers<ExnRef>,
    dump: CoreDump<'s>,
}

/// A module, and where its functions lie once that was asked for.
struct Numbered {
    module: Module,
    map: Option<CodeMap>,
}

/// Numbers for things in the order in which they are met.
struct Numbers<K>(HashMap<K, u32>);

impl<K> Default for Numbers<K> {
    fn default() -> Self {
        Numbers(HashMap::new())
    }
}

impl<K: Hash + Eq> Numbers<K> {
    /// The number of a thing, and whether it is new.
    fn number(&mut self, key: K) -> (u32, bool) {
        let next = self.0.len() as u32;
        let number = *self.0.entry(key).or_insert(next);
        (number, number == next)
    }
}

impl<'s, T: 'static> Items<'s, T> {
    /// All that is in a store.
    pub(super) fn of(
        store: StoreContext<'s, T>,
        name: &dyn Fn(&Module) -> ModuleName,
    ) -> Items<'s, T> {
        let mut items = Items {
            store,
            modules: Vec::new(),
            instances: Numbers::default(),
            memories: Numbers::default(),
            globals: Numbers::default(),
            tables: Numbers::default(),
            extern_refs: Numbers::default(),
            exceptions: Numbers::default(),
            dump: CoreDump::default(),
        };
        // The numbers of all instances come first: what is in globals may refer to any of them.
        for instance in store.debug_instances() {
            items.instances.number(instance);
            let module = items.module(&instance.module(store), name);
            items.dump.instances.push(dump::Instance {
                module,
                ..dump::Instance::default()
            });
        }
        for (index, instance) in store.debug_instances().into_iter().enumerate() {
            items.add_instance(index, instance);
        }
        items
    }

    fn module(&mut self, module: &Module, name: &dyn Fn(&Module) -> ModuleName) -> u32 {
        let mut known = self.modules.iter();
        let known = known.position(|known| known.module.same(module));
        let index = known.unwrap_or_else(|| {
            let ModuleName { name, path } = name(module);
            self.dump.modules.push(dump::Module {
                name,
                identity: Some(ModuleIdentity::of(module.wasm(), path)),
            });
            self.modules.push(Numbered {
                module: module.clone(),
                map: None,
            });
            self.modules.len() - 1
        });
        index as u32
    }

    fn add_instance(&mut self, index: usize, instance: Instance) {
        let store = self.store;
        for memory in (0..).map_while(|index| instance.debug_memory(store, index)) {
            let number = self.memory(memory);
            self.dump.instances[index].memories.push(number);
        }
        for global in (0..).map_while(|index| instance.debug_global(store, index)) {
            let number = self.global(global);
            self.dump.instances[index].globals.push(number);
        }
        for table in (0..).map_while(|index| instance.debug_table(store, index)) {
            let number = self.table(table);
            self.dump.instances[index].tables.push(number);
        }
    }

    fn memory(&mut self, memory: Memory) -> u32 {
        let (number, new) = self.memories.number(memory);
        if new {
            let ty = memory.ty(self.store);
            let ty = dump::MemoryType {
                index64: ty.index64,
                ..dump::MemoryType::wasm32(memory.size(self.store), ty.maximum)
            };
            let contents = dump::Memory::sparse(ty, memory.data(self.store));
            self.dump.memories.push(contents);
        }
        number
    }

    fn global(&mut self, global: Global) -> u32 {
        let (number, new) = self.globals.number(global);
        if new {
            let value = self.value(global.get(self.store));
            let mutable = global.ty(self.store).mutable;
            self.dump.globals.push(dump::Global { value, mutable });
        }
        number
    }

    fn table(&mut self, table: Table) -> u32 {
        let (number, new) = self.tables.number(table);
        if new {
            let store = self.store;
            let mut elements = dump::Table::default();
            for element in (0..).map_while(|index| table.get(store, index)) {
                let value = self.reference(element);
                elements.push(value);
            }
            self.dump.tables.push(elements);
        }
        number
    }

    /// A value as dumps have it.
    pub(super) fn value(&mut self, value: Val) -> Value {
        match value {
            Val::I32(number) => Value::I32(number),
            Val::I64(number) => Value::I64(number),
            Val::F32(bits) => Value::F32(bits),
            Val::F64(bits) => Value::F64(bits),
            Val::V128(vector) => Value::V128(vector.to_le_bytes()),
            Val::FuncRef(func) => self.reference(Ref::Func(func)),
            Val::ExternRef(value) => self.reference(Ref::Extern(value)),
            Val::ExnRef(exception) => self.reference(Ref::Exn(exception)),
        }
    }

    fn reference(&mut self, reference: Ref) -> Value {
        match reference {
            Ref::Func(func) => {
                Value::FuncRef(func.map(|func| match func.debug_definition(self.store) {
                    Some((instance, function)) => Function::Guest {
                        instance: self.instance(instance),
                        function,
                    },
                    None => Function::Host,
                }))
            }
            Ref::Extern(value) => {
                Value::ExternRef(value.map(|value| self.extern_refs.number(value).0))
            }
            Ref::Exn(exception) => {
                Value::ExnRef(exception.map(|exception| self.exceptions.number(exception).0))
            }
        }
    }

    /// The number of an instance of the store.
    pub(super) fn instance(&mut self, instance: Instance) -> u32 {
        self.instances.number(instance).0
    }

    /// The number of some instance of a module, the last if there are several. `None` if the store has
    /// none.
    pub(super) fn instance_of(&self, module: &Module) -> Option<u32> {
        let mut modules = self.modules.iter();
        let index = modules.position(|known| known.module.same(module))? as u32;
        let mut instances = self.dump.instances.iter();
        Some(instances.rposition(|instance| instance.module == index)? as u32)
    }

    /// Where in a function a wasm pc is.
    pub(super) fn code_offset(
        &mut self,
        module: &Module,
        function: u32,
        wasm_pc: u32,
    ) -> Option<u32> {
        let mut modules = self.modules.iter_mut();
        let known = modules.find(|known| known.module.same(module))?;
        let map = known.map.get_or_insert_with(|| {
            // The engine has compiled it, so it is a module.
            CodeMap::new(module.wasm()).unwrap_or_default()
        });
        map.code_offset(function, wasm_pc)
    }

    /// The dump, without threads.
    pub(super) fn into_dump(self, program: &Program<'_>) -> CoreDump<'s> {
        CoreDump {
            executable: program.executable.to_string(),
            reason: Some(program.reason.clone()),
            ..self.dump
        }
    }
}
