//! Expressions over the values of programs that run: what they come to, as text.

use crate::conditions::check_condition;
use crate::guest::{self, Snapshot};
use trapline_symbols::{FrameEnvironment, Symbols, ValueHistory};

/// A guest and where it has stopped.
pub struct Stops {
    pub symbols: Symbols,
    pub stops: Vec<Snapshot>,
}

impl Stops {
    pub fn of(name: &str) -> Stops {
        let wasm = guest::read(&format!("{name}.wasm"));
        let symbols = Symbols::new(wasm.clone().into()).unwrap();
        let mut stops = Vec::new();
        guest::run(&wasm, &symbols, |stop| stops.push(stop));
        Stops { symbols, stops }
    }

    /// The stop in a function, and which of the frames there is the function's.
    pub fn find(&self, function: &str) -> (&Snapshot, usize) {
        for stop in &self.stops {
            for (number, frame) in self
                .symbols
                .frames(stop.wasm_pc)
                .unwrap()
                .iter()
                .enumerate()
            {
                let name = frame.function.as_deref().unwrap_or_default();
                let name = name.split('(').next().unwrap();
                if name.rsplit([':', '.']).next() == Some(function) {
                    return (stop, number);
                }
            }
        }
        panic!("no stop in {function}");
    }
}

/// The text of an expression's value, or what is wrong with it, with the column.
fn text(environment: &mut FrameEnvironment<'_, '_>, source: &str) -> String {
    match environment.evaluate(source) {
        Ok(value) => match environment.inspector().text(&value) {
            Ok(text) => text,
            Err(error) => format!("<{error}>"),
        },
        Err(error) => format!("{}: {error}", error.span.start + 1),
    }
}

