//! What expressions are read as.

use super::SomeTypes;
use crate::expression::{
    ExpressionKind, GenericArgument, NoTypes, Span, TypeNameKind, parse, parse_type,
};

/// Each text is read as the other, and that as itself.
fn check(table: &[(&str, &str)]) {
    for (source, expected) in table {
        let printed = match parse(source, &SomeTypes) {
            Ok(expression) => expression.to_string(),
            Err(error) => panic!("{source}\n{}", error.render(source)),
        };
        assert_eq!(printed, *expected, "of {source}");
        let again = parse(expected, &SomeTypes);
        assert_eq!(
            again.map(|again| again.to_string()).as_deref(),
            Ok(*expected)
        );
    }
}

#[test]
fn operators_bind_as_in_c() {
    check(&[
        ("a", "a"),
        ("a + b * c", "(a + (b * c))"),
        ("a - b - c", "((a - b) - c)"),
        ("a * (b + c)", "(a * (b + c))"),
        ("a / b % c", "((a / b) % c)"),
        ("a << 1 + 2", "(a << (1 + 2))"),
        ("a >> 1 >> 2", "((a >> 1) >> 2)"),
        ("a >= b", "(a >= b)"),
        ("a > b", "(a > b)"),
        ("a > -b", "(a > (-b))"),
        ("a < b == c < d", "((a < b) == (c < d))"),
        ("a | b ^ c & d", "(a | (b ^ (c & d)))"),
        ("(a & b) == c", "((a & b) == c)"),
        ("a & (b == c)", "(a & (b == c))"),
        ("a || b && c", "(a || (b && c))"),
        ("a or b and c", "(a || (b && c))"),
        ("a == 1 && b != 2", "((a == 1) && (b != 2))"),
        ("!a && ~b", "((!a) && (~b))"),
        ("- -a", "(-(-a))"),
        ("+a", "(+a)"),
        ("!!a", "(!(!a))"),
        ("a ? b : c ? d : e", "(a ? b : (c ? d : e))"),
        ("a ? b ? c : d : e", "(a ? (b ? c : d) : e)"),
        ("a ? b = 1 : c", "(a ? (b = 1) : c)"),
        ("a = b = c", "(a = (b = c))"),
        ("a += b << 1", "(a += (b << 1))"),
        ("a >>= 1", "(a >>= 1)"),
        ("a <<= 1", "(a <<= 1)"),
        ("a ^= b", "(a ^= b)"),
        ("*a = 1", "((*a) = 1)"),
        ("*argv@argc-1", "((*argv) @ (argc - 1))"),
        ("a@2 << 1", "((a @ 2) << 1)"),
        ("-a as u8 * 2", "(@as(u8, (-a)) * 2)"),
        ("a as u8 as i32", "@as(i32, @as(u8, a))"),
        ("a as usize < b", "(@as(usize, a) < b)"),
        ("&a as *const u8", "@as(u8*, (&a))"),
    ]);
}

#[test]
fn parts_of_values_are_reached_as_in_each_language() {
    check(&[
        ("a.b->c", "a.b->c"),
        ("*a.b", "(*a.b)"),
        ("(*a).b", "(*a).b"),
        ("&a[1]", "(&a[1])"),
        ("&mut a", "(&mut a)"),
        ("&mut", "(&@\"mut\")"),
        ("a[b[1]][2]", "a[b[1]][2]"),
        ("t.0.1", "t.0.1"),
        ("t.0 .1.b", "t.0.1.b"),
        ("x.*", "(*x)"),
        ("x.*.y", "(*x).y"),
        ("x.?", "x.?"),
        ("x.?.0", "x.?.0"),
        ("x.*.1", "(*x).1"),
        ("a.class.true", "a.@\"class\".@\"true\""),
        ("a[1..2]", "a[1..2]"),
        ("a[i..]", "a[i..]"),
        ("a[..j]", "a[..j]"),
        ("a[..]", "a[..]"),
        ("a[i..=j+1]", "a[i..=(j + 1)]"),
        ("a[1 ? .5 : 2.]", "a[(1 ? 0.5 : 2.0)]"),
        ("2*.5", "(2 * 0.5)"),
        ("(1).0", "(1).0"),
        ("{T}p + 1", "((*@as(T*, p)) + 1)"),
        ("{unsigned char} 0x100", "(*@as(unsigned char*, 0x100))"),
    ]);
}

