//! Where code comes from: functions, inlined calls, lines; and which code comes from a place.

pub(crate) mod blocks;
pub(crate) mod demangle;
pub(crate) mod files;
pub(crate) mod functions;
pub(crate) mod lines;
pub(crate) mod listing;
pub(crate) mod name_match;
pub(crate) mod names;
pub(crate) mod paths;
pub(crate) mod places;
pub(crate) mod source_map;
pub(crate) mod statements;
