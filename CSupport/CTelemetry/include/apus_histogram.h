//===-- apus_histogram.h - Single-writer log-linear histogram ---*- C -*-===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
// Values are nanoseconds. Values below 64 have a bucket each; above, every power of two is split
// into 32 buckets, so a bucket is never wider than 1/32 (3.1 %) of its value. Values beyond the
// range saturate into the last bucket, and `maximum` keeps the true largest one.
// Source: G. Tene, HdrHistogram (the log-linear scheme, with 5 bits below the leading one).
//
//===----------------------------------------------------------------------===//

#ifndef APUS_HISTOGRAM_H
#define APUS_HISTOGRAM_H

#include "apus_base.h"

#include <stdatomic.h>

/// Buckets: 64 linear ones, then 32 for each of the 31 octaves up to 2^37 ns (137 s).
#define APUS_HISTOGRAM_BUCKET_COUNT 1056

typedef struct APUS_SWIFT_NAME(HistogramData) apus_histogram {
    char name[64]; ///< Zero-terminated; empty: the place is free.
    uint64_t total;
    uint64_t maximum;
    uint64_t sum;
    uint64_t reserved_0[5];
    uint64_t counts[APUS_HISTOGRAM_BUCKET_COUNT];
} apus_histogram_t;
static_assert(sizeof(apus_histogram_t) % APUS_CACHE_LINE == 0, "whole lines");

/// The bucket of `value`.
APUS_HOT_INLINE uint32_t apus_histogram_index(uint64_t value) {
    if (value < 64) return (uint32_t)value;
    uint32_t const octave = 63u - (uint32_t)__builtin_clzll(value); // 6...63
    uint32_t const index = 64u + (octave - 6u) * 32u + (uint32_t)((value >> (octave - 5u)) & 31u);
    return index < APUS_HISTOGRAM_BUCKET_COUNT ? index : APUS_HISTOGRAM_BUCKET_COUNT - 1u;
}

/// The smallest value that falls into bucket `index`.
static inline uint64_t apus_histogram_lowest(uint32_t index) {
    if (index < 64) return index;
    uint32_t const octave = 6u + (index - 64u) / 32u;
    return (1ull << octave) + ((uint64_t)((index - 64u) % 32u) << (octave - 5u));
}

/// The largest value that falls into bucket `index`; the last bucket is open above.
static inline uint64_t apus_histogram_highest(uint32_t index) {
    return index + 1u < APUS_HISTOGRAM_BUCKET_COUNT ? apus_histogram_lowest(index + 1u) - 1u
                                                    : UINT64_MAX;
}

/// Counts one value. Single writer: plain loads, relaxed stores, no lock prefix.
APUS_HOT_INLINE void apus_histogram_record(apus_histogram_t *histogram, uint64_t value) {
    uint64_t *const count = &histogram->counts[apus_histogram_index(value)];
    // Relaxed: an observer may see the bucket before the total, and copes.
    __atomic_store_n(count, *count + 1, __ATOMIC_RELAXED);
    __atomic_store_n(&histogram->total, histogram->total + 1, __ATOMIC_RELAXED);
    __atomic_store_n(&histogram->sum, histogram->sum + value, __ATOMIC_RELAXED);
    if (value > histogram->maximum) {
        __atomic_store_n(&histogram->maximum, value, __ATOMIC_RELAXED);
    }
}

#endif
