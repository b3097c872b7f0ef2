// A weather station's archive: a table of contents, then the readings of each day.
//
//     0   u32   number of days
//     4   u32   offset of the first day's readings, then of the second day's, ...
//     .   u16   number of readings of the day, then the readings in tenths of a degree
//
// All numbers are little endian.

#ifndef ARCHIVE_H
#define ARCHIVE_H

#include <stdint.h>

struct archive {
    const uint8_t *bytes;
    uint32_t days;
};

struct summary {
    uint32_t readings;
    int32_t lowest;
    int32_t highest;
    int32_t mean;
};

static inline uint16_t load_u16(const uint8_t *at) {
    return (uint16_t)(at[0] | at[1] << 8);
}

static inline uint32_t load_u32(const uint8_t *at) {
    return load_u16(at) | (uint32_t)load_u16(at + 2) << 16;
}

struct archive archive_open(const uint8_t *bytes);
struct summary archive_summarize(const struct archive *archive, uint32_t day);

#endif
