//! What is supported compiles; what is not is refused by name, at the place that needs it.

use bytes::Bytes;
use trapline_compile::{CompileError, Compiler, CompilerOptions};

fn compiler() -> Compiler {
    Compiler::new(&CompilerOptions::default()).expect("a compiler for this machine")
}

/// A module that needs a proposal which is not supported.
struct Refused {
    proposal: &'static str,
    wat: &'static str,
    /// Bytes that lie at the offset which the error must tell: the last place where they occur.
    at: &'static [u8],
}

const REFUSED: &[Refused] = &[
    Refused {
        proposal: "legacy exception-handling",
        wat: "(module (func try catch_all end))",
        at: &[0x06, 0x40],
    },
    Refused {
        proposal: "legacy exception-handling",
        wat: "(module (tag $t) (func try try throw $t delegate 0 catch $t end))",
        at: &[0x06, 0x40, 0x06, 0x40],
    },
    Refused {
        proposal: "stack switching",
        wat: "(module (tag (result i32)))",
        at: &[0, 0],
    },
    Refused {
        proposal: "typed function references",
        wat: "(module (type $t (func)) (func (param (ref null $t))))",
        at: &[0x60, 1, 0x63, 0],
    },
    Refused {
        proposal: "typed function references",
        wat: "(module (type $t (func)) (func (call_ref $t (unreachable))))",
        at: &[0x14, 0],
    },
    Refused {
        proposal: "typed function references",
        wat: "(module (func (drop (ref.as_non_null (ref.null func)))))",
        at: &[0xd4],
    },
    Refused {
        proposal: "typed function references",
        wat: "(module (func (block (br_on_null 0 (ref.null func)) drop)))",
        at: &[0xd5, 0],
    },
    Refused {
        proposal: "typed function references",
        wat: "(module (func $f) (table 1 funcref (ref.func $f)))",
        at: &[0x40, 0, 0x70],
    },
    Refused {
        proposal: "garbage collection",
        wat: "(module (type (struct (field i32))))",
        at: &[0x5f, 1],
    },
    Refused {
        proposal: "garbage collection",
        wat: "(module (rec (type (func)) (type (func))))",
        at: &[0x4e, 2],
    },
    Refused {
        proposal: "garbage collection",
        wat: "(module (func (drop (ref.i31 (i32.const 0)))))",
        at: &[0xfb, 0x1c],
    },
    Refused {
        proposal: "garbage collection",
        wat: "(module (func (local anyref)))",
        at: &[1, 0x6e],
    },
    Refused {
        proposal: "threads",
        wat: "(module (memory 1 1 shared))",
        at: &[3, 1, 1],
    },
    Refused {
        proposal: "threads",
        wat: "(module (func (atomic.fence)))",
        at: &[0xfe, 3, 0],
    },
    Refused {
        proposal: "threads",
        wat: "(module (memory 1) (func (drop (i32.atomic.load (i32.const 0)))))",
        at: &[0xfe, 0x10],
    },
    Refused {
        proposal: "shared-everything threads",
        wat: "(module (global (shared i32) (i32.const 0)))",
        at: &[0x7f, 2],
    },
    Refused {
        proposal: "component model",
        wat: "(component)",
        at: &[0x0d, 0, 1, 0],
    },
    Refused {
        proposal: "stack switching",
        wat: "(module (type $f (func)) (type (cont $f)))",
        at: &[0x5d, 0],
    },
    Refused {
        proposal: "wide arithmetic",
        wat: "(module (func (param i64 i64 i64 i64) (result i64 i64)
                (i64.add128 (local.get 0) (local.get 1) (local.get 2) (local.get 3))))",
        at: &[0xfc, 0x13],
    },
    Refused {
        proposal: "custom page sizes",
        wat: "(module (memory 1 (pagesize 1)))",
        at: &[8, 1, 0],
    },
    Refused {
        proposal: "memory control",
        wat: "(module (memory 1) (func (memory.discard (i32.const 0) (i32.const 0))))",
        at: &[0xfc, 0x12],
    },
    Refused {
        proposal: "custom descriptors",
        wat: "(module (rec
                (type $a (descriptor $b) (struct))
                (type $b (describes $a) (struct))))",
        at: &[0x4e, 2],
    },
    Refused {
        proposal: "compact imports",
        wat: r#"(module (import "m" (item "a" (func)) (item "b" (func))))"#,
        at: &[0x7f, 2],
    },
];