#[test]
fn names_are_read_in_all_languages() {
    check(&[
        ("a::b::c", "a::b::c"),
        ("::a", "::a"),
        ("::a::b", "::a::b"),
        ("a::b::<T>::c", "a::b::<T>::c"),
        ("std::vector<int>::x", "std::vector::<int>::x"),
        ("a<b<c>>::d", "a::<b<c>>::d"),
        ("a<b, 3, -1, true>::c", "a::<b, 3, -1, true>::c"),
        ("max<int>(a, b)", "max::<int>(a, b)"),
        ("&max<int>", "(&max::<int>)"),
        ("a < b", "(a < b)"),
        ("a < b > c", "((a < b) > c)"),
        ("a < b > -c", "((a < b) > (-c))"),
        ("a < b >> 1", "(a < (b >> 1))"),
        ("a < b >= c", "((a < b) >= c)"),
        ("f(a < b, c > d)", "f((a < b), (c > d))"),
        ("f(a < b, c > (d))", "f(a::<b, c>(d))"),
        ("f::<Vec<u8>>(1)", "f::<Vec<u8>>(1)"),
        ("a::{impl#0}::b", "a::@\"{impl#0}\"::b"),
        ("'a b'", "@\"a b\""),
        ("'ns::f(int)'::x", "@\"ns::f(int)\"::x"),
        ("@\"a b\".c", "@\"a b\".c"),
        ("r#type.r#fn", "type.@\"fn\""),
        ("gr\u{fc}n_1", "gr\u{fc}n_1"),
        ("this->x", "this->x"),
        ("self.x", "self.x"),
        ("fn + class", "(@\"fn\" + @\"class\")"),
    ]);
}

#[test]
fn calls_take_lists() {
    check(&[
        ("f()", "f()"),
        ("f(a, b + 1,)", "f(a, (b + 1))"),
        ("a.f(1)(2)", "a.f(1)(2)"),
        ("a::f(b)[1].c", "a::f(b)[1].c"),
        ("(f)(x)", "f(x)"),
        ("T(x)", "@as(T, x)"),
        ("node(x, y)", "node(x, y)"),
    ]);
}

#[test]
fn casts_are_told_from_parentheses() {
    check(&[
        // Sure without knowing any type.
        ("(int)x", "@as(int, x)"),
        ("(int)-1", "@as(int, (-1))"),
        ("(unsigned long int)-1", "@as(unsigned long, (-1))"),
        ("(u8)*p", "@as(u8, (*p))"),
        ("(foo)x", "@as(foo, x)"),
        ("(foo)1", "@as(foo, 1)"),
        ("(foo)!x", "@as(foo, (!x))"),
        ("(foo)$pc", "@as(foo, $pc)"),
        ("(foo*)p", "@as(foo*, p)"),
        ("(foo*)-1", "@as(foo*, (-1))"),
        ("(const foo &)x", "@as(foo&, x)"),
        ("(struct foo)-x", "@as(struct foo, (-x))"),
        ("(enum foo)x", "@as(enum foo, x)"),
        ("(char[4])x", "@as([char; 4], x)"),
        ("(int[2][3])x", "@as([[int; 3]; 2], x)"),
        ("(std::vector<int>)x", "@as(std::vector<int>, x)"),
        ("(std::map<int, foo*>*)x", "@as(std::map<int, foo*>*, x)"),
        ("(int (*)(int, char*))p", "@as((fn(int, char*) -> int)*, p)"),
        ("(a.b)x", "@as(a::b, x)"),
        // Only if it is a type.
        ("(T)-1", "@as(T, (-1))"),
        ("(t)-1", "(t - 1)"),
        ("(T)*p", "@as(T, (*p))"),
        ("(t)*p", "(t * p)"),
        ("(T)&p", "@as(T, (&p))"),
        ("(t)&p", "(t & p)"),
        ("(a::T)(x)", "@as(a::T, x)"),
        ("(a::t)(x)", "a::t(x)"),
        ("(T[2])-x", "@as([T; 2], (-x))"),
        ("(t[2])-x", "(t[2] - x)"),
        ("(t)@2", "(t @ 2)"),
        // Not casts.
        ("(a) as T", "@as(T, a)"),
        ("(a) and b", "(a && b)"),
        ("(a)", "a"),
        ("(a) + b", "(a + b)"),
        ("(a).b", "a.b"),
        ("(a)[1]", "a[1]"),
        ("(a) ? b : c", "(a ? b : c)"),
        ("(a * b)", "(a * b)"),
        ("(a[3])", "a[3]"),
        ("((T)x)", "@as(T, x)"),
        ("(T)(U)x", "@as(T, @as(U, x))"),
        ("(T)x.y", "@as(T, x.y)"),
        ("(T)x + y", "(@as(T, x) + y)"),
        // Other forms.
        ("int(x + 1)", "@as(int, (x + 1))"),
        ("unsigned char(x)", "@as(unsigned char, x)"),
        ("u8(x)", "@as(u8, x)"),
        ("@as(u8, x) + 1", "(@as(u8, x) + 1)"),
        ("@as([]const u8, x)", "@as([u8], x)"),
        ("@as(std.Foo, x)", "@as(std::Foo, x)"),
        ("static_cast<T*>(x)->y", "@as(T*, x)->y"),
        (
            "reinterpret_cast<std::vector<int>>(x)",
            "@as(std::vector<int>, x)",
        ),
        ("x as &str", "@as(str&, x)"),
    ]);
}

