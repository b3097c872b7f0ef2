//! What expressions evaluate to in the small program of `world`.

use super::SomeTypes;
use super::world::{Type, Value, World};
use crate::expression::{
    DataModel, Effect, Environment, ExpressionError, Path, Problem, Scalar, ScalarType, evaluate,
    evaluate_condition, parse,
};

fn run(world: &mut World, source: &str) -> Result<Value, ExpressionError> {
    let expression = parse(source, &SomeTypes);
    let expression = expression.unwrap_or_else(|error| panic!("{}", error.render(source)));
    evaluate(&expression, world)
}

/// The value as text, with its type.
fn show(world: &mut World, source: &str) -> String {
    let value = match run(world, source) {
        Ok(value) => value,
        Err(error) => panic!("{}", error.render(source)),
    };
    match world.scalar(&value).unwrap() {
        Some(scalar) => match scalar.type_() {
            ScalarType::Boolean | ScalarType::Address(_) => scalar.to_string(),
            type_ => format!("{scalar} {type_}"),
        },
        None => format!("{:?}", value.type_),
    }
}

fn check(table: &[(&str, &str)]) {
    for (source, expected) in table {
        assert_eq!(show(&mut World::new(), source), *expected, "of {source}");
    }
}

/// Each text fails with a sentence, at a column.
fn check_errors(world: &mut World, table: &[(&str, usize, &str)]) {
    for (source, column, sentence) in table {
        match run(world, source) {
            Ok(value) => panic!("{source} is {value:?}"),
            Err(error) => {
                let found = (error.span.position(source).1, error.to_string());
                assert_eq!(found, (*column, sentence.to_string()), "of {source}");
            }
        }
    }
}

#[test]
fn literals_have_the_types_of_c_and_rust() {
    check(&[
        ("1", "1 i32"),
        ("2147483648", "2147483648 i64"),
        ("0x80000000", "2147483648 u32"),
        ("0xffffffffffffffff", "18446744073709551615 u64"),
        ("18446744073709551615", "18446744073709551615 i128"),
        (
            "340282366920938463463374607431768211455",
            "340282366920938463463374607431768211455 u128",
        ),
        ("1u", "1 u32"),
        ("1l", "1 i32"),
        ("1ll", "1 i64"),
        ("1ul", "1 u32"),
        ("4294967296u", "4294967296 u64"),
        ("1usize", "1 u32"),
        ("200u8", "200 u8"),
        ("-128i8", "-128 i8"),
        ("-2147483648", "-2147483648 i64"),
        ("-1", "-1 i32"),
        ("-1u", "4294967295 u32"),
        ("1.5", "1.5 f64"),
        ("1.1f", "1.1 f32"),
        ("'a'", "97 'a' 8-bit character"),
        ("'\\xff'", "-1 8-bit character"),
        ("'\u{3b1}'", "945 '\u{3b1}' 32-bit character"),
        ("b'a'", "97 u8"),
        ("L'a'", "97 'a' 32-bit character"),
        ("true", "true"),
        ("null", "0x0"),
    ]);
}

#[test]
fn variables_and_their_parts_are_found() {
    check(&[
        ("n", "42 i32"),
        ("b + 1", "256 i32"),
        ("u - 8", "4294967295 u32"),
        ("big", "-1 i64"),
        ("f * 2", "3.0 f32"),
        ("f * 2.0", "3.0 f64"),
        ("c == 'x'", "true"),
        ("a[2]", "3 i32"),
        ("*a", "1 i32"),
        ("*p", "2 i32"),
        ("p[-1]", "1 i32"),
        ("p[1]", "3 i32"),
        ("&a[2]", "0x38"),
        ("*&n", "42 i32"),
        ("s.value", "5 i32"),
        ("s.next->value", "9 i32"),
        ("s.next.value", "9 i32"),
        ("(&s)->pair.0 + s.pair.1", "13 i32"),
        ("some.?", "8 i32"),
        ("p.*", "2 i32"),
        ("a[1..3][0]", "2 i32"),
        (
            "a[..=1]",
            "Array(Scalar(Integer(IntegerType { bits: 32, signed: true })), 2)",
        ),
        ("(a[3]@1)[0]", "4 i32"),
        ("math.pi", "3.25 f64"),
        ("math::pi", "3.25 f64"),
        ("math.inner.x", "42 i32"),
        ("$local1", "22 u32"),
        ("$pc", "153 u32"),
        ("$memory[0x10]", "42 u8"),
        ("{unsigned char}0x18", "255 8-bit character"),
        ("sizeof(int*)", "4 u32"),
        ("sizeof a", "16 u32"),
        ("sizeof s.next", "4 u32"),
        ("sizeof(node)", "12 u32"),
    ]);
}

