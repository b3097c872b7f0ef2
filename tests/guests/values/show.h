// Prints values without the C library's stdio, so that these guests stay small.
//
// A line reads `FUNCTION: EXPRESSION = VALUE`, the value in the form in which a debugger shows it. The
// tests compare it with what they read out of the frame of FUNCTION while it was in `mark`.
#ifndef SHOW_H
#define SHOW_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct show_buffer {
    const uint8_t *data;
    size_t length;
};

__attribute__((import_module("wasi_snapshot_preview1"), import_name("fd_write"))) int
show_fd_write(int fd, const struct show_buffer *buffers, size_t count, size_t *written);

// Where the tests stop: all that is shown afterwards is compared with what is read here.
__attribute__((noinline)) void mark(void);

void show_text(const char *text);
void show_begin(const char *function, const char *expression);
void show_integer(long long number);
void show_unsigned(unsigned long long number);
void show_float(double number);
void show_character(int code);
void show_string(const char *text, size_t length);

#ifdef __cplusplus
}
#endif

// These take the value, not its address, so that a variable can stay where the compiler likes it.
#define SHOW(expression, show, ...)                                                                \
    (show_begin(__func__, #expression), show(__VA_ARGS__), show_text("\n"))
#define SHOW_I(expression) SHOW(expression, show_integer, (long long)(expression))
#define SHOW_U(expression) SHOW(expression, show_unsigned, (unsigned long long)(expression))
#define SHOW_F(expression) SHOW(expression, show_float, (double)(expression))
#define SHOW_B(expression) SHOW(expression, show_text, (expression) ? "true" : "false")
// What the value is called, where that is not a number.
#define SHOW_AS(expression, text) SHOW(expression, show_text, text)

#endif
