// Divides its first argument by its second.

#include <stdio.h>
#include <stdlib.h>

static int divide(int dividend, int divisor) {
    return dividend / divisor;
}

int main(int argc, char **argv) {
    if (argc != 3) {
        fputs("usage: divide DIVIDEND DIVISOR\n", stderr);
        return 2;
    }
    printf("%d\n", divide(atoi(argv[1]), atoi(argv[2])));
    return 0;
}
