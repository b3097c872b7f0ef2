//! Dumps of other programs.
#![allow(missing_docs)]

use trapline_coredump::{CoreDump, Fit, Value};
use wasm_encoder::{
    ConstExpr, CoreDumpInstancesSection, CoreDumpModulesSection, CoreDumpSection,
    CoreDumpStackSection, CoreDumpValue, DataSection, GlobalSection, GlobalType, HeapType,
    MemorySection, MemoryType, Module, RefType, ValType,
};

const LIMITS: MemoryType = MemoryType {
    minimum: 3,
    maximum: None,
    memory64: false,
    shared: false,
    page_size_log2: None,
};

/// A dump in the shape of wasmtime's: memories, globals and data ahead of the custom sections, data in
/// pieces that begin and end with a byte that is not zero, all references null, frames without values,
/// no offset where none is known, and a memory that is shared left out.
fn like_wasmtimes() -> Vec<u8> {
    let mut module = Module::new();
    module.section(&CoreDumpSection::new("service"));
    module.section(MemorySection::new().memory(LIMITS));
    let mut globals = GlobalSection::new();
    let global = |val_type, mutable| GlobalType {
        val_type,
        mutable,
        shared: false,
    };
    globals.global(global(ValType::I32, true), &ConstExpr::i32_const(66560));
    globals.global(global(ValType::V128, false), &ConstExpr::v128_const(5));
    let any = ValType::Ref(RefType::ANYREF);
    globals.global(global(any, true), &ConstExpr::ref_null(HeapType::ANY));
    globals.global(
        global(ValType::FUNCREF, true),
        &ConstExpr::ref_null(HeapType::FUNC),
    );
    module.section(&globals);
    let mut data = DataSection::new();
    data.active(0, &ConstExpr::i32_const(1024), *b"text");
    data.active(0, &ConstExpr::i32_const(8190), *b"xy");
    data.active(0, &ConstExpr::i32_const(8192), *b"z");
    module.section(&data);
    let mut modules = CoreDumpModulesSection::new();
    modules.module("program").module("<anonymous-module-1>");
    module.section(&modules);
    let mut instances = CoreDumpInstancesSection::new();
    instances
        .instance(0, [0], [0, 1, 2, 3])
        .instance(1, [u32::MAX], []);
    module.section(&instances);
    let mut stack = CoreDumpStackSection::new("main");
    stack.frame(0, 12, 0x34, [], []).frame(1, 3, 0, [], []);
    module.section(&stack);
    module.finish()
}

#[test]
fn dumps_of_wasmtime_are_read() {
    let dump = CoreDump::read(like_wasmtimes().into()).unwrap();
    assert_eq!(dump.executable, "service");
    assert_eq!(dump.reason, None);
    let names: Vec<_> = dump.modules.iter().map(|module| &*module.name).collect();
    assert_eq!(names, ["program", "<anonymous-module-1>"]);
    assert_eq!(dump.modules[0].check(b"anything"), Ok(Fit::Unknown));
    assert_eq!(dump.instances[0].globals, [0, 1, 2, 3]);
    assert_eq!(
        dump.memories.get(dump.instances[1].memories[0] as usize),
        None
    );

    let frames = &dump.threads[0].frames;
    assert_eq!((frames[0].instance, frames[0].function), (0, 12));
    assert_eq!(frames[0].code_offset, Some(0x34));
    assert_eq!(frames[1].code_offset, None, "0 says that it is not known");
    assert!(frames.iter().all(|frame| frame.unknown_values));

    let mut bytes = [0; 4];
    dump.memories[0].read(1023, &mut bytes).unwrap();
    assert_eq!(&bytes, b"\0tex");
    dump.memories[0].read(8190, &mut bytes).unwrap();
    assert_eq!(&bytes, b"xyz\0");
    assert!(dump.memories[0].read(3 << 16, &mut bytes).is_err());

    let mut vector = [0; 16];
    vector[0] = 5;
    let values: Vec<_> = dump.globals.iter().map(|global| global.value).collect();
    let expected = [
        Value::I32(66560),
        Value::V128(vector),
        Value::Missing,
        Value::Missing,
    ];
    assert_eq!(
        values, expected,
        "whether references were null is not known"
    );
}

#[test]
fn values_that_a_writer_had_are_read_even_if_some_are_missing() {
    let mut module = Module::new();
    let mut stack = CoreDumpStackSection::new("main");
    stack.frame(
        0,
        1,
        2,
        [CoreDumpValue::Missing, CoreDumpValue::I32(-7)],
        [],
    );
    module.section(&stack);
    let mut instances = CoreDumpInstancesSection::new();
    module.section(instances.instance(0, [], []));
    let mut modules = CoreDumpModulesSection::new();
    modules.module("m");
    module.section(&modules);
    module.section(&CoreDumpSection::new("last"));
    // The order of sections means nothing.
    let dump = CoreDump::read(module.finish().into()).unwrap();
    let frame = &dump.threads[0].frames[0];
    assert_eq!(frame.locals, [Value::Missing, Value::I32(-7)]);
    assert!(!frame.unknown_values);
}

#[test]
fn sections_that_mean_nothing_here_are_skipped() {
    let mut file = like_wasmtimes();
    let expected = CoreDump::read(file.clone().into()).unwrap();
    file.extend(b"\0\x06\x04name\xff");
    file.extend(b"\0\x0c\x0btrapline:ne");
    file.extend(b"\x01\x01\0");
    assert_eq!(CoreDump::read(file.into()).unwrap(), expected);
}
