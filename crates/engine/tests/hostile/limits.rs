//! Memories, tables and instances beyond what there is, or beyond what the host allows.

use crate::support::{instance, module, resident};
use std::panic::{AssertUnwindSafe, catch_unwind};
use trapline::{
    Engine, Error, Instance, Linker, Memory, MemoryType, Module, ResourceLimiter, Result, Store,
    StoreLimits, StoreLimitsBuilder, Trap,
};

const GROW: &str = r#"(module
    (memory (export "m") 1)
    (table (export "t") 1 funcref)
    (func (export "memory") (param i32) (result i32) (memory.grow (local.get 0)))
    (func (export "table") (param i32) (result i32) (table.grow (ref.null func) (local.get 0)))
    (func (export "store") (param i32) (i32.store8 (local.get 0) (i32.const 1)))
    (func (export "get") (param i32) (result i32) (ref.is_null (table.get (local.get 0)))))"#;

#[test]
fn a_memory_ends_at_4_gib() {
    let (mut store, instance) = instance(&Linker::new(&Engine::default()), GROW, ());
    let grow = instance
        .get_typed_func::<i32, i32>(&mut store, "memory")
        .unwrap();
    let put = instance
        .get_typed_func::<i32, ()>(&mut store, "store")
        .unwrap();
    assert_eq!(grow.call(&mut store, 65_536).unwrap(), -1);
    assert_eq!(grow.call(&mut store, -1).unwrap(), -1);
    assert_eq!(grow.call(&mut store, i32::MIN).unwrap(), -1);
    // The last page may be refused for want of memory, but must not be granted wrongly.
    if grow.call(&mut store, 65_535).unwrap() == 1 {
        put.call(&mut store, -1).unwrap();
        assert_eq!(grow.call(&mut store, 1).unwrap(), -1);
    } else {
        assert_eq!(
            put.call(&mut store, -1).unwrap_err().trap(),
            Some(Trap::MemoryOutOfBounds)
        );
    }
}

#[test]
fn a_table_too_large_is_refused_or_works() {
    let (mut store, instance) = instance(&Linker::new(&Engine::default()), GROW, ());
    let grow = instance
        .get_typed_func::<i32, i32>(&mut store, "table")
        .unwrap();
    let get = instance
        .get_typed_func::<i32, i32>(&mut store, "get")
        .unwrap();
    assert_eq!(grow.call(&mut store, -1).unwrap(), -1);
    for (by, last) in [(i32::MAX, i32::MAX), (-2, -2), (1000, 1000)] {
        let before = grow.call(&mut store, 0).unwrap();
        match grow.call(&mut store, by).unwrap() {
            -1 => assert_eq!(grow.call(&mut store, 0).unwrap(), before),
            _ => assert_eq!(get.call(&mut store, last).unwrap(), 1),
        }
    }
}

#[test]
fn huge_declarations_are_refused_or_work() {
    let engine = Engine::default();
    for declaration in [
        "(memory 65536)",
        "(memory 65536 65536) (memory 65536)",
        "(memory i64 65536)",
        "(memory i64 0x1_0000_0000)",
        "(memory i64 0x7fff_ffff_ffff)",
        "(memory i64 0x1_0000_0000_0000)",
        "(memory i64 0 0x1_0000_0000_0000)",
        "(table 0xffff_ffff funcref)",
        "(table 0xffff_ffff externref) (table 0xffff_ffff externref)",
        "(table 0 0xffff_ffff funcref)",
        "(table i64 0xffff_ffff_ffff_ffff funcref)",
        "(table i64 0x2000_0000_0000_0000 funcref)",
        "(table i64 0x1fff_ffff_ffff_ffff funcref)",
        "(table i64 0x1000_0000_0000 externref)",
        "(table i64 0 0xffff_ffff_ffff_ffff funcref)",
    ] {
        let wat = format!("(module {declaration} (func (export \"f\")))");
        let mut store = Store::new(&engine, ());
        let result =
            Module::new(&engine, &wat).and_then(|module| Instance::new(&mut store, &module, &[]));
        match result {
            Ok(instance) => {
                let f = instance.get_typed_func::<(), ()>(&mut store, "f").unwrap();
                f.call(&mut store, ()).unwrap();
            }
            Err(error) => {
                assert!(error.trap().is_none(), "{declaration}: {error}");
                assert!(!error.to_string().is_empty());
            }
        }
    }
}

