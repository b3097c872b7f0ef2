// The smallest program there is.

#include <stdio.h>

int main(void) {
    puts("Hello from the guest.");
    return 0;
}
