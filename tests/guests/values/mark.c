#include "show.h"

static volatile int marks;

void mark(void) { marks++; }