#[test]
fn sizes_are_of_types_or_values() {
    check(&[
        ("sizeof(int)", "@sizeOf(int)"),
        ("sizeof(T)", "@sizeOf(T)"),
        ("sizeof(t)", "(sizeof t)"),
        ("sizeof(t*)", "@sizeOf(t*)"),
        ("sizeof t.x + 1", "((sizeof t.x) + 1)"),
        ("sizeof(t * 2)", "(sizeof (t * 2))"),
        ("sizeof(struct t)", "@sizeOf(struct t)"),
        ("sizeof *p", "(sizeof (*p))"),
        ("@sizeOf(?*T)", "@sizeOf(?(T*))"),
    ]);
}

#[test]
fn literals_keep_their_values_and_types() {
    check(&[
        ("1_000", "1000"),
        ("0x_ff", "0xff"),
        ("0XFFu8", "0xffu8"),
        ("0b101", "0x5"),
        ("0o17", "0xf"),
        ("017", "0xf"),
        ("0", "0"),
        ("1ull", "1ull"),
        ("1UL", "1ul"),
        ("1lu", "1ul"),
        ("5usize", "5usize"),
        ("5uz", "5usize"),
        (
            "340282366920938463463374607431768211455",
            "340282366920938463463374607431768211455",
        ),
        ("1.5", "1.5"),
        ("1.", "1.0"),
        (".5", "0.5"),
        ("1e3", "1000.0"),
        ("1.e-3", "0.001"),
        ("1_0.5_0", "10.5"),
        ("1.1f", "1.1f32"),
        ("1.f", "1.0f32"),
        ("2f32", "2.0f32"),
        ("2f64", "2.0"),
        ("1.5L", "1.5"),
        ("08.5", "8.5"),
        ("0x1.8p3", "12.0"),
        ("0x1p-1f", "0.5f32"),
        ("0x1p-1074", "5e-324"),
        ("0xe+1", "(0xe + 1)"),
        ("1.max(2)", "(1).max(2)"),
        ("'a'", "'a'"),
        ("'\\n'", "'\\u{a}'"),
        ("'\\x41'", "'A'"),
        ("'\\101'", "'A'"),
        ("'\\''", "'\\''"),
        ("'\\\\'", "'\\\\'"),
        ("'\\xff'", "'\\xff'"),
        ("'\\u{1f600}'", "'\\u{1f600}'"),
        ("'\u{e4}'", "'\\u{e4}'"),
        ("b'a'", "b'a'"),
        ("b'\\xff'", "b'\\xff'"),
        ("u8'a'", "u8'a'"),
        ("L'\\u00e4'", "L'\\xe4'"),
        ("U'\\U0001f600'", "U'\\u{1f600}'"),
        ("\"a\\\"b\\n\\x01\\xff\"", "\"a\\\"b\\n\\u{1}\\xff\""),
        ("b\"a\"", "b\"a\""),
        ("c\"a\"", "c\"a\""),
        ("r\"a\\n\"", "\"a\\\\n\""),
        ("r#\"a\"b\"#", "\"a\\\"b\""),
        ("br\"a\"", "b\"a\""),
        ("true == false", "(true == false)"),
        ("null", "null"),
        ("nullptr", "null"),
        ("None", "None"),
    ]);
}

#[test]
fn registers_and_variables_of_the_debugger_have_a_dollar_sign() {
    check(&[
        ("$local0", "$local0"),
        ("$stack12 + $global3", "($stack12 + $global3)"),
        ("$pc", "$pc"),
        ("$memory[0x10]", "$memory[0x10]"),
        ("$memory0[1..2]", "$memory[1..2]"),
        ("$memory1[x]", "$memory1[x]"),
        ("$local", "$local"),
        ("$locals", "$locals"),
        ("$x = 1", "($x = 1)"),
        ("$1", "$1"),
        ("$", "$"),
        ("$ + 1", "($ + 1)"),
        ("$$", "$$1"),
        ("$$3", "$$3"),
        ("$$0", "$"),
    ]);
    let kind = |source| parse(source, &NoTypes).unwrap().kind().clone();
    assert!(matches!(kind("$local7"), ExpressionKind::Register(_)));
    assert!(matches!(kind("$local"), ExpressionKind::Convenience(_)));
}

