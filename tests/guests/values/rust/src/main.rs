// Values of Rust and of its library. As in values.c, each function calls `mark` and then prints what
// a debugger should have shown.
use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};
use std::hash::{BuildHasherDefault, DefaultHasher};
use std::hint::black_box;
use std::rc::Rc;
use std::sync::Arc;

#[link(wasm_import_module = "wasi_snapshot_preview1")]
unsafe extern "C" {
    fn fd_write(fd: u32, buffers: *const (*const u8, usize), count: usize, written: *mut usize) -> u32;
}

fn print(text: &str) {
    let buffer = (text.as_ptr(), text.len());
    let mut written = 0;
    unsafe { fd_write(1, &buffer, 1, &mut written) };
}

#[inline(never)]
fn show(function: &str, expression: &str, value: &str) {
    for text in [function, ": ", expression, " = ", value, "\n"] {
        print(text);
    }
}

#[inline(never)]
#[unsafe(no_mangle)]
extern "C" fn mark() {
    black_box(());
}

// Hashes the same in every run.
type Hasher = BuildHasherDefault<DefaultHasher>;

struct Point {
    x: i32,
    y: i32,
}

struct Pair(u8, char);

struct Unit;

#[derive(Clone, Copy)]
enum Color {
    Red,
    Green = 7,
}

enum Shape {
    Empty,
    Circle(f64),
    Rectangle { width: u16, height: u16 },
}

#[inline(never)]
fn scalars(small: i8, big: u64) {
    let wide: i128 = black_box(-170141183460469231731687303715884105728);
    let letter = black_box('ß');
    let yes = black_box(true);
    let float = black_box(2.5f32);
    let tuple = black_box((1u8, -2i32));
    let array = black_box([1u16, 2, 3]);
    let unit = ();
    mark();
    show("scalars", "small", "-5");
    show("scalars", "big", "18000000000000000000");
    show("scalars", "wide", "-170141183460469231731687303715884105728");
    show("scalars", "letter", "223 'ß'");
    show("scalars", "yes", "true");
    show("scalars", "float", "2.5");
    show("scalars", "tuple", "(1, -2)");
    show("scalars", "array", "[1, 2, 3]");
    show("scalars", "array[2]", "3");
    show("scalars", "unit", "()");
    black_box((small, big, wide, letter, yes, float, tuple, array, unit));
}

#[inline(never)]
fn records(point: &Point) {
    let pair = black_box(Pair(3, 'p'));
    let unit = black_box(Unit);
    let color = black_box(Color::Green);
    let empty = black_box(Shape::Empty);
    let circle = black_box(Shape::Circle(1.5));
    let rectangle = black_box(Shape::Rectangle { width: 3, height: 4 });
    mark();
    show("records", "point->x", "10");
    show("records", "*point", "Point {x: 10, y: -20}");
    show("records", "pair", "Pair(3, 112 'p')");
    show("records", "unit", "Unit");
    show("records", "color", "Color::Green");
    show("records", "empty", "Empty");
    show("records", "circle", "Circle(1.5)");
    show("records", "rectangle", "Rectangle {width: 3, height: 4}");
    black_box((point.x, point.y, pair.0, pair.1, unit, color, Color::Red));
    black_box((empty, circle, rectangle));
}

#[inline(never)]
fn text(borrowed: &str) {
    let owned = black_box(String::from("owned text"));
    let nothing = black_box(String::new());
    let boxed: Box<str> = black_box("boxed".into());
    let words: Vec<&str> = black_box(vec!["one", "two"]);
    mark();
    show("text", "borrowed", "\"borrowed\"");
    show("text", "owned", "\"owned text\"");
    show("text", "nothing", "\"\"");
    show("text", "boxed", "\"boxed\"");
    show("text", "words", "size 2 [\"one\", \"two\"]");
    black_box((borrowed, owned, nothing, boxed, words));
}

