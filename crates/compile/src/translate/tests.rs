//! Every function of a good set of modules becomes IR that the code generator's verifier accepts,
//! and that of a few small ones is as written down.
//!
//! The latter stand in `tests/clif/*.wat`, each with its IR in the comments at its end. With
//! `TRAPLINE_BLESS=1` in the environment the test writes them anew.

use super::{Environment, Translator};
use crate::isa::{self, Registers};
use crate::layout::VmctxLayout;
use crate::parse::parse;
use crate::types::DefinedFuncIndex;
use crate::{CompileError, Observe, OptLevel, abi};
use cranelift_codegen::ir::{Function, UserFuncName};
use cranelift_entity::EntityRef;
use std::path::{Path, PathBuf};

/// Translates all functions of a module, and verifies their IR.
fn translate(wasm: &[u8], each: impl FnMut(&Function)) -> Result<(), CompileError> {
    translate_with(&mut Translator::new(), wasm, each)
}

fn translate_with(
    translator: &mut Translator,
    wasm: &[u8],
    mut each: impl FnMut(&Function),
) -> Result<(), CompileError> {
    let isa = isa::host(OptLevel::Speed, Registers::WholeFunction)?;
    let module = parse(wasm)?;
    let layout = VmctxLayout::new(&module.info).unwrap();
    let env = Environment {
        info: &module.info,
        layout: &layout,
        isa: &*isa,
        crowded_isa: &*isa,
        observe: Observe::None,
        reference: false,
    };
    let mut allocations = Default::default();
    let mut func = Function::new();
    for (index, (body, validate)) in module.bodies.into_iter().enumerate() {
        func.clear();
        func.name = UserFuncName::user(0, index as u32);
        let index = DefinedFuncIndex::new(index);
        let ty = module.info.function_type(module.info.function_index(index));
        func.signature = abi::guest_signature(ty);
        let mut validator = validate.into_validator(allocations);
        translator.translate(&env, index, body, &mut validator, &mut func)?;
        allocations = validator.into_allocations();
        if let Err(errors) = cranelift_codegen::verify_function(&func, &*isa) {
            panic!("{}\n{errors}", func.display());
        }
        each(&func);
    }
    Ok(())
}

fn files(folder: &Path, extension: &str, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, extension, found);
        } else if path.extension().is_some_and(|it| it == extension) {
            found.push(path);
        }
    }
}

#[test]
fn real_programs_translate_to_valid_ir() {
    let Some(corpus) = std::env::var_os("TRAPLINE_CORPUS") else {
        eprintln!("skipped: TRAPLINE_CORPUS does not name a folder of modules");
        return;
    };
    let mut modules = Vec::new();
    files(Path::new(&corpus), "wasm", &mut modules);
    assert!(!modules.is_empty(), "no modules in {}", corpus.display());
    for path in modules {
        let wasm = std::fs::read(&path).unwrap();
        match translate(&wasm, |_| {}) {
            Ok(()) => {}
            Err(CompileError::Unsupported { .. }) => eprintln!("unsupported: {}", path.display()),
            Err(error) => panic!("{}: {error}", path.display()),
        }
    }
}

#[test]
fn small_functions_translate_as_written_down() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/clif");
    let bless = std::env::var_os("TRAPLINE_BLESS").is_some();
    let mut modules = Vec::new();
    files(&folder, "wat", &mut modules);
    for path in modules {
        let text = std::fs::read_to_string(&path).unwrap();
        let source = text.split("\n;; function ").next().unwrap().trim_end();
        let wasm = wat::parse_str(source).unwrap();
        let mut clif = String::new();
        translate(&wasm, |func| clif += &format!("\n{}", func.display())).unwrap();
        let listing: String = clif
            .lines()
            .map(|line| format!(";; {line}"))
            .fold(String::new(), |listing, line| {
                listing + line.trim_end() + "\n"
            });
        let listing = listing.replace("\n;;\n;; function", "\n\n;; function");
        let expected = format!("{source}\n{}", listing.trim_start_matches(";;"));
        if bless {
            std::fs::write(&path, expected).unwrap();
        } else {
            assert_eq!(
                text,
                expected,
                "{} (TRAPLINE_BLESS=1 to accept)",
                path.display()
            );
        }
    }
}

#[test]
fn a_translator_can_be_used_again_after_an_invalid_function() {
    let valid = wat::parse_str("(module (func (param i32) (result i32) local.get 0))").unwrap();
    let invalid = wat::parse_str(
        "(module (func (param i32) (result i32) (loop (br_if 0 (local.get 0))) (i64.const 1)))",
    )
    .unwrap();
    let mut translator = Translator::new();
    let error = translate_with(&mut translator, &invalid, |_| {}).unwrap_err();
    assert!(
        matches!(error, CompileError::Invalid { offset: 0x22, .. }),
        "{error}"
    );
    translate_with(&mut translator, &valid, |_| {}).unwrap();
}

#[test]
fn a_function_that_would_exhaust_memory_is_refused() {
    let results = "i32 ".repeat(1000);
    let branches = "(br_if 0 (local.get 0)) ".repeat(5000);
    let wat = format!(
        "(module
          (func $many (param i32) (result {results})
            (block (result {results}) (call $many (local.get 0)) {branches})))"
    );
    let error = translate(&wat::parse_str(wat).unwrap(), |_| {}).unwrap_err();
    assert!(matches!(error, CompileError::TooLarge(_)), "{error}");
}

#[test]
fn a_branch_table_passes_its_values_once_to_each_label() {
    let results = "i32 ".repeat(100);
    let labels = "0 1 ".repeat(1000);
    let wat = format!(
        "(module
          (func $many (param i32) (result {results})
            (block (result {results})
              (call $many (local.get 0))
              (br_table {labels} 1 (local.get 0)))))"
    );
    let blocks = |func: &Function| assert!(func.layout.blocks().count() < 8);
    translate(&wat::parse_str(wat).unwrap(), blocks).unwrap();
}

#[test]
fn handlers_that_would_exhaust_memory_are_refused() {
    let params = "i32 ".repeat(1000);
    let clauses = "(catch $many 0) ".repeat(10_000);
    let many_fields = format!(
        "(module (tag $many (param {params}))
          (func (result {params})
            (try_table (result {params}) {clauses} (unreachable))))"
    );
    let clauses = "(catch $empty 0) ".repeat(10_000);
    let calls = "(call 0) ".repeat(1000);
    let many_edges = format!("(module (tag $empty) (func (try_table {clauses} {calls})))");
    for wat in [many_fields, many_edges] {
        let error = translate(&wat::parse_str(wat).unwrap(), |_| {}).unwrap_err();
        assert!(matches!(error, CompileError::TooLarge(_)), "{error}");
    }
}
