//! A guest for tests: an instance with the least that its code needs.

use super::{HostFailure, Unwound, enter, install_handlers, park, prepare_thread};
use crate::fiber::{GuestStack, StackSize};
use crate::vm::code_memory::CodeMemory;
use crate::vm::linear_memory::LinearMemory;
use crate::vm::raw_val::RawVal;
use crate::vm::store_context::StoreContext;
use std::cell::UnsafeCell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr::NonNull;
use std::slice;
use std::sync::Arc;
use trapline_compile::layout::{Place, function_import, header, host_callee, memory};
use trapline_compile::module::EntityIndex;
use trapline_compile::types::{FuncIndex, MemoryIndex};
use trapline_compile::{Compiler, CompilerOptions};

/// A stack as engines have by default, but smaller.
pub(crate) const STACK: StackSize = StackSize {
    total: 1 << 20,
    host_headroom: 256 << 10,
};

/// A function of the host. Parameters come in the slots, results are left there.
pub(crate) type Host = Box<dyn Fn(&Guest, &mut [RawVal]) -> Result<(), HostFailure>>;

/// A store with one instance. Imported functions are served by hosts in order.
pub(crate) struct Guest {
    pub code: Arc<CodeMemory>,
    pub memory: Option<LinearMemory>,
    context: UnsafeCell<StoreContext>,
    vmctx: UnsafeCell<Vec<RawVal>>,
    callees: Vec<Callee>,
}

/// What an imported function's `host_callee::DATA` points to.
struct Callee {
    guest: *const Guest,
    host: Host,
    slots: usize,
    record: [u64; host_callee::SIZE as usize / 8],
}

/// Compiles a module in the text format.
pub(crate) fn compile(wat: &str) -> Arc<CodeMemory> {
    let wasm = wat::parse_str(wat).unwrap();
    CodeMemory::new(compiler().compile(wasm.into(), None).unwrap()).unwrap()
}

/// A compiler for this machine.
pub(crate) fn compiler() -> Compiler {
    Compiler::new(&CompilerOptions::default()).unwrap()
}

impl Guest {
    /// An instance of a module with at most one memory and without data.
    pub fn new(wat: &str, hosts: Vec<Host>) -> Box<Guest> {
        install_handlers().unwrap();
        let code = compile(wat);
        let info = code.compiled().info();
        assert_eq!(info.num_imported_functions, hosts.len());
        let slots = |index: usize| {
            let ty = info.function_type(FuncIndex::from_u32(index as u32));
            ty.params().len().max(ty.results().len())
        };
        let callee = |(index, host)| Callee {
            guest: std::ptr::null(),
            host,
            slots: slots(index),
            record: [0; _],
        };
        let memory = info.memories.values().next();
        let guest = Guest {
            memory: memory.map(|ty| LinearMemory::new(ty, None).unwrap()),
            context: UnsafeCell::new(StoreContext::new()),
            vmctx: UnsafeCell::new(vec![
                RawVal::ZERO;
                code.compiled().layout().size() as usize / 16
            ]),
            callees: hosts.into_iter().enumerate().map(callee).collect(),
            code: Arc::clone(&code),
        };
        let mut guest = Box::new(guest);
        guest.fill_in();
        guest
    }

    fn fill_in(&mut self) {
        let at: *const Guest = self;
        let context = self.store().as_ptr() as u64;
        let compiled = self.code.compiled();
        let layout = compiled.layout();
        self.set(header::STORE_CONTEXT, context);
        if let Some(memory) = &self.memory {
            let Place::Own(offset) = layout.memory(MemoryIndex::from_u32(0)) else {
                panic!("the memory is imported")
            };
            self.set(offset + memory::BASE, memory.base() as u64);
            self.set(offset + memory::LENGTH, memory.byte_len());
        }
        for callee in &mut self.callees {
            callee.guest = at;
            let data = &raw const *callee as u64;
            callee.record[host_callee::STORE_CONTEXT as usize / 8] = context;
            callee.record[host_callee::ENTRY as usize / 8] = host_entry as *const () as u64;
            callee.record[host_callee::DATA as usize / 8] = data;
        }
        for (index, callee) in self.callees.iter().enumerate() {
            let func = FuncIndex::from_u32(index as u32);
            let signature = compiled.info().functions[func].signature;
            let code = self.code.address(compiled.exit_trampoline(signature));
            let import = layout.imported_function(func);
            self.set(import + function_import::CODE, code as u64);
            self.set(
                import + function_import::VMCTX,
                callee.record.as_ptr() as u64,
            );
        }
    }

