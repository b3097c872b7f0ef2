// Calls that the compiler inlines, one into another.

static volatile int noted;

// Its source is not known to a debugger.
__attribute__((nodebug, noinline)) static int note(int x) {
    noted = x;
    return noted;
}

__attribute__((always_inline)) static inline int twice(int x) {
    int y = note(x);
    return x + note(y);
}

__attribute__((always_inline)) static inline int four_times(int x) {
    int y = twice(x);
    return twice(y);
}

__attribute__((noinline)) static int work(int x) {
    note(0);
    int a = twice(x);
    int b = four_times(a);
    note(b);
    return b;
}

int main(int argc, char **argv) {
    (void)argv;
    return work(argc) == 8 ? 0 : 1;
}
