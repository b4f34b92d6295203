//===-- control.c - The control page's cold side --------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#include "apus_control.h"

#include <errno.h>
#include <signal.h>
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
    atomic_fetch_add_explicit(&control->resume_epoch, 1u, memory_order_acq_rel);
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

void apus_control_flatten(apus_control_t *control) {
    atomic_fetch_add_explicit(&control->flatten_epoch, 1u, memory_order_acq_rel);
}

int apus_model_mailbox_take(apus_model_mailbox_t *mailbox, uint32_t process_id) {
    uint32_t holder = 0;
    if (atomic_compare_exchange_strong(&mailbox->writer, &holder, process_id)) return 0;
    if (kill((pid_t)holder, 0) == 0 || errno == EPERM) return -EBUSY;
    return atomic_compare_exchange_strong(&mailbox->writer, &holder, process_id) ? 0 : -EBUSY;
}

void apus_model_mailbox_free(apus_model_mailbox_t *mailbox) {
    atomic_store_explicit(&mailbox->writer, 0, memory_order_release);
}

uint32_t apus_model_mailbox_ask(apus_model_mailbox_t *mailbox) {
    return atomic_fetch_add_explicit(&mailbox->asked, 1, memory_order_acq_rel) + 1;
}

int apus_model_mailbox_is_answered(apus_model_mailbox_t const *mailbox, uint32_t number) {
    return atomic_load_explicit(&mailbox->answered, memory_order_acquire) == number;
}

int apus_model_mailbox_is_asked(apus_model_mailbox_t const *mailbox) {
    return atomic_load_explicit(&mailbox->asked, memory_order_acquire) !=
        atomic_load_explicit(&mailbox->answered, memory_order_relaxed);
}

void apus_model_mailbox_answer(apus_model_mailbox_t *mailbox) {
    uint32_t const asked = atomic_load_explicit(&mailbox->asked, memory_order_relaxed);
    atomic_store_explicit(&mailbox->answered, asked, memory_order_release);
}
