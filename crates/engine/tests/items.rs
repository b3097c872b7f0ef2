//! Memories, tables and globals in the hands of the host.

mod common;

use common::instance;
use trapline::{
    Engine, Error, ExternRef, Func, Global, GlobalType, Memory, MemoryType, Mutability, Ref,
    RefType, Store, Table, TableType, Val, ValType,
};

fn store() -> Store<u32> {
    Store::new(&Engine::default(), 0)
}

#[test]
fn memory_is_read_and_written_within_its_bounds() {
    let mut store = store();
    let memory = Memory::new(&mut store, MemoryType::new(1, Some(3))).unwrap();
    memory.write(&mut store, 65532, b"abcd").unwrap();
    let mut buffer = [0; 4];
    memory.read(&store, 65532, &mut buffer).unwrap();
    assert_eq!(&buffer, b"abcd");
    for offset in [65533, 65536, usize::MAX, usize::MAX - 3] {
        let error = memory.read(&store, offset, &mut buffer).unwrap_err();
        assert_eq!((error.offset, error.length, error.size), (offset, 4, 65536));
        assert_eq!(
            memory.write(&mut store, offset, b"wxyz").unwrap_err(),
            error
        );
    }
    assert_eq!(&memory.data(&store)[65532..], b"abcd");
    memory.read(&store, 65536, &mut []).unwrap();
    memory.data_mut(&mut store)[0] = 1;
    let (bytes, data) = memory.data_and_store_mut(&mut store);
    *data = u32::from(bytes[0]) + 1;
    assert_eq!(*store.data(), 2);
    assert_eq!(memory.ty(&store), MemoryType::new(1, Some(3)));
}

#[test]
fn memory_grows_up_to_its_limit_and_keeps_what_it_holds() {
    let mut store = store();
    let memory = Memory::new(&mut store, MemoryType::new(1, Some(3))).unwrap();
    memory.write(&mut store, 7, b"x").unwrap();
    assert_eq!(memory.grow(&mut store, 0).unwrap(), 1);
    assert_eq!(memory.grow(&mut store, 2).unwrap(), 1);
    assert!(memory.grow(&mut store, 1).is_err());
    assert!(memory.grow(&mut store, u64::MAX).is_err());
    assert_eq!(
        (memory.size(&store), memory.data_size(&store)),
        (3, 3 * 65536)
    );
    assert_eq!(memory.data(&store)[7], b'x');
    assert!(memory.data(&store)[8..].iter().all(|&byte| byte == 0));
    let unlimited = Memory::new(&mut store, MemoryType::new(0, None)).unwrap();
    assert_eq!(unlimited.data(&store), b"");
    assert!(unlimited.grow(&mut store, 65537).is_err());
    assert_eq!(unlimited.grow(&mut store, 65536).unwrap(), 0);
}

#[test]
fn growth_is_seen_on_both_sides() {
    let (mut store, instance) = instance(
        r#"(module
            (memory (export "m") 1)
            (table (export "t") 1 funcref)
            (func (export "memory.size") (result i32) (memory.size))
            (func (export "memory.grow") (param i32) (result i32) (memory.grow (local.get 0)))
            (func (export "load") (param i32) (result i32) (i32.load8_u (local.get 0)))
            (func (export "table.size") (result i32) (table.size))
            (func (export "table.grow") (param i32) (result i32)
                (table.grow (ref.null func) (local.get 0))))"#,
    );
    let memory = instance.get_memory(&store, "m").unwrap();
    let size = instance
        .get_typed_func::<(), u32>(&store, "memory.size")
        .unwrap();
    let grow = instance
        .get_typed_func::<u32, i32>(&store, "memory.grow")
        .unwrap();
    let load = instance.get_typed_func::<u32, u32>(&store, "load").unwrap();
    memory.grow(&mut store, 1).unwrap();
    assert_eq!(size.call(&mut store, ()).unwrap(), 2);
    assert_eq!(grow.call(&mut store, 2).unwrap(), 2);
    assert_eq!(grow.call(&mut store, 65536).unwrap(), -1);
    assert_eq!(grow.call(&mut store, u32::MAX).unwrap(), -1);
    assert_eq!(memory.size(&store), 4);
    memory.write(&mut store, 4 * 65536 - 1, &[9]).unwrap();
    assert_eq!(load.call(&mut store, 4 * 65536 - 1).unwrap(), 9);
    assert!(load.call(&mut store, 4 * 65536).is_err());
    let table = instance.get_table(&store, "t").unwrap();
    let size = instance
        .get_typed_func::<(), u32>(&store, "table.size")
        .unwrap();
    let grow = instance
        .get_typed_func::<u32, i32>(&store, "table.grow")
        .unwrap();
    assert_eq!(table.grow(&mut store, 100, Ref::Func(None)).unwrap(), 1);
    assert_eq!(size.call(&mut store, ()).unwrap(), 101);
    assert_eq!(grow.call(&mut store, 3).unwrap(), 101);
    assert_eq!(grow.call(&mut store, u32::MAX).unwrap(), -1);
    assert_eq!(table.size(&store), 104);
}

