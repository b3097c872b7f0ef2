//! Modules and compiled modules with missing, changed and added bytes.

use crate::support::{Random, module};
use std::path::{Path, PathBuf};
use trapline::{Config, Engine, Error, Instance, Linker, Module, OptLevel, Store};

/// A module with something of every section, and of most kinds of instructions.
const EVERYTHING: &str = r#"(module $everything
    (type $binary (func (param i32 i32) (result i32)))
    (import "host" "f" (func $host (param i64) (result i64)))
    (import "host" "m" (memory $imported 1))
    (table $t 4 8 funcref)
    (table $x 2 externref)
    (memory $own 1 4)
    (tag $error (export "error") (param i32 externref))
    (global $g (mut i32) (i32.add (i32.const 1) (i32.const 2)))
    (export "run" (func $run))
    (export "own" (memory $own))
    (elem (table $t) (i32.const 0) func $add $run)
    (elem $passive funcref (ref.func $add) (ref.null func))
    (func $add (type $binary) (i32.add (local.get 0) (local.get 1)))
    (func $run (param $n i32) (result i32) (local $v v128) (local $f f64) (local $e externref)
        (local $x0 exnref)
        (local.set $v (i32x4.splat (local.get $n)))
        (v128.store $own offset=16 (i32.const 32) (local.get $v))
        (local.set $f (f64.div (f64.convert_i32_s (local.get $n)) (f64.const 3)))
        (table.set $x (i32.const 0) (local.get $e))
        (memory.fill $own (i32.const 8) (i32.const 1) (i32.const 4))
        (memory.init $own $d (i32.const 0) (i32.const 0) (i32.const 2))
        (table.init $t $passive (i32.const 2) (i32.const 0) (i32.const 2))
        (block $out
            (loop $again
                (br_if $out (i32.eqz (local.get $n)))
                (local.set $n (i32.sub (local.get $n) (i32.const 1)))
                (global.set $g (i32.div_u (global.get $g) (i32.const 3)))
                (br_table $again $out (local.get $n))))
        (block $caught (result i32 externref exnref)
            (try_table (catch_ref $error $caught)
                (drop (call $host (i64.extend_i32_u (memory.size $imported))))
                (throw $error (local.get $n) (local.get $e)))
            (unreachable))
        (local.set $x0)
        (drop)
        (local.set $n)
        (if (i32.eqz (local.get $n)) (then (throw_ref (local.get $x0))))
        (if (result i32) (f64.gt (local.get $f) (f64.const 1))
            (then (call_indirect $t (type $binary) (local.get $n) (i32.const 2) (i32.const 0)))
            (else (i32.trunc_sat_f64_s (local.get $f)))))
    (data $d "passive")
    (data (memory $own) (i32.const 100) "active"))"#;

/// An engine that is quick to compile.
fn engine() -> Engine {
    let mut config = Config::new();
    config.opt_level(OptLevel::None).parallel_compilation(false);
    Engine::new(&config).expect("an engine")
}

/// Compiles bytes and makes an instance. Whatever comes of it, it must come back.
fn try_out(engine: &Engine, wasm: &[u8]) -> Result<(), Error> {
    let module = Module::from_binary(engine, wasm)?;
    let mut linker = Linker::<()>::new(engine);
    linker.define_unknown_imports_as_traps(&module)?;
    let mut store = Store::new(engine, ());
    linker.instantiate(&mut store, &module).map(drop)
}

/// The wasm files of the sample programs.
fn guests() -> Vec<(PathBuf, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/guests");
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        for file in std::fs::read_dir(entry.path())
            .into_iter()
            .flatten()
            .flatten()
        {
            let path = file.path();
            if path
                .extension()
                .is_some_and(|extension| extension == "wasm")
            {
                let bytes = std::fs::read(&path).expect("a readable file");
                found.push((path, bytes));
            }
        }
    }
    found
}

