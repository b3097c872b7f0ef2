//! Segments and initial values.

mod common;

use common::instance;
use trapline::{
    Engine, Extern, ExternRef, Global, GlobalType, Instance, Memory, MemoryType, Module,
    Mutability, Ref, RefType, Store, Table, TableType, Trap, Val, ValType,
};

fn memory_of(wat: &str) -> Vec<u8> {
    let (store, instance) = instance(wat);
    instance
        .get_memory(&store, "m")
        .unwrap()
        .data(&store)
        .to_vec()
}

#[test]
fn data_segments_are_laid_over_each_other_in_order() {
    // Small, and so large that it is mapped: two pages of memory with marks.
    let small = memory_of(
        r#"(module
            (memory (export "m") 1)
            (data (i32.const 1) "abcdef")
            (data (i32.const 3) "XY")
            (data (i32.const 65535) "z")
            (data (i32.const 65536) ""))"#,
    );
    assert_eq!(&small[..8], b"\0abXYef\0");
    assert_eq!(small[65535], b'z');
    let large = "q".repeat(100_000);
    let large = memory_of(&format!(
        r#"(module
            (memory (export "m") 3)
            (data (i32.const 5) "{large}")
            (data (i32.const 50000) "XY"))"#
    ));
    assert_eq!(&large[..6], b"\0\0\0\0\0q");
    assert_eq!(&large[49_999..50_003], b"qXYq");
    assert_eq!(&large[100_004..100_006], b"q\0");
    assert_eq!(large.len(), 3 * 65536);
}

#[test]
fn instances_do_not_see_each_others_writes() {
    let data = "q".repeat(70_000);
    let engine = Engine::default();
    let module = Module::new(
        &engine,
        format!(
            r#"(module
                (memory (export "m") 2)
                (data (i32.const 0) "{data}")
                (func (export "f") (result i32)
                    (i32.load8_u (i32.const 10))
                    (i32.store8 (i32.const 10) (i32.const 1))))"#
        ),
    )
    .unwrap();
    let mut store = Store::new(&engine, ());
    for _ in 0..3 {
        let instance = Instance::new(&mut store, &module, &[]).unwrap();
        let f = instance.get_typed_func::<(), i32>(&store, "f").unwrap();
        assert_eq!(f.call(&mut store, ()).unwrap(), i32::from(b'q'));
        assert_eq!(f.call(&mut store, ()).unwrap(), 1);
    }
}

#[test]
fn a_segment_that_traps_leaves_those_before_it() {
    let engine = Engine::default();
    let mut store = Store::new(&engine, ());
    let memory = Memory::new(&mut store, MemoryType::new(1, None)).unwrap();
    let table = TableType::new(RefType::FUNCREF, 2, None);
    let table = Table::new(&mut store, table, Ref::Func(None)).unwrap();
    let module = Module::new(
        &engine,
        r#"(module
            (import "" "m" (memory 1))
            (import "" "t" (table 2 funcref))
            (func $f (result i32) (i32.const 9))
            (elem (i32.const 1) $f)
            (data (i32.const 0) "abc")
            (data (i32.const 65534) "def")
            (data (i32.const 8) "ghi"))"#,
    )
    .unwrap();
    let imports = [Extern::from(memory), Extern::from(table)];
    let error = Instance::new(&mut store, &module, &imports).unwrap_err();
    assert_eq!(error.trap(), Some(Trap::MemoryOutOfBounds));
    assert!(
        error.to_string().starts_with("out of bounds memory access"),
        "{error}"
    );
    assert_eq!(&memory.data(&store)[..4], b"abc\0");
    assert_eq!(memory.data(&store)[8], 0);
    assert_eq!(memory.data(&store)[65534], 0);
    let Some(Ref::Func(Some(f))) = table.get(&store, 1) else {
        panic!("the element is there")
    };
    assert_eq!(
        f.typed::<(), i32>(&store)
            .unwrap()
            .call(&mut store, ())
            .unwrap(),
        9
    );
}

#[test]
fn data_is_not_seen_if_an_element_segment_before_it_traps() {
    let engine = Engine::default();
    let mut store = Store::new(&engine, ());
    let table = TableType::new(RefType::FUNCREF, 1, None);
    let table = Table::new(&mut store, table, Ref::Func(None)).unwrap();
    let module = Module::new(
        &engine,
        format!(
            r#"(module
                (import "" "t" (table 1 funcref))
                (memory 2)
                (data (i32.const 0) "{}")
                (func $peek (result i32) (i32.load8_u (i32.const 0)))
                (elem (i32.const 0) $peek)
                (elem (i32.const 1) $peek))"#,
            "q".repeat(70_000)
        ),
    )
    .unwrap();
    let error = Instance::new(&mut store, &module, &[table.into()]).unwrap_err();
    assert_eq!(error.trap(), Some(Trap::TableOutOfBounds));
    let Some(Ref::Func(Some(peek))) = table.get(&store, 0) else {
        panic!("the element is there")
    };
    assert_eq!(
        peek.typed::<(), i32>(&store)
            .unwrap()
            .call(&mut store, ())
            .unwrap(),
        0
    );
}

