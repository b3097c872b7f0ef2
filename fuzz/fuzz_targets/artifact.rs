//! Damaged compiled modules are errors; those with a hash that fits all the same are at least
//! read without a panic.
#![no_main]

use bytes::Bytes;
use libfuzzer_sys::arbitrary::{self, Unstructured};
use libfuzzer_sys::fuzz_target;
use std::sync::OnceLock;
use trapline_fuzz::compiler;

/// Where the hash lies in the file, and what follows it is what it covers.
const HASH: std::ops::Range<usize> = 40..72;

const WAT: &str = r#"(module $seed
    (import "host" "f" (func $host (param i32)))
    (table 3 funcref) (memory 1) (global (mut i32) (i32.const 1))
    (elem (i32.const 0) $a $b) (data (i32.const 0) "data")
    (func $a (export "a") (param i32) (result i32)
        (call $host (local.get 0)) (i32.load (local.get 0)))
    (func $b (result f64) (f64.div (f64.const 1) (f64.const 3)) (br_if 0 (i32.const 1))))"#;

fuzz_target!(|data: &[u8]| {
    drop(compiler().load(Bytes::copy_from_slice(data)));
    let Ok(damaged) = damage(&mut Unstructured::new(data)) else { return };
    let changed = damaged != seed();
    let loaded = compiler().load(Bytes::from(damaged.clone()));
    assert_eq!(loaded.is_err(), changed, "damage went unnoticed, or none was a fault");
    if damaged.len() >= HASH.end {
        let mut fitting = damaged;
        let hash = blake3::hash(&fitting[HASH.end..]);
        fitting[HASH].copy_from_slice(hash.as_bytes());
        drop(compiler().load(Bytes::from(fitting)));
    }
});

fn damage(u: &mut Unstructured<'_>) -> arbitrary::Result<Vec<u8>> {
    let mut bytes = seed().to_vec();
    for _ in 0..u.int_in_range(0..=8)? {
        if bytes.is_empty() {
            break;
        }
        let at = u.choose_index(bytes.len())?;
        match u.int_in_range(0..=4)? {
            0 => bytes[at] = u.arbitrary()?,
            1 => bytes[at] ^= 1 << u.int_in_range(0..=7)?,
            2 => bytes.truncate(at),
            3 => bytes.insert(at, u.arbitrary()?),
            _ => drop(bytes.remove(at)),
        }
    }
    Ok(bytes)
}

fn seed() -> &'static [u8] {
    static SEED: OnceLock<Vec<u8>> = OnceLock::new();
    SEED.get_or_init(|| {
        let wasm = wat::parse_str(WAT).expect("a module");
        let module = compiler().compile(Bytes::from(wasm), None).expect("it compiles");
        let mut bytes = Vec::new();
        module.write_artifact(&mut bytes).expect("written");
        bytes
    })
}
