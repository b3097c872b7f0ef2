//! From the source of our own guest programs to their code.
#![allow(missing_docs)]

#[test]
fn explore() {
    let guests = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/guests");
    let wasm = std::fs::read(guests.join(std::env::var("G").unwrap())).unwrap();
    let symbols = trapline_symbols::Symbols::new(wasm.into()).unwrap();
    let file = std::env::var("F").unwrap();
    for line in 1..300 {
        let places = symbols.line_places(&file, line).unwrap();
        if places.is_empty() || places[0].line != line { continue }
        println!("line {line}");
        for place in places {
            println!("    {:#x} {:?} {}:{} {}", place.wasm_pc, place.function, place.file, place.line, place.inlined);
        }
    }
    for f in symbols.functions().unwrap() {
      println!("{} {:?} {:?} {:x?} {:x?}", f.name, f.linkage_name, f.declared.map(|d| (d.file, d.line)), f.instances, f.inlined);
    }
    for t in ["int", "unsigned char", "Point", "struct node", "u32", "Ledger", "stock::Item", "values.Point", "long unsigned int"] {
        let ts = symbols.types_named(t).unwrap();
        println!("{t}: {:?}", ts.iter().map(|t| symbols.type_name(Some(*t)).unwrap()).collect::<Vec<_>>());
    }
}
