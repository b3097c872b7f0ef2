//! Compiled modules as files.

mod common;

use std::fs;
use std::path::{Path, PathBuf};
use trapline::{Config, Engine, Error, Instance, Module, OptLevel, Store};

const GUEST: &str = r#"(module $guest
    (memory 2)
    (data (i32.const 0) "abc")
    (func $f (export "f") (result i32) (i32.load8_u (i32.const 1)))
    (func (export "trap") unreachable))"#;

/// A directory that is removed at the end.
struct Directory(PathBuf);

impl Directory {
    fn new(name: &str) -> Directory {
        let path = std::env::temp_dir().join(format!("trapline-{}-{name}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        Directory(path)
    }

    fn engine(&self) -> Engine {
        let mut config = Config::new();
        config.cache(Some(self.0.clone()));
        Engine::new(&config).unwrap()
    }

    fn entries(&self) -> Vec<PathBuf> {
        let entries = fs::read_dir(&self.0).unwrap();
        entries.map(|entry| entry.unwrap().path()).collect()
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Whether the module was compiled.
fn compile(engine: &Engine) -> bool {
    let compiled = std::sync::atomic::AtomicBool::new(false);
    let module = Module::new_with_progress(engine, GUEST, &|_| {
        compiled.store(true, std::sync::atomic::Ordering::Relaxed);
    })
    .unwrap();
    check(engine, &module);
    compiled.into_inner()
}

fn check(engine: &Engine, module: &Module) {
    let mut store = Store::new(engine, ());
    let instance = Instance::new(&mut store, module, &[]).unwrap();
    let f = instance.get_typed_func::<(), i32>(&store, "f").unwrap();
    assert_eq!(f.call(&mut store, ()).unwrap(), i32::from(b'b'));
    let trap = instance.get_typed_func::<(), ()>(&store, "trap").unwrap();
    let error = trap.call(&mut store, ()).unwrap_err();
    assert!(error.trap_info().unwrap().wasm_pc.is_some());
    assert_eq!(module.function_name(0), Some("f"));
    assert_eq!(module.name(), Some("guest"));
}

#[test]
fn a_module_is_compiled_once() {
    let directory = Directory::new("once");
    assert!(compile(&directory.engine()));
    assert!(!compile(&directory.engine()));
    assert_eq!(directory.entries().len(), 1);
    // Other settings make other code.
    let mut config = Config::new();
    config
        .cache(Some(directory.0.clone()))
        .opt_level(OptLevel::None);
    assert!(compile(&Engine::new(&config).unwrap()));
    assert_eq!(directory.entries().len(), 2);
}

#[test]
fn a_damaged_entry_is_replaced() {
    let directory = Directory::new("damaged");
    compile(&directory.engine());
    let entry = directory.entries().pop().unwrap();
    let whole = fs::read(&entry).unwrap();
    type Damage<'a> = &'a dyn Fn(&mut Vec<u8>);
    let damage: [Damage; 6] = [
        &|bytes| bytes.clear(),
        &|bytes| bytes.truncate(100),
        &|bytes| {
            let half = bytes.len() / 2;
            bytes.truncate(half);
        },
        &|bytes| *bytes.last_mut().unwrap() ^= 1,
        &|bytes| bytes[80] ^= 0x40,
        &|bytes| bytes[20] ^= 1,
    ];
    for change in damage {
        let mut bytes = whole.clone();
        change(&mut bytes);
        fs::write(&entry, &bytes).unwrap();
        assert!(compile(&directory.engine()));
        assert_eq!(fs::read(&entry).unwrap(), whole);
        assert!(!compile(&directory.engine()));
    }
    assert_eq!(directory.entries().len(), 1);
}

#[test]
fn a_cache_that_cannot_be_written_does_no_harm() {
    let directory = Directory::new("unwritable");
    let engine = directory.engine();
    fs::remove_dir_all(&directory.0).unwrap();
    assert!(compile(&engine));
    assert!(compile(&engine));
    fs::write(&directory.0, "a file in its place").unwrap();
    assert!(compile(&engine));
    let mut config = Config::new();
    config.cache(Some(directory.0.join("below")));
    let error = Engine::new(&config).unwrap_err();
    assert!(matches!(error, Error::File { .. }), "{error}");
    fs::remove_file(&directory.0).unwrap();
}

#[test]
fn many_engines_use_one_directory_at_once() {
    let directory = Directory::new("concurrent");
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                for _ in 0..5 {
                    let engine = directory.engine();
                    let module = Module::new(&engine, GUEST).unwrap();
                    check(&engine, &module);
                    for entry in directory.entries() {
                        if entry
                            .extension()
                            .is_some_and(|extension| extension == "trapline")
                        {
                            let _ = fs::remove_file(entry);
                        }
                    }
                }
            });
        }
    });
    let left = directory.entries();
    assert!(
        left.iter()
            .all(|entry| entry.extension().unwrap() == "trapline"),
        "{left:?}"
    );
}

fn serialized(engine: &Engine, path: &Path) {
    let module = Module::new(engine, GUEST).unwrap();
    fs::write(path, module.serialize().unwrap()).unwrap();
}

#[test]
fn a_module_comes_back_from_its_file() {
    let directory = Directory::new("serialize");
    fs::create_dir_all(&directory.0).unwrap();
    let path = directory.0.join("module");
    let engine = Engine::default();
    serialized(&engine, &path);
    let module = Module::deserialize_file(&engine, &path).unwrap();
    check(&engine, &module);
    // The file may be replaced or removed while it is in use.
    fs::remove_file(&path).unwrap();
    check(&engine, &module);
    let again = module.serialize().unwrap();
    assert_eq!(
        again,
        Module::new(&engine, GUEST).unwrap().serialize().unwrap()
    );
}

#[test]
fn files_that_are_no_modules_of_this_engine_are_refused() {
    let directory = Directory::new("refused");
    fs::create_dir_all(&directory.0).unwrap();
    let path = directory.0.join("module");
    let engine = Engine::default();
    let error = Module::deserialize_file(&engine, &path).unwrap_err();
    assert!(matches!(error, Error::File { .. }), "{error}");
    for contents in ["", "TRAPLINE", "\0asm\x01\0\0\0"] {
        fs::write(&path, contents).unwrap();
        let error = Module::deserialize_file(&engine, &path).unwrap_err();
        assert!(matches!(error, Error::Compile(_)), "{error}");
    }
    let mut config = Config::new();
    config.opt_level(OptLevel::None);
    serialized(&Engine::new(&config).unwrap(), &path);
    let error = Module::deserialize_file(&engine, &path).unwrap_err();
    assert!(error.to_string().contains("with other settings"), "{error}");
}
