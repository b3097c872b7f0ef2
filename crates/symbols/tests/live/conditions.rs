//! Conditions, which are bound once and then evaluated in a shorter way.

use crate::expressions::Stops;
use crate::guest::Snapshot;
use trapline_symbols::expression::evaluate_condition;
use trapline_symbols::{Condition, FrameEnvironment, Symbols};

/// A bound condition says what the evaluator says, be it an error.
pub fn check_condition(
    symbols: &Symbols,
    stop: &Snapshot,
    environment: &mut FrameEnvironment<'_, '_>,
    source: &str,
) {
    let parsed = environment.parse(source);
    let expected = parsed.and_then(|it| evaluate_condition(&it, environment));
    let bound = Condition::bind(symbols, source, stop.wasm_pc);
    let found = bound.and_then(|bound| bound.holds(symbols, stop));
    assert_eq!(found, expected, "{source}");
}

#[test]
fn conditions_that_are_met_often_are_fast() {
    for (name, function, sources) in [
        (
            "c-O0-5",
            "pointers",
            &[
                "number > 3",
                "first->number == 7",
                "first->next->next->number == 300 && !nothing",
                "text == \"hello\"",
                "*address == **twice",
                "text[1] == 'e'",
                "$local0 == 3",
                "public_number > 5",
                "(unsigned char)number == 42",
            ][..],
        ),
        (
            "c-O0-5",
            "records",
            &[
                "flags.middle == -33",
                "nameless.same == 3",
                "number.bytes[2] == 0",
            ],
        ),
        ("c-O0-5", "enums", &["color == GREEN", "mode & MODE_READ"]),
        ("c-O0-5", "arrays", &["numbers[count - 2] == 4"]),
        ("c-O2-5", "integers", &["big < 0"]),
        (
            "cpp-O0-5",
            "strings",
            &[
                "small == \"short\"",
                "large == \"no\"",
                "view != \"string\"",
            ],
        ),
        (
            "cpp-O0-5",
            "classes",
            &[
                "square.side == 3",
                "color == Color::green",
                "Point::made == 3",
            ],
        ),
        (
            "rust-O0-4",
            "text",
            &["borrowed == \"borrowed\"", "owned != \"owned text\""],
        ),
        (
            "rust-O0-4",
            "records",
            &["point.x == 10", "color == Color::Green"],
        ),
        (
            "rust-O0-4",
            "choices",
            &[
                "some == None",
                "none != None",
                "niche == None",
                "some == Some(5)",
                "some != Some(6)",
                "none == Some(5)",
                "text == Some(\"in an option\")",
                "no_text == Some(\"\")",
                "right == Ok(7)",
                "wrong == Ok(7)",
                "wrong == Err(\"mistake\")",
                "nested == None",
            ],
        ),
        (
            "zig-O0-4",
            "slices",
            &["text == \"some text\"", "slice.len == 2"],
        ),
    ] {
        let stops = Stops::of(name);
        let (stop, _) = stops.find(function);
        for source in sources {
            let condition = Condition::bind(&stops.symbols, source, stop.wasm_pc);
            assert!(condition.unwrap().is_fast(), "{name}: {source}");
            let mut environment =
                FrameEnvironment::new(&stops.symbols, stop, Some(stop.wasm_pc), 0).unwrap();
            check_condition(&stops.symbols, stop, &mut environment, source);
        }
    }
}

#[test]
fn mistakes_in_conditions_are_told_when_they_are_bound() {
    let stops = Stops::of("c-O0-5");
    let (stop, _) = stops.find("integers");
    for (source, expected) in [
        (
            "number = 3",
            "1: an assignment would change the program's state: a condition only looks: write `==` to compare",
        ),
        ("number == 3 && nonsense", "16: there is no `nonsense` here"),
        (
            "any(3) == 3",
            "1: a call would run the program: ask for it with the command or option for calls",
        ),
        ("number ==", "10: expected a value, found the end"),
    ] {
        let error = Condition::bind(&stops.symbols, source, stop.wasm_pc).unwrap_err();
        assert_eq!(format!("{}: {error}", error.span.start + 1), expected);
    }
}
