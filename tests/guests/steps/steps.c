// Lines for a debugger to step through, and to stop at. Compiled without optimization.
//
//   steps            all of it
//   steps assert     ends with a failed assertion

#include <assert.h>
#include <stdio.h>
#include <string.h>

static int factorial(int n) {
    if (n <= 1)
        return 1;
    int rest = factorial(n - 1);
    return n * rest;
}

static int square(int x) {
    return x * x;
}

// Functions whose source a debugger does not know: one calls others, one leads to another.
__attribute__((nodebug, noinline)) static int hidden(int x) {
    return square(x) + square(x + 1);
}

__attribute__((nodebug, noinline)) static int forward(int x) {
    return square(x);
}

static int calls(int x) {
    int a = square(x) + square(x + 1);
    a += hidden(x);
    a += forward(x);
    return a;
}

static long long count(int rounds) {
    long long total = 0;
    for (int i = 0; i < rounds; i++) {
        total += i;
    }
    return total;
}

struct node {
    const char *name;
    int weight;
    struct node *next;
};

static int weigh(const struct node *node) {
    int sum = 0;
    while (node) {
        sum += node->weight;
        node = node->next;
    }
    return sum;
}

int main(int argc, char **argv) {
    printf("%d\n", factorial(5));
    printf("%d\n", calls(3));
    printf("%lld\n", count(1000000));
    struct node last = {"last", 30, NULL};
    struct node first = {"first", 12, &last};
    printf("%d\n", weigh(&first));
    assert(argc < 2 || strcmp(argv[1], "assert"));
    return 0;
}
