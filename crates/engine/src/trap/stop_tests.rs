//! Stopping guests at breakpoints that the tests plant, and taking them back.

use super::testing::{Guest, STACK, patch};
use super::{BREAKPOINT, Step, Stop, StopReason, Unwound};
use crate::fiber::{Fiber, Progress, StackPool, Watch};
use std::arch::{asm, naked_asm};
use std::mem::offset_of;
use std::sync::Arc;
use std::task::{Context, Waker};
use trapline_compile::trap::TrapKind;
use trapline_compile::types::DefinedFuncIndex;

/// What a guest of these tests leaves behind: registers as they are after the breakpoint.
#[repr(C, align(64))]
#[derive(Clone, PartialEq, Debug)]
struct Registers {
    /// What to fill the vector registers with, and later what was found in them.
    vectors: [[u64; 8]; 32],
    /// `rax` to `r15` without `rsp`, in the order of their numbers.
    general: [u64; 15],
    flags: u64,
    sp_before: u64,
    sp_after: u64,
    fp_before: u64,
    masks: [u64; 8],
    mxcsr: u32,
    x87_control: u32,
}

const NO_REGISTERS: Registers = Registers {
    vectors: [[0; 8]; 32],
    general: [0; 15],
    flags: 0,
    sp_before: 0,
    sp_after: 0,
    fp_before: 0,
    masks: [0; 8],
    mxcsr: 0,
    x87_control: 0,
};

/// Where in the functions below the breakpoint is.
const MARK: [u8; 9] = [0x90; 9];

/// How the vector registers are filled and stored; `$n` of them with `$width` bytes each.
macro_rules! guest {
    ($name:ident, [$($load:literal),*], [$($store:literal),*], $last:literal) => {
        /// Guest code: its second argument, in `rsi`, is the address of a [`Registers`].
        #[unsafe(naked)]
        unsafe extern "sysv64" fn $name() {
            naked_asm!(
                "push rbp",
                "mov rbp, rsp",
                "push rsi",
                "sub rsp, 8",
                $($load,)*
                // Rounding up, all exceptions masked; extended precision, rounding down.
                "mov dword ptr [rsp], 0x5f80",
                "ldmxcsr [rsp]",
                "mov word ptr [rsp], 0x077f",
                "fldcw [rsp]",
                "mov [rsi + {sp_before}], rsp",
                "mov [rsi + {fp_before}], rbp",
                "mov rax, 0x1000000000000000",
                "mov rcx, 0x1000000000000001",
                "mov rdx, 0x1000000000000002",
                "mov rbx, 0x1000000000000003",
                "mov rsi, 0x1000000000000006",
                "mov rdi, 0x1000000000000007",
                "mov r8, 0x1000000000000008",
                "mov r9, 0x1000000000000009",
                "mov r10, 0x100000000000000a",
                "mov r11, 0x100000000000000b",
                "mov r12, 0x100000000000000c",
                "mov r13, 0x100000000000000d",
                "mov r14, 0x100000000000000e",
                "mov r15, 0x100000000000000f",
                // Carry, parity, adjust, zero, sign, direction, overflow: all are set.
                "push 0xcd5",
                "popfq",
                ".byte 0x90, 0x90, 0x90, 0x90, 0x90, 0x90, 0x90, 0x90, 0x90",
                "pushfq",
                "cld",
                "push r15", "push r14", "push r13", "push r12", "push r11", "push r10",
                "push r9", "push r8", "push rdi", "push rsi", "push rbp", "push rbx",
                "push rdx", "push rcx", "push rax",
                "mov rsi, [rbp - 8]",
                "lea rdi, [rsi + {general}]",
                "mov ecx, 16",
                "2:",
                "pop rax",
                "mov [rdi], rax",
                "add rdi, 8",
                "dec ecx",
                "jnz 2b",
                "mov [rsi + {sp_after}], rsp",
                "stmxcsr [rsi + {mxcsr}]",
                "fnstcw [rsi + {x87_control}]",
                $($store,)*
                "mov dword ptr [rsp], 0x1f80",
                "ldmxcsr [rsp]",
                "fninit",
                $last,
                "mov rsp, rbp",
                "pop rbp",
                "ret",
                general = const offset_of!(Registers, general),
                sp_before = const offset_of!(Registers, sp_before),
                sp_after = const offset_of!(Registers, sp_after),
                fp_before = const offset_of!(Registers, fp_before),
                mxcsr = const offset_of!(Registers, mxcsr),
                x87_control = const offset_of!(Registers, x87_control),
            )
        }
    };
}

