//! Formats of values, and values by pages.

use crate::guest::{self, Snapshot};
use trapline_symbols::{Format, Inspector, Radix, Symbols, Value};

/// Stops a guest in a function, and looks at a variable.
fn with_variable(name: &str, function: &str, variable: &str, look: impl Fn(&Inspector<'_>, Value)) {
    let wasm = guest::read(&format!("{name}.wasm"));
    let symbols = Symbols::new(wasm.clone().into()).unwrap();
    let mut stops: Vec<Snapshot> = Vec::new();
    guest::run(&wasm, &symbols, |stop| stops.push(stop));
    for stop in &stops {
        let frame = symbols.scopes(stop.wasm_pc).unwrap().remove(0);
        if frame.function.as_deref() == Some(function) {
            let inspector = Inspector::new(&symbols, stop);
            let value = inspector.variable(frame.find(variable).unwrap());
            return look(&inspector, value);
        }
    }
    panic!("{name} never stops in {function}");
}

#[test]
fn integers_are_written_in_the_radix_that_is_asked_for() {
    with_variable("c-O0-5", "integers", "number", |inspector, value| {
        let in_radix = |radix| {
            inspector
                .with_format(Format::default().radix(radix))
                .text(&value)
        };
        assert_eq!(in_radix(Radix::Decimal).unwrap(), "-70000");
        assert_eq!(in_radix(Radix::Hexadecimal).unwrap(), "0xfffeee90");
        assert_eq!(in_radix(Radix::Octal).unwrap(), "0o37777567220");
        assert_eq!(
            in_radix(Radix::Binary).unwrap(),
            format!("{:#b}", 0xfffe_ee90_u32)
        );
    });
    with_variable("c-O0-5", "arrays", "grid", |inspector, value| {
        let inspector = inspector.with_format(Format::default().radix(Radix::Hexadecimal));
        assert_eq!(
            inspector.text(&value).unwrap(),
            "{{0xb, 0xc, 0xd}, {0x15, 0x16, 0x17}}"
        );
    });
}

#[test]
fn types_of_libraries_are_shown_as_they_are_built_on_demand() {
    with_variable("cpp-O0-5", "sequences", "numbers", |inspector, value| {
        let raw = inspector.with_format(Format::default().raw());
        let text = raw.text(&value).unwrap();
        assert!(text.starts_with("{__begin_ = 0x"), "{text}");
        let children = raw.children(&value, 0..10).unwrap();
        let names: Vec<&str> = children.iter().map(|child| child.name()).collect();
        assert_eq!(names[..3], ["__begin_", "__end_", "__cap_"]);
    });
}

#[test]
fn any_page_of_a_map_can_be_had() {
    with_variable("rust-O0-4", "values::maps", "tree", |inspector, value| {
        assert_eq!(inspector.child_count(&value), Ok(30));
        for begin in 0..32 {
            let page = inspector.children(&value, begin..begin + 3).unwrap();
            let texts: Vec<String> = page
                .iter()
                .map(|child| format!("{} {}", child.name(), inspector.text(child).unwrap()))
                .collect();
            let expected = (begin + 1..begin + 4).filter(|key| *key <= 30);
            let expected: Vec<String> = expected
                .map(|key| format!("[{key}] {}", key * key))
                .collect();
            assert_eq!(texts, expected);
        }
    });
}
