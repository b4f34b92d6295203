//===-- control.c - The control page's cold side --------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#include "apus_control.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

void apus_control_init(apus_control_t *control, uint64_t process_id) {
    memset(control, 0, sizeof *control);
    control->process_id = process_id;
    atomic_store_explicit(&control->engine_state, APUS_STATE_NOT_READY, memory_order_relaxed);
    __atomic_store_n(&control->magic, APUS_CONTROL_MAGIC, __ATOMIC_RELEASE);
}

int apus_control_validate(void const *memory, size_t segment_size) {
    apus_control_t const *const control = memory;
    if (segment_size < sizeof *control) return -EINVAL;
    return __atomic_load_n(&control->magic, __ATOMIC_ACQUIRE) == APUS_CONTROL_MAGIC ? 0 : -EINVAL;
}

void apus_control_lower(apus_control_t *control, apus_trading_state_t state, char const *reason) {
    uint32_t current = atomic_load_explicit(&control->operator_state, memory_order_relaxed);
    while (current < state) {
        // Release pairs with the acquire in apus_control_state.
        if (atomic_compare_exchange_weak_explicit(&control->operator_state, &current, state,
                                                  memory_order_release, memory_order_relaxed)) {
            if (control->halt_reason[0] == '\0') {
                snprintf(control->halt_reason, sizeof control->halt_reason, "%s", reason);
            }
            return;
        }
    }
}

void apus_control_resume(apus_control_t *control) {
    control->halt_reason[0] = '\0';
    atomic_store_explicit(&control->operator_state, APUS_STATE_READY, memory_order_release);
}

void apus_control_set_engine_state(apus_control_t *control, apus_trading_state_t state) {
    atomic_store_explicit(&control->engine_state, state, memory_order_release);
}

apus_trading_state_t apus_control_operator_state(apus_control_t const *control) {
    return atomic_load_explicit(&control->operator_state, memory_order_acquire);
}

apus_trading_state_t apus_control_engine_state(apus_control_t const *control) {
    return atomic_load_explicit(&control->engine_state, memory_order_acquire);
}

void apus_control_cancel_all(apus_control_t *control) {
    atomic_fetch_add_explicit(&control->cancel_all_epoch, 1u, memory_order_acq_rel);
}
