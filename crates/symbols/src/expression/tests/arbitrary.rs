//! Arbitrary texts: an expression or an error, with little stack and work.

use super::SomeTypes;
use super::world::World;
use crate::expression::{Problem, evaluate, parse, parse_type};

/// As much stack as is used at most, also without optimizations.
const STACK: usize = 1 << 20;

/// A sequence of numbers that look random, always the same (splitmix64).
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, limit: usize) -> usize {
        (self.next() % limit as u64) as usize
    }
}

/// Does everything that can be done with a text, and checks what holds for all of them.
fn exercise(source: &str, world: &mut World) {
    let _ = parse_type(source, &SomeTypes);
    match parse(source, &SomeTypes) {
        Ok(expression) => {
            let printed = expression.to_string();
            if printed.len() < 8 << 10 {
                let again = match parse(&printed, &SomeTypes) {
                    Ok(again) => again.to_string(),
                    // All of its parts are in parentheses now.
                    Err(error) if error.problem == Problem::TooDeep => printed.clone(),
                    Err(error) => panic!("{source}\n{}", error.render(&printed)),
                };
                assert_eq!(printed, again, "of {source}");
            }
            if let Err(error) = evaluate(&expression, world) {
                check_error(&error, source);
            }
        }
        Err(error) => {
            check_error(&error, source);
            assert!(error.to_string().len() < 400, "{error}");
        }
    }
}

fn check_error(error: &crate::expression::ExpressionError, source: &str) {
    assert!(error.span.start <= error.span.end, "{error:?} of {source}");
    assert!(
        source.get(error.span.start..error.span.end).is_some(),
        "{error:?} of {source}"
    );
    assert!(!error.render(source).is_empty());
}

fn with_little_stack(run: impl FnOnce() + Send + 'static) {
    let thread = std::thread::Builder::new().stack_size(STACK).spawn(run);
    if let Err(panic) = thread.unwrap().join() {
        std::panic::resume_unwind(panic);
    }
}

#[test]
fn arbitrary_bytes_are_read_or_refused() {
    with_little_stack(|| {
        let mut numbers = Numbers(1);
        let mut world = World::new();
        for _ in 0..20_000 {
            let length = numbers.below(60);
            let bytes: Vec<u8> = (0..length)
                .map(|_| match numbers.below(4) {
                    0 => numbers.next() as u8,
                    _ => 0x20 + (numbers.below(0x60) as u8),
                })
                .collect();
            exercise(&String::from_utf8_lossy(&bytes), &mut world);
        }
    });
}

/// Parts that expressions are made of, so that more of what is put together is one.
const PARTS: [&str; 84] = [
    "a",
    "b",
    "T",
    "node",
    "n",
    "p",
    "s",
    "std",
    "::",
    "<",
    ">",
    ">>",
    "<<",
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    ".",
    "->",
    ".?",
    ".*",
    "..",
    "..=",
    ",",
    "+",
    "-",
    "*",
    "/",
    "%",
    "&",
    "|",
    "^",
    "~",
    "!",
    "=",
    "==",
    "!=",
    "<=",
    ">=",
    "+=",
    ">>=",
    "&&",
    "||",
    "?",
    ":",
    "@",
    "@as(u8,",
    "@sizeOf(",
    "sizeof",
    "as",
    "and",
    "int",
    "unsigned",
    "u8",
    "char",
    "const",
    "struct",
    "mut",
    "fn",
    "0",
    "1",
    "2",
    "255u8",
    "0x7fffffff",
    "-1",
    "1.5",
    ".5",
    "0.0",
    "1e400",
    "'x'",
    "\"str\"",
    "true",
    "null",
    "None",
    "$pc",
    "$local0",
    "$memory",
    "$x",
    "$",
    "$1",
    " ",
    "@\"q\"",
];

#[test]
fn arbitrary_parts_are_read_or_refused() {
    with_little_stack(|| {
        let mut numbers = Numbers(2);
        let mut world = World::new();
        for _ in 0..40_000 {
            let count = numbers.below(14) + 1;
            let mut source = String::new();
            for _ in 0..count {
                source.push_str(PARTS[numbers.below(PARTS.len())]);
                if numbers.below(3) == 0 {
                    source.push(' ');
                }
            }
            exercise(&source, &mut world);
        }
    });
}

