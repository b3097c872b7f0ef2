//! Why a value can't be shown.

use super::TargetError;
use std::fmt::Write;
use std::ops::Range;

/// Why a value, or a part of one, can't be shown. It stands where the value would; what else there
/// is can be shown all the same.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ValueError {
    /// The debug information has no location of the variable anywhere: the compiler has dropped it.
    #[error("no location: the compiler describes it nowhere")]
    NowhereDescribed,
    /// The debug information has locations of the variable, but for other instructions.
    #[error("no location at this place (the compiler describes it only at {})", ranges(.0))]
    NotDescribedHere(
        /// The instructions for which there is one, as offsets in the module file.
        Vec<Range<u32>>,
    ),
    /// Other parts of the value have locations, this has none.
    #[error("no location of this part: the compiler does not describe it")]
    PartNotDescribed,
    /// The debug information has a location of the variable, but there is nothing: it is wrong.
    #[error("the compiler describes it wrongly: {0}")]
    WronglyDescribed(
        /// What is wrong with it.
        String,
    ),
    /// The linker has dropped the variable, since the program does not use it.
    #[error("no location: the linker has dropped it")]
    Dropped,
    /// The guest could not be read.
    #[error("{0}")]
    Unreadable(#[from] TargetError),
    /// The value's place has fewer bytes than its type.
    #[error("the value has {needed} bytes, but there are {found} where it is")]
    TooShort {
        /// The bytes that the type has.
        needed: u64,
        /// Those that are there.
        found: u64,
    },
    /// The debug information has no definition of the type.
    #[error("the debug information only declares its type")]
    IncompleteType,
    /// Where a part of an object is depends on the object's address, and it has none.
    #[error("its place depends on an address that the object has not")]
    NoAddress,
    /// There is no such member.
    #[error("it has no member `{0}`")]
    NoMember(
        /// The name.
        String,
    ),
    /// The location is of a kind that there is not in WebAssembly, or that needs what is not known.
    #[error("its location needs {0}")]
    Unsupported(
        /// What it needs.
        String,
    ),
    /// The memory of the guest has something there that cannot be such a value.
    #[error("not a valid value: {0}")]
    Corrupt(
        /// What is wrong with it.
        String,
    ),
    /// The debug information breaks the rules of DWARF.
    #[error("damaged debug information: {0}")]
    Malformed(
        /// What is wrong with it.
        String,
    ),
    /// To answer would take more work than any sane program asks for.
    #[error("reading it takes too much work")]
    TooMuchWork,
}

impl From<gimli::Error> for ValueError {
    fn from(error: gimli::Error) -> ValueError {
        ValueError::Malformed(error.to_string())
    }
}

impl ValueError {
    pub(crate) fn corrupt(what: impl Into<String>) -> ValueError {
        ValueError::Corrupt(what.into())
    }
}

/// More ranges than this are counted.
const MOST_RANGES: usize = 4;

fn ranges(ranges: &[Range<u32>]) -> String {
    let mut text = String::new();
    for (number, range) in ranges.iter().take(MOST_RANGES).enumerate() {
        let comma = if number > 0 { ", " } else { "" };
        let _ = write!(text, "{comma}{:#x}..{:#x}", range.start, range.end);
    }
    if let Some(more) = ranges.len().checked_sub(MOST_RANGES + 1) {
        let _ = write!(text, " and {} more", more + 1);
    }
    text
}