#[test]
fn offsets_and_initial_values_can_come_from_imported_globals() {
    let engine = Engine::default();
    let mut store = Store::new(&engine, ());
    let ty = GlobalType::new(ValType::I32, Mutability::Const);
    let base = Global::new(&mut store, ty, Val::I32(100)).unwrap();
    let reference = ExternRef::new("value");
    let ty = GlobalType::new(ValType::EXTERNREF, Mutability::Const);
    let value = Global::new(&mut store, ty, Val::from(reference.clone())).unwrap();
    let module = Module::new(
        &engine,
        r#"(module
            (import "" "base" (global $base i32))
            (import "" "value" (global $value externref))
            (memory (export "m") 1)
            (data (global.get $base) "abc")
            (data (i32.add (global.get $base) (i32.mul (i32.const 2) (i32.const 5))) "def")
            (global (export "sum") i32 (i32.sub (global.get $base) (i32.const 1)))
            (table (export "t") 3 externref)
            (elem (table 0) (i32.const 0) externref
                (item (global.get $value)) (item (global.get $value)) (item (ref.null extern)))
            (global (export "vector") v128 (v128.const i64x2 1 2))
            (global (export "float") f64 (f64.const 1.5))
            (global (export "func") funcref (ref.func $f))
            (func $f (result i32) (i32.const 3)))"#,
    )
    .unwrap();
    let instance = Instance::new(&mut store, &module, &[base.into(), value.into()]).unwrap();
    let memory = instance.get_memory(&store, "m").unwrap();
    assert_eq!(&memory.data(&store)[100..103], b"abc");
    assert_eq!(&memory.data(&store)[110..113], b"def");
    let global = |name| instance.get_global(&store, name).unwrap().get(&store);
    assert_eq!(global("sum").unwrap_i32(), 99);
    assert_eq!(global("float").unwrap_f64(), 1.5);
    assert_eq!(global("vector").unwrap_v128().as_u128(), 1 | 2 << 64);
    let func = *global("func").unwrap_funcref().unwrap();
    assert_eq!(
        func.typed::<(), i32>(&store)
            .unwrap()
            .call(&mut store, ())
            .unwrap(),
        3
    );
    let table = instance.get_table(&store, "t").unwrap();
    assert!(table.get(&store, 2).unwrap().is_null());
    for index in 0..2 {
        let Some(Ref::Extern(Some(found))) = table.get(&store, index) else {
            panic!("{index}")
        };
        assert!(found.ptr_eq(&reference));
    }
}

#[test]
fn passive_segments_are_copied_until_they_are_dropped() {
    let (mut store, instance) = instance(
        r#"(module
            (memory (export "m") 1)
            (table (export "t") 4 funcref)
            (data $data "abcdef")
            (data $active (i32.const 0) "x")
            (elem $elem func $f $f)
            (elem $declared declare func $f)
            (func $f)
            (func (export "memory.init") (param i32 i32 i32)
                (memory.init $data (local.get 0) (local.get 1) (local.get 2)))
            (func (export "active.init") (param i32 i32 i32)
                (memory.init $active (local.get 0) (local.get 1) (local.get 2)))
            (func (export "data.drop") (data.drop $data))
            (func (export "table.init") (param i32 i32 i32)
                (table.init $elem (local.get 0) (local.get 1) (local.get 2)))
            (func (export "declared.init") (param i32 i32 i32)
                (table.init $declared (local.get 0) (local.get 1) (local.get 2)))
            (func (export "elem.drop") (elem.drop $elem)))"#,
    );
    let mut init = |name: &str, to: u32, from: u32, length: u32| {
        let func = instance
            .get_typed_func::<(u32, u32, u32), ()>(&store, name)
            .unwrap();
        func.call(&mut store, (to, from, length))
            .map_err(|error| error.trap().unwrap())
    };
    let memory = Err(Trap::MemoryOutOfBounds);
    assert_eq!(init("memory.init", 10, 2, 3), Ok(()));
    assert_eq!(init("memory.init", 10, 6, 0), Ok(()));
    assert_eq!(init("memory.init", 10, 7, 0), memory);
    assert_eq!(init("memory.init", 10, 2, 5), memory);
    assert_eq!(init("memory.init", 65535, 0, 2), memory);
    assert_eq!(init("memory.init", u32::MAX, 0, 0), memory);
    assert_eq!(init("memory.init", 65536, 0, 0), Ok(()));
    assert_eq!(init("memory.init", 0, u32::MAX, u32::MAX), memory);
    assert_eq!(init("active.init", 0, 0, 1), memory);
    assert_eq!(init("active.init", 0, 0, 0), Ok(()));
    let table = Err(Trap::TableOutOfBounds);
    assert_eq!(init("table.init", 2, 0, 2), Ok(()));
    assert_eq!(init("table.init", 3, 0, 2), table);
    assert_eq!(init("table.init", 0, 1, 2), table);
    assert_eq!(init("table.init", 4, 2, 0), Ok(()));
    assert_eq!(init("table.init", 5, 0, 0), table);
    assert_eq!(init("declared.init", 0, 0, 1), table);
    assert_eq!(init("declared.init", 0, 0, 0), Ok(()));
    for name in ["data.drop", "elem.drop"] {
        let drop = instance.get_typed_func::<(), ()>(&store, name).unwrap();
        drop.call(&mut store, ()).unwrap();
        drop.call(&mut store, ()).unwrap();
    }
    let mut init = |name: &str, to: u32, from: u32, length: u32| {
        let func = instance
            .get_typed_func::<(u32, u32, u32), ()>(&store, name)
            .unwrap();
        func.call(&mut store, (to, from, length))
            .map_err(|error| error.trap().unwrap())
    };
    assert_eq!(init("memory.init", 10, 0, 1), memory);
    assert_eq!(init("memory.init", 10, 0, 0), Ok(()));
    assert_eq!(init("table.init", 0, 0, 1), table);
    assert_eq!(init("table.init", 5, 0, 0), table);
    assert_eq!(init("table.init", 0, 0, 0), Ok(()));
    let memory = instance.get_memory(&store, "m").unwrap();
    assert_eq!(&memory.data(&store)[8..16], b"\0\0cde\0\0\0");
    let table = instance.get_table(&store, "t").unwrap();
    let null: Vec<_> = (0..4)
        .map(|index| table.get(&store, index).unwrap().is_null())
        .collect();
    assert_eq!(null, [true, true, false, false]);
}

