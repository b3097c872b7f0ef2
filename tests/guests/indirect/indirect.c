// Calls through function pointers: a good one first, then the one its argument names.

#include <stdio.h>
#include <string.h>

typedef int (*callback)(int);

static int twice(int value) {
    return 2 * value;
}

static int add(int left, int right) {
    return left + right;
}

__attribute__((noinline)) static int apply(callback volatile *function, int value) {
    return (*function)(value);
}

int main(int argc, char **argv) {
    callback volatile function = twice;
    printf("%d\n", apply(&function, 21));
    fflush(stdout);
    const char *which = argc > 1 ? argv[1] : "mismatch";
    if (strcmp(which, "mismatch") == 0) {
        function = (callback)(void (*)(void))add;
    } else if (strcmp(which, "null") == 0) {
        function = (callback)0;
    } else {
        function = (callback)0x7000;
    }
    printf("%d\n", apply(&function, 21));
    return 0;
}
