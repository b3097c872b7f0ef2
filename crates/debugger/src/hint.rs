//! What is likely wrong with a program that has trapped.

use crate::debuggee::Debuggee;
use crate::frames::FrameView;
use trapline::{Trap, TrapInfo};
use trapline_symbols::WasmValue;

/// Accesses this close to an address are taken for ones by way of it.
const NEAR: u64 = 4096;
/// Endless recursion is looked for in so many of the innermost frames.
const FRAMES: usize = 64;
/// Functions that call each other in longer circles are not found.
const LONGEST_CIRCLE: usize = 8;

/// What fills memory that is not to be used.
const POISON: [(u64, &str); 6] = [
    (0xaaaa_aaaa, "Zig fills undefined memory with it"),
    (0xcdcd_cdcd, "allocators fill fresh memory with it"),
    (0xdddd_dddd, "allocators fill memory with it that was freed"),
    (0xfeee_feee, "allocators fill memory with it that was freed"),
    (0xdead_beef, "programs mark memory with it that was freed"),
    (0xbaad_f00d, "allocators fill fresh memory with it"),
];

/// What is likely wrong, if that is plain; a sentence without its full stop.
pub(crate) fn hint<T: 'static>(debuggee: &Debuggee<'_, '_, T>, info: &TrapInfo) -> Option<String> {
    match info.trap {
        Trap::StackOverflow => recursion(debuggee),
        Trap::IntegerDivisionByZero => Some("the divisor is zero".to_owned()),
        Trap::BadConversionToInteger => {
            Some("a floating point number that is not a number was made an integer".to_owned())
        }
        Trap::UnreachableCodeReached => Some(unreachable(debuggee)),
        Trap::MemoryOutOfBounds => {
            let frame = debuggee.frame(0).ok()?;
            let stack_pointer = stack_pointer(&frame);
            let fault = info.fault?;
            Some(access(fault.address, fault.memory_size, stack_pointer))
        }
        Trap::UndefinedElement | Trap::IndirectCallToNull => {
            let frame = debuggee.frame(0).ok()?;
            function_pointer(&frame)
        }
        Trap::BadSignature => {
            let frame = debuggee.frame(0).ok()?;
            let index = top_operand(&frame)?;
            let name = frame.target().table_function(index)?;
            Some(format!(
                "the function pointer is to `{name}`, which has other parameters or another result"
            ))
        }
        _ => None,
    }
}

/// A circle of functions that the innermost frames repeat.
fn recursion<T: 'static>(debuggee: &Debuggee<'_, '_, T>) -> Option<String> {
    let frames = debuggee.frames(0..FRAMES);
    let names: Vec<&str> = frames.iter().map(|frame| frame.function.as_str()).collect();
    let circle = (1..=LONGEST_CIRCLE).find(|length| {
        names.len() >= 4 * length && names.iter().zip(&names[*length..]).all(|(a, b)| a == b)
    })?;
    Some(match circle {
        1 => format!("`{}` calls itself without end", names[0]),
        _ => format!(
            "`{}` and `{}` call each other without end",
            names[0], names[1]
        ),
    })
}

fn unreachable<T: 'static>(debuggee: &Debuggee<'_, '_, T>) -> String {
    let frames = debuggee.frames(0..8);
    let function = |name: &str| frames.iter().any(|frame| frame.function == name);
    if function("abort") {
        return "the program has called `abort`".to_owned();
    }
    "the program has aborted, or come to code that its compiler holds for unreachable, such as the end \
     of a function that returns no value"
        .to_owned()
}

/// What is wrong with an access beyond memory.
fn access(address: u64, memory_size: u64, stack_pointer: Option<u64>) -> String {
    // The stack in memory grows downwards, in most programs to address 0 and so beyond it.
    let is_near_stack = |pointer: u64| {
        pointer >= memory_size && address.abs_diff(pointer) < 1 << 20 && pointer > 0xf000_0000
    };
    if stack_pointer.is_some_and(is_near_stack) {
        return "the program's stack in memory is used up: recursion without end, or too large \
                local variables"
            .to_owned();
    }
    if let Some((value, meaning)) = poison(address) {
        return format!("the address is near {value:#x}: {meaning}");
    }
    if (0xffff_0000..=0x1_0000_0000 + NEAR).contains(&address) {
        let below = 0x1_0000_0000_u64.saturating_sub(address);
        return match below {
            0 => "the address is just above 4 GiB: a null pointer with a negative index or offset"
                .to_owned(),
            below => format!(
                "the address is {below} below null: a null pointer with a negative index or offset"
            ),
        };
    }
    if let Some(text) = as_text(address) {
        return format!(
            "the bytes of the address are the text \"{text}\": a pointer was overwritten by a string"
        );
    }
    if address.saturating_sub(memory_size) < 65536 {
        return "the address is just past the end of memory: an index or a length is too large"
            .to_owned();
    }
    "the address is no place in memory: a pointer is damaged, or an index is far too large"
        .to_owned()
}

fn poison(address: u64) -> Option<(u64, &'static str)> {
    let mut known = POISON.iter();
    known
        .find(|(value, _)| address.abs_diff(*value) < NEAR)
        .copied()
}

/// The four bytes of an address, if they are letters and the like.
fn as_text(address: u64) -> Option<String> {
    let bytes = u32::try_from(address).ok()?.to_le_bytes();
    let is_text = bytes
        .iter()
        .all(|byte| byte.is_ascii_alphanumeric() || *byte == b' ');
    is_text.then(|| bytes.iter().map(|byte| char::from(*byte)).collect())
}

/// The pointer to the stack in memory: by convention the first global.
fn stack_pointer(frame: &FrameView<'_>) -> Option<u64> {
    match frame.target().global(0).ok()? {
        WasmValue::I32(pointer) => Some(u64::from(pointer)),
        _ => None,
    }
}

/// What the function pointer of an indirect call is.
fn function_pointer(frame: &FrameView<'_>) -> Option<String> {
    let index = top_operand(frame)?;
    if index == 0 {
        return Some("the function pointer is null".to_owned());
    }
    if let Some((value, meaning)) = poison(index) {
        return Some(format!(
            "the function pointer is near {value:#x}: {meaning}"
        ));
    }
    Some(format!(
        "the function pointer is {index:#x}, which is no function: it is damaged, or was never set"
    ))
}

/// The operand on top of the stack, if it is an integer.
fn top_operand(frame: &FrameView<'_>) -> Option<u64> {
    let target = frame.target();
    let last = target.num_operands().checked_sub(1)?;
    match target.operand(last).ok()? {
        WasmValue::I32(value) => Some(u64::from(value)),
        WasmValue::I64(value) => Some(value),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_tell_what_is_wrong_with_them() {
        let cases = [
            (0xaaaa_aab2, "Zig"),
            (0xdead_bef0, "freed"),
            (0xffff_fff8, "8 below null"),
            (0x6c6c_6568, "\"hell\""),
            (0x1_0010, "just past the end"),
            (0x7fff_0001, "far too large"),
        ];
        for (address, words) in cases {
            let text = access(address, 0x1_0000, None);
            assert!(text.contains(words), "{address:#x}: {text}");
        }
    }

    #[test]
    fn a_stack_that_has_grown_below_zero_is_told_from_null_pointers() {
        let access = |stack_pointer| access(0xffff_ff00, 0x2_0000, Some(stack_pointer));
        assert!(access(0xffff_fe00).contains("stack"));
        assert!(access(0x1_0000).contains("null"));
    }
}
