//! A dump with everything in it.
#![allow(dead_code)]

use trapline_coredump::{
    CoreDump, Frame, Function, Global, Instance, Memory, MemoryType, Module, ModuleIdentity, Table,
    Thread, Value,
};

/// A value of each type, and of each form of it.
pub fn every_value() -> Vec<Value> {
    let mut values = vec![
        Value::Missing,
        Value::V128(std::array::from_fn(|lane| (lane as u8).wrapping_add(0xf8))),
        Value::FuncRef(None),
        Value::FuncRef(Some(Function::Host)),
        Value::FuncRef(Some(Function::Guest {
            instance: 1,
            function: u32::MAX,
        })),
        Value::ExternRef(None),
        Value::ExternRef(Some(0)),
        Value::ExnRef(None),
        Value::ExnRef(Some(u32::MAX)),
    ];
    values.extend([0, 1, -1, 64, i32::MIN, i32::MAX].map(Value::I32));
    values.extend([0, 1, -1, 64, i64::MIN, i64::MAX].map(Value::I64));
    // Zeroes of both signs, infinity, and NaNs with a payload, quiet and signalling.
    values.extend([0, 1 << 31, 0x7f80_0000, 0x7fc1_2345, 0xff80_0001].map(Value::F32));
    let nan = 0x7ff0_0000_0000_0001;
    values.extend([0, 1 << 63, 0x3ff8 << 48, nan, nan | 1 << 63 | 1 << 51].map(Value::F64));
    values
}

/// The contents of the first memory of [`everything`]: a page and a bit.
pub fn contents() -> Vec<u8> {
    let mut contents = vec![0; 2 << 16];
    contents[..11].copy_from_slice(b"first bytes");
    contents[70_000..70_005].copy_from_slice(b"bytes");
    contents
}

pub fn everything(contents: &[u8]) -> CoreDump<'_> {
    let mut table = Table::default();
    for value in every_value() {
        table.push(value);
        table.push(value);
    }
    let identity = ModuleIdentity {
        hash: std::array::from_fn(|byte| byte as u8),
        size: 1 << 40,
        path: Some("/päth/to/main.wasm".into()),
        build_id: Some(vec![1, 2, 3]),
    };
    let large = MemoryType {
        pages: 1 << 40,
        maximum: Some(1 << 47),
        index64: true,
        shared: true,
        page_size_log2: 3,
    };
    CoreDump {
        executable: "main.wasm".into(),
        reason: Some("trap: unreachable".into()),
        modules: vec![
            Module {
                name: "main".into(),
                identity: Some(identity),
            },
            Module::named("library"),
        ],
        instances: vec![
            Instance {
                module: 1,
                memories: vec![1, 0, u32::MAX],
                globals: vec![0, 3],
                tables: vec![1, 0],
            },
            Instance::default(),
        ],
        threads: vec![main_thread(), Thread::default()],
        memories: vec![
            Memory::sparse(MemoryType::wasm32(2, Some(7)), contents),
            Memory::sparse(large, &contents[1..]),
            Memory::sparse(MemoryType::wasm32(0, None), &[]),
        ],
        globals: every_value()
            .into_iter()
            .enumerate()
            .map(|(index, value)| Global {
                value,
                mutable: index % 2 == 0,
            })
            .collect(),
        tables: vec![table, Table::default()],
    }
}

fn main_thread() -> Thread {
    let frame = |frame: Frame| Frame {
        instance: 1,
        function: 200,
        code_offset: Some(u32::MAX),
        ..frame
    };
    Thread {
        name: "main".into(),
        frames: vec![
            frame(Frame {
                locals: every_value(),
                operands: every_value().into_iter().rev().collect(),
                ..Frame::default()
            }),
            frame(Frame::default()),
            Frame {
                unknown_values: true,
                ..Frame::default()
            },
        ],
        host_frames: vec![0, 2, 2, 3],
        truncated: true,
    }
}

/// The dump as bytes.
pub fn written(dump: &CoreDump<'_>) -> Vec<u8> {
    let mut bytes = Vec::new();
    let length = dump.write(&mut bytes).unwrap();
    assert_eq!(length, bytes.len() as u64);
    bytes
}
