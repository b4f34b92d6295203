//===-- monotonic.h - The clock of deadlines --------------------*- C -*-===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#ifndef APUS_HTTPD_MONOTONIC_H
#define APUS_HTTPD_MONOTONIC_H

#include <stdint.h>
#include <time.h>

/// CLOCK_MONOTONIC.
static inline uint64_t monotonic_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

#endif
