// A library (a reactor, in the words of WASI): nothing runs until one of its functions is called.

#include <stdint.h>
#include <stdio.h>

#define EXPORT(name) __attribute__((export_name(name)))

static int32_t offset;

__attribute__((constructor)) static void start(void) {
    offset = 100;
}

EXPORT("add") int32_t add(int32_t left, int32_t right) {
    return left + right;
}

EXPORT("halve") double halve(double value) {
    return value / 2;
}

EXPORT("shift") int64_t shift(int64_t value) {
    return value + offset;
}

EXPORT("greet") void greet(void) {
    puts("hello from a library");
}

EXPORT("remainder") int32_t remainder_of(int32_t left, int32_t right) {
    return left % right;
}
