//! Functions by their names.

use crate::{GUESTS, line_of, symbols};
use trapline_symbols::Symbols;

fn named(symbols: &Symbols, typed: &str) -> Vec<String> {
    let functions = symbols.functions_named(typed).unwrap();
    functions
        .into_iter()
        .map(|function| function.name)
        .collect()
}

#[test]
fn every_function_is_found_by_its_own_name() {
    for guest in GUESTS {
        let symbols = symbols(guest);
        let functions = symbols.functions().unwrap();
        assert!(functions.len() > 10, "{guest}");
        // Not all of many: this takes time in the square of their number.
        for function in functions.iter().step_by(1 + functions.len() / 100) {
            let found = symbols.functions_named(&function.name).unwrap();
            assert!(found.contains(function), "{guest}: {}", function.name);
            if let Some(linkage) = &function.linkage_name {
                let found = symbols.functions_named(linkage).unwrap();
                assert!(found.contains(function), "{guest}: {linkage}");
            }
        }
    }
}

/// Whether two names are of the same function. The compiler leaves out the mangled names of some
/// variants of it, which have the types of parameters and inline namespaces.
fn is_alike(name: Option<&str>, other: &str) -> bool {
    let name = name.unwrap_or_default().replace("__2::", "");
    let other = other.replace("__2::", "");
    name.starts_with(&other) || other.starts_with(&name)
}

#[test]
fn listed_functions_are_where_frames_are() {
    for guest in GUESTS {
        let symbols = symbols(guest);
        for function in symbols.functions().unwrap() {
            for instance in &function.instances {
                let frames = symbols.frames(instance.body).unwrap();
                let outer = frames.last().unwrap().function.as_deref();
                assert!(
                    is_alike(outer, &function.name),
                    "{guest}: {outer:?} {}",
                    function.name
                );
                assert!(instance.body >= instance.entry);
            }
            for &pc in &function.inlined {
                let frames = symbols.frames(pc).unwrap();
                let name = Some(function.name.as_str());
                let is_there = frames
                    .iter()
                    .any(|frame| frame.inlined && frame.function.as_deref() == name);
                assert!(is_there, "{guest}: {name:?} {frames:?}");
            }
        }
    }
}

#[test]
fn functions_of_c_are_found() {
    let symbols = symbols("crash/crash");
    let found = symbols.functions_named("archive_open").unwrap();
    assert_eq!(found.len(), 1);
    let declared = found[0].declared.as_ref().unwrap();
    let line = line_of("crash/archive.c", "struct archive archive_open(");
    assert!(declared.file.ends_with("crash/archive.c"));
    assert_eq!(declared.line, Some(line));
    assert_eq!(found[0].linkage_name, None);
    assert_eq!(found[0].instances.len(), 1);
    // All its calls were inlined.
    let found = symbols.functions_named("find_day").unwrap();
    assert!(found[0].instances.is_empty());
    assert_eq!(found[0].inlined.len(), 1);
    assert_eq!(named(&symbols, "archive"), [""; 0]);
    assert_eq!(named(&symbols, ""), [""; 0]);
}

#[test]
fn functions_of_cpp_are_found_by_the_end_of_their_paths() {
    let symbols = symbols("stock/stock");
    let add = "stock::Ledger<int>::add(int, stock::Money)";
    for typed in [
        "add",
        "Ledger::add",
        "Ledger<int>::add",
        "stock::Ledger::add",
        "stock::Ledger<int>::add(int, stock::Money)",
        "::stock::Ledger::add",
    ] {
        assert_eq!(named(&symbols, typed), [add], "{typed}");
    }
    for typed in [
        "edger::add",
        "Ledger<long>::add",
        "add(int)",
        "::Ledger::add",
    ] {
        assert_eq!(named(&symbols, typed), [""; 0], "{typed}");
    }
    assert_eq!(named(&symbols, "main"), ["main"]);
    let visit = "(anonymous namespace)::Printer::visit(stock::Ledger<int> const&)";
    assert_eq!(named(&symbols, "Printer::visit"), [visit]);
    assert!(named(&symbols, "operator new").contains(&"operator new".to_string()));
}

#[test]
fn functions_of_cpp_without_linkage_names_have_paths() {
    let symbols = symbols("values/cpp-O0-5");
    assert_eq!(named(&symbols, "Square::area"), ["shapes::Square::area"]);
    assert_eq!(
        named(&symbols, "shapes::Square::Square"),
        ["shapes::Square::Square"]
    );
}

#[test]
fn functions_of_rust_are_found_by_the_end_of_their_paths() {
    let symbols = symbols("values/rust-O0-4");
    for typed in [
        "scalars",
        "values::scalars",
        "values::scalars::h0123456789abcdef",
    ] {
        assert_eq!(named(&symbols, typed), ["values::scalars"], "{typed}");
    }
    let path = "alloc::collections::vec_deque::VecDeque";
    for typed in ["VecDeque::push_back_mut", &format!("{path}::push_back_mut")] {
        let found = named(&symbols, typed);
        assert!(!found.is_empty());
        let are_meant = found
            .iter()
            .all(|name| name.starts_with(&format!("<{path}<")));
        assert!(are_meant, "{found:?}");
    }
    assert!(named(&symbols, "main").contains(&"values::main".to_string()));
}

#[test]
fn functions_of_zig_are_found_with_their_file() {
    let symbols = symbols("values/zig-O0-4");
    for typed in ["slices", "values.slices"] {
        assert_eq!(named(&symbols, typed), ["slices"], "{typed}");
    }
    assert_eq!(named(&symbols, "other.slices"), [""; 0]);
}
