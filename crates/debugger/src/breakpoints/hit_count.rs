//! Conditions on how often a breakpoint was hit.

use std::fmt;
use std::str::FromStr;

/// At which hits of a breakpoint the guest stops. Read from text: a number alone is that hit and
/// those after it; `== n`, `> n`, `>= n`, `< n`, `<= n` compare; `% n` is each `n`th hit.
///
/// ```
/// use trapline_debugger::HitCondition;
///
/// let every_third: HitCondition = "% 3".parse()?;
/// assert!(every_third.holds(6) && !every_third.holds(7));
/// # Ok::<(), trapline_debugger::HitConditionError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HitCondition {
    /// The hit with this number.
    Equal(u64),
    /// Hits with higher numbers.
    Above(u64),
    /// The hit with this number and those after it.
    From(u64),
    /// Hits with lower numbers.
    Below(u64),
    /// The hit with this number and those before it.
    UpTo(u64),
    /// Hits whose numbers are multiples of this one, which is not zero.
    Every(u64),
}

/// What is no condition on hits.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no hit count: write a number, or one after ==, >, >=, <, <= or %")]
pub struct HitConditionError(String);

impl HitCondition {
    /// Whether the hit with this number, counted from 1, is meant.
    pub fn holds(self, hit: u64) -> bool {
        match self {
            HitCondition::Equal(number) => hit == number,
            HitCondition::Above(number) => hit > number,
            HitCondition::From(number) => hit >= number,
            HitCondition::Below(number) => hit < number,
            HitCondition::UpTo(number) => hit <= number,
            HitCondition::Every(number) => hit.is_multiple_of(number),
        }
    }
}

impl FromStr for HitCondition {
    type Err = HitConditionError;

    fn from_str(text: &str) -> Result<HitCondition, HitConditionError> {
        type Make = fn(u64) -> HitCondition;
        // Longer signs come first: they begin with the shorter ones.
        let signs: [(&str, Make); 8] = [
            ("==", HitCondition::Equal),
            (">=", HitCondition::From),
            ("<=", HitCondition::UpTo),
            ("=", HitCondition::Equal),
            (">", HitCondition::Above),
            ("<", HitCondition::Below),
            ("%", HitCondition::Every),
            ("", HitCondition::From),
        ];
        let trimmed = text.trim();
        let condition = signs.iter().find_map(|(sign, make)| {
            let number = trimmed.strip_prefix(sign)?;
            Some(make(number.trim().parse().ok()?))
        });
        condition
            .filter(|condition| *condition != HitCondition::Every(0))
            .ok_or_else(|| HitConditionError(text.to_owned()))
    }
}

impl fmt::Display for HitCondition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            HitCondition::Equal(number) => write!(f, "== {number}"),
            HitCondition::Above(number) => write!(f, "> {number}"),
            HitCondition::From(number) => write!(f, ">= {number}"),
            HitCondition::Below(number) => write!(f, "< {number}"),
            HitCondition::UpTo(number) => write!(f, "<= {number}"),
            HitCondition::Every(number) => write!(f, "% {number}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conditions_are_read_and_hold_for_the_hits_they_say() {
        let cases = [
            ("3", [3, 4, 5].as_slice()),
            (" >= 3", &[3, 4, 5]),
            ("==3", &[3]),
            ("= 3", &[3]),
            (">3", &[4, 5]),
            ("< 3", &[1, 2]),
            ("<=3 ", &[1, 2, 3]),
            ("%2", &[2, 4]),
        ];
        for (text, expected) in cases {
            let condition: HitCondition = text.parse().unwrap();
            let hits: Vec<u64> = (1..=5).filter(|hit| condition.holds(*hit)).collect();
            assert_eq!(hits, expected, "{text}");
            assert_eq!(condition.to_string().parse(), Ok(condition));
        }
    }

    #[test]
    fn other_texts_are_errors() {
        for text in ["", "x", "-1", "% 0", "=> 3", "3 4", "99999999999999999999"] {
            let error = text.parse::<HitCondition>().unwrap_err();
            assert!(error.to_string().contains(text), "{error}");
        }
    }
}
