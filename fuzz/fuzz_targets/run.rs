//! A generated module does the same on Trapline as on an interpreter.
#![no_main]

use libfuzzer_sys::{arbitrary::Unstructured, fuzz_target};
use trapline_fuzz::{Purpose, compare, generate};

fuzz_target!(|data: &[u8]| {
    let mut u = Unstructured::new(data);
    let Ok(optimize) = u.ratio(3, 4) else { return };
    if let Ok(wasm) = generate(&mut u, Purpose::Run) {
        compare(&wasm, optimize);
    }
});