#[test]
fn bulk_operations_check_their_ranges_without_overflow() {
    let (mut store, instance) = instance(
        r#"(module
            (memory (export "m") 1)
            (memory $other 1)
            (table $t 10 externref)
            (table $u 10 externref)
            (func (export "memory.copy") (param i32 i32 i32)
                (memory.copy (local.get 0) (local.get 1) (local.get 2)))
            (func (export "memory.cross") (param i32 i32 i32)
                (memory.copy 0 $other (local.get 0) (local.get 1) (local.get 2)))
            (func (export "memory.fill") (param i32 i32 i32)
                (memory.fill (local.get 0) (local.get 1) (local.get 2)))
            (func (export "table.copy") (param i32 i32 i32)
                (table.copy $t $u (local.get 0) (local.get 1) (local.get 2)))
            (func (export "table.fill") (param i32 i32 i32)
                (table.fill $t (local.get 0) (ref.null extern) (local.get 2))))"#,
    );
    for (name, size) in [
        ("memory.copy", 65536),
        ("memory.cross", 65536),
        ("memory.fill", 65536),
        ("table.copy", 10),
        ("table.fill", 10),
    ] {
        let func = instance
            .get_typed_func::<(u32, u32, u32), ()>(&store, name)
            .unwrap();
        let mut call = |to, from, length| func.call(&mut store, (to, from, length)).is_ok();
        assert!(
            call(0, 0, size) && call(size, 0, 0) && call(size - 1, 0, 1),
            "{name}"
        );
        for (to, length) in [
            (size, 1),
            (size + 1, 0),
            (1, size),
            (1, u32::MAX),
            (u32::MAX, 1),
        ] {
            assert!(!call(to, 0, length), "{name}: {length} at {to}");
            if name.contains("co") {
                assert!(!call(0, to, length), "{name}: {length} from {to}");
            }
        }
    }
}

#[test]
fn a_table_of_more_elements_than_there_can_be_is_refused() {
    let engine = Engine::default();
    let module = Module::new(&engine, "(module (table 10000001 funcref))").unwrap();
    let mut store = Store::new(&engine, ());
    let error = Instance::new(&mut store, &module, &[])
        .unwrap_err()
        .to_string();
    assert!(error.contains("10000000 are the most"), "{error}");
}

#[test]
fn a_memory_of_4_gib_can_be_made() {
    let (mut store, instance) = instance(
        r#"(module
            (memory (export "m") 65536)
            (func (export "f") (result i32)
                (i32.store (i32.const 0xffff_fffc) (i32.const 7))
                (i32.load (i32.const 0xffff_fffc))))"#,
    );
    let f = instance.get_typed_func::<(), i32>(&store, "f").unwrap();
    assert_eq!(f.call(&mut store, ()).unwrap(), 7);
    assert_eq!(
        instance.get_memory(&store, "m").unwrap().size(&store),
        65536
    );
}
