//! From the source of our own guest programs to their code.
#![allow(missing_docs)]

#[test]
fn explore() {
    let guests = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/guests");
    let wasm = std::fs::read(guests.join(std::env::var("G").unwrap())).unwrap();
    let symbols = trapline_symbols::Symbols::new(wasm.into()).unwrap();
    let file = std::env::var("F").unwrap();
    println!("{:#?}", symbols.files().unwrap());
    for line in 1..60 {
        println!("line {line}");
        for place in symbols.line_places(&file, line).unwrap() {
            println!(
                "    {:#x} {:?} {}:{} {}",
                place.wasm_pc, place.function, place.file, place.line, place.inlined
            );
        }
    }
}