#[test]
fn table_elements_are_of_its_type_and_within_its_bounds() {
    let mut store = store();
    let ty = TableType::new(RefType::FUNCREF, 3, Some(5));
    let func = Func::wrap(&mut store, || 5);
    let table = Table::new(&mut store, ty, func.into()).unwrap();
    assert_eq!(table.ty(&store), ty);
    assert!(matches!(table.get(&store, 2), Some(Ref::Func(Some(_)))));
    assert!(table.get(&store, 3).is_none());
    table.set(&mut store, 0, Ref::Func(None)).unwrap();
    assert!(table.get(&store, 0).unwrap().is_null());
    let error = table.set(&mut store, 3, Ref::Func(None)).unwrap_err();
    assert!(
        matches!(error, Error::TableAccess { index: 3, size: 3 }),
        "{error}"
    );
    let error = table
        .set(&mut store, 0, ExternRef::new(1).into())
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "type mismatch: expected funcref, found externref"
    );
    assert!(table.grow(&mut store, 3, Ref::Func(None)).is_err());
    assert_eq!(table.grow(&mut store, 2, Ref::Func(None)).unwrap(), 3);
    table.fill(&mut store, 3, func.into(), 2).unwrap();
    assert!(table.fill(&mut store, 4, func.into(), 2).is_err());
    Table::copy(&mut store, &table, 0, &table, 3, 2).unwrap();
    assert!(!table.get(&store, 0).unwrap().is_null());
    assert!(Table::copy(&mut store, &table, 0, &table, 4, 2).is_err());
    assert!(Table::copy(&mut store, &table, u64::MAX, &table, 4, 1).is_err());
    let ty = TableType::new(RefType::EXTERNREF, 1, None);
    let other = Table::new(&mut store, ty, Ref::Extern(None)).unwrap();
    assert!(Table::copy(&mut store, &other, 0, &table, 0, 1).is_err());
    assert!(Table::new(&mut store, ty, func.into()).is_err());
}

#[test]
fn globals_hold_values_of_their_type() {
    let mut store = store();
    let func = Func::wrap(&mut store, || 5);
    let values = [
        Val::I32(-1),
        Val::I64(-1),
        Val::from(1.5_f32),
        Val::from(2.5_f64),
        Val::V128(7_u128.into()),
        Val::from(func),
        Val::from(ExternRef::new(1)),
    ];
    for value in &values {
        let ty = GlobalType::new(value.ty(), Mutability::Var);
        let global = Global::new(&mut store, ty, Val::default_for(value.ty())).unwrap();
        assert_eq!(global.ty(&store), ty);
        global.set(&mut store, value.clone()).unwrap();
        assert_eq!(format!("{:?}", global.get(&store)), format!("{value:?}"));
        for other in values.iter().filter(|other| other.ty() != value.ty()) {
            assert!(global.set(&mut store, other.clone()).is_err());
        }
    }
    let ty = GlobalType::new(ValType::I32, Mutability::Const);
    let constant = Global::new(&mut store, ty, Val::I32(1)).unwrap();
    assert!(matches!(
        constant.set(&mut store, Val::I32(2)),
        Err(Error::Immutable)
    ));
    assert!(Global::new(&mut store, ty, Val::I64(1)).is_err());
}

#[test]
fn a_memory_with_64_bit_addresses_works() {
    let (mut store, instance) = instance(
        r#"(module
            (memory (export "m") i64 1 4)
            (func (export "f") (param i64) (result i64)
                (i64.store (local.get 0) (i64.const 5))
                (memory.fill (i64.const 100) (i32.const 1) (i64.const 8))
                (drop (memory.grow (i64.const 1)))
                (i64.add (i64.load (i64.const 100)) (memory.size)))
            (func (export "grow") (param i64) (result i64) (memory.grow (local.get 0))))"#,
    );
    let f = instance.get_typed_func::<u64, u64>(&store, "f").unwrap();
    assert_eq!(f.call(&mut store, 0).unwrap(), 0x0101_0101_0101_0103);
    assert!(f.call(&mut store, 1 << 40).is_err());
    assert!(f.call(&mut store, u64::MAX - 3).is_err());
    let grow = instance.get_typed_func::<u64, i64>(&store, "grow").unwrap();
    for delta in [3, 1 << 47, 1 << 48, u64::MAX] {
        assert_eq!(grow.call(&mut store, delta).unwrap(), -1, "{delta}");
    }
    assert_eq!(grow.call(&mut store, 2).unwrap(), 2);
    assert!(instance.get_memory(&store, "m").unwrap().ty(&store).index64);
}

#[test]
fn absurd_memories_are_errors() {
    let mut store = store();
    let ty = MemoryType {
        minimum: 1 << 47,
        maximum: None,
        index64: true,
    };
    assert!(Memory::new(&mut store, ty).is_err());
    let ty = MemoryType {
        minimum: u64::MAX,
        maximum: None,
        index64: true,
    };
    assert!(Memory::new(&mut store, ty).is_err());
    let ty = MemoryType {
        minimum: 65537,
        maximum: None,
        index64: false,
    };
    assert!(Memory::new(&mut store, ty).is_err());
    let ty = TableType {
        element: RefType::FUNCREF,
        minimum: u64::MAX,
        maximum: None,
        index64: true,
    };
    assert!(Table::new(&mut store, ty, Ref::Func(None)).is_err());
}
