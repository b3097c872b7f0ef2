//! What is said of texts that are not expressions, and where.

use super::SomeTypes;
use crate::expression::{NoTypes, Problem, parse, parse_type};

/// Each text is refused with a sentence, at a column.
fn check(table: &[(&str, usize, &str)]) {
    for (source, column, sentence) in table {
        match parse(source, &SomeTypes) {
            Ok(expression) => panic!("{source} is read as {expression}"),
            Err(error) => {
                let found = (error.span.position(source).1, error.to_string());
                assert_eq!(found, (*column, sentence.to_string()), "of {source}");
            }
        }
    }
}

#[test]
fn what_is_missing_is_named_at_its_column() {
    check(&[
        ("", 1, "expected a value, found the end"),
        ("   ", 4, "expected a value, found the end"),
        ("1 +", 4, "expected a value, found the end"),
        ("1 + )", 5, "expected a value, found `)`"),
        ("(1", 3, "expected an operator or `)`, found the end"),
        ("(1 2)", 4, "expected an operator or `)`, found `2`"),
        ("a b", 3, "expected an operator, found `b`"),
        ("a;", 2, "expected an operator, found `;`"),
        ("a, b", 2, "expected an operator, found `,`"),
        ("a[1", 4, "expected `]`, found the end"),
        ("a[1..", 6, "expected a value, found the end"),
        ("a[..=]", 6, "expected a value, found `]`"),
        ("a.", 3, "expected the name of a member, found the end"),
        ("a->0", 4, "expected the name of a member, found `0`"),
        ("a.+b", 3, "expected the name of a member, found `+`"),
        ("a::", 4, "expected a name, found the end"),
        ("a::1", 4, "expected a name, found `1`"),
        ("f(a b)", 5, "expected `,` or `)`, found `b`"),
        ("f(,)", 3, "expected a value, found `,`"),
        (
            "a ? b",
            6,
            "expected `:` and the value if the condition is false, found the end",
        ),
        ("x as", 5, "expected a name, found the end"),
        (
            "@as(u8 x)",
            8,
            "expected `,` and the value to convert, found `x`",
        ),
        ("@ 1", 1, "expected a value, found `@`"),
        ("static_cast<T x", 15, "expected `>`, found `x`"),
        ("\u{e4}\u{e4} +", 5, "expected a value, found the end"),
    ]);
}

#[test]
fn literals_that_are_wrong_are_refused() {
    check(&[
        ("0x", 1, "the number has no digits"),
        ("x + 0b", 5, "the number has no digits"),
        ("0b12", 4, "`2` is no digit in base 2"),
        (
            "089",
            2,
            "`8` is no digit in base 8: a number that begins with 0 is octal, as in C",
        ),
        (
            "12ab",
            3,
            "unknown suffix `ab` of a number: known are `u8`, `i64`, `usize`, `f32`, `u`, `ll` and \
             their like",
        ),
        (
            "1.5x",
            4,
            "unknown suffix `x` of a number: known are `u8`, `i64`, `usize`, `f32`, `u`, `ll` and \
             their like",
        ),
        ("1u7", 2, &bad_suffix("u7")),
        ("1e999", 1, "the number does not fit f64"),
        ("1e39f", 1, "the number does not fit f32"),
        ("0x1p", 1, "the number has no digits"),
        ("0x1p99999", 1, "the number does not fit f64"),
        (
            "340282366920938463463374607431768211456",
            1,
            "the number does not fit 128 bits",
        ),
        ("a.99999999999", 3, "the index does not fit 32 bits"),
        ("''", 1, "there is no character between the quotes"),
        (
            "x == 'a",
            6,
            "the character is not closed: its `'` is missing",
        ),
        (
            "b'ab'",
            2,
            "there is more than one character between the quotes: use `\"` for strings",
        ),
        ("'\\q'", 2, "unknown or incomplete escape `\\q`"),
        ("'\\x4'", 2, "unknown or incomplete escape `\\x4`"),
        (
            "\"a\\u{d800}\"",
            3,
            "unknown or incomplete escape `\\u{d800}`",
        ),
        ("b'\u{3b1}'", 2, "the number does not fit 8 bits"),
        (
            "x + \"abc",
            5,
            "the string is not closed: its `\"` is missing",
        ),
        (
            "r#\"abc\"",
            2,
            "the string is not closed: its `\"#` is missing",
        ),
        (
            "L\"abc\"",
            1,
            "wide and raw strings of C++ are not supported: write `\"...\"`",
        ),
        ("@\"\"", 2, "a name needs characters between its quotes"),
        ("a::{b", 4, "the name is not closed: its `}` is missing"),
        ("a # b", 3, "the character `#` has no meaning here"),
        ("a \u{7} b", 3, "the character `\\u{7}` has no meaning here"),
        (
            "$1x",
            1,
            "`$1x` is neither a register nor a variable nor a number of the history",
        ),
        ("$local99999999999", 1, "the index does not fit 32 bits"),
    ]);
}