#[test]
fn a_hundred_memories_and_tables() {
    let engine = Engine::default();
    let wat = format!(
        "(module {} {})",
        "(memory 1)".repeat(100),
        "(table 10 funcref)".repeat(100)
    );
    let module = module(&engine, &wat);
    let mut store = Store::new(&engine, ());
    for _ in 0..20 {
        Instance::new(&mut store, &module, &[]).unwrap();
    }
}

#[test]
fn address_space_runs_out_with_an_error_and_comes_back() {
    let engine = Engine::default();
    let module = module(&engine, "(module (memory 1))");
    for _ in 0..2 {
        let mut store = Store::new(&engine, ());
        store.limiter(|()| Box::leak(Box::new(Unlimited)));
        let mut made = 0;
        let error = loop {
            match Instance::new(&mut store, &module, &[]) {
                Ok(_) => made += 1,
                Err(error) => break Some(error),
            }
            if made == 40_000 {
                break None;
            }
        };
        assert!(made > 1000, "{made}");
        if let Some(error) = error {
            assert!(
                error.trap().is_none() && !error.to_string().is_empty(),
                "{error}"
            );
        }
    }
    let mut store = Store::new(&engine, ());
    Instance::new(&mut store, &module, &[]).unwrap();
}

struct Unlimited;

impl ResourceLimiter for Unlimited {
    fn memory_growing(&mut self, _: usize, _: usize, _: Option<usize>) -> Result<bool> {
        Ok(true)
    }
    fn table_growing(&mut self, _: usize, _: usize, _: Option<usize>) -> Result<bool> {
        Ok(true)
    }
    fn instances(&self) -> usize {
        usize::MAX
    }
    fn tables(&self) -> usize {
        usize::MAX
    }
    fn memories(&self) -> usize {
        usize::MAX
    }
}

#[test]
fn thousands_of_stores_leave_nothing_behind() {
    let engine = Engine::default();
    let wat = r#"(module
        (memory 4) (table 1000 funcref) (global (mut externref) (ref.null extern))
        (data (i32.const 0) "data") (data (i32.const 100000) "more")
        (elem (i32.const 0) $f) (func $f (export "f")
            (i32.store (i32.const 200000) (i32.const 1))))"#;
    let module = module(&engine, wat);
    let cycle = || {
        let mut store = Store::new(&engine, vec![0_u8; 1000]);
        let instance = Instance::new(&mut store, &module, &[]).unwrap();
        let f = instance.get_typed_func::<(), ()>(&mut store, "f").unwrap();
        f.call(&mut store, ()).unwrap();
    };
    (0..100).for_each(|_| cycle());
    let before = resident();
    (0..5000).for_each(|_| cycle());
    // Each touches 12 KiB or more; other tests of this process run meanwhile.
    assert!(
        resident() < before + (512 << 20),
        "{before} -> {}",
        resident()
    );
}

#[test]
fn a_limiter_refuses_growth_and_creation() {
    let engine = Engine::default();
    let module = module(&engine, GROW);
    let limits = StoreLimitsBuilder::new()
        .memory_size(3 << 16)
        .table_elements(5)
        .build();
    let mut store: Store<StoreLimits> = Store::new(&engine, limits);
    store.limiter(|limits| limits);
    let instance = Instance::new(&mut store, &module, &[]).unwrap();
    let grow = instance
        .get_typed_func::<i32, i32>(&mut store, "memory")
        .unwrap();
    let grow_table = instance
        .get_typed_func::<i32, i32>(&mut store, "table")
        .unwrap();
    assert_eq!(grow.call(&mut store, 2).unwrap(), 1);
    assert_eq!(grow.call(&mut store, 1).unwrap(), -1);
    assert_eq!(grow_table.call(&mut store, 4).unwrap(), 1);
    assert_eq!(grow_table.call(&mut store, 1).unwrap(), -1);
    let memory = instance.get_memory(&mut store, "m").unwrap();
    assert!(memory.grow(&mut store, 1).is_err());
    assert_eq!(memory.size(&store), 3);

    let limits = |build: fn(StoreLimitsBuilder) -> StoreLimitsBuilder| {
        let mut store = Store::new(&engine, build(StoreLimitsBuilder::new()).build());
        store.limiter(|limits| limits);
        let error = Instance::new(&mut store, &module, &[]).unwrap_err();
        assert!(error.trap().is_none(), "{error}");
    };
    limits(|limits| limits.memory_size(65_535));
    limits(|limits| limits.table_elements(0));
    limits(|limits| limits.instances(0));
    limits(|limits| limits.memories(0));
    limits(|limits| limits.tables(0));
}