    /// Writes a word of the vmctx.
    fn set(&self, offset: u32, value: u64) {
        // SAFETY: the guest is not running, and nobody else refers to the vmctx.
        let vmctx = unsafe { &mut *self.vmctx.get() };
        assert!(offset as usize + 8 <= vmctx.len() * 16);
        // SAFETY: within the vmctx.
        unsafe {
            let at = vmctx.as_mut_ptr().cast::<u8>().add(offset as usize);
            at.cast::<u64>().write_unaligned(value);
        }
    }

    pub fn store(&self) -> NonNull<StoreContext> {
        NonNull::new(self.context.get()).unwrap()
    }

    /// Calls an export, on a new stack if that is needed.
    pub fn call(&self, name: &str, arguments: &[u64]) -> Result<u64, Box<Unwound>> {
        // SAFETY: the context is ours.
        if unsafe { self.store().as_ref() }.runs_here() {
            self.call_on(None, name, arguments)
        } else {
            let stack = GuestStack::new(STACK).unwrap();
            self.call_on(Some(&stack), name, arguments)
        }
    }

    /// Calls an export. Returns the first result, if there is any.
    pub fn call_on(
        &self,
        stack: Option<&GuestStack>,
        name: &str,
        arguments: &[u64],
    ) -> Result<u64, Box<Unwound>> {
        prepare_thread().unwrap();
        let compiled = self.code.compiled();
        let info = compiled.info();
        let export = info.exports.iter().find(|export| export.name == name);
        let EntityIndex::Function(func) = export.unwrap().entity else {
            panic!("not a function")
        };
        let ty = info.function_type(func);
        assert_eq!(ty.params().len(), arguments.len());
        let mut slots: Vec<_> = arguments
            .iter()
            .map(|&bits| RawVal::from_u64(bits))
            .collect();
        slots.resize(
            ty.params().len().max(ty.results().len()).max(1),
            RawVal::ZERO,
        );
        let defined = info.defined_function(func).unwrap();
        let code = self.code.address(compiled.function_code(defined).start);
        let trampoline = compiled.entry_trampoline(info.functions[func].signature);
        let trampoline = self.code.address(trampoline);
        // SAFETY: all of it belongs together; nothing runs on the stack; the thread is prepared.
        unsafe {
            let vmctx = (*self.vmctx.get()).as_mut_ptr().cast();
            enter(
                self.store(),
                stack,
                trampoline,
                code,
                vmctx,
                slots.as_mut_ptr(),
            )?;
        }
        Ok(slots[0].as_u64())
    }

    /// The wasm pc of the `index`-th occurrence of an opcode byte in a function, which must not
    /// occur in it otherwise.
    pub fn wasm_pc(&self, func: u32, opcode: u8, index: usize) -> u32 {
        let compiled = self.code.compiled();
        let info = compiled.info();
        let defined = info.defined_function(FuncIndex::from_u32(func)).unwrap();
        let body = info.bodies[defined].clone();
        let bytes = &compiled.wasm()[body.start as usize..body.end as usize];
        let mut places = bytes
            .iter()
            .enumerate()
            .filter(|(_, byte)| **byte == opcode);
        body.start + places.nth(index).unwrap().0 as u32
    }
}

unsafe extern "C" fn host_entry(record: *mut u64, slots: *mut RawVal) -> u32 {
    // SAFETY: called by an exit trampoline with what `fill_in` has set up.
    unsafe {
        let callee = record.add(host_callee::DATA as usize / 8).read() as *const Callee;
        let (callee, guest) = (&*callee, &*(*callee).guest);
        let slots = slice::from_raw_parts_mut(slots, callee.slots);
        let call = AssertUnwindSafe(|| (callee.host)(guest, slots));
        let failure = match catch_unwind(call) {
            Ok(Ok(())) => return 0,
            Ok(Err(failure)) => failure,
            Err(payload) => HostFailure::Panic(payload),
        };
        park(guest.store(), failure);
        1
    }
}

/// Writes over code, as only tests may: what runs it is at the mercy of the bytes.
pub(crate) fn patch(code: &CodeMemory, text_offset: u32, bytes: &[u8]) {
    assert!(text_offset as usize + bytes.len() <= code.text_len());
    let page = crate::vm::mmap::page_size();
    let at = code.address(text_offset);
    let (start, end) = (at / page * page, (at + bytes.len()).next_multiple_of(page));
    let protect = |access| {
        // SAFETY: pages of code that nobody runs at this moment, or has references to.
        let status = unsafe { libc::mprotect(start as *mut _, end - start, access) };
        assert_eq!(status, 0);
    };
    protect(libc::PROT_READ | libc::PROT_WRITE);
    // SAFETY: as above; the bytes are within.
    unsafe { (at as *mut u8).copy_from_nonoverlapping(bytes.as_ptr(), bytes.len()) };
    protect(libc::PROT_READ | libc::PROT_EXEC);
}
