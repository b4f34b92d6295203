//===-- apus_allocation_counter.h - Counts heap use of hot threads -*- C -*-===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
// The executables' malloc, calloc, realloc, aligned allocation and free pass through counters. A
// hot thread arms its counter once it has warmed up; from then on every call is a defect that the
// telemetry shows and tests assert to be zero. Not compiled in under a sanitizer, which brings its
// own allocator; `apus_allocation_counter_is_active` tells.
//
//===----------------------------------------------------------------------===//

#ifndef APUS_ALLOCATION_COUNTER_H
#define APUS_ALLOCATION_COUNTER_H

#include "apus_base.h"

/// 1 when this program counts.
int apus_allocation_counter_is_active(void);
/// Counts the calling thread's allocations and frees into `*count` from now on; NULL stops.
/// `count` outlives the thread.
void apus_allocation_counter_arm(uint64_t *count);

#endif
