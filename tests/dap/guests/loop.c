// Runs until somebody sets `done`, so that a debugger has to do something about it; traps if that is 2.

struct buffer {
    const char *data;
    unsigned long length;
};

__attribute__((import_module("wasi_snapshot_preview1"), import_name("fd_write"))) int
fd_write(int fd, const struct buffer *buffers, unsigned long count, unsigned long *written);

static volatile int done;
static volatile unsigned rounds;

__attribute__((noinline)) static void tick(void) {
    rounds++;
}

// Never returns, if a debugger calls it, and says when it has begun.
__attribute__((used)) int forever(int step) {
    struct buffer text = {"called\n", 7};
    unsigned long written;
    fd_write(1, &text, 1, &written);
    for (;;) rounds += (unsigned)step;
}

__attribute__((used)) int twice(int number) {
    return 2 * number;
}

void _start(void) {
    while (!done) {
        tick();
    }
    if (done == 2) __builtin_trap();
}