/// What is wrong with how a module is refused.
fn complaint(compiler: &Compiler, case: &Refused) -> Option<String> {
    let wasm = match wat::parse_str(case.wat) {
        Ok(wasm) => wasm,
        Err(error) => return Some(error.to_string()),
    };
    let at = wasm
        .windows(case.at.len())
        .rposition(|bytes| bytes == case.at);
    let Some(at) = at.map(|at| at as u64) else {
        return Some(format!("{wasm:x?}"));
    };
    let validated = compiler.validate(&wasm);
    let compiled = compiler.compile(Bytes::from(wasm), None).map(drop);
    [validated, compiled]
        .into_iter()
        .find_map(|result| match result {
            Ok(()) => Some("accepted".to_owned()),
            Err(
                error @ CompileError::Unsupported {
                    proposal, offset, ..
                },
            ) if proposal == case.proposal && offset == at => {
                let text = error.to_string();
                (!text.contains(proposal)).then_some(text)
            }
            Err(other) => Some(format!("expected offset {at:#x}: {other}")),
        })
}

#[test]
fn unsupported_proposals_are_refused_by_name_and_offset() {
    let compiler = compiler();
    let complaints: String = REFUSED
        .iter()
        .filter_map(|case| {
            let complaint = complaint(&compiler, case)?;
            Some(format!("\n{}: {}: {complaint}", case.proposal, case.wat))
        })
        .collect();
    assert!(complaints.is_empty(), "{complaints}");
}

#[test]
fn an_error_tells_the_first_place_in_the_file() {
    let mut functions = String::new();
    for _ in 0..100 {
        functions += "(func (drop (i32.const 1)))";
    }
    let broken = "(func (drop (i64.eqz (i32.const 77))))";
    let wat = format!("(module {functions} {broken} {functions} {broken} {functions})");
    let wasm = wat::parse_str(wat).unwrap();
    let at = wasm
        .windows(3)
        .position(|bytes| bytes == [0xcd, 0x00, 0x50])
        .unwrap() as u64
        + 2;
    for _ in 0..20 {
        match compiler().compile(Bytes::from(wasm.clone()), None) {
            Err(CompileError::Invalid { offset, .. }) => assert_eq!(offset, at),
            Err(other) => panic!("{other}"),
            Ok(_) => panic!("compiled"),
        }
    }
}

/// A module of each proposal that is supported.
const SUPPORTED: &[(&str, &str)] = &[
    (
        "mutable globals",
        r#"(module (global (export "g") (mut i32) (i32.const 0)))"#,
    ),
    (
        "saturating conversions",
        "(module (func (result i32) (i32.trunc_sat_f32_s (f32.const 1))))",
    ),
    (
        "sign extension",
        "(module (func (result i32) (i32.extend8_s (i32.const 1))))",
    ),
    (
        "multi-value",
        "(module (func (result i32 i32) (i32.const 1) (i32.const 2)))",
    ),
    (
        "reference types",
        "(module (table 1 externref) (func (result externref) (table.get 0 (i32.const 0))))",
    ),
    (
        "bulk memory",
        "(module (memory 1) (func (memory.fill (i32.const 0) (i32.const 1) (i32.const 2))))",
    ),
    (
        "SIMD",
        "(module (func (result v128) (i8x16.splat (i32.const 1))))",
    ),
    (
        "relaxed SIMD",
        "(module (func (param v128 v128) (result v128)
            (i8x16.relaxed_swizzle (local.get 0) (local.get 1))))",
    ),
    (
        "extended constant expressions",
        "(module (global i32 (i32.mul (i32.const 6) (i32.const 7))))",
    ),
    (
        "multi-memory",
        "(module (memory $a 1) (memory $b 1) (func (memory.copy $a $b
            (i32.const 0) (i32.const 0) (i32.const 0))))",
    ),
    (
        "memory64",
        "(module (memory i64 1) (func (drop (i32.load (i64.const 0)))))",
    ),
    (
        "table64",
        "(module (table i64 1 funcref) (func (drop (table.get (i64.const 0)))))",
    ),
    ("tail calls", "(module (func $f (return_call $f)))"),
    (
        "exception handling",
        r#"(module
            (tag $u (import "m" "u"))
            (tag $t (export "t") (param i32 v128 externref))
            (global (mut exnref) (ref.null exn))
            (table 1 exnref)
            (func $f (param (ref exn) nullexnref) (result i32 v128 externref (ref exn))
                (try_table (result i32 v128 externref (ref exn)) (catch_ref $t 0)
                    (block (try_table (catch $u 0) (catch_all 0) (throw $u)))
                    (throw_ref (local.get 0)))))"#,
    ),
];

#[test]
fn supported_proposals_compile() {
    let compiler = compiler();
    for (proposal, wat) in SUPPORTED {
        let wasm = wat::parse_str(wat).unwrap();
        compiler
            .validate(&wasm)
            .unwrap_or_else(|error| panic!("{proposal}: {error}"));
        if let Err(error) = compiler.compile(Bytes::from(wasm), None) {
            panic!("{proposal}: {error}");
        }
    }
}