#[test]
fn a_module_cut_anywhere_is_an_error() {
    let engine = engine();
    let wasm = module(&engine, EVERYTHING).wasm().to_vec();
    let mut valid = 0;
    for length in 0..wasm.len() {
        valid += try_out(&engine, &wasm[..length]).is_ok() as usize;
    }
    // A cut between two sections may leave a module that is whole.
    assert!(valid < 10, "{valid}");
}

#[test]
fn a_module_with_any_bit_flipped_does_no_harm() {
    let engine = engine();
    let wasm = module(&engine, EVERYTHING).wasm().to_vec();
    for bit in 0..wasm.len() * 8 {
        let mut damaged = wasm.clone();
        damaged[bit / 8] ^= 1 << (bit % 8);
        drop(try_out(&engine, &damaged));
    }
}

#[test]
fn a_module_with_bytes_changed_added_or_removed_does_no_harm() {
    let engine = engine();
    let wasm = module(&engine, EVERYTHING).wasm().to_vec();
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    for _ in 0..5000 {
        let mut damaged = wasm.clone();
        for _ in 0..=random.below(4) {
            damage(&mut damaged, &mut random);
        }
        drop(try_out(&engine, &damaged));
    }
}

/// Changes some bytes in one of several ways.
fn damage(bytes: &mut Vec<u8>, random: &mut Random) {
    let at = random.below(bytes.len());
    match random.below(6) {
        0 => bytes[at] = random.next() as u8,
        1 => bytes[at] = [0x00, 0x7f, 0x80, 0xff][random.below(4)],
        2 => bytes.insert(at, random.next() as u8),
        3 => drop(bytes.remove(at)),
        4 => {
            let from = random.below(bytes.len());
            let length = random.below(16).min(bytes.len() - from.max(at));
            bytes.copy_within(from..from + length, at);
        }
        _ => {
            let rest = bytes.split_off(at);
            bytes.extend_from_slice(&[0xff; 5]);
            bytes.extend(rest);
        }
    }
}

#[test]
fn random_bytes_are_errors() {
    let engine = engine();
    let mut random = Random(42);
    for _ in 0..20_000 {
        let mut bytes = b"\0asm\x01\0\0\0".to_vec();
        // Mostly short sections, which some start of validation accepts.
        bytes.push(random.below(14) as u8);
        bytes.extend((0..random.below(40)).map(|_| (random.next() >> random.below(64)) as u8));
        drop(try_out(&engine, &bytes));
        bytes.drain(..8);
        drop(Module::new(&engine, &bytes));
    }
}

#[test]
fn damaged_sample_programs_do_no_harm() {
    let engine = engine();
    let mut random = Random(7);
    for (path, wasm) in guests() {
        println!("{}", path.display());
        try_out(&engine, &wasm).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        // As much for all of them together as for a large one.
        let rounds = (2 << 20) / wasm.len();
        for _ in 0..rounds.clamp(2, 12) {
            let cut = random.below(wasm.len());
            drop(Module::validate(&engine, &wasm[..cut]));
            let mut damaged = wasm.clone();
            damage(&mut damaged, &mut random);
            drop(Module::validate(&engine, &damaged));
        }
        for _ in 0..(rounds / 8).clamp(1, 3) {
            let mut damaged = wasm.clone();
            damage(&mut damaged, &mut random);
            drop(try_out(&engine, &damaged));
        }
    }
}

