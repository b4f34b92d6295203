//===-- clock.c - Calibration of the time-stamp counter -------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#include "apus_clock.h"

#include <time.h>

static uint64_t clock_ns(clockid_t id) {
    struct timespec t;
    clock_gettime(id, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

struct reading {
    uint64_t tsc;
    uint64_t ns;
};

/// The tightest of several readings: a reading split by an interrupt is not the one kept.
static struct reading read_pair(clockid_t id) {
    struct reading best = {0, 0};
    uint64_t narrowest = UINT64_MAX;
    for (int i = 0; i < 16; i++) {
        uint64_t const before = apus_tsc();
        uint64_t const ns = clock_ns(id);
        uint64_t const after = apus_tsc();
        if (after - before < narrowest) {
            narrowest = after - before;
            best.tsc = before + (after - before) / 2;
            best.ns = ns;
        }
    }
    return best;
}

apus_clock_t apus_clock_calibrate(void) {
    struct reading const start = read_pair(CLOCK_MONOTONIC_RAW);
    struct timespec const pause = {0, 20000000};
    nanosleep(&pause, NULL);
    struct reading const end = read_pair(CLOCK_MONOTONIC_RAW);
    struct reading const wall = read_pair(CLOCK_REALTIME);
    __extension__ typedef unsigned __int128 wide;
    apus_clock_t clock;
    clock.ns_per_tick_q32 =
        (uint64_t)(((wide)(end.ns - start.ns) << 32) / (wide)(end.tsc - start.tsc));
    clock.anchor_tsc = wall.tsc;
    clock.anchor_ns = wall.ns;
    return clock;
}
