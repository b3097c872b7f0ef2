//! What guests import, and how their calls arrive.

use trapline::{Engine, Error, Linker, Module, Store};
use trapline_wasi::{ExitCode, MissingMemory, WasiCtx, WasiCtxBuilder};

/// Every function of the interface, with the types of its parameters (`i` for `i32`, `l` for
/// `i64`); each returns an `i32`.
const FUNCTIONS: &[(&str, &str)] = &[
    ("args_get", "ii"),
    ("args_sizes_get", "ii"),
    ("environ_get", "ii"),
    ("environ_sizes_get", "ii"),
    ("clock_res_get", "ii"),
    ("clock_time_get", "ili"),
    ("fd_advise", "illi"),
    ("fd_allocate", "ill"),
    ("fd_close", "i"),
    ("fd_datasync", "i"),
    ("fd_fdstat_get", "ii"),
    ("fd_fdstat_set_flags", "ii"),
    ("fd_fdstat_set_rights", "ill"),
    ("fd_filestat_get", "ii"),
    ("fd_filestat_set_size", "il"),
    ("fd_filestat_set_times", "illi"),
    ("fd_pread", "iiili"),
    ("fd_prestat_get", "ii"),
    ("fd_prestat_dir_name", "iii"),
    ("fd_pwrite", "iiili"),
    ("fd_read", "iiii"),
    ("fd_readdir", "iiili"),
    ("fd_renumber", "ii"),
    ("fd_seek", "ilii"),
    ("fd_sync", "i"),
    ("fd_tell", "ii"),
    ("fd_write", "iiii"),
    ("path_create_directory", "iii"),
    ("path_filestat_get", "iiiii"),
    ("path_filestat_set_times", "iiiilli"),
    ("path_link", "iiiiiii"),
    ("path_open", "iiiiillii"),
    ("path_readlink", "iiiiii"),
    ("path_remove_directory", "iii"),
    ("path_rename", "iiiiii"),
    ("path_symlink", "iiiii"),
    ("path_unlink_file", "iii"),
    ("poll_oneoff", "iiii"),
    ("proc_raise", "i"),
    ("sched_yield", ""),
    ("random_get", "ii"),
    ("sock_accept", "iii"),
    ("sock_recv", "iiiiii"),
    ("sock_send", "iiiii"),
    ("sock_shutdown", "ii"),
];

fn linker(engine: &Engine) -> Linker<WasiCtx> {
    let mut linker = Linker::new(engine);
    trapline_wasi::add_to_linker(&mut linker, |wasi: &mut WasiCtx| wasi).unwrap();
    linker
}

/// Runs the body of a function that calls `$f`, a function of the interface.
fn run(import: &str, memory: &str, body: &str) -> Result<i32, Error> {
    let engine = Engine::default();
    let text = format!(
        r#"(module (import "wasi_snapshot_preview1" {import}) {memory}
            (func (export "run") (result i32) {body}))"#
    );
    let module = Module::new(&engine, text).unwrap();
    let mut store = Store::new(&engine, WasiCtxBuilder::new().arg("program").build());
    let instance = linker(&engine).instantiate(&mut store, &module).unwrap();
    instance
        .get_typed_func::<(), i32>(&mut store, "run")
        .unwrap()
        .call(&mut store, ())
}

const MEMORY: &str = r#"(memory (export "memory") 1)"#;

#[test]
fn every_function_has_the_type_of_the_interface() {
    let engine = Engine::default();
    let imports: String = FUNCTIONS
        .iter()
        .map(|(name, params)| {
            let params: String = params
                .chars()
                .map(|p| if p == 'l' { " i64" } else { " i32" })
                .collect();
            format!(
                r#"(import "wasi_snapshot_preview1" "{name}" (func (param{params}) (result i32)))"#
            )
        })
        .collect();
    let exit = r#"(import "wasi_snapshot_preview1" "proc_exit" (func (param i32)))"#;
    let module = Module::new(&engine, format!("(module {imports} {exit})")).unwrap();
    let mut store = Store::new(&engine, WasiCtxBuilder::new().build());
    linker(&engine).instantiate(&mut store, &module).unwrap();
}

#[test]
fn pointers_outside_of_the_memory_are_the_guests_own_error() {
    let import = r#""random_get" (func $f (param i32 i32) (result i32))"#;
    let call = |ptr: i64, len: i64| {
        run(
            import,
            MEMORY,
            &format!("(call $f (i32.const {ptr}) (i32.const {len}))"),
        )
        .unwrap()
    };
    assert_eq!(call(0, 65536), 0);
    assert_eq!(call(65536, 0), 0);
    assert_eq!(call(1, 65536), 21);
    assert_eq!(call(0xffff_ffff, 0xffff_ffff), 21);
}

#[test]
fn a_guest_that_hides_its_memory_is_an_error_that_says_so() {
    let import = r#""args_sizes_get" (func $f (param i32 i32) (result i32))"#;
    let body = "(call $f (i32.const 0) (i32.const 4))";
    let error = run(import, "(memory 1)", body).unwrap_err();
    assert_eq!(error.downcast_ref(), Some(&MissingMemory));
    let other = r#"(memory 1) (func (export "memory"))"#;
    let error = run(import, other, body).unwrap_err();
    assert_eq!(error.downcast_ref(), Some(&MissingMemory));
    // What passes nothing through the memory needs none.
    let import = r#""fd_close" (func $f (param i32) (result i32))"#;
    assert_eq!(run(import, "", "(call $f (i32.const 9))").unwrap(), 8);
}

#[test]
fn exits_and_signals_end_the_guest_with_a_code() {
    let exit = r#""proc_exit" (func $f (param i32))"#;
    for code in [0, 1, 33, -1] {
        let body = format!("(call $f (i32.const {code})) unreachable");
        let error = run(exit, "", &body).unwrap_err();
        assert_eq!(error.downcast_ref(), Some(&ExitCode(code)));
    }
    let raise = r#""proc_raise" (func $f (param i32) (result i32))"#;
    let error = run(raise, "", "(call $f (i32.const 6))").unwrap_err();
    assert_eq!(error.downcast_ref(), Some(&ExitCode(134)));
    assert_eq!(run(raise, "", "(call $f (i32.const 0))").unwrap(), 0);
    assert_eq!(run(raise, "", "(call $f (i32.const 99))").unwrap(), 28);
}

#[test]
fn the_functions_are_defined_once() {
    let engine = Engine::default();
    let mut linker = linker(&engine);
    assert!(trapline_wasi::add_to_linker(&mut linker, |wasi: &mut WasiCtx| wasi).is_err());
    linker.allow_shadowing(true);
    assert!(trapline_wasi::add_to_linker(&mut linker, |wasi: &mut WasiCtx| wasi).is_ok());
}