guest! { with_sse,
    ["movaps xmm0, [rsi]", "movaps xmm1, [rsi + 64]", "movaps xmm7, [rsi + 7 * 64]",
     "movaps xmm8, [rsi + 8 * 64]", "movaps xmm15, [rsi + 15 * 64]"],
    ["movaps [rsi], xmm0", "movaps [rsi + 64], xmm1", "movaps [rsi + 7 * 64], xmm7",
     "movaps [rsi + 8 * 64], xmm8", "movaps [rsi + 15 * 64], xmm15"],
    "nop"
}

guest! { with_avx,
    ["vmovaps ymm0, [rsi]", "vmovaps ymm1, [rsi + 64]", "vmovaps ymm7, [rsi + 7 * 64]",
     "vmovaps ymm8, [rsi + 8 * 64]", "vmovaps ymm15, [rsi + 15 * 64]"],
    ["vmovaps [rsi], ymm0", "vmovaps [rsi + 64], ymm1", "vmovaps [rsi + 7 * 64], ymm7",
     "vmovaps [rsi + 8 * 64], ymm8", "vmovaps [rsi + 15 * 64], ymm15"],
    "vzeroupper"
}

guest! { with_avx512,
    ["vmovaps zmm0, [rsi]", "vmovaps zmm7, [rsi + 7 * 64]", "vmovaps zmm15, [rsi + 15 * 64]",
     "vmovaps zmm16, [rsi + 16 * 64]", "vmovaps zmm31, [rsi + 31 * 64]",
     "mov eax, 0x1234", "kmovw k1, eax", "mov eax, 0x5678", "kmovw k7, eax"],
    ["vmovaps [rsi], zmm0", "vmovaps [rsi + 7 * 64], zmm7", "vmovaps [rsi + 15 * 64], zmm15",
     "vmovaps [rsi + 16 * 64], zmm16", "vmovaps [rsi + 31 * 64], zmm31",
     "kmovw eax, k1", "mov [rsi + 2200], rax", "kmovw eax, k7", "mov [rsi + 2208], rax"],
    "vzeroupper"
}

/// Changes what the host may change, and more.
fn clobber() {
    // SAFETY: all that is changed is told, or put back.
    unsafe {
        if is_x86_feature_detected!("avx512f") {
            asm!("vpxord zmm16, zmm16, zmm16", "vpxord zmm31, zmm31, zmm31", "kxorw k1, k1, k1",
                "kxorw k7, k7, k7", "vzeroall", out("k1") _, out("k7") _,
                out("zmm16") _, out("zmm31") _);
        } else if is_x86_feature_detected!("avx") {
            asm!("vzeroall");
        }
        asm!(
            "xorps xmm0, xmm0",
            "xorps xmm1, xmm1",
            "xorps xmm7, xmm7",
            "xorps xmm8, xmm8",
            "xorps xmm15, xmm15",
            "fninit",
            "cld",
            "sub rsp, 8",
            "mov dword ptr [rsp], 0x1f80",
            "ldmxcsr [rsp]",
            "add rsp, 8",
            clobber_abi("sysv64"),
        );
    }
}