#[test]
fn a_limiter_may_end_the_call() {
    let engine = Engine::default();
    let module = module(&engine, GROW);
    let limits = StoreLimitsBuilder::new()
        .memory_size(1 << 16)
        .trap_on_grow_failure(true)
        .build();
    let mut store: Store<StoreLimits> = Store::new(&engine, limits);
    store.limiter(|limits| limits);
    let instance = Instance::new(&mut store, &module, &[]).unwrap();
    let grow = instance
        .get_typed_func::<i32, i32>(&mut store, "memory")
        .unwrap();
    for _ in 0..100 {
        assert!(grow.call(&mut store, 1).is_err());
    }
    assert_eq!(grow.call(&mut store, 0).unwrap(), 1);
}

/// Fails in a way of the host's choice.
#[derive(Default)]
struct Capricious {
    mood: Mood,
}

#[derive(Default)]
enum Mood {
    #[default]
    Kind,
    Angry,
    Panicking,
}

impl Capricious {
    fn answer(&self) -> Result<bool> {
        match self.mood {
            Mood::Kind => Ok(true),
            Mood::Angry => Err(Error::host("not today")),
            Mood::Panicking => std::panic::resume_unwind(Box::new("limiter")),
        }
    }
}

impl ResourceLimiter for Capricious {
    fn memory_growing(&mut self, _: usize, _: usize, _: Option<usize>) -> Result<bool> {
        self.answer()
    }
    fn table_growing(&mut self, _: usize, _: usize, _: Option<usize>) -> Result<bool> {
        self.answer()
    }
}

#[test]
fn errors_and_panics_of_a_limiter_reach_the_caller() {
    let engine = Engine::default();
    let module = module(&engine, GROW);
    let mut store = Store::new(&engine, Capricious::default());
    store.limiter(|data| data);
    let instance = Instance::new(&mut store, &module, &[]).unwrap();
    for name in ["memory", "table"] {
        let grow = instance
            .get_typed_func::<i32, i32>(&mut store, name)
            .unwrap();
        for _ in 0..50 {
            store.data_mut().mood = Mood::Angry;
            let error = grow.call(&mut store, 1).unwrap_err();
            assert!(error.to_string().contains("not today"), "{error}");
            assert!(Instance::new(&mut store, &module, &[]).is_err());
            store.data_mut().mood = Mood::Panicking;
            let call = catch_unwind(AssertUnwindSafe(|| grow.call(&mut store, 1)));
            assert_eq!(
                *call.unwrap_err().downcast_ref::<&str>().unwrap(),
                "limiter"
            );
            store.data_mut().mood = Mood::Kind;
            assert!(grow.call(&mut store, 0).unwrap() >= 1);
        }
    }
}

#[test]
fn a_memory_of_the_host_has_the_same_limits() {
    let engine = Engine::default();
    let mut store = Store::new(&engine, ());
    let huge = MemoryType {
        minimum: 1 << 47,
        maximum: None,
        index64: true,
    };
    assert!(Memory::new(&mut store, huge).is_err());
    let memory = Memory::new(&mut store, MemoryType::new(1, Some(2))).unwrap();
    assert_eq!(memory.grow(&mut store, 1).unwrap(), 1);
    assert!(memory.grow(&mut store, 1).is_err());
    assert!(memory.grow(&mut store, u64::MAX).is_err());
    let mut byte = [0];
    assert!(memory.read(&store, 2 << 16, &mut byte).is_err());
    assert!(memory.read(&store, usize::MAX, &mut byte).is_err());
    assert!(memory.write(&mut store, (2 << 16) - 1, &[1, 2]).is_err());
    assert!(memory.write(&mut store, usize::MAX, &[1, 2]).is_err());
    memory.write(&mut store, (2 << 16) - 1, &[1]).unwrap();
}
