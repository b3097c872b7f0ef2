// Allocates as many megabytes as its argument says, touches each page, and says how far it came.

#include <stdio.h>
#include <stdlib.h>

enum { MEGABYTE = 1 << 20, PAGE = 1 << 16 };

int main(int argc, char **argv) {
    int wanted = argc > 1 ? atoi(argv[1]) : 256;
    for (int i = 0; i < wanted; i++) {
        volatile char *block = malloc(MEGABYTE);
        if (block == NULL) {
            printf("no memory after %d megabytes\n", i);
            return 1;
        }
        for (int at = 0; at < MEGABYTE; at += PAGE) block[at] = 1;
    }
    printf("%d megabytes\n", wanted);
    return 0;
}