#[test]
fn pointers_count_in_elements() {
    check(&[
        ("p + 1", "0x38"),
        ("1 + p", "0x38"),
        ("p - 1", "0x30"),
        ("a + 1", "0x34"),
        ("*(a + 3)", "4 i32"),
        ("&a[3] - a", "3 i32"),
        ("p - a", "1 i32"),
        ("a - &a[3]", "-3 i32"),
        ("p + -14", "0xfffffffc"),
        ("p == a + 1", "true"),
        ("p == 0x34", "true"),
        ("p > &a[0]", "true"),
        ("q == null", "true"),
        ("!q", "true"),
        ("q ? 1 : 2", "2 i32"),
        ("(char*)p + 1", "0x35"),
        ("p - null", "52 i32"),
        ("(int)p & ~3", "52 i32"),
        ("(node*)0x50 == &s", "true"),
        ("((node*)0x50)->value", "5 i32"),
    ]);
}

#[test]
fn what_does_not_matter_is_not_evaluated() {
    let mut world = World::new();
    for (source, expected, names) in [
        ("n && u", "true", &["n", "u"][..]),
        ("0 && nothing", "false", &[]),
        ("n == 42 || nothing", "true", &["n"]),
        ("n ? u : nothing", "7 u32", &["n", "u"]),
        ("!n ? nothing : u", "7 u32", &["n", "u"]),
        ("n == 1 && nothing || u", "true", &["n", "u"]),
        ("q && q->value", "false", &["q"]),
    ] {
        world.looked_up.clear();
        assert_eq!(show(&mut world, source), expected, "of {source}");
        assert_eq!(world.looked_up, names, "of {source}");
    }
}

#[test]
fn assignments_store_what_fits_and_give_what_is_there() {
    let mut world = World::new();
    for (source, expected) in [
        ("n = 7", "7 i32"),
        ("n += 3", "10 i32"),
        ("n", "10 i32"),
        ("b = 256 + 5", "5 u8"),
        ("b <<= 1", "10 u8"),
        ("b >>= 2", "2 u8"),
        ("b = u = 300", "44 u8"),
        ("u", "300 u32"),
        ("f = 2", "2.0 f32"),
        ("a[1] = a[0] + 9", "10 i32"),
        ("*p", "10 i32"),
        ("p += 1", "0x38"),
        ("*p = -1", "-1 i32"),
        ("a[2]", "-1 i32"),
        ("s.next->value = 77", "77 i32"),
        ("{int}0x60", "77 i32"),
        ("$local0 = 5", "5 u32"),
        ("$local0 *= 2", "10 u32"),
        ("$memory[0x18] = 9", "9 u8"),
        ("b", "9 u8"),
        ("$x = n + 1", "11 i32"),
        ("$x += 1", "12 i32"),
        ("$x", "12 i32"),
        ("q = 0x50", "0x50"),
        ("q->value", "5 i32"),
    ] {
        assert_eq!(show(&mut world, source), expected, "of {source}");
    }
}

#[test]
fn shown_values_are_counted_from_both_ends() {
    let mut world = World::new();
    for source in ["10", "20", "30"] {
        let value = run(&mut world, source).unwrap();
        world.history.push(value);
    }
    for (source, expected) in [
        ("$1", "10 i32"),
        ("$", "30 i32"),
        ("$$", "20 i32"),
        ("$$2", "10 i32"),
    ] {
        assert_eq!(show(&mut world, source), expected);
    }
    check_errors(&mut world, &[("1 + $4", 5, "there is no `$4` here")]);
}

