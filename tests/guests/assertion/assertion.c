// Fails an assertion: the C library prints it and executes `unreachable`.

#include <assert.h>
#include <stdlib.h>

struct queue {
    unsigned length;
    unsigned capacity;
};

static void push(struct queue *queue) {
    assert(queue->length < queue->capacity);
    queue->length++;
}

int main(int argc, char **argv) {
    struct queue queue = {0, argc > 1 ? (unsigned)atoi(argv[1]) : 2};
    for (unsigned i = 0; i < 3; i++) push(&queue);
    return 0;
}