/// A folder of this test's own, removed in the end.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Folder {
        let path = std::env::temp_dir().join(format!("trapline-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&path).expect("a folder");
        Folder(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        drop(std::fs::remove_dir_all(&self.0));
    }
}

#[test]
fn a_damaged_compiled_module_is_an_error() {
    let folder = Folder::new("damaged");
    let path = folder.0.join("module.trapline");
    let engine = engine();
    let original = module(&engine, EVERYTHING).serialize().expect("serialized");
    let load = |bytes: &[u8]| {
        std::fs::write(&path, bytes).expect("written");
        Module::deserialize_file(&engine, &path)
    };
    load(&original).expect("a whole file loads");
    let mut random = Random(3);
    for i in 0..2000 {
        // Every byte near the start, where the header is, then anywhere.
        let at = if i < 600 {
            i.min(original.len() - 1)
        } else {
            random.below(original.len())
        };
        let mut damaged = original.clone();
        damaged[at] ^= 1 << random.below(8);
        assert!(
            load(&damaged).is_err(),
            "a bit of byte {at} changed and nobody noticed"
        );
        if i % 4 == 0 {
            assert!(
                load(&original[..at]).is_err(),
                "cut at {at} and nobody noticed"
            );
        }
    }
    let mut longer = original.clone();
    longer.extend_from_slice(&[0; 100]);
    assert!(
        load(&longer).is_err(),
        "bytes added at the end and nobody noticed"
    );
    assert!(load(b"").is_err());
    assert!(load(b"\0asm\x01\0\0\0").is_err());
    assert!(Module::deserialize_file(&engine, folder.0.join("none")).is_err());
    assert!(Module::deserialize_file(&engine, &folder.0).is_err());
}

#[test]
fn a_compiled_module_of_another_configuration_is_an_error() {
    let folder = Folder::new("configuration");
    let path = folder.0.join("module.trapline");
    let fast = Engine::default();
    std::fs::write(&path, module(&fast, EVERYTHING).serialize().unwrap()).unwrap();
    Module::deserialize_file(&fast, &path).expect("the same configuration");
    assert!(Module::deserialize_file(&engine(), &path).is_err());
}

#[test]
fn a_damaged_cache_is_repaired() {
    let folder = Folder::new("cache");
    let mut config = Config::new();
    config.cache(Some(folder.0.clone()));
    let compile = || {
        let engine = Engine::new(&config).expect("an engine");
        let module = module(
            &engine,
            r#"(module (func (export "f") (result i32) (i32.const 5)))"#,
        );
        let mut store = Store::new(&engine, ());
        let instance = Instance::new(&mut store, &module, &[]).unwrap();
        let f = instance.get_typed_func::<(), i32>(&mut store, "f").unwrap();
        assert_eq!(f.call(&mut store, ()).unwrap(), 5);
    };
    compile();
    let files = files_below(&folder.0);
    assert!(!files.is_empty(), "nothing was kept");
    for file in &files {
        let whole = std::fs::read(file).unwrap();
        let mut random = Random(11);
        for i in 0..50 {
            let mut damaged = whole.clone();
            let at = random.below(damaged.len());
            match i % 3 {
                0 => damaged[at] ^= 0x10,
                1 => damaged.truncate(at),
                _ => damaged.clear(),
            }
            std::fs::write(file, damaged).unwrap();
            compile();
        }
        // What cannot be read or replaced is as if there were no cache.
        std::fs::remove_file(file).unwrap();
        std::fs::create_dir(file).unwrap();
        compile();
        std::fs::remove_dir_all(file).unwrap();
        compile();
    }
    config.cache(Some("/dev/null/nowhere".into()));
    drop(Engine::new(&config).and_then(|engine| Module::new(&engine, "(module)")));
}

#[test]
fn many_writers_share_a_cache() {
    let folder = Folder::new("writers");
    let mut config = Config::new();
    config
        .cache(Some(folder.0.clone()))
        .parallel_compilation(false);
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                for i in 0..25 {
                    let engine = Engine::new(&config).expect("an engine");
                    let wat =
                        format!(r#"(module (func (export "f") (result i32) (i32.const {i})))"#);
                    let module = module(&engine, &wat);
                    let mut store = Store::new(&engine, ());
                    let instance = Instance::new(&mut store, &module, &[]).unwrap();
                    let f = instance.get_typed_func::<(), i32>(&mut store, "f").unwrap();
                    assert_eq!(f.call(&mut store, ()).unwrap(), i);
                }
            });
        }
    });
}

fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).expect("a folder").flatten() {
        match entry.file_type().expect("a type").is_dir() {
            true => files.extend(files_below(&entry.path())),
            false => files.push(entry.path()),
        }
    }
    files
}