#[test]
fn calls_are_refused_before_anything_is_done() {
    let mut world = World::new();
    let refused = "a call would run the program: say `please`";
    check_errors(
        &mut world,
        &[
            ("add(1, 2)", 1, refused),
            ("n + s.plus(1)", 5, refused),
            ("0 && add(1, 2)", 6, refused),
            ("n = add(1, 2)", 5, refused),
        ],
    );
    assert_eq!(world.looked_up, [""; 0]);
    assert_eq!(show(&mut world, "n"), "42 i32");

    world.permitted.push(Effect::Call);
    for (source, expected) in [
        ("add(n, 2)", "44 i32"),
        ("add(add(1, 2), 3)", "6 i32"),
        ("s.plus(1)", "6 i32"),
        ("(&s)->plus(1)", "6 i32"),
        ("math.twice(4)", "8 i32"),
        ("math::twice(4)", "8 i32"),
        ("n = add(1, 2)", "3 i32"),
    ] {
        assert_eq!(show(&mut world, source), expected, "of {source}");
    }
    check_errors(
        &mut world,
        &[
            ("add(1)", 1, "cannot call a function"),
            ("s.nothing(1)", 1, "a structure has no member `nothing`"),
            ("nothing(1)", 1, "there is no `nothing` here"),
            ("math.nothing(1)", 1, "there is no `math` here"),
        ],
    );
}

#[test]
fn assignments_are_refused_where_nothing_may_change() {
    let mut world = World::new();
    world.permitted.clear();
    let refused = "an assignment would change the program's state: say `please`";
    check_errors(
        &mut world,
        &[("n = 1", 1, refused), ("u + (n += 1)", 5, refused)],
    );
    assert_eq!(show(&mut world, "$x = n"), "42 i32");
    assert_eq!(show(&mut world, "n"), "42 i32");
}

#[test]
fn conditions_are_true_or_false() {
    let mut world = World::new();
    let mut condition = |source: &str| {
        let expression = parse(source, &SomeTypes).unwrap();
        evaluate_condition(&expression, &mut world).map_err(|error| error.problem)
    };
    assert_eq!(condition("n > 3 && a[0] == 1"), Ok(true));
    assert_eq!(condition("f"), Ok(true));
    assert_eq!(condition("q"), Ok(false));
    assert_eq!(condition("\"a\" == \"a\""), Ok(true));
    assert_eq!(condition("0.0"), Ok(false));
    assert_eq!(
        condition("s"),
        Err(Problem::NotACondition("a structure".to_string()))
    );
}

#[test]
fn errors_are_placed_at_what_they_are_about() {
    let mut world = World::new();
    check_errors(
        &mut world,
        &[
            ("1 + nothing", 5, "there is no `nothing` here"),
            ("a::b::<T>", 1, "there is no `a::b<T>` here"),
            ("nothing.x.y", 1, "there is no `nothing` here"),
            ("s.nothing", 3, "a structure has no member `nothing`"),
            ("s.pair.7", 8, "a structure has no member `7`"),
            ("n + s", 1, "`+` cannot be applied to `i32` and a structure"),
            ("\"a\" + \"b\"", 1, "`+` cannot be applied to text and text"),
            ("-s", 1, "`-` cannot be applied to a structure"),
            ("~1.5", 1, "`~` cannot be applied to `f64`"),
            (
                "1 + 1.5 % p",
                5,
                "`%` cannot be applied to `f64` and `32-bit address`",
            ),
            (
                "p + p",
                1,
                "`+` cannot be applied to a pointer and a pointer",
            ),
            (
                "p + q",
                1,
                "`+` cannot be applied to a pointer and a pointer",
            ),
            ("p + 1.5", 1, "`+` cannot be applied to a pointer and `f64`"),
            ("1 - p", 1, "`-` cannot be applied to `i32` and a pointer"),
            ("7 / (n - 42)", 5, "division by zero"),
            ("7 % 0", 5, "division by zero"),
            ("n /= 0", 6, "division by zero"),
            (
                "(-2147483647 - 1) / -1",
                1,
                "the quotient does not fit `i32`",
            ),
            ("1 << 32", 6, "cannot shift `i32` by 32 bits"),
            ("1ll << 64", 8, "cannot shift `i64` by 64 bits"),
            ("1 >> -1", 6, "cannot shift `i32` by -1 bits"),
            ("1 + 300u8", 5, "the number does not fit `u8`"),
            ("128i8", 1, "the number does not fit `i8`"),
            ("*n", 1, "cannot dereference `i32`"),
            ("1 + *q", 5, "the pointer is null"),
            ("q->value", 1, "the pointer is null"),
            ("n->x", 1, "cannot dereference `i32`"),
            ("&1", 1, "cannot take the address of `i32`"),
            ("a[4]", 3, "there are 4 elements, counted from 0"),
            ("a[1.5]", 3, "an integer is needed here, this is `f64`"),
            ("a[s]", 3, "an integer is needed here, this is a structure"),
            ("n[0]", 3, "cannot index `i32`"),
            ("a[3..1]", 1, "there are no such elements"),
            ("n@-1", 1, "cannot repeat `i32`"),
            ("outside + 1", 1, "there is no memory at 0xfe"),
            ("n + (nothing)1", 6, "there is no type `nothing`"),
            ("x as u8", 1, "there is no `x` here"),
            ("(float)p", 1, "cannot convert `32-bit address` to `f32`"),
            ("sizeof(nothing*)", 8, "there is no type `nothing`"),
            (
                "sizeof (n = 1)",
                8,
                "what `sizeof` is applied to is not run: take the assignment out of it",
            ),
            (
                "s ? 1 : 2",
                1,
                "this is neither true nor false, but a structure",
            ),
            ("!s", 2, "this is neither true nor false, but a structure"),
            ("$nothing", 1, "there is no `$nothing` here"),
            ("$nothing += 1", 1, "there is no `$nothing` here"),
            ("$local7", 1, "there is no `$local7` here"),
            ("$pc = 1", 1, "cannot assign to `u32`"),
            ("n = s", 1, "cannot convert a structure"),
            ("None", 1, "`None` is not supported here"),
        ],
    );
}

