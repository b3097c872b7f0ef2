// Values of Zig. As in values.c, each function calls `mark` and then prints what a debugger should
// have shown.
const std = @import("std");

extern "wasi_snapshot_preview1" fn fd_write(fd: u32, buffers: *const Buffer, count: usize, written: *usize) u32;

const Buffer = extern struct { data: [*]const u8, length: usize };

fn print(text: []const u8) void {
    const buffer = Buffer{ .data = text.ptr, .length = text.len };
    var written: usize = 0;
    _ = fd_write(1, &buffer, 1, &written);
}

noinline fn show(function: []const u8, expression: []const u8, value: []const u8) void {
    for ([_][]const u8{ function, ": ", expression, " = ", value, "\n" }) |text| print(text);
}

var marks: u32 = 0;

noinline fn mark() void {
    const counter: *volatile u32 = &marks;
    counter.* += 1;
}

// Keeps the compiler from knowing a value.
fn any(value: anytype) @TypeOf(value) {
    var hidden = value;
    const place: *volatile @TypeOf(value) = &hidden;
    return place.*;
}

fn keep(value: anytype) void {
    var hidden = value;
    const place: *volatile @TypeOf(value) = &hidden;
    _ = place;
}

const Point = struct { x: i32, y: i32 };
const Color = enum(u8) { red, green = 7 };
const Shape = union(enum) { circle: f64, square: u16 };
const Mistake = error{ Missing, Broken };

noinline fn scalars(small: i8, big: u64) void {
    var odd: u7 = any(@as(u7, 100));
    var yes = any(true);
    var float = any(@as(f32, 2.5));
    var array = any([3]u16{ 1, 2, 3 });
    _ = .{ &odd, &yes, &float, &array };
    mark();
    show("scalars", "small", "-5");
    show("scalars", "big", "18000000000000000000");
    show("scalars", "odd", "100");
    show("scalars", "yes", "true");
    show("scalars", "float", "2.5");
    show("scalars", "array", "{1, 2, 3}");
    show("scalars", "array[1]", "2");
    keep(small);
    keep(big);
}

noinline fn records(point: *const Point) void {
    var copy = any(point.*);
    var color = any(Color.green);
    var circle = any(Shape{ .circle = 1.5 });
    _ = .{ &copy, &color, &circle };
    mark();
    show("records", "point->x", "10");
    show("records", "copy", ".{x = 10, y = -20}");
    show("records", "color", "green");
    show("records", "circle", ".{circle = 1.5}");
}

noinline fn slices(text: []const u8) void {
    var numbers = [_]u32{ 4, 5, 6 };
    var slice: []u32 = numbers[1..];
    var empty: []const u8 = any(@as([]const u8, ""));
    var terminated: [:0]const u8 = any(@as([:0]const u8, "ends"));
    _ = .{ &slice, &empty, &terminated, &numbers };
    mark();
    show("slices", "text", "\"some text\"");
    show("slices", "slice", "size 2 {5, 6}");
    show("slices", "slice[1]", "6");
    show("slices", "empty", "\"\"");
    show("slices", "terminated", "\"ends\"");
    keep(text);
}

noinline fn choices() void {
    var some: ?u32 = any(@as(?u32, 5));
    var none: ?u32 = any(@as(?u32, null));
    var pointer: ?*const Point = any(@as(?*const Point, null));
    var right: Mistake!u16 = any(@as(Mistake!u16, 9));
    var wrong: Mistake!u16 = any(@as(Mistake!u16, error.Broken));
    _ = .{ &some, &none, &pointer, &right, &wrong };
    mark();
    show("choices", "some", "5");
    show("choices", "none", "null");
    show("choices", "pointer", "0x0");
    show("choices", "right", "9");
    show("choices", "wrong", "error.Broken");
}

// The library's way to begin and to panic would be larger than all else.
pub const panic = std.debug.no_panic;

export fn _start() void {
    main();
}

fn main() void {
    scalars(any(@as(i8, -5)), any(@as(u64, 18000000000000000000)));
    const point = Point{ .x = any(@as(i32, 10)), .y = any(@as(i32, -20)) };
    records(&point);
    slices(any(@as([]const u8, "some text")));
    choices();
}