/// Compares tables of expressions and texts, each for a function, all at once.
fn check_all(stops: &Stops, tables: &[(&str, &[(&str, &str)])]) {
    let checks = tables.iter();
    let wrong = checks.flat_map(|(function, table)| check(stops, function, table));
    let wrong: Vec<String> = wrong.collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What is wrong in a table.
fn check(stops: &Stops, function: &str, table: &[(&str, &str)]) -> Vec<String> {
    let (stop, frame) = stops.find(function);
    let mut environment =
        FrameEnvironment::new(&stops.symbols, stop, Some(stop.wasm_pc), frame).unwrap();
    let mut wrong = Vec::new();
    for (source, expected) in table {
        let found = text(&mut environment, source);
        if frame == 0 {
            check_condition(&stops.symbols, stop, &mut environment, source);
        }
        if found != *expected {
            wrong.push(format!(
                "{function}: {source}\n    found    {found}\n    expected {expected}"
            ));
        }
    }
    wrong
}

#[test]
fn expressions_of_c_are_computed() {
    let stops = Stops::of("c-O0-5");
    check_all(
        &stops,
        &[
            (
                "integers",
                &[
                    ("number", "-70000"),
                    ("number + 1", "-69999"),
                    ("number == -70000 && yes", "true"),
                    ("positive / 2", "2000000000"),
                    ("big - 1", "-9000000000000000001"),
                    ("letter == 'q'", "true"),
                    ("letter + 1", "114"),
                    ("(char)(letter + 1)", "114 'r'"),
                    ("(unsigned char)number", "144"),
                    ("(unsigned long long)tiny", "45"),
                    ("kept * 2", "34"),
                    ("sizeof number", "4"),
                    ("sizeof(struct line)", "20"),
                    ("sizeof(enum color)", "4"),
                    ("number > 3 ? 1 : 2", "2"),
                    ("nonsense", "1: there is no `nonsense` here"),
                    ("number + nonsense", "10: there is no `nonsense` here"),
                    ("number.x", "8: a value of type `int` has no member `x`"),
                    ("*number", "1: cannot dereference a value of type `int`"),
                    ("number / 0", "10: division by zero"),
                    (
                        "(struct nothing)number",
                        "2: there is no type `struct nothing`",
                    ),
                ],
            ),
            (
                "floats",
                &[
                    ("number * 2", "-2469.0"),
                    ("single > 3", "true"),
                    ("quadruple + 1", "3.5"),
                    ("(int)single", "3"),
                    ("number % 2", "-0.5"),
                ],
            ),
            (
                "records",
                &[
                    ("point.x + point.y", "-10"),
                    ("line->to.y", "4"),
                    ("line.to.y", "4"),
                    (
                        "*line",
                        "{from = {x = 1, y = 2}, to = {x = 3, y = 4}, label = 0x1016c \"diagonal\"}",
                    ),
                    ("line->label == \"diagonal\"", "true"),
                    ("line->label != \"diagonal\"", "false"),
                    ("line->label[3]", "103 'g'"),
                    ("line->label[0..3]", "\"dia\""),
                    ("flags.middle - 1", "-34"),
                    ("flags.high == (1ull << 39)", "true"),
                    ("&point == &point && &point != 0", "true"),
                    ("(&point)->y", "-20"),
                    ("*&point", "{x = 10, y = -20}"),
                    ("*(&point.x + 1)", "-20"),
                    ("(int)&((struct line *)0)->label", "16"),
                    ("number.bytes[2]", "192"),
                    (
                        "number.bytes[4]",
                        "14: there are 4 elements, counted from 0, and no 4",
                    ),
                    ("nameless.same", "3"),
                    ("point", "{x = 10, y = -20}"),
                    (
                        "point + 1",
                        "1: `+` cannot be applied to a value of type `struct point` and a value of type `int`",
                    ),
                    (
                        "point == point",
                        "1: `==` cannot be applied to a value of type `struct point` and a value of type `struct point`",
                    ),
                    (
                        "point ? 1 : 0",
                        "1: this is neither true nor false, but a value of type `struct point`",
                    ),
                    (
                        "(int)point",
                        "1: cannot convert a value of type `struct point` to `int`",
                    ),
                    (
                        "&flags.low",
                        "1: cannot take the address of a value of type `unsigned int`",
                    ),
                ],
            ),
            (
                "enums",
                &[
                    ("color == GREEN", "true"),
                    ("GREEN", "GREEN"),
                    ("GREEN + 1", "6"),
                    ("(enum color)5", "GREEN"),
                    ("(color_t)-2", "BLUE"),
                    ("mode & MODE_APPEND", "4"),
                    ("(enum mode)3", "MODE_READ | MODE_WRITE"),
                ],
            ),
            (
                "pointers",
                &[
                    ("text == \"hello\"", "true"),
                    ("text == \"hell\"", "false"),
                    ("text < \"help\"", "true"),
                    ("*text", "104 'h'"),
                    ("text[1]@3", "\"ell\""),
                    ("first->next->number", "200"),
                    ("*first->next", "{number = 200, next = 0xffe0}"),
                    ("*address + **twice", "84"),
                    ("*twice == address", "true"),
                    ("nothing == 0", "true"),
                    ("!nothing", "true"),
                    ("*nothing", "1: cannot dereference a value of type `void *`"),
                    ("(char *)text + 2", "0x1014a \"llo\""),
                    ("hidden->secret", "55"),
                    ("hidden->self->self->secret", "55"),
                    ("add", "{function}"),
                    (
                        "add(1, 2)",
                        "1: a call would run the program: ask for it with the command or option for calls",
                    ),
                    ("*(int *)0x7fffffff", "<no memory at 0x7fffffff, 4 bytes>"),
                    (
                        "*(int *)0x7fffffff + 1",
                        "1: no memory at 0x7fffffff, 4 bytes",
                    ),
                ],
            ),
            (
                "arrays",
                &[
                    ("numbers", "{1, 2, 3, 4}"),
                    ("numbers[1..3]", "{2, 3}"),
                    ("numbers[1..=3]", "{2, 3, 4}"),
                    ("numbers[..]", "{1, 2, 3, 4}"),
                    ("numbers[2..2]", "{}"),
                    ("numbers[3..5]", "1: there are no elements 3..5 of 4"),
                    ("numbers[0]@2", "{1, 2}"),
                    ("*numbers@2", "{1, 2}"),
                    ("*(numbers + 3)", "4"),
                    ("&numbers[3] - numbers", "3"),
                    (
                        "numbers[-1]",
                        "9: there are 4 elements, counted from 0, and no -1",
                    ),
                    ("grid[1]", "{21, 22, 23}"),
                    ("grid[1][2]", "23"),
                    ("grid[0][1..]", "{12, 13}"),
                    ("sizeof grid[1]", "6"),
                    ("sizeof grid", "12"),
                    ("*grid", "{11, 12, 13}"),
                    ("text", "\"abc\""),
                    ("text == \"abc\"", "true"),
                    ("variable[count - 1]", "16"),
                    (
                        "variable[5]",
                        "10: there are 5 elements, counted from 0, and no 5",
                    ),
                    ("sizeof variable", "20"),
                    ("points[1].y", "4"),
                    ("points[0..2]", "{{x = 1, y = 2}, {x = 3, y = 4}}"),
                    ("(&points[0])[1].x", "3"),
                ],
            ),
            (
                "globals",
                &[
                    ("public_number", "1002"),
                    ("private_numbers[1]", "88"),
                    ("origin.y", "-2"),
                    ("calls", "31"),
                    ("::public_number", "1002"),
                ],
            ),
            (
                "scopes",
                &[("value", "3"), ("depth", "9"), ("i == 0", "true")],
            ),
            ("inlined", &[("factor * point.x", "42"), ("product", "42")]),
            ("inlining", &[("point.y", "8"), ("seed", "7")]),
        ],
    );
}

#[test]
fn expressions_of_cpp_are_computed() {
    let stops = Stops::of("cpp-O0-5");
    check_all(
        &stops,
        &[
            (
                "classes",
                &[
                    ("square.side * square.id", "3"),
                    ("shape->id", "2"),
                    ("((Square *)shape)->side", "4"),
                    ("static_cast<shapes::Square *>(shape)->side", "4"),
                    ("color == Color::green", "true"),
                    ("shapes::Color::red", "Color::red"),
                    ("(Color)7", "Color::green"),
                    ("both.base", "1"),
                    ("both.both", "4"),
                    ("buffer.items[1]", "6"),
                    ("Point::made", "3"),
                    ("shapes::Point::made", "3"),
                    ("lambda.buffer.used", "3"),
                    ("sizeof(Buffer<short, 3>)", "12"),
                    ("sizeof(shapes::Point)", "8"),
                    ("square", "{shapes::Shape = {id = 1}, side = 3}"),
                    ("(Shape)square", "{id = 1}"),
                ],
            ),
            (
                "strings",
                &[
                    ("small == \"short\"", "true"),
                    (
                        "large == \"a string that is too long for its own place\"",
                        "true",
                    ),
                    ("large == \"a string\"", "false"),
                    ("view == \"string\"", "true"),
                    ("empty == \"\"", "true"),
                    ("small[1]", "104 'h'"),
                    ("large[2..8]", "\"string\""),
                    (
                        "small[5]",
                        "7: there are 5 elements, counted from 0, and no 5",
                    ),
                    ("small < large", "false"),
                ],
            ),
            (
                "sequences",
                &[
                    ("numbers[2]", "3"),
                    ("numbers[1..]", "{2, 3}"),
                    (
                        "numbers[3]",
                        "9: there are 3 elements, counted from 0, and no 3",
                    ),
                    ("words[1]", "\"beta\""),
                    ("words[1] == \"beta\"", "true"),
                    ("bits[1]", "false"),
                    ("array[1] + 1", "21"),
                    ("list[1]", "5"),
                    ("sizeof(std::vector<int>)", "12"),
                    (
                        "none[0]",
                        "6: there are 0 elements, counted from 0, and no 0",
                    ),
                ],
            ),
            (
                "maps",
                &[
                    ("names[2]", "\"two\""),
                    ("names[2] == \"two\"", "true"),
                    ("names[9]", "7: there is no such key"),
                    ("squares[4]", "16"),
                    ("set[1]", "20"),
                ],
            ),
            (
                "owners",
                &[
                    ("*owner", "5"),
                    ("*owner + *shared", "11"),
                    ("*nobody", "1: it leads nowhere: it is `0x0`"),
                    ("nobody == nullptr", "true"),
                    ("owner == nullptr", "false"),
                ],
            ),
            (
                "choices",
                &[
                    ("*some", "9"),
                    ("some == 9", "true"),
                    ("*none", "1: it leads nowhere: it is `nullopt`"),
                    ("pair.first", "1"),
                    ("pair.second == 'p'", "true"),
                    ("tuple.1", "2"),
                ],
            ),
        ],
    );
}

#[test]
fn expressions_of_rust_are_computed() {
    let stops = Stops::of("rust-O0-4");
    check_all(
        &stops,
        &[
            (
                "scalars",
                &[
                    ("small as u8", "251"),
                    ("big / 2", "9000000000000000000"),
                    ("wide + 1", "-170141183460469231731687303715884105727"),
                    ("letter == 'ß'", "true"),
                    ("float * 2.0", "5.0"),
                    ("tuple.1", "-2"),
                    ("tuple.0 == 1 && !(tuple.1 > 0)", "true"),
                    ("array[2]", "3"),
                    ("array[1..]", "[2, 3]"),
                    ("sizeof(u16)", "2"),
                ],
            ),
            (
                "records",
                &[
                    ("point.x", "10"),
                    ("(*point).y", "-20"),
                    ("pair.1", "112 'p'"),
                    ("color == Color::Green", "true"),
                    ("values::Color::Red", "Color::Red"),
                    ("circle.0", "1.5"),
                    ("rectangle.width * rectangle.height", "12"),
                    ("(*(point as *const values::Point)).x", "10"),
                ],
            ),
            (
                "text",
                &[
                    ("borrowed == \"borrowed\"", "true"),
                    ("owned == \"owned text\"", "true"),
                    ("owned[0..5]", "\"owned\""),
                    ("nothing == \"\"", "true"),
                    ("boxed == \"boxed\"", "true"),
                    ("words[1]", "\"two\""),
                    ("words[1] == \"two\"", "true"),
                ],
            ),
            (
                "choices",
                &[
                    ("some == None", "false"),
                    ("none == None", "true"),
                    ("some == Some(5)", "true"),
                    ("some == Some(6)", "false"),
                    ("none == Some(5)", "false"),
                    ("niche == None", "true"),
                    ("text == Some(\"in an option\")", "true"),
                    ("no_text != None", "false"),
                    ("right == Ok(7)", "true"),
                    ("wrong == Err(\"mistake\")", "true"),
                    ("nested == Some(None)", "true"),
                    ("some.?", "5"),
                    ("none.?", "1: there is nothing in it"),
                    ("some.0 + 1", "6"),
                    ("Some(3)", "Some(3)"),
                ],
            ),
            (
                "sequences",
                &[
                    ("slice[1]", "30"),
                    ("vector[1] + vector[2]", "5"),
                    ("vector[1..]", "[2, 3]"),
                    ("ring[3]", "5"),
                    ("ring[1..4]", "[3, 4, 5]"),
                    ("boxed[0]", "8"),
                    ("vector.len", "3"),
                ],
            ),
            (
                "maps",
                &[
                    ("tree[12]", "144"),
                    ("tree[31]", "6: there is no such key"),
                    ("hash[1] == \"one\"", "true"),
                    ("set[0]", "9"),
                ],
            ),
            (
                "owners",
                &[
                    ("*boxed", "5"),
                    ("*shared", "6"),
                    ("*across == 7", "true"),
                    ("cell == 8", "true"),
                    ("*free", "9"),
                    ("*taken", "10"),
                    ("*guard", "10"),
                ],
            ),
        ],
    );
}

#[test]
fn expressions_of_zig_are_computed() {
    let stops = Stops::of("zig-O0-4");
    check_all(
        &stops,
        &[
            (
                "scalars",
                &[
                    ("odd + 1", "101"),
                    ("@as(u8, small)", "251"),
                    ("array[1]", "2"),
                    ("marks", "0"),
                    ("values.marks", "0"),
                ],
            ),
            (
                "records",
                &[
                    ("point.x", "10"),
                    ("point.*.y", "-20"),
                    ("copy.x == point.x", "true"),
                    ("color == Color.green", "true"),
                    ("values.Color.red", "red"),
                    ("circle.circle", "1.5"),
                    ("@sizeOf(values.Point)", "8"),
                    ("@sizeOf(Point)", "8"),
                ],
            ),
            (
                "slices",
                &[
                    ("text == \"some text\"", "true"),
                    ("text[0..4] == \"some\"", "true"),
                    ("slice[1]", "6"),
                    ("slice.len", "2"),
                    ("slice.ptr[0]", "5"),
                    ("numbers[1..]", "{5, 6}"),
                    ("terminated == \"ends\"", "true"),
                ],
            ),
            (
                "choices",
                &[
                    ("some.?", "5"),
                    ("some == 5", "true"),
                    ("none == null", "true"),
                    ("some == null", "false"),
                    ("none.?", "1: there is nothing in it"),
                    ("pointer == null", "true"),
                ],
            ),
        ],
    );
}

#[test]
fn the_machine_and_the_history_have_names() {
    let stops = Stops::of("c-O0-5");
    let (stop, frame) = stops.find("integers");
    let mut history = ValueHistory::new();
    let mut show = |source: &str| {
        let mut environment =
            FrameEnvironment::new(&stops.symbols, stop, Some(stop.wasm_pc), frame)
                .unwrap()
                .with_history(&mut history);
        let value = environment.evaluate(source).unwrap();
        let inspector = environment.inspector();
        let text = inspector.text(&value).unwrap();
        history.record(&inspector, &value);
        text
    };
    let pc = format!("{:#x}", stop.wasm_pc);
    assert_eq!(show("$pc"), pc);
    assert_eq!(show("$1 == $pc"), "true");
    assert_eq!(show("$memory[&number] == (number & 255)"), "true");
    assert_eq!(show("*(int *)&$memory[&number]"), "-70000");
    assert_eq!(show("$"), "-70000");
    assert_eq!(show("$$2 == $4"), "false");
    assert_eq!(show("$kept = number + 1"), "-69999");
    assert_eq!(show("$kept += 2"), "-69997");
    assert_eq!(show("$kept"), "-69997");
    // The stack pointer.
    assert_eq!(show("$global0 > 0"), "true");
    assert_eq!(show("$memory[0..3]"), "{0, 0, 0}");
    assert_eq!(show("number"), "-70000");
    assert_eq!(history.count(), 12);
    assert_eq!(history.variables(), ["kept"]);
}