/// A guest whose function is `code`, with a breakpoint at its mark.
fn written_by_hand(code: unsafe extern "sysv64" fn()) -> Box<Guest> {
    let stores: String = (0..200)
        .map(|at| format!("(i64.store (i32.const {}) (local.get 0))", at * 8))
        .collect();
    let guest = Guest::new(
        &format!(r#"(module (memory 1) (func (export "f") (param i64) {stores}))"#),
        vec![],
    );
    let room = guest
        .code
        .compiled()
        .function_code(DefinedFuncIndex::from_u32(0));
    // SAFETY: more of the code than there is, but not more than this program's text has after it.
    let bytes = unsafe { std::slice::from_raw_parts(code as *const u8, 1024) };
    assert!(room.len() >= bytes.len());
    let mark = bytes.windows(MARK.len()).position(|bytes| bytes == MARK);
    let mark = mark.unwrap() as u32 + 4;
    patch(&guest.code, room.start, bytes);
    patch(&guest.code, room.start + mark, &BREAKPOINT);
    guest
}

struct SendGuest<'a>(&'a Guest);

// SAFETY: the tests use a guest on one thread at a time.
unsafe impl Send for SendGuest<'_> {}

/// What became of a call; looked at when the fiber is done.
struct Outcome(Result<u64, Box<Unwound>>);

// SAFETY: failures of these tests can be sent.
unsafe impl Send for Outcome {}

fn watched<'a>(guest: &'a Guest, argument: u64) -> Fiber<'a, Outcome> {
    let stack = StackPool::new(STACK, 1).unwrap().take().unwrap();
    let guest = SendGuest(guest);
    let store = guest.0.store();
    // SAFETY: the guest outlives the fiber, and nobody else uses it. It has no hosts.
    unsafe {
        Fiber::new(
            stack,
            store,
            Some(Watch::by_session(Arc::default())),
            move || {
                let guest = guest;
                Outcome(guest.0.call("f", &[argument]))
            },
        )
    }
}

fn go_on<'a>(fiber: &mut Fiber<'a, Outcome>, answer: Option<StopReason>) -> Progress<Outcome> {
    let mut context = Context::from_waker(Waker::noop());
    fiber.resume_watched(&mut context, answer).unwrap()
}

fn stop(progress: Progress<Outcome>) -> Stop {
    match progress {
        Progress::Stopped(stop) => stop,
        Progress::Pending => panic!("it waits"),
        Progress::Done(_) => panic!("it is done"),
    }
}

fn outcome(progress: Progress<Outcome>) -> Result<u64, Box<Unwound>> {
    match progress {
        Progress::Done(outcome) => outcome.0,
        _ => panic!("it is not done"),
    }
}

fn check_registers(code: unsafe extern "sysv64" fn(), vectors: &[usize], bytes: usize) {
    let guest = written_by_hand(code);
    for moves in [false, true] {
        let mut registers = NO_REGISTERS;
        for &register in vectors {
            let of_lane = |lane| (register as u64) << 32 | 0xabcd_0000 | lane as u64;
            registers.vectors[register] = std::array::from_fn(of_lane);
        }
        let before = registers.clone();
        let mut fiber = watched(&guest, &raw mut registers as u64);
        assert!(matches!(
            stop(go_on(&mut fiber, None)).reason,
            StopReason::Breakpoint
        ));
        clobber();
        let mut finish = || outcome(go_on(&mut fiber, None)).unwrap();
        match moves {
            false => finish(),
            true => std::thread::scope(|scope| scope.spawn(finish).join().unwrap()),
        };
        for &register in vectors {
            let lanes = bytes / 8;
            let (found, expected) = (registers.vectors[register], before.vectors[register]);
            assert_eq!(
                found[..lanes],
                expected[..lanes],
                "vector register {register}"
            );
        }
        for (number, &found) in registers.general.iter().enumerate() {
            // In the order rax, rcx, rdx, rbx, rbp, rsi, rdi, r8 ...
            let expected = match number {
                4 => registers.fp_before,
                0..4 => 0x1000_0000_0000_0000 + number as u64,
                _ => 0x1000_0000_0000_0001 + number as u64,
            };
            assert_eq!(found, expected, "general register {number}");
        }
        assert_eq!(registers.sp_before, registers.sp_after);
        assert_eq!(registers.flags & 0xcd5, 0xcd5);
        assert_eq!((registers.mxcsr, registers.x87_control), (0x5f80, 0x077f));
        if bytes == 64 {
            assert_eq!(registers.masks[..2], [0x1234, 0x5678]);
        }
    }
}