#[test]
fn types_are_read_in_all_languages() {
    for (source, expected) in [
        ("int", "int"),
        ("long unsigned int const", "unsigned long"),
        ("const char *const *", "char**"),
        ("struct node **", "struct node**"),
        (
            "std::map<int, std::vector<T>>::iterator",
            "std::map<int, std::vector<T>>::iterator",
        ),
        ("std::array<int, 4>&&", "std::array<int, 4>&"),
        (
            "std::function<void (int)>",
            "std::function<fn(int) -> void>",
        ),
        ("&[u8]", "[u8]&"),
        ("&mut [T; 3]", "[T; 3]&"),
        ("&&T", "T& &"),
        ("&&*&&T", "T& &*& &"),
        ("*const *mut u8", "u8**"),
        ("(i32, &str)", "(i32, str&)"),
        ("(i32,)", "(i32,)"),
        ("(i32)", "i32"),
        ("()", "()"),
        ("fn(u8) -> *mut T", "fn(u8) -> (T*)"),
        (
            "alloc::vec::Vec<u8, alloc::alloc::Global>",
            "alloc::vec::Vec<u8, alloc::alloc::Global>",
        ),
        ("Vec::<u8>", "Vec<u8>"),
        ("&dyn core::fmt::Debug", "dyn core::fmt::Debug&"),
        ("?*u8", "?(u8*)"),
        ("[]const u8", "[u8]"),
        ("[*:0]const u8", "u8*"),
        ("[:0]u8", "[u8]"),
        ("[4]u8", "[u8; 4]"),
        ("[4][2]u8", "[[u8; 2]; 4]"),
        ("std.ArrayList.Slice", "std::ArrayList::Slice"),
        ("'a type'", "@\"a type\""),
    ] {
        let printed = parse_type(source, &NoTypes).map(|type_name| type_name.to_string());
        assert_eq!(printed.as_deref(), Ok(expected), "of {source}");
        let again = parse_type(expected, &NoTypes).map(|type_name| type_name.to_string());
        assert_eq!(again.as_deref(), Ok(expected));
    }
}

#[test]
fn arguments_of_types_are_numbers_or_types() {
    let type_name = parse_type("a<-3, true, T, 'b'>", &NoTypes).unwrap();
    let TypeNameKind::Named { path, .. } = type_name.kind() else {
        panic!("{type_name:?}");
    };
    let arguments = &path.segments[0].arguments;
    assert_eq!(arguments[0], GenericArgument::Integer(-3));
    assert_eq!(arguments[1], GenericArgument::Boolean(true));
    assert!(matches!(&arguments[2], GenericArgument::Type(_)));
    assert_eq!(arguments[3], GenericArgument::Integer(98));
}

#[test]
fn every_part_knows_its_place() {
    let text = |source: &str, span: Span| source[span.start..span.end].to_string();
    let source = "x + (a.b [1]) as u8";
    let whole = parse(source, &NoTypes).unwrap();
    assert_eq!(text(source, whole.span()), source);
    let ExpressionKind::Binary { left, right, .. } = whole.kind() else {
        panic!("{whole}");
    };
    assert_eq!(text(source, left.span()), "x");
    assert_eq!(text(source, right.span()), "(a.b [1]) as u8");
    let ExpressionKind::Cast { target, operand } = right.kind() else {
        panic!("{right}");
    };
    assert_eq!(text(source, target.span()), "u8");
    assert_eq!(text(source, operand.span()), "(a.b [1])");
    let ExpressionKind::Index { object, .. } = operand.kind() else {
        panic!("{operand}");
    };
    let ExpressionKind::Member { name_span, .. } = object.kind() else {
        panic!("{object}");
    };
    assert_eq!(text(source, *name_span), "b");
}

#[test]
fn effects_are_found_wherever_they_are() {
    for (source, column) in [
        ("a + f(x)", Some(4)),
        ("0 && f()", Some(5)),
        ("a[b = 1]", Some(2)),
        ("$x = 1", None),
        ("$x = f()", Some(5)),
        ("a == b", None),
    ] {
        let found = parse(source, &NoTypes).unwrap().first_effect();
        assert_eq!(found.map(|(span, _)| span.start), column, "of {source}");
    }
}
