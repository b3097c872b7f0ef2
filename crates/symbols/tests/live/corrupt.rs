//! Values of a guest whose memory has been damaged.

use crate::guest;
use crate::show;
use trapline_symbols::Symbols;

/// No stop is described in more bytes than this, whatever is in memory.
const LONGEST: usize = 1 << 20;

/// Stops a guest, damages its memory in several ways, and shows all there is in the frame.
pub fn program(name: &str) {
    let wasm = guest::read(&format!("{name}.wasm"));
    let symbols = Symbols::new(wasm.clone().into()).unwrap();
    let mut stops = Vec::new();
    guest::run(&wasm, &symbols, |stop| stops.push(stop));
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut random = move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state
    };
    for stop in &mut stops {
        let good = stop.memory.clone();
        let size = good.len();
        for byte in [0, 1, 0x7f, 0xff] {
            stop.memory.fill(byte);
            check(&symbols, stop);
        }
        // Words that point to somewhere, often to others such.
        for word in stop.memory.chunks_exact_mut(4) {
            word.copy_from_slice(&((random() % size as u64) as u32 & !3).to_le_bytes());
        }
        check(&symbols, stop);
        // Single words of what is in use, so that most of each structure is as it should be.
        let used: Vec<usize> = (0..size / 4)
            .filter(|at| good[at * 4..at * 4 + 4] != [0; 4])
            .collect();
        for _ in 0..20 {
            stop.memory.copy_from_slice(&good);
            for _ in 0..used.len() / 16 {
                let at = used[random() as usize % used.len()] * 4;
                let word = match random() % 4 {
                    0 => u32::MAX,
                    1 => at as u32,
                    2 => random() as u32,
                    _ => random() as u32 % 64,
                };
                stop.memory[at..at + 4].copy_from_slice(&word.to_le_bytes());
            }
            check(&symbols, stop);
        }
        stop.memory = good;
    }
}

fn check(symbols: &Symbols, stop: &guest::Snapshot) {
    let text = show::stop(symbols, stop);
    assert!(text.len() < LONGEST, "{} bytes", text.len());
}
