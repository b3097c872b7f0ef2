//! Reading a guest's memory.

use trapline_symbols::Target;

/// Longer strings are cut.
const LONGEST_STRING: usize = 1024;

/// A string of C; `None` if there is none, or it is not text.
pub(crate) fn c_string(target: &dyn Target, address: u64) -> Option<String> {
    let size = target.memory_size().checked_sub(address)?;
    let mut bytes = vec![0; LONGEST_STRING.min(usize::try_from(size).ok()?)];
    target.read_memory(address, &mut bytes).ok()?;
    let length = bytes.iter().position(|byte| *byte == 0);
    bytes.truncate(length.unwrap_or(bytes.len()));
    let text = String::from_utf8(bytes).ok()?;
    (!text.is_empty()).then_some(text)
}
