//! Compiled modules survive the way to bytes and back, and no damage goes unnoticed.

use bytes::Bytes;
use trapline_compile::types::{DefinedFuncIndex, FuncIndex};
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

#[test]
fn handlers_survive_and_lie_in_the_function_that_catches() {
    let compiled = compile(
        r#"(module
            (tag $a) (tag $b (param i32))
            (func $throw (throw $a))
            (func $catch (result i32)
                (block $all
                    (block $a (result exnref)
                        (try_table (catch_ref $a $a) (catch_all $all) (call $throw))
                        (return (i32.const 0)))
                    (drop))
                (i32.const 1))
            (func $pass (call $throw)))"#,
    );
    let loaded = compiler(OptLevel::Speed)
        .load(artifact(&compiled).into())
        .unwrap();
    let code = |index| compiled.function_code(DefinedFuncIndex::from_u32(index));
    let mut calls = 0;
    for offset in 0..=compiled.text().len() as u32 {
        let list = |module: &CompiledModule| {
            let found = module.handlers_at(offset)?;
            let (size, vmctx) = (found.frame_size(), found.vmctx_offset());
            Some((size, vmctx, found.collect::<Vec<_>>()))
        };
        let found = list(&compiled);
        assert_eq!(list(&loaded), found);
        let Some((size, vmctx, handlers)) = found else {
            continue;
        };
        calls += 1;
        assert!(code(1).contains(&offset));
        assert!(compiled.call_site_at(offset).is_some());
        assert!(vmctx.unwrap() < size);
        let caught: Vec<_> = handlers
            .iter()
            .map(|handler| (handler.tag.map(|tag| tag.as_u32()), handler.with_reference))
            .collect();
        assert_eq!(caught, [(Some(0), true), (None, false)]);
        assert!(handlers.iter().all(|it| code(1).contains(&it.text_offset)));
    }
    assert_eq!(calls, 1);
}
