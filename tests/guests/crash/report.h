#ifndef REPORT_H
#define REPORT_H

#include "archive.h"

// Prints one line for each day of the archive.
void print_report(const char *title, const struct archive *archive);

#endif
