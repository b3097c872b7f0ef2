//! Compiled modules survive the way to bytes and back, and no damage goes unnoticed.

use bytes::Bytes;
use trapline_compile::types::FuncIndex;
use trapline_compile::{Code, CompileError, CompiledModule, Compiler, CompilerOptions, OptLevel};

const MODULE: &str = r#"
    (module $sample
      (import "host" "add" (func $add (param i32 i64) (result f64)))
      (memory (export "memory") 1)
      (table 2 funcref)
      (elem (i32.const 0) $main)
      (data (i32.const 8) "hello")
      (func $main (export "main") (param i32) (result i32)
        (drop (call $add (i32.const 1) (i64.const 2)))
        (i32.load (local.get 0))))
"#;

fn compiler(opt_level: OptLevel) -> Compiler {
    Compiler::new(&CompilerOptions {
        opt_level,
        ..CompilerOptions::default()
    })
    .unwrap()
}

fn compile(wat: &str) -> CompiledModule {
    let wasm = wat::parse_str(wat).unwrap();
    compiler(OptLevel::Speed)
        .compile(wasm.into(), None)
        .unwrap()
}

fn artifact(module: &CompiledModule) -> Vec<u8> {
    let mut bytes = Vec::new();
    module.write_artifact(&mut bytes).unwrap();
    bytes
}

#[test]
fn a_loaded_module_equals_the_compiled_one() {
    let compiled = compile(MODULE);
    let loaded = compiler(OptLevel::Speed)
        .load(artifact(&compiled).into())
        .unwrap();
    assert_eq!(loaded.text(), compiled.text());
    assert_eq!(loaded.wasm(), compiled.wasm());
    assert_eq!(loaded.text_artifact_offset().unwrap() % 4096, 0);
    assert_eq!(loaded.module_name(), Some("sample"));
    assert_eq!(loaded.function_name(FuncIndex::from_u32(1)), Some("main"));
    assert_eq!(
        format!("{:?}", loaded.info()),
        format!("{:?}", compiled.info())
    );
    for offset in 0..compiled.text().len() as u32 {
        assert_eq!(loaded.find(offset), compiled.find(offset));
        assert_eq!(loaded.trap_at(offset), compiled.trap_at(offset));
        assert_eq!(loaded.call_site_at(offset), compiled.call_site_at(offset));
    }
}

#[test]
fn every_part_of_the_text_is_known_by_what_it_is() {
    let compiled = compile(MODULE);
    let main = compiled
        .info()
        .defined_function(FuncIndex::from_u32(1))
        .unwrap();
    let code = compiled.function_code(main);
    assert_eq!(compiled.find(code.start), Some(Code::Function(main)));
    assert_eq!(compiled.find(code.end - 1), Some(Code::Function(main)));
    for signature in compiled.info().signatures.keys() {
        let entry = compiled.entry_trampoline(signature);
        let exit = compiled.exit_trampoline(signature);
        assert_eq!(compiled.find(entry), Some(Code::EntryTrampoline));
        assert_eq!(compiled.find(exit), Some(Code::ExitTrampoline));
    }
    assert_eq!(compiled.find(compiled.text().len() as u32), None);
}

#[test]
fn traps_and_calls_lead_back_to_their_operators() {
    let compiled = compile(MODULE);
    let main = compiled
        .info()
        .defined_function(FuncIndex::from_u32(1))
        .unwrap();
    let body = compiled.info().bodies[main].clone();
    let code = compiled.function_code(main);
    let traps: Vec<_> = code
        .clone()
        .filter_map(|offset| compiled.trap_at(offset))
        .collect();
    let calls: Vec<_> = code
        .filter_map(|offset| compiled.call_site_at(offset))
        .collect();
    assert!(!traps.is_empty() && !calls.is_empty());
    for pc in traps.iter().map(|site| site.wasm_pc.unwrap()).chain(calls) {
        assert!(
            body.contains(&pc),
            "{pc:#x} lies outside of the body {body:x?}"
        );
    }
}

#[test]
fn any_damaged_byte_is_noticed() {
    let bytes = artifact(&compile(MODULE));
    let compiler = compiler(OptLevel::Speed);
    for at in (0..bytes.len()).step_by(7) {
        let mut damaged = bytes.clone();
        damaged[at] ^= 0x10;
        let error = compiler
            .load(damaged.into())
            .expect_err("damage at one byte");
        assert!(matches!(error, CompileError::Artifact(_)), "{error}");
    }
    for len in (0..bytes.len()).step_by(101) {
        let cut = Bytes::copy_from_slice(&bytes[..len]);
        assert!(compiler.load(cut).is_err(), "cut to {len} bytes");
    }
}

#[test]
fn a_module_compiled_with_other_settings_is_refused() {
    let bytes = artifact(&compile(MODULE));
    let error = compiler(OptLevel::None).load(bytes.into()).unwrap_err();
    assert!(error.to_string().contains("other settings"), "{error}");
}
