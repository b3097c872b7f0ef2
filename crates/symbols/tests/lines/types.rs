//! Types by their names.

use crate::symbols;
use trapline_symbols::Symbols;

fn named(symbols: &Symbols, typed: &str) -> Vec<String> {
    let types = symbols.types_named(typed).unwrap();
    let name = |id| symbols.type_name(Some(id)).unwrap();
    types.into_iter().map(name).collect()
}

#[test]
fn base_types_are_found_however_they_are_spelled() {
    let c = symbols("values/c-O0-5");
    for (typed, name) in [
        ("int", "int"),
        ("unsigned char", "unsigned char"),
        ("char unsigned", "unsigned char"),
        ("unsigned", "unsigned int"),
        ("long long int", "long long"),
        ("double", "double"),
    ] {
        assert_eq!(named(&c, typed), [name], "{typed}");
    }
    let rust = symbols("values/rust-O0-4");
    assert_eq!(named(&rust, "u32"), ["u32"]);
    assert_eq!(named(&rust, "f64"), ["f64"]);
    assert_eq!(named(&c, "no_such_type"), [""; 0]);
    assert_eq!(named(&c, ""), [""; 0]);
    assert_eq!(named(&c, "struct"), [""; 0]);
}

#[test]
fn tags_of_c_are_told_apart() {
    let symbols = symbols("values/c-O0-5");
    for (typed, names) in [
        ("struct point", &["struct point"][..]),
        ("point", &["struct point"]),
        ("union point", &[]),
        ("enum point", &[]),
    ] {
        assert_eq!(named(&symbols, typed), names, "{typed}");
    }
}

#[test]
fn types_of_cpp_rust_and_zig_are_found_by_the_end_of_their_paths() {
    let cpp = symbols("values/cpp-O0-5");
    for typed in [
        "Square",
        "shapes::Square",
        "class shapes::Square",
        "struct Square",
    ] {
        assert_eq!(named(&cpp, typed), ["shapes::Square"], "{typed}");
    }
    assert_eq!(named(&cpp, "other::Square"), [""; 0]);
    assert_eq!(named(&cpp, "union Square"), [""; 0]);
    let zig = symbols("values/zig-O0-4");
    for typed in ["Shape", "values.Shape"] {
        assert!(
            named(&zig, typed).contains(&"values.Shape".to_string()),
            "{typed}"
        );
    }
    assert_eq!(named(&zig, "other.Shape"), [""; 0]);
    let rust = symbols("values/rust-O0-4");
    for typed in ["String", "alloc::string::String", "string::String"] {
        assert_eq!(named(&rust, typed), ["alloc::string::String"], "{typed}");
    }
}

#[test]
fn arguments_of_templates_are_compared_without_regard_to_spaces() {
    let stock = symbols("stock/stock");
    for typed in ["Ledger<int>", "stock::Ledger<int>", "stock::Ledger< int >"] {
        assert_eq!(named(&stock, typed), ["stock::Ledger<int>"], "{typed}");
    }
    assert_eq!(named(&stock, "Ledger<long>"), [""; 0]);
}
