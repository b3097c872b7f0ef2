// More numbers than anyone looks at, and variables that can be changed.

struct pair {
    int left, right;
};

static int numbers[100000];
static volatile int sum;

static void mark(void) {}

static int add(struct pair pair, int local) {
    int squares[4] = {0, 1, 4, 9};
    struct pair *pointer = &pair;
    mark(); // before
    sum = local + squares[2] + pointer->right;
    mark(); // behind
    return sum;
}

void _start(void) {
    for (int i = 0; i < 100000; i++) numbers[i] = i * 3;
    struct pair pair = {10, 20};
    add(pair, 5);
}
