// Characters that are longer in bytes than in the units of editors.

static volatile int sum;

static void add(int größe) {
    sum += größe;
}

void _start(void) {
    /* é𝄞 */ add(1); add(2);
}
