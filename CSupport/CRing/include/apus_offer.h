//===-- apus_offer.h - A cold thread's offer to a hot one ---------*- C -*-===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
// A place where one cold thread leaves a pointer to something finished and one hot thread takes it
// when it likes. The cold thread sees what was taken, and may free what it replaced.
//
//===----------------------------------------------------------------------===//

#ifndef APUS_OFFER_H
#define APUS_OFFER_H

#include "apus_base.h"

#include <stdatomic.h>

typedef struct APUS_SWIFT_NAME(Offer) apus_offer {
    _Atomic(void *) offered;
    _Atomic(void *) taken;
    _Atomic(uint32_t) is_on; ///< A switch beside the pointer: the cold thread's.
    uint32_t reserved_0;
    uint64_t reserved_1[5];
} apus_offer_t;
static_assert(sizeof(apus_offer_t) == 64, "one line");

/// Offers `value`, which is complete.
static inline void apus_offer_make(apus_offer_t *place, void *value) {
    atomic_store_explicit(&place->offered, value, memory_order_release);
}

/// True once the hot thread took what is offered: what it replaced is no longer used.
static inline int apus_offer_is_taken(apus_offer_t *place) {
    void *const taken = atomic_load_explicit(&place->taken, memory_order_acquire);
    return taken == atomic_load_explicit(&place->offered, memory_order_relaxed);
}

static inline void apus_offer_switch(apus_offer_t *place, uint32_t is_on) {
    atomic_store_explicit(&place->is_on, is_on, memory_order_release);
}

/// What is offered; the hot thread's.
APUS_HOT_INLINE void *apus_offer_look(apus_offer_t *place) {
    return atomic_load_explicit(&place->offered, memory_order_acquire);
}

APUS_HOT_INLINE uint32_t apus_offer_is_on(apus_offer_t *place) {
    return atomic_load_explicit(&place->is_on, memory_order_acquire);
}

/// Says that `value` is in use and nothing before it; the hot thread's.
APUS_HOT_INLINE void apus_offer_take(apus_offer_t *place, void *value) {
    atomic_store_explicit(&place->taken, value, memory_order_release);
}

#endif
