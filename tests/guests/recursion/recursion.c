// Calls itself until the call stack is used up. The C stack in linear memory is not used, so
// that it is the engine's stack that ends.

#include <stdio.h>

static volatile unsigned bottom = 0;

__attribute__((noinline)) static unsigned descend(unsigned depth) {
    if (depth == bottom) return 1;
    return depth + 3 * descend(depth + 1);
}

int main(void) {
    puts("going down");
    fflush(stdout);
    printf("%u\n", descend(1));
    return 0;
}
