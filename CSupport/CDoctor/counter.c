//===-- counter.c - The time-stamp counter and who emulates it --------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#include "apus_doctor.h"

#include "apus_clock.h"

#include <string.h>
#include <time.h>

#if defined(__x86_64__)
#include <cpuid.h>
#endif

void apus_tsc_step(uint64_t reads, uint64_t *smallest, uint64_t *divisor) {
    uint64_t last = apus_tsc();
    *smallest = 0;
    *divisor = 0;
    for (uint64_t i = 0; i < reads; i++) {
        uint64_t const now = apus_tsc();
        uint64_t const step = now - last;
        last = now;
        if (step == 0 || (int64_t)step < 0) continue;
        if (*smallest == 0 || step < *smallest) *smallest = step;
        uint64_t a = *divisor;
        uint64_t b = step;
        while (b != 0) {
            uint64_t const rest = a % b;
            a = b;
            b = rest;
        }
        *divisor = a;
    }
}

void apus_tsc_pair(uint64_t *tsc, uint64_t *raw_ns, uint64_t *width) {
    *width = UINT64_MAX;
    for (int i = 0; i < 64; i++) {
        struct timespec t;
        uint64_t const before = apus_tsc();
        clock_gettime(CLOCK_MONOTONIC_RAW, &t);
        uint64_t const after = apus_tsc();
        if (after - before >= *width) continue;
        *width = after - before;
        *tsc = before + *width / 2;
        *raw_ns = (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
    }
}

void apus_hypervisor_vendor(char vendor[13]) {
    memset(vendor, 0, 13);
#if defined(__x86_64__)
    unsigned a = 0;
    unsigned b = 0;
    unsigned c = 0;
    unsigned d = 0;
    if (!__get_cpuid(1, &a, &b, &c, &d) || (c & (1u << 31)) == 0) return;
    __cpuid(0x40000000, a, b, c, d);
    memcpy(vendor, &b, 4);
    memcpy(vendor + 4, &c, 4);
    memcpy(vendor + 8, &d, 4);
#endif
}