/// Expressions, to be damaged.
const EXPRESSIONS: [&str; 12] = [
    "s.pair.1 + p->next->value * 2",
    "(T)-1 < sizeof(struct node*) && !a",
    "std::map<int, a<b>>::x[1..=n](a, b)",
    "@as([]const u8, x.?).*.len == 0x1fu64",
    "*argv@argc - 1 ? $local0 : $memory1[0x10 + 'a']",
    "a::{impl#0}::f(\"text\\n\", b'\\xff', r#\"raw\"#) as usize >> 3",
    "$x = (a & b) | ~c ^ 0b1010_1010i128",
    "static_cast<std::vector<int*>&>(v)[2] += 1.5e-3f / .5",
    "a < b > (c) and d >= e or f << 2 != 3",
    "(int (*)(char, unsigned long[3]))p",
    "{unsigned char}0x1000@4",
    "'quoted name'::member.class->@\"zig\"",
];

#[test]
fn damaged_expressions_are_read_or_refused() {
    with_little_stack(|| {
        let mut numbers = Numbers(3);
        let mut world = World::new();
        for round in 0..20_000 {
            let mut bytes = EXPRESSIONS[round % EXPRESSIONS.len()].as_bytes().to_vec();
            for _ in 0..numbers.below(4) {
                let at = numbers.below(bytes.len());
                match numbers.below(4) {
                    0 => bytes[at] = 0x20 + (numbers.below(0x60) as u8),
                    1 => drop(bytes.remove(at)),
                    2 => bytes.truncate(at + 1),
                    _ => {
                        let other = EXPRESSIONS[numbers.below(EXPRESSIONS.len())].as_bytes();
                        let from = numbers.below(other.len());
                        let part = &other[from..(from + 8).min(other.len())];
                        bytes.splice(at..at, part.iter().copied());
                    }
                }
                if bytes.is_empty() {
                    break;
                }
            }
            exercise(&String::from_utf8_lossy(&bytes), &mut world);
        }
    });
}

#[test]
fn texts_made_to_take_long_are_bounded() {
    with_little_stack(|| {
        let mut world = World::new();
        for part in [
            "(",
            ")",
            "a<",
            "a<b,",
            "f(a<b,",
            "((a<b,c)",
            "(a)(",
            "{",
            "[",
            "a[",
            "-",
            "- ",
            "a?",
            "a?b:",
            "&",
            "&&",
            "*",
            "(int)",
            "sizeof(",
            "sizeof ",
            "@as(",
            "a::<",
            "'",
            "\"",
            "\\",
            "r#",
            "1",
            "1.",
            "a.",
            "a->",
            "$",
            "1 ",
            "a<a>",
            "a<a,a<",
            "f(a<a<a<a,b)",
            "x as ",
            "(T)",
            "a=",
            "fn(",
            "(*)(",
            "a<b>(",
            "a<(b,",
            "int",
            "int ",
            "unsigned ",
            "const ",
            "::",
            "..",
            "a@",
            "\u{1f600}",
            "0x",
            "\n",
        ] {
            for length in [1000, 16 << 10] {
                let source = part.repeat(length / part.len());
                exercise(&source, &mut world);
                exercise(&format!("f({source}"), &mut world);
            }
        }
    });
}

/// None of the attempts to read a type is deep, but there are many, and all of them fail.
#[test]
fn trying_types_again_and_again_is_too_complicated() {
    let comparisons = "a<".repeat(40);
    let source = format!("f({}", format!("{comparisons}!a,").repeat(150));
    let problem = parse(&source, &SomeTypes).unwrap_err().problem;
    assert_eq!(problem, Problem::TooComplicated);
    let one = format!("{comparisons}!a");
    assert!(parse(&one, &SomeTypes).is_ok());
}

#[test]
fn the_highest_trees_need_little_stack() {
    with_little_stack(|| {
        let mut world = World::new();
        for (before, after) in [("- ", ""), ("", "+1"), ("1?", ":1"), ("(int)", "")] {
            let mut highest = 0;
            for count in 1..400 {
                let source = [&before.repeat(count)[..], "n", &after.repeat(count)].concat();
                if let Ok(expression) = parse(&source, &SomeTypes) {
                    highest = highest.max(expression.height());
                    drop(expression.clone());
                    exercise(&source, &mut world);
                }
            }
            assert!(highest > 90, "{before}{after}: {highest}");
        }
    });
}
