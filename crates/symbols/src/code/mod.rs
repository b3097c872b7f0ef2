//! Where code comes from: functions, inlined calls, lines.

pub(crate) mod demangle;
pub(crate) mod functions;
pub(crate) mod lines;
pub(crate) mod names;
pub(crate) mod paths;