#[inline(never)]
fn choices() {
    let some = black_box(Some(5u32));
    let none: Option<u32> = black_box(None);
    let niche: Option<&Point> = black_box(None);
    let text = black_box(Some(String::from("in an option")));
    let no_text: Option<String> = black_box(None);
    let right: Result<i32, String> = black_box(Ok(7));
    let wrong: Result<i32, String> = black_box(Err("mistake".to_string()));
    let nested: Option<Option<bool>> = black_box(Some(None));
    mark();
    show("choices", "some", "Some(5)");
    show("choices", "none", "None");
    show("choices", "niche", "None");
    show("choices", "text", "Some(\"in an option\")");
    show("choices", "no_text", "None");
    show("choices", "right", "Ok(7)");
    show("choices", "wrong", "Err(\"mistake\")");
    show("choices", "nested", "Some(None)");
    black_box((some, none, niche, text, no_text, right, wrong, nested));
}

#[inline(never)]
fn sequences(slice: &[u16]) {
    let vector = black_box(vec![1, 2, 3]);
    let empty: Vec<String> = black_box(Vec::new());
    let mut ring: VecDeque<i32> = black_box(VecDeque::with_capacity(4));
    ring.extend([1, 2, 3, 4]);
    ring.pop_front();
    ring.push_back(5);
    let boxed: Box<[u8]> = black_box(vec![8, 9].into());
    let ring = black_box(ring);
    mark();
    show("sequences", "slice", "size 2 [20, 30]");
    show("sequences", "vector", "size 3 [1, 2, 3]");
    show("sequences", "vector[1]", "2");
    show("sequences", "empty", "size 0");
    show("sequences", "ring", "size 4 [2, 3, 4, 5]");
    show("sequences", "boxed", "size 2 [8, 9]");
    black_box((slice, vector, empty, ring, boxed));
}

#[inline(never)]
fn maps() {
    let mut hash: HashMap<u32, &str, Hasher> = HashMap::default();
    hash.insert(black_box(1), "one");
    let mut set: HashSet<u64, Hasher> = HashSet::default();
    set.insert(black_box(9));
    let tree: BTreeMap<i32, i32> = (1..=30).map(|key| (key, key * key)).collect();
    let nothing: BTreeMap<i32, i32> = BTreeMap::new();
    let (hash, set, tree, nothing) = black_box((hash, set, tree, nothing));
    mark();
    show("maps", "hash", "size 1 {[1] = \"one\"}");
    show("maps", "set", "size 1 {9}");
    show("maps", "tree[0]", "1");
    show("maps", "tree[11]", "144");
    show("maps", "tree[29]", "900");
    show("maps", "nothing", "size 0");
    black_box((hash, set, tree, nothing));
}

#[inline(never)]
fn owners() {
    let boxed = black_box(Box::new(5i32));
    let shared = black_box(Rc::new(6i32));
    let _other = black_box(shared.clone());
    let across = black_box(Arc::new(7i32));
    let cell = black_box(Cell::new(8i32));
    let free = black_box(RefCell::new(9i32));
    let taken = black_box(RefCell::new(10i32));
    let guard = taken.borrow();
    mark();
    show("owners", "*boxed", "5");
    show("owners", "shared", "6 (strong 2, weak 0)");
    show("owners", "across", "7 (strong 1, weak 0)");
    show("owners", "cell", "8");
    show("owners", "free", "9");
    show("owners", "taken", "10 (borrowed 1 time)");
    black_box((boxed, shared, across, cell, &free, *guard));
}

static COUNTS: [u16; 2] = [100, 200];

fn main() {
    scalars(black_box(-5), black_box(18_000_000_000_000_000_000));
    records(&Point { x: black_box(10), y: black_box(-20) });
    text(black_box("borrowed"));
    choices();
    sequences(&black_box([10, 20, 30])[1..]);
    maps();
    owners();
    black_box(&COUNTS);
}
