#include "archive.h"

struct archive archive_open(const uint8_t *bytes) {
    struct archive archive = {bytes, load_u32(bytes)};
    return archive;
}

// Where the readings of a day begin. The table of contents is taken at its word.
static const uint8_t *find_day(const struct archive *archive, uint32_t day) {
    return archive->bytes + load_u32(archive->bytes + 4 + 4 * day);
}

struct summary archive_summarize(const struct archive *archive, uint32_t day) {
    const uint8_t *at = find_day(archive, day);
    struct summary summary = {load_u16(at), INT16_MAX, INT16_MIN, 0};
    int32_t sum = 0;
    for (uint32_t i = 0; i < summary.readings; i++) {
        int16_t reading = (int16_t)load_u16(at + 2 + 2 * i);
        if (reading < summary.lowest) summary.lowest = reading;
        if (reading > summary.highest) summary.highest = reading;
        sum += reading;
    }
    if (summary.readings > 0) summary.mean = sum / (int32_t)summary.readings;
    return summary;
}
