//! Defines the functions in a linker.

use trapline::{Caller, Extern, Linker};

use crate::ctx::WasiCtx;
use crate::errno::Errno;
use crate::memory::GuestMemory;

/// The name under which guests import the functions.
const MODULE: &str = "wasi_snapshot_preview1";

/// A guest called a function that passes data through its memory, and exports none.
///
/// The interface wants guests to export their memory under the name `memory`.
///
/// ```
/// use trapline_wasi::MissingMemory;
///
/// assert_eq!(MissingMemory.to_string(), "the guest uses WASI without exporting a `memory`");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the guest uses WASI without exporting a `memory`")]
pub struct MissingMemory;

/// Defines every function of WASI preview 1 in a linker, as imports from
/// `wasi_snapshot_preview1`.
///
/// `state` finds the guest's [`WasiCtx`] in the data of the store.
///
/// # Errors
///
/// When the linker already has one of the functions and does not allow shadowing.
///
/// ```
/// use trapline::{Engine, Linker, Module, Store};
/// use trapline_wasi::{ExitCode, OutputPipe, WasiCtx, WasiCtxBuilder};
///
/// let engine = Engine::default();
/// let mut linker = Linker::new(&engine);
/// trapline_wasi::add_to_linker(&mut linker, |wasi: &mut WasiCtx| wasi)?;
///
/// let module = Module::new(
///     &engine,
///     r#"(module
///         (import "wasi_snapshot_preview1" "fd_write"
///             (func $write (param i32 i32 i32 i32) (result i32)))
///         (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
///         (memory (export "memory") 1)
///         (data (i32.const 0) "\08\00\00\00\06\00\00\00hello\n")
///         (func (export "_start")
///             (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 32)))
///             (call $exit (i32.const 3))))"#,
/// )?;
/// let stdout = OutputPipe::new(1 << 20);
/// let mut store = Store::new(&engine, WasiCtxBuilder::new().stdout(stdout.clone()).build());
/// let instance = linker.instantiate(&mut store, &module)?;
/// let start = instance.get_typed_func::<(), ()>(&mut store, "_start")?;
///
/// let error = start.call(&mut store, ()).unwrap_err();
/// assert_eq!(error.downcast_ref(), Some(&ExitCode(3)));
/// assert_eq!(stdout.contents(), b"hello\n");
/// # Ok::<(), trapline::Error>(())
/// ```
pub fn add_to_linker<T: 'static>(
    linker: &mut Linker<T>,
    state: impl Fn(&mut T) -> &mut WasiCtx + Copy + Send + Sync + 'static,
) -> trapline::Result<()> {
    macro_rules! define {
        ($($name:ident($($param:ident: $ty:ty),*);)*) => {
            $(linker.func_wrap(
                MODULE,
                stringify!($name),
                move |mut caller: Caller<'_, T>, $($param: $ty),*| {
                    enter(&mut caller, state, |ctx, memory| ctx.$name(memory, $($param),*))
                },
            )?;)*
        };
    }
    define! {
        args_get(argv: u32, argv_buf: u32);
        args_sizes_get(count: u32, size: u32);
        environ_get(environ: u32, environ_buf: u32);
        environ_sizes_get(count: u32, size: u32);
        clock_res_get(clock: u32, resolution: u32);
        clock_time_get(clock: u32, precision: u64, time: u32);
        fd_advise(fd: u32, offset: u64, len: u64, advice: u32);
        fd_allocate(fd: u32, offset: u64, len: u64);
        fd_close(fd: u32);
        fd_datasync(fd: u32);
        fd_fdstat_get(fd: u32, stat: u32);
        fd_fdstat_set_flags(fd: u32, flags: u32);
        fd_fdstat_set_rights(fd: u32, base: u64, inheriting: u64);
        fd_filestat_get(fd: u32, stat: u32);
        fd_filestat_set_size(fd: u32, size: u64);
        fd_filestat_set_times(fd: u32, atim: u64, mtim: u64, fst_flags: u32);
        fd_pread(fd: u32, iovs: u32, iovs_len: u32, offset: u64, nread: u32);
        fd_prestat_get(fd: u32, prestat: u32);
        fd_prestat_dir_name(fd: u32, path: u32, path_len: u32);
        fd_pwrite(fd: u32, iovs: u32, iovs_len: u32, offset: u64, nwritten: u32);
        fd_read(fd: u32, iovs: u32, iovs_len: u32, nread: u32);
        fd_readdir(fd: u32, buf: u32, buf_len: u32, cookie: u64, bufused: u32);
        fd_renumber(fd: u32, to: u32);
        fd_seek(fd: u32, offset: u64, whence: u32, newoffset: u32);
        fd_sync(fd: u32);
        fd_tell(fd: u32, offset: u32);
        fd_write(fd: u32, iovs: u32, iovs_len: u32, nwritten: u32);
        path_create_directory(fd: u32, path: u32, path_len: u32);
        path_filestat_get(fd: u32, lookup: u32, path: u32, path_len: u32, stat: u32);
        path_filestat_set_times(
            fd: u32, lookup: u32, path: u32, path_len: u32, atim: u64, mtim: u64, fst_flags: u32
        );
        path_link(
            old_fd: u32, old_lookup: u32, old_path: u32, old_path_len: u32,
            new_fd: u32, new_path: u32, new_path_len: u32
        );
        path_open(
            fd: u32, dirflags: u32, path: u32, path_len: u32, oflags: u32,
            base: u64, inheriting: u64, fdflags: u32, opened: u32
        );
        path_readlink(fd: u32, path: u32, path_len: u32, buf: u32, buf_len: u32, bufused: u32);
        path_remove_directory(fd: u32, path: u32, path_len: u32);
        path_rename(
            old_fd: u32, old_path: u32, old_path_len: u32,
            new_fd: u32, new_path: u32, new_path_len: u32
        );
        path_symlink(
            old_path: u32, old_path_len: u32, fd: u32, new_path: u32, new_path_len: u32
        );
        path_unlink_file(fd: u32, path: u32, path_len: u32);
        poll_oneoff(subscriptions: u32, events: u32, count: u32, nevents: u32);
        random_get(buf: u32, buf_len: u32);
        sched_yield();
        sock_accept(fd: u32, flags: u32, accepted: u32);
        sock_recv(
            fd: u32, ri_data: u32, ri_data_len: u32, ri_flags: u32, datalen: u32, ro_flags: u32
        );
        sock_send(fd: u32, si_data: u32, si_data_len: u32, si_flags: u32, datalen: u32);
        sock_shutdown(fd: u32, how: u32);
    }

    // These two can end the guest, which is an error to the host whatever the code.
    linker.func_wrap(
        MODULE,
        "proc_exit",
        move |mut caller: Caller<'_, T>, code: u32| {
            Err::<(), _>(state(caller.data_mut()).proc_exit(code))
        },
    )?;
    linker.func_wrap(
        MODULE,
        "proc_raise",
        move |mut caller: Caller<'_, T>, signal: u32| match state(caller.data_mut())
            .proc_raise(signal)
        {
            Ok(Ok(())) => Ok(Errno::Success as u32),
            Ok(Err(exit)) => Err(exit),
            Err(errno) => Ok(errno as u32),
        },
    )?;
    Ok(())
}

/// Calls a function with the guest's state and memory, and returns the `errno` for the guest.
fn enter<T: 'static>(
    caller: &mut Caller<'_, T>,
    state: impl Fn(&mut T) -> &mut WasiCtx,
    call: impl FnOnce(&mut WasiCtx, &mut GuestMemory<'_>) -> Result<(), Errno>,
) -> Result<u32, MissingMemory> {
    let memory = match caller.get_export("memory") {
        Some(Extern::Memory(memory)) => Some(memory),
        _ => None,
    };
    let (bytes, data) = match memory {
        Some(memory) => memory.data_and_store_mut(caller),
        None => (&mut [][..], caller.data_mut()),
    };
    match call(state(data), &mut GuestMemory::new(bytes)) {
        Ok(()) => Ok(Errno::Success as u32),
        Err(Errno::Fault) if memory.is_none() => Err(MissingMemory),
        Err(errno) => Ok(errno as u32),
    }
}
