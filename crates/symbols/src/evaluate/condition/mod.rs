//! x
/// x
pub struct Condition;
