// A program of values: each function has some of a kind in its variables, calls `mark`, and then
// prints them.
#include "show.h"
#include <stdbool.h>

// Keeps the compiler from knowing a value.
__attribute__((noinline)) static long long any(long long number) {
    static volatile long long hidden;
    hidden = number;
    return hidden;
}

__attribute__((noinline)) static double any_float(double number) {
    static volatile double hidden;
    hidden = number;
    return hidden;
}

__attribute__((noinline)) static void integers(signed char tiny, unsigned short small) {
    int number = (int)any(-70000);
    unsigned int positive = (unsigned int)any(4000000000);
    long long big = any(-9000000000000000000);
    unsigned long long huge = 18000000000000000000u + (unsigned long long)any(1);
    char letter = (char)any('q');
    bool yes = any(1) != 0;
    const volatile int kept = (int)any(17);
    mark();
    SHOW_I(number);
    SHOW_U(positive);
    SHOW_I(big);
    SHOW_U(huge);
    SHOW(tiny, show_character, tiny);
    SHOW_U(small);
    SHOW(letter, show_character, letter);
    SHOW_B(yes);
    SHOW_I(kept);
}

__attribute__((noinline)) static void floats(float single) {
    double number = any_float(-1234.5);
    double small = any_float(0.0625);
    long double quadruple = (long double)any_float(2.5);
    mark();
    SHOW_F(single);
    SHOW_F(number);
    SHOW_F(small);
    SHOW_F(quadruple);
}

struct point {
    int x, y;
};

struct line {
    struct point from, to;
    const char *label;
};

union number {
    unsigned int whole;
    float fraction;
    unsigned char bytes[4];
};

struct flags {
    unsigned int low : 3;
    signed int middle : 7;
    unsigned int : 4;
    unsigned long long high : 40;
    bool set : 1;
};

struct packed {
    char tag;
    int value;
} __attribute__((packed));

__attribute__((noinline)) static void records(struct point point, const struct line *line) {
    struct flags flags = {.low = 5, .middle = -33, .high = (unsigned long long)any(1) << 39, .set = true};
    union number number = {.fraction = (float)any_float(1.5)};
    struct packed packed = {(char)any('#'), (int)any(123456)};
    struct {
        int inner;
        struct {
            int left;
            union {
                int same;
                unsigned int other;
            };
        };
    } nameless = {(int)any(1), {(int)any(2), {(int)any(3)}}};
    mark();
    SHOW_I(point.x);
    SHOW_I(point.y);
    SHOW_I(line->from.x);
    SHOW_I(line->to.y);
    SHOW_U(flags.low);
    SHOW_I(flags.middle);
    SHOW_U(flags.high);
    SHOW_B(flags.set);
    SHOW_U(number.whole);
    SHOW_F(number.fraction);
    SHOW_U(number.bytes[2]);
    SHOW(packed.tag, show_character, packed.tag);
    SHOW_I(packed.value);
    SHOW_I(nameless.inner);
    SHOW_I(nameless.left);
    SHOW_I(nameless.same);
}

enum color { RED, GREEN = 5, BLUE = -2 };
enum mode { MODE_READ = 1, MODE_WRITE = 2, MODE_APPEND = 4 };
typedef enum color color_t;

__attribute__((noinline)) static void enums(enum color color) {
    color_t other = (color_t)any(BLUE);
    enum color unknown = (enum color)any(77);
    enum mode mode = (enum mode)any(MODE_READ | MODE_APPEND);
    mark();
    SHOW_AS(color, "GREEN");
    SHOW_AS(other, "BLUE");
    SHOW_AS(unknown, "77");
    SHOW_AS(mode, "MODE_READ | MODE_APPEND");
    if (color != GREEN || other != BLUE || unknown != 77 || mode != 5) __builtin_trap();
}

// Only declared here: a debugger has to look for it in another unit.
struct hidden;
struct hidden *make_hidden(int secret);
int reveal(const struct hidden *hidden);

struct node {
    int number;
    struct node *next;
};

typedef int (*operation)(int, int);

__attribute__((noinline)) static int add(int left, int right) { return left + right; }

__attribute__((noinline)) static void pointers(const char *text, struct node *first) {
    int number = (int)any(42);
    int *address = &number;
    int **twice = &address;
    void *nothing = (void *)(uintptr_t)any(0);
    operation operation = any(1) ? add : 0;
    struct hidden *hidden = make_hidden((int)any(55));
    mark();
    SHOW(text, show_string, text, 5);
    SHOW_I(*address);
    SHOW_I(**twice);
    SHOW_AS(nothing, "0x0");
    SHOW_I(first->number);
    SHOW_I(first->next->number);
    SHOW_I(first->next->next->number);
    show_begin(__func__, "hidden->secret");
    show_integer(reveal(hidden));
    show_text("\n");
    if (nothing != 0 || operation(1, 2) != 3) __builtin_trap();
}

__attribute__((noinline)) static void arrays(int count) {
    int numbers[4] = {(int)any(1), 2, 3, (int)any(4)};
    short grid[2][3] = {{(short)any(11), 12, 13}, {21, 22, (short)any(23)}};
    char text[8] = "abc";
    int variable[count];
    for (int i = 0; i < count; i++) variable[i] = i * i;
    struct point points[2] = {{(int)any(1), 2}, {3, (int)any(4)}};
    mark();
    SHOW_I(numbers[0]);
    SHOW_I(numbers[3]);
    SHOW_I(grid[0][0]);
    SHOW_I(grid[1][2]);
    SHOW(text, show_string, text, 3);
    SHOW_I(variable[0]);
    SHOW_I(points[1].y);
    SHOW_I(variable[4]);
}

int public_number = 1001;
static short private_numbers[3] = {7, 8, 9};
static const volatile struct point origin = {-1, -2};

__attribute__((noinline)) static void globals(void) {
    static int calls = 30;
    calls += (int)any(1);
    public_number += (int)any(1);
    private_numbers[1] = (short)any(88);
    mark();
    SHOW_I(public_number);
    SHOW_I(private_numbers[1]);
    SHOW_I(origin.y);
    SHOW_I(calls);
}

// Each has a variable of the same name: the innermost is meant.
__attribute__((noinline)) static void scopes(int depth) {
    int value = (int)any(1);
    if (depth > 0) {
        int value = (int)any(2);
        for (int i = 0; i < 1; i++) {
            int value = (int)any(3);
            mark();
            SHOW_I(value);
            SHOW_I(i);
        }
        SHOW_AS(depth, "9");
        if (value != 2) __builtin_trap();
    }
    if (value != 1) __builtin_trap();
}

static inline __attribute__((always_inline)) void inlined(int factor, struct point point) {
    int product = factor * point.x;
    mark();
    SHOW_I(factor);
    SHOW_I(product);
    SHOW_I(point.x);
}

__attribute__((noinline)) static void inlining(int seed) {
    struct point point = {seed, seed + 1};
    inlined((int)any(6), point);
    SHOW_I(seed);
}

int main(void) {
    struct line line = {{1, 2}, {3, 4}, "diagonal"};
    struct node third = {300, 0}, second = {200, &third}, first = {100, &second};
    third.next = &first; // A circle.
    integers((signed char)any('-'), (unsigned short)any(65000));
    floats((float)any_float(3.25));
    records((struct point){(int)any(10), (int)any(-20)}, &line);
    enums((enum color)any(GREEN));
    pointers("hello", &first);
    arrays((int)any(5));
    globals();
    scopes((int)any(9));
    inlining((int)any(7));
    return 0;
}