fn bad_suffix(suffix: &str) -> String {
    Problem::BadSuffix(suffix.to_string()).to_string()
}

#[test]
fn what_means_something_else_elsewhere_is_not_guessed() {
    let ambiguous = |inner, outer| Problem::Ambiguous { inner, outer }.to_string();
    check(&[
        ("a & b == c", 3, &ambiguous("==", "&")),
        ("a == b & c", 8, &ambiguous("==", "&")),
        ("a | b < c", 3, &ambiguous("<", "|")),
        ("a >= b ^ c", 8, &ambiguous(">=", "^")),
        ("a & (b) != c", 3, &ambiguous("!=", "&")),
        (
            "x++",
            2,
            "`++` is not known: write `+= 1` or `-= 1`, or put a space between two signs",
        ),
        (
            "--x",
            1,
            "`--` is not known: write `+= 1` or `-= 1`, or put a space between two signs",
        ),
        (
            "@intCast(x)",
            1,
            "`@intCast` is not known: there are `@as(type, value)` and `@sizeOf(type)`",
        ),
        (
            "dynamic_cast<T*>(x)",
            1,
            "`dynamic_cast` is not known: use `static_cast` if you know the type",
        ),
        (
            "int + 1",
            1,
            "`int` is a type, not a value: to convert to it, write `(int)value`",
        ),
        (
            "unsigned long",
            1,
            "`unsigned long` is a type, not a value: to convert to it, write `(unsigned long)value`",
        ),
        (
            "@as(unsigned float, x)",
            5,
            "`unsigned float` is not a type of C",
        ),
        (
            "1 = 2",
            1,
            "nothing can be assigned to this: it is not a variable or a part of one",
        ),
        (
            "a + b = c",
            1,
            "nothing can be assigned to this: it is not a variable or a part of one",
        ),
    ]);
}

#[test]
fn types_that_are_wrong_are_refused() {
    for (source, column) in [
        ("", 1),
        ("int x", 5),
        ("a<b", 2),
        ("[u8; x]", 6),
        ("struct", 1),
    ] {
        match parse_type(source, &NoTypes) {
            Ok(type_name) if source == "struct" => assert_eq!(type_name.to_string(), "@\"struct\""),
            Ok(type_name) => panic!("{source} is read as {type_name}"),
            Err(error) => assert_eq!(error.span.position(source).1, column, "{source}: {error}"),
        }
    }
}

#[test]
fn long_and_deep_texts_are_refused() {
    let problem = |source: &str| parse(source, &SomeTypes).map_err(|error| error.problem);
    assert_eq!(
        problem(&"1".repeat(20_000)),
        Err(Problem::TooLong { limit: 16 << 10 })
    );
    for (before, after) in [
        ("(", ")"),
        ("- ", ""),
        ("!", ""),
        ("*", ""),
        ("& ", ""),
        ("(int)", ""),
        ("a[", "]"),
        ("f(", ")"),
        ("a ? ", ": c"),
        ("a ? b : ", ""),
        ("a = ", ""),
        ("sizeof ", ""),
        ("{int}", ""),
        ("@as(u8, ", ")"),
        ("a<", ">"),
        ("a::<", ">"),
        ("", ".b"),
        ("", "->b"),
        ("", ".0"),
        ("", ".?"),
        ("", ".*"),
        ("", "[1]"),
        ("", "()"),
        ("", " + 1"),
        ("", " || b"),
        ("", " as u8"),
        ("", " @ 2"),
    ] {
        let source = [&before.repeat(900)[..], "a", &after.repeat(900)].concat();
        assert_eq!(
            problem(&source).err(),
            Some(Problem::TooDeep),
            "of {before}a{after}"
        );
    }
    for (before, after) in [
        ("*", ""),
        ("&", ""),
        ("?", ""),
        ("[]", ""),
        ("[", "]"),
        ("(", ")"),
        ("a<", ">"),
        ("fn(", ")"),
        ("", "*"),
        ("", "[2]"),
        ("", "(*)()"),
    ] {
        let source = [&before.repeat(900)[..], "a", &after.repeat(900)].concat();
        let problem = parse_type(&source, &SomeTypes).map_err(|error| error.problem);
        assert_eq!(problem.err(), Some(Problem::TooDeep), "of {before}a{after}");
    }
}

#[test]
fn depth_that_people_write_is_fine() {
    let sum = vec!["x"; 150].join(" + ");
    assert!(parse(&sum, &NoTypes).is_ok());
    let nested = [&"(".repeat(60)[..], "x", &")".repeat(60)].concat();
    assert!(parse(&nested, &NoTypes).is_ok());
}
