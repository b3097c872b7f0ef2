// Prints a summary of a weather station's archive, and dies of the third day: the logger
// that wrote its entry in the table of contents had the bytes in the other order.

#include "report.h"

#include <stdio.h>

static const uint8_t june[] = {
    3, 0, 0, 0,                                    // three days
    16, 0, 0, 0, 26, 0, 0, 0, 0, 0, 0, 34,         // where each begins
    4, 0, 132, 0, 157, 0, 211, 0, 180, 0,          // 13.2 15.7 21.1 18.0
    3, 0, 251, 255, 12, 0, 96, 0,                  // -0.5 1.2 9.6
    2, 0, 118, 0, 140, 0,                          // 11.8 14.0
};

int main(void) {
    setvbuf(stdout, NULL, _IOLBF, BUFSIZ);
    struct archive archive = archive_open(june);
    print_report("Temperatures in June (lowest, mean, highest)", &archive);
    return 0;
}
