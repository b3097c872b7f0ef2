#include "show.h"

static void show_bytes(const char *bytes, size_t length) {
    struct show_buffer buffer = {(const uint8_t *)bytes, length};
    size_t written;
    show_fd_write(1, &buffer, 1, &written);
}

void show_text(const char *text) {
    size_t length = 0;
    while (text[length] != 0) length++;
    show_bytes(text, length);
}

void show_begin(const char *function, const char *expression) {
    show_text(function);
    show_text(": ");
    show_text(expression);
    show_text(" = ");
}

void show_unsigned(unsigned long long number) {
    char digits[20];
    size_t at = sizeof digits;
    do {
        digits[--at] = (char)('0' + number % 10);
        number /= 10;
    } while (number != 0);
    show_bytes(digits + at, sizeof digits - at);
}

void show_integer(long long number) {
    if (number < 0) show_text("-");
    show_unsigned(number < 0 ? 0 - (unsigned long long)number : (unsigned long long)number);
}

// Only for numbers with few decimals, which are exact.
void show_float(double number) {
    if (number < 0) show_text("-");
    if (number < 0) number = -number;
    unsigned long long whole = (unsigned long long)number;
    show_unsigned(whole);
    double rest = number - (double)whole;
    show_text(".");
    do {
        rest *= 10;
        int digit = (int)rest;
        char text = (char)('0' + digit);
        show_bytes(&text, 1);
        rest -= digit;
    } while (rest > 0);
}

void show_character(int code) {
    char text = (char)code;
    show_integer(code);
    show_text(" '");
    show_bytes(&text, 1);
    show_text("'");
}

void show_string(const char *text, size_t length) {
    show_text("\"");
    show_bytes(text, length);
    show_text("\"");
}
