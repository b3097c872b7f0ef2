//! What is written is read again as it was.
#![allow(missing_docs)]

mod common;
use common::{contents, every_value, everything, written};
use std::io::{self, Write};
use trapline_coredump::{
    CoreDump, Frame, Instance, Memory, MemoryType, Module, Thread, Value, WriteError,
};

#[track_caller]
fn survives(dump: &CoreDump<'_>) {
    let bytes = written(dump);
    assert_eq!(&CoreDump::read(bytes.into()).unwrap(), dump);
}

#[test]
fn everything_that_a_dump_can_hold_survives() {
    survives(&everything(&contents()));
}

#[test]
fn a_dump_of_nothing_survives() {
    survives(&CoreDump::default());
}

#[test]
fn a_dump_is_a_module_that_validators_accept_and_others_can_read() {
    let contents = contents();
    let mut dump = everything(&contents);
    dump.memories.truncate(1);
    let bytes = written(&dump);
    wasmparser::Validator::new().validate_all(&bytes).unwrap();
    // The convention's own section alone has all numbers, and nothing that it does not know.
    let mut stacks = 0;
    for payload in wasmparser::Parser::new(0).parse_all(&bytes) {
        if let wasmparser::Payload::CustomSection(section) = payload.unwrap()
            && let wasmparser::KnownCustom::CoreDumpStack(stack) = section.as_known()
        {
            stacks += 1;
            if stack.name == "main" {
                assert_eq!(stack.frames[0].locals.len(), every_value().len());
                assert_eq!(stack.frames[2].codeoffset, 0);
            }
        }
    }
    assert_eq!(stacks, 2);
}

#[test]
fn a_hundred_thousand_frames_survive() {
    let frames = (0..100_000).map(|number| Frame {
        function: number % 7,
        code_offset: Some(1 + number),
        locals: vec![Value::I32(number as i32), Value::V128([number as u8; 16])],
        operands: vec![Value::I64(i64::from(number))],
        ..Frame::default()
    });
    survives(&CoreDump {
        modules: vec![Module::named("deep")],
        instances: vec![Instance::default()],
        threads: vec![Thread {
            frames: frames.collect(),
            ..Thread::default()
        }],
        ..CoreDump::default()
    });
}

/// Takes anything, and keeps only how much it was and the largest piece.
#[derive(Default)]
struct Sink {
    total: u64,
    largest: usize,
}

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.total += bytes.len() as u64;
        self.largest = self.largest.max(bytes.len());
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// `VmPeak` or the like of this process, in bytes.
#[cfg(target_os = "linux")]
fn status(field: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with(field)).unwrap();
    let number = line.split_whitespace().nth(1).unwrap();
    number.parse::<u64>().unwrap() * 1024
}

#[cfg(target_os = "linux")]
#[test]
fn a_large_memory_is_not_copied_when_it_is_written() {
    let contents = vec![7; 300 << 20];
    let before = status("VmPeak");
    let dump = CoreDump {
        memories: vec![Memory::sparse(
            MemoryType::wasm32(300 << 4, None),
            &contents,
        )],
        ..CoreDump::default()
    };
    let mut sink = Sink::default();
    let length = dump.write(&mut sink).unwrap();
    assert_eq!(length, sink.total);
    assert!(length > 300 << 20);
    assert!(sink.largest <= 128 << 20);
    let more = status("VmPeak") - before;
    assert!(more < 64 << 20, "{more} bytes more");
}

#[cfg(target_os = "linux")]
#[test]
fn a_large_memory_is_not_copied_when_it_is_read() {
    let contents = vec![7; 200 << 20];
    let ty = MemoryType::wasm32(200 << 4, None);
    let dump = CoreDump {
        memories: vec![Memory::sparse(ty, &contents)],
        ..CoreDump::default()
    };
    let bytes = bytes::Bytes::from(written(&dump));
    let before = status("VmPeak");
    let read = CoreDump::read(bytes).unwrap();
    let more = status("VmPeak") - before;
    assert!(more < 64 << 20, "{more} bytes more");
    assert!(read == dump);
}

#[test]
fn an_empty_memory_of_the_largest_size_takes_no_space() {
    let ty = MemoryType {
        pages: 1 << 32,
        maximum: None,
        index64: true,
        shared: false,
        page_size_log2: 16,
    };
    let dump = CoreDump {
        memories: vec![Memory::new(ty, [(u64::MAX >> 17, b"x"[..].into())]).unwrap()],
        ..CoreDump::default()
    };
    assert!(written(&dump).len() < 100);
    survives(&dump);
}

#[test]
fn high_addresses_of_small_memories_survive() {
    let ty = MemoryType::wasm32(1 << 16, Some(1 << 16));
    let last = (1 << 32) - 1;
    let memory = Memory::new(ty, [(last, b"x"[..].into()), (1 << 31, b"y"[..].into())]).unwrap();
    survives(&CoreDump {
        memories: vec![memory],
        ..CoreDump::default()
    });
}

#[test]
fn a_writer_that_fails_anywhere_is_an_error() {
    let contents = contents();
    let dump = everything(&contents);
    let length = written(&dump).len();
    for room in 0..length {
        let mut buffer = vec![0; room];
        let error = dump.write(&mut &mut buffer[..]).unwrap_err();
        assert!(matches!(error, WriteError::Io(_)), "{error}");
    }
    dump.write(&mut &mut vec![0; length][..]).unwrap();
}