#[test]
fn strings_are_the_environments() {
    check(&[
        ("\"abc\" == \"abc\"", "true"),
        ("\"abc\" < \"abd\"", "true"),
    ]);
    let value = run(&mut World::new(), "\"abc\"").unwrap();
    assert_eq!(value.type_, Type::Text);
}

/// An environment that has nothing but what every environment must have.
struct Bare;

impl Environment for Bare {
    type Value = Scalar;

    fn data_model(&self) -> DataModel {
        DataModel::wasm64()
    }

    fn name(&mut self, path: &Path) -> Result<Scalar, Problem> {
        match path.as_name() {
            Some("n") => Ok(Scalar::f64(1.5)),
            _ => Err(Problem::NoSuchName(path.to_string())),
        }
    }

    fn value(&mut self, scalar: Scalar) -> Scalar {
        scalar
    }

    fn scalar(&mut self, value: &Scalar) -> Result<Option<Scalar>, Problem> {
        Ok(Some(*value))
    }
}

#[test]
fn an_environment_refuses_what_it_does_not_know() {
    let text = |source: &str| {
        let expression = parse(source, &SomeTypes).unwrap();
        match evaluate(&expression, &mut Bare) {
            Ok(scalar) => format!("{scalar} {}", scalar.type_()),
            Err(error) => error.to_string(),
        }
    };
    for (source, expected) in [
        ("n * 2", "3.0 f64"),
        ("(unsigned long)n", "1 u64"),
        ("sizeof(long)", "8 u64"),
        ("sizeof n", "8 u64"),
        ("null + 1", "0x1 64-bit address"),
        ("(T)n", "there is no type `T`"),
        ("(int*)n", "there is no type `int*`"),
        ("$local0", "there is no `$local0` here"),
        ("$x", "there is no `$x` here"),
        ("$x = 1", "the variable `$x` is not supported here"),
        ("$1", "there is no `$1` here"),
        ("n = 1", "cannot assign to `f64`"),
        ("n.x", "`f64` has no member `x`"),
        ("n.0", "`f64` has no member `0`"),
        ("n->x", "cannot dereference `f64`"),
        ("n.?", "cannot unwrap `f64`"),
        ("n[1]", "cannot index `f64`"),
        ("n[1..2]", "cannot slice `f64`"),
        ("n@2", "cannot make an array of `f64`"),
        ("*n", "cannot dereference `f64`"),
        ("&n", "cannot take the address of `f64`"),
        ("\"text\"", "a string is not supported here"),
        ("None", "`None` is not supported here"),
        (
            "f(1)",
            "a call would run the program: ask for it with the command or option for calls",
        ),
    ] {
        assert_eq!(text(source), expected, "of {source}");
    }
}