#[test]
fn all_registers_and_flags_survive_a_stop() {
    assert_eq!(offset_of!(Registers, masks), 2200);
    check_registers(with_sse, &[0, 1, 7, 8, 15], 16);
    if is_x86_feature_detected!("avx") {
        check_registers(with_avx, &[0, 1, 7, 8, 15], 32);
    }
    if is_x86_feature_detected!("avx512f") {
        check_registers(with_avx512, &[0, 7, 15, 16, 31], 64);
    }
}

#[test]
fn a_guest_can_be_stopped_to_the_very_end_of_its_stack() {
    let guest = Guest::new(
        r#"(module (memory 1) (func (export "f") (param i64)
            (i64.store (i32.const 0) (local.get 0)) (call 0 (i64.load (i32.const 8)))))"#,
        vec![],
    );
    let code = guest
        .code
        .compiled()
        .function_code(DefinedFuncIndex::from_u32(0));
    // push rbp; mov rbp, rsp; int3; sub rsp, 48; call itself
    let mut body = vec![0x55, 0x48, 0x89, 0xe5, 0xcc, 0x48, 0x83, 0xec, 48, 0xe8];
    let next = body.len() as i32 + 4;
    body.extend((-next).to_le_bytes());
    patch(&guest.code, code.start, &body);
    for _ in 0..2 {
        let mut fiber = watched(&guest, 0);
        let (mut hits, mut answer) = (0_u32, None);
        let unwound = loop {
            match go_on(&mut fiber, answer.take()) {
                Progress::Stopped(Stop {
                    reason: StopReason::Breakpoint,
                    ..
                }) => hits += 1,
                Progress::Stopped(Stop {
                    reason: StopReason::Unwinding(unwound),
                    place,
                }) => {
                    // SAFETY: the guest stands still in this place.
                    let frames = unsafe { place.frames() };
                    let frames = frames.filter(|step| matches!(step, Step::Guest(_))).count();
                    // The innermost may have been stopped before it was set up, or after.
                    assert!(
                        frames as u32 == hits || frames as u32 == hits + 1,
                        "{frames}, {hits}"
                    );
                    answer = Some(StopReason::Unwinding(unwound));
                }
                progress => break outcome(progress).unwrap_err(),
            }
        };
        // Each frame takes 64 bytes of a stack of 1 MiB.
        assert!(hits > 16_000, "{hits}");
        match *unwound {
            Unwound::Trap(report) => assert_eq!(report.kind, TrapKind::StackOverflow),
            Unwound::Host { .. } => panic!("not a trap"),
        }
    }
}

#[test]
fn a_breakpoint_that_nobody_watches_is_passed() {
    let guest = written_by_hand(with_sse);
    let mut registers = NO_REGISTERS;
    guest.call("f", &[&raw mut registers as u64]).unwrap();
    assert_eq!(registers.general[0], 0x1000_0000_0000_0000);
    assert_eq!(registers.sp_before, registers.sp_after);
}

#[test]
fn a_stopped_guest_can_be_dropped_or_unwound() {
    let guest = written_by_hand(with_sse);
    let mut registers = NO_REGISTERS;
    let mut fiber = watched(&guest, &raw mut registers as u64);
    stop(go_on(&mut fiber, None));
    drop(fiber);
    let mut fiber = watched(&guest, &raw mut registers as u64);
    stop(go_on(&mut fiber, None));
    let failure = super::HostFailure::Error("stop it".into());
    let answer = Some(StopReason::Unwinding(Box::new(Unwound::failed(failure))));
    let unwound = outcome(go_on(&mut fiber, answer)).unwrap_err();
    assert!(matches!(*unwound, Unwound::Host { .. }));
    assert_eq!(registers.sp_after, 0, "it went on");
}
