// Exits with the status that its argument names.

#include <stdio.h>
#include <stdlib.h>

int main(int argc, char **argv) {
    int status = argc > 1 ? atoi(argv[1]) : 0;
    fprintf(stderr, "leaving with %d\n", status);
    exit(status);
}
