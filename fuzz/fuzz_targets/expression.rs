//! Whatever is typed as an expression, or as a type, is read or refused; what is read and printed is read
//! again as the same, unless its parentheses are too many for that.
#![no_main]

use libfuzzer_sys::fuzz_target;
use trapline_symbols::expression::{NoTypes, Problem, parse, parse_type};

fuzz_target!(|data: &[u8]| {
    let Ok(source) = str::from_utf8(data) else { return };
    match parse(source, &NoTypes) {
        Ok(expression) => {
            let printed = expression.to_string();
            match parse(&printed, &NoTypes) {
                Ok(again) => assert_eq!(again.to_string(), printed),
                Err(error) => assert!(is_excess(&error.problem), "{}", error.render(&printed)),
            }
        }
        Err(error) => drop(error.render(source)),
    }
    if let Err(error) = parse_type(source, &NoTypes) {
        drop(error.render(source));
    }
});

/// Whether a text is refused for how much it is, not for what.
fn is_excess(problem: &Problem) -> bool {
    matches!(
        problem,
        Problem::TooLong { .. } | Problem::TooDeep | Problem::TooComplicated
    )
}
