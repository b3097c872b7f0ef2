//! Whatever is typed as an expression, or as a type, is read or refused; what is read and printed is read
//! again as the same.
#![no_main]

use libfuzzer_sys::fuzz_target;
use trapline_symbols::expression::{NoTypes, parse, parse_type};

fuzz_target!(|data: &[u8]| {
    let Ok(source) = str::from_utf8(data) else { return };
    match parse(source, &NoTypes) {
        Ok(expression) => {
            let printed = expression.to_string();
            let again = parse(&printed, &NoTypes);
            let again = again.unwrap_or_else(|error| panic!("{}", error.render(&printed)));
            assert_eq!(again.to_string(), printed);
        }
        Err(error) => drop(error.render(source)),
    }
    if let Err(error) = parse_type(source, &NoTypes) {
        drop(error.render(source));
    }
});
