//! Readable names for the mangled ones of Rust and C++.

use std::borrow::Cow;
use std::fmt;

/// Longer mangled names are left as they are.
const LONGEST_MANGLED: usize = 16 << 10;
/// A name may refer to earlier parts of itself, so that it grows without bound when it is
/// written out. One that grows longer than this is left as it is.
const LONGEST_READABLE: usize = 64 << 10;

/// Makes a mangled name of Rust (legacy or v0) or of C++ (Itanium) readable. Any other name is
/// returned as it is.
///
/// ```
/// use trapline_symbols::demangle;
///
/// assert_eq!(demangle("_ZN5stock6Ledger3addEi"), "stock::Ledger::add(int)");
/// assert_eq!(demangle("_ZN4core6option13unwrap_failed17h0123456789abcdefE"), "core::option::unwrap_failed");
/// assert_eq!(demangle("main"), "main");
/// ```
pub fn demangle(name: &str) -> Cow<'_, str> {
    match try_demangle(name) {
        Some(readable) => Cow::Owned(readable),
        None => Cow::Borrowed(name),
    }
}

/// The readable name, if this is a mangled one.
pub(crate) fn try_demangle(name: &str) -> Option<String> {
    if name.len() > LONGEST_MANGLED {
        return None;
    }
    // Rust comes first: its legacy names are valid in C++'s scheme too.
    if let Ok(rust) = rustc_demangle::try_demangle(name) {
        // The alternate form leaves out the hash.
        return bounded(format_args!("{rust:#}"));
    }
    if !name.starts_with("_Z") {
        return None;
    }
    let symbol = cpp_demangle::BorrowedSymbol::new(name.as_bytes()).ok()?;
    let mut readable = Bounded(String::new());
    symbol
        .structured_demangle(&mut readable, &cpp_demangle::DemangleOptions::new())
        .ok()?;
    Some(readable.0)
}

fn bounded(arguments: fmt::Arguments<'_>) -> Option<String> {
    let mut readable = Bounded(String::new());
    fmt::Write::write_fmt(&mut readable, arguments).ok()?;
    Some(readable.0)
}

/// A string that refuses to grow too long.
struct Bounded(String);

impl fmt::Write for Bounded {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        if self.0.len() + text.len() > LONGEST_READABLE {
            return Err(fmt::Error);
        }
        self.0.push_str(text);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_schemes_of_rust_and_cpp() {
        let name = "_RNvNtCs1234_7mycrate3foo3bar";
        assert_eq!(demangle(name), "mycrate::foo::bar");
        let name = "_ZNK5stock6LedgerIiE10unit_priceEv";
        assert_eq!(demangle(name), "stock::Ledger<int>::unit_price() const");
    }

    #[test]
    fn leaves_other_names_alone() {
        for name in [
            "",
            "_start",
            "_Z",
            "_R",
            "_ZN",
            "__main_argc_argv",
            "stock::add(int)",
        ] {
            assert_eq!(demangle(name), name);
        }
    }

    #[test]
    fn names_that_explode_are_left_alone() {
        // Each parameter after the first is a pair of the one before it.
        let mut name = String::from("_Z1fSt4pairIiiE");
        for i in 0..200 {
            let earlier = match i {
                0 => "S_".to_string(),
                n if n <= 10 => format!("S{}_", n - 1),
                n => format!(
                    "S{}{}_",
                    char::from(b'A' + ((n - 11) / 36) as u8),
                    (n - 11) % 10
                ),
            };
            name.push_str(&format!("St4pairI{earlier}{earlier}E"));
        }
        assert!(demangle(&name).len() <= LONGEST_READABLE.max(name.len()));
    }

    #[test]
    fn deep_names_do_not_use_up_the_stack() {
        let name = format!("_Z1f{}i", "P".repeat(LONGEST_MANGLED - 5));
        assert_eq!(demangle(&name), name);
        let name = format!("_Z1f{}", "IN".repeat(8000));
        assert_eq!(demangle(&name), name);
        let name = format!("_R{}", "NvC".repeat(5000));
        assert_eq!(demangle(&name), name);
    }
}
