//===-- gaps.c - Time in which a spinning thread did not run ----------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#include "apus_doctor.h"

#include "apus_clock.h"

#include <sys/resource.h>

static uint64_t switches(void) {
    struct rusage usage;
    if (getrusage(RUSAGE_THREAD, &usage) != 0) return 0;
    return (uint64_t)usage.ru_nvcsw + (uint64_t)usage.ru_nivcsw;
}

void apus_gap_scan_run(apus_gap_scan_t *scan, apus_gap_t *gaps) {
    uint64_t const threshold = scan->threshold_ticks;
    uint64_t const end = scan->end_tsc;
    uint64_t known = switches();
    uint64_t const start = apus_tsc();
    uint64_t last = start;
    uint64_t count = 0;
    uint64_t blind = 0;
    while (last < end && count < scan->gap_max) {
        uint64_t const now = apus_tsc();
        // A counter that stepped back is no gap: the difference would be huge.
        if ((int64_t)(now - last) < (int64_t)threshold) {
            last = now;
            continue;
        }
        uint64_t const after = switches();
        gaps[count].start_tsc = last;
        gaps[count].ticks = now - last;
        gaps[count].switches = after - known;
        count++;
        known = after;
        last = apus_tsc();
        blind += last - now;
    }
    scan->gap_count = count;
    scan->observed_ticks = last - start - blind;
    scan->blind_ticks = blind;
}
