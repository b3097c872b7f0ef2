#include "report.h"

#include <stdio.h>

static void print_degrees(int32_t tenths) {
    printf(" %c%d.%d", tenths < 0 ? '-' : ' ', tenths / 10 * (tenths < 0 ? -1 : 1),
           tenths % 10 * (tenths < 0 ? -1 : 1));
}

__attribute__((noinline)) static void print_day(const struct archive *archive, uint32_t day) {
    struct summary summary = archive_summarize(archive, day);
    printf("day %u:", day + 1);
    print_degrees(summary.lowest);
    print_degrees(summary.mean);
    print_degrees(summary.highest);
    printf("  (%u readings)\n", summary.readings);
}

void print_report(const char *title, const struct archive *archive) {
    printf("%s\n", title);
    for (uint32_t day = 0; day < archive->days; day++) {
        print_day(archive, day);
    }
    printf("%u days\n", archive->days);
}
