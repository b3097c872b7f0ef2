//! Arbitrary bytes never make the compiler panic, and what it says is valid it can compile.
#![no_main]

use bytes::Bytes;
use libfuzzer_sys::{arbitrary::Unstructured, fuzz_target};
use trapline_compile::CompileError;
use trapline_fuzz::{Purpose, compiler, generate, generate_invalid};

fuzz_target!(|data: &[u8]| {
    let mut u = Unstructured::new(data);
    let wasm = match u.arbitrary::<u8>().map(|choice| choice % 4) {
        Ok(0) => generate(&mut u, Purpose::Compile),
        Ok(1) => generate_invalid(&mut u),
        _ => Ok(data.to_vec()),
    };
    let Ok(wasm) = wasm else { return };
    let valid = compiler().validate(&wasm);
    let compiled = compiler().compile(Bytes::from(wasm), None);
    match (valid, compiled) {
        (Ok(()), Ok(module)) => {
            // The metadata must be consistent enough to be asked.
            for (index, _) in module.info().functions.iter() {
                module.function_name(index);
            }
            module.find(0);
            module.trap_at(0);
            module.call_site_at(0);
        }
        (Ok(()), Err(CompileError::TooLarge(_) | CompileError::Codegen { .. })) => {}
        (Ok(()), Err(error)) => panic!("valid, but: {error}"),
        (Err(error), Ok(_)) => panic!("compiled, but: {error}"),
        (Err(_), Err(_)) => {}
    }
});
