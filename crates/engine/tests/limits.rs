//! What the limiter may refuse.

mod common;

use std::panic::{AssertUnwindSafe, catch_unwind};
use trapline::{
    Engine, Error, Instance, Memory, MemoryType, Module, Ref, RefType, ResourceLimiter, Result,
    Store, StoreLimits, StoreLimitsBuilder, Table, TableType,
};

const GUEST: &str = r#"(module
    (memory (export "m") 1 10)
    (table (export "t") 1 20 externref)
    (func (export "memory.grow") (param i32) (result i32) (memory.grow (local.get 0)))
    (func (export "table.grow") (param i32) (result i32)
        (table.grow (ref.null extern) (local.get 0))))"#;

/// What the limiter was asked, and what it answers.
#[derive(Default)]
struct Log {
    asked: Vec<(usize, usize, Option<usize>)>,
    failed: Vec<String>,
    answer: Answer,
}

#[derive(Default, Clone, Copy)]
enum Answer {
    #[default]
    Yes,
    No,
    Error,
    Panic,
}

impl Log {
    fn ask(&mut self, current: usize, desired: usize, maximum: Option<usize>) -> Result<bool> {
        self.asked.push((current, desired, maximum));
        match self.answer {
            Answer::Yes => Ok(true),
            Answer::No => Ok(false),
            Answer::Error => Err(Error::host("no more")),
            Answer::Panic => panic!("the limiter panics"),
        }
    }
}

impl ResourceLimiter for Log {
    fn memory_growing(
        &mut self,
        current: usize,
        desired: usize,
        maximum: Option<usize>,
    ) -> Result<bool> {
        self.ask(current, desired, maximum)
    }

    fn memory_grow_failed(&mut self, error: Error) -> Result<()> {
        self.failed.push(error.to_string());
        Ok(())
    }

    fn table_growing(
        &mut self,
        current: usize,
        desired: usize,
        maximum: Option<usize>,
    ) -> Result<bool> {
        self.ask(current, desired, maximum)
    }

    fn table_grow_failed(&mut self, error: Error) -> Result<()> {
        self.failed.push(error.to_string());
        Ok(())
    }
}

fn guest() -> (Store<Log>, Instance) {
    let engine = Engine::default();
    let module = Module::new(&engine, GUEST).unwrap();
    let mut store = Store::new(&engine, Log::default());
    store.limiter(|log| log);
    let instance = Instance::new(&mut store, &module, &[]).unwrap();
    (store, instance)
}

#[test]
fn the_limiter_is_asked_before_anything_is_made_or_grows() {
    let (mut store, instance) = guest();
    let page = 65536;
    assert_eq!(
        store.data().asked,
        [(0, page, Some(10 * page)), (0, 1, Some(20))]
    );
    store.data_mut().asked.clear();
    for (name, unit, maximum) in [("memory.grow", page, 10 * page), ("table.grow", 1, 20)] {
        let grow = instance.get_typed_func::<u32, i32>(&store, name).unwrap();
        assert_eq!(grow.call(&mut store, 2).unwrap(), 1);
        store.data_mut().answer = Answer::No;
        assert_eq!(grow.call(&mut store, 2).unwrap(), -1);
        store.data_mut().answer = Answer::Yes;
        assert_eq!(grow.call(&mut store, 100).unwrap(), -1);
        let asked = std::mem::take(&mut store.data_mut().asked);
        let maximum = Some(maximum);
        let expected = [
            (unit, 3 * unit, maximum),
            (3 * unit, 5 * unit, maximum),
            (3 * unit, 103 * unit, maximum),
        ];
        assert_eq!(asked, expected);
        assert_eq!(std::mem::take(&mut store.data_mut().failed).len(), 1);
    }
}

#[test]
fn an_error_of_the_limiter_ends_the_guests_call_with_its_frames() {
    let (mut store, instance) = guest();
    for name in ["memory.grow", "table.grow"] {
        let grow = instance.get_typed_func::<u32, i32>(&store, name).unwrap();
        store.data_mut().answer = Answer::Error;
        let error = grow.call(&mut store, 1).unwrap_err();
        assert_eq!(error.to_string(), "no more");
        assert_eq!(error.backtrace().unwrap().frames().len(), 1);
        store.data_mut().answer = Answer::Panic;
        assert!(catch_unwind(AssertUnwindSafe(|| grow.call(&mut store, 1))).is_err());
        store.data_mut().answer = Answer::Yes;
        assert_eq!(grow.call(&mut store, 1).unwrap(), 1);
    }
}

#[test]
fn a_refusal_makes_instantiation_fail() {
    let engine = Engine::default();
    let module = Module::new(&engine, GUEST).unwrap();
    let mut store = Store::new(
        &engine,
        Log {
            answer: Answer::No,
            ..Log::default()
        },
    );
    store.limiter(|log| log);
    let error = Instance::new(&mut store, &module, &[])
        .unwrap_err()
        .to_string();
    assert_eq!(error, "the store's limiter refuses a memory of 1 pages");
    assert!(Memory::new(&mut store, MemoryType::new(1, None)).is_err());
    let ty = TableType::new(RefType::FUNCREF, 3, None);
    assert!(Table::new(&mut store, ty, Ref::Func(None)).is_err());
    store.data_mut().answer = Answer::Yes;
    Instance::new(&mut store, &module, &[]).unwrap();
}

fn limited(limits: StoreLimits) -> Store<StoreLimits> {
    let mut store = Store::new(&Engine::default(), limits);
    store.limiter(|limits| limits);
    store
}

#[test]
fn the_number_of_items_is_limited() {
    let limits = StoreLimitsBuilder::new()
        .instances(2)
        .memories(3)
        .tables(1)
        .build();
    let mut store = limited(limits);
    let empty = Module::new(store.engine(), "(module)").unwrap();
    Instance::new(&mut store, &empty, &[]).unwrap();
    Instance::new(&mut store, &empty, &[]).unwrap();
    let error = Instance::new(&mut store, &empty, &[])
        .unwrap_err()
        .to_string();
    assert_eq!(error, "the store may have 2 instances: 2 and 1 more");
    for expected in [true, true, true, false] {
        let memory = Memory::new(&mut store, MemoryType::new(1, None));
        assert_eq!(memory.is_ok(), expected);
    }
    for expected in [true, false] {
        let ty = TableType::new(RefType::FUNCREF, 3, None);
        assert_eq!(
            Table::new(&mut store, ty, Ref::Func(None)).is_ok(),
            expected
        );
    }
}

#[test]
fn sizes_are_limited_and_a_refusal_can_be_made_a_trap() {
    let builder = || {
        StoreLimitsBuilder::new()
            .memory_size(2 * 65536)
            .table_elements(5)
    };
    for trap in [false, true] {
        let mut store = limited(builder().trap_on_grow_failure(trap).build());
        let module = Module::new(store.engine(), GUEST).unwrap();
        let instance = Instance::new(&mut store, &module, &[]).unwrap();
        for (name, most) in [("memory.grow", 1), ("table.grow", 4)] {
            let grow = instance.get_typed_func::<u32, i32>(&store, name).unwrap();
            assert_eq!(grow.call(&mut store, most).unwrap(), 1);
            let refused = grow.call(&mut store, 1);
            if trap {
                assert!(matches!(refused, Err(Error::Limit(_))));
            } else {
                assert_eq!(refused.unwrap(), -1);
            }
        }
    }
}
