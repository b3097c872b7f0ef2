// Has its source in its debug information; the folder that this names is nowhere.

static volatile int sum;

static void add(int number) {
    sum += number;
}

void _start(void) {
    for (int i = 1; i <= 3; i++) {
        add(i); // once in a round
    }
}
