//===-- apus_control.h - The control page -----------------------*- C -*-===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
// One page shared by the engine, `apus halt|resume|status` and the watchdog. The trading state is
// the one thing that decides whether new risk may be taken. Software may only lower it; only a
// person, through `apus resume`, raises it. Severity grows with the value: 0 ready ... 3 not ready.
// The effective state is the worst of what the operator wants and what the engine finds.
//
//===----------------------------------------------------------------------===//

#ifndef APUS_CONTROL_H
#define APUS_CONTROL_H

#include "apus_base.h"

#include <stdatomic.h>

/// "APUSCTL" and the layout's version.
#define APUS_CONTROL_MAGIC 0x4150555343544c03ull

typedef uint32_t apus_trading_state_t APUS_NEWTYPE(TradingState);
/// New orders may be sent.
static const apus_trading_state_t APUS_STATE_READY APUS_SWIFT_NAME(TradingState.ready) = 0;
/// Only orders that bring a position nearer to zero, by quantity; cancels always.
static const apus_trading_state_t APUS_STATE_REDUCING APUS_SWIFT_NAME(TradingState.reducing) = 1;
/// Nothing but cancels.
static const apus_trading_state_t APUS_STATE_HALTED APUS_SWIFT_NAME(TradingState.halted) = 2;
/// Nothing but cancels; the engine itself is not able to trade.
static const apus_trading_state_t APUS_STATE_NOT_READY APUS_SWIFT_NAME(TradingState.notReady) = 3;

typedef uint32_t apus_model_request_t APUS_NEWTYPE(ModelRequest);
/// Load a file in the model's place, keeping what it replaces.
static const apus_model_request_t APUS_MODEL_LOAD APUS_SWIFT_NAME(ModelRequest.load) = 1;
/// Go back to what the last load replaced.
static const apus_model_request_t APUS_MODEL_ROLL_BACK APUS_SWIFT_NAME(ModelRequest.rollBack) = 2;
static const apus_model_request_t APUS_MODEL_SWITCH_ON APUS_SWIFT_NAME(ModelRequest.switchOn) = 3;
static const apus_model_request_t APUS_MODEL_SWITCH_OFF APUS_SWIFT_NAME(ModelRequest.switchOff) = 4;

/// One request at a time: `asked` grows when it stands, `answered` follows it with the answer.
typedef struct APUS_SWIFT_NAME(ModelMailbox) apus_model_mailbox {
    _Atomic(uint32_t) asked;
    _Atomic(uint32_t) answered;
    _Atomic(uint32_t) writer; ///< Process that writes a request; 0: free.
    apus_model_request_t request;
    uint32_t failed;  ///< 1: refused; the answer says why.
    uint32_t reserved_0[11];
    char name[64];    ///< Of the model; zero-terminated, as all texts here.
    char file[512];   ///< Absolute; empty: the file it was loaded from.
    char answer[448];
} apus_model_mailbox_t;
static_assert(sizeof(apus_model_mailbox_t) == 1088, "seventeen lines");

typedef struct APUS_SWIFT_NAME(ControlPage) apus_control {
    uint64_t magic;
    uint64_t process_id APUS_SWIFT_NAME(processID);
    uint64_t reserved_0[6];
    _Atomic(uint32_t) operator_state; ///< What people and watchdogs want.
    _Atomic(uint32_t) engine_state;   ///< What the engine finds about itself.
    _Atomic(uint32_t) cancel_all_epoch; ///< Growing asks the gateway to cancel every open order.
    _Atomic(uint32_t) stop_requested; ///< 1: the engine shall stop cleanly.
    _Atomic(uint32_t) flatten_epoch; ///< Growing asks the engine to bring every position to zero.
    _Atomic(uint32_t) resume_epoch;  ///< Grows with each resume: what a person must lift is lifted.
    uint32_t reserved_1[10];
    char halt_reason[128]; ///< Who lowered the state and why; zero-terminated.
    apus_model_mailbox_t models;
} apus_control_t;
static_assert(sizeof(apus_control_t) == 256 + 1088, "twenty-one lines");
static_assert(offsetof(apus_control_t, operator_state) == 64, "the words of one line");
static_assert(offsetof(apus_control_t, resume_epoch) == 84, "six words, three loads");

/// The words of the page that a stage goes by, as it saw them.
typedef struct APUS_SWIFT_NAME(ControlWords) apus_control_words {
    apus_trading_state_t operator_state APUS_SWIFT_NAME(operatorState);
    apus_trading_state_t engine_state APUS_SWIFT_NAME(engineState);
    uint32_t cancel_all_epoch APUS_SWIFT_NAME(cancelAllEpoch);
    uint32_t stop_requested APUS_SWIFT_NAME(stopRequested);
    uint32_t flatten_epoch APUS_SWIFT_NAME(flattenEpoch);
    uint32_t resume_epoch APUS_SWIFT_NAME(resumeEpoch);
} apus_control_words_t;
static_assert(sizeof(apus_control_words_t) == 24, "as on the page");

typedef uint8_t apus_control_note_kind_t APUS_NEWTYPE(ControlNoteKind);
/// The words changed before record number `count` of the stage.
static const apus_control_note_kind_t APUS_NOTE_WORDS APUS_SWIFT_NAME(ControlNoteKind.words) = 1;
/// Use number `count` of an order channel failed.
static const apus_control_note_kind_t APUS_NOTE_CHANNEL
    APUS_SWIFT_NAME(ControlNoteKind.channel) = 2;

/// What a stage met that no record told it: with these, its records say everything it did.
typedef struct APUS_SWIFT_NAME(ControlNote) apus_control_note {
    uint64_t count; ///< Of records, or uses of channels, before; from 0.
    apus_control_words_t words;
    uint32_t stage; ///< Bit of the stage, as `StageSet` has it.
    apus_control_note_kind_t kind;
    uint8_t reserved_0[3];  ///< Zero.
    uint64_t reserved_1[2]; ///< Zero.
} apus_control_note_t;
static_assert(sizeof(apus_control_note_t) == 56, "with the sequence word, one line");

void apus_control_init(apus_control_t *control, uint64_t process_id);
/// @return 0, or -EINVAL for a foreign or damaged page.
int apus_control_validate(void const *memory, size_t segment_size);

/// The worst of the operator's and the engine's state.
APUS_HOT_INLINE apus_trading_state_t apus_control_state(apus_control_t const *control) {
    uint32_t const wanted = atomic_load_explicit(&control->operator_state, memory_order_acquire);
    uint32_t const found = atomic_load_explicit(&control->engine_state, memory_order_acquire);
    return wanted > found ? wanted : found;
}

/// Lowers the operator's state to `state`; never raises it. Keeps the first reason given. A stage
/// may call it when its own state can no longer be trusted.
APUS_HOT void apus_control_lower(apus_control_t *control, apus_trading_state_t state,
                                 char const *reason);
/// A person raises the operator's state to READY. The engine's own finding stays.
void apus_control_resume(apus_control_t *control);
/// Grows with each resume.
APUS_HOT_INLINE uint32_t apus_control_resume_epoch(apus_control_t const *control) {
    return atomic_load_explicit(&control->resume_epoch, memory_order_acquire);
}
/// The engine's finding about itself, both ways: NOT_READY until start-up is done, and so on.
void apus_control_set_engine_state(apus_control_t *control, apus_trading_state_t state);
apus_trading_state_t apus_control_operator_state(apus_control_t const *control);
apus_trading_state_t apus_control_engine_state(apus_control_t const *control);

/// Asks the gateway to cancel every open order. A stage may call it.
APUS_HOT void apus_control_cancel_all(apus_control_t *control);
APUS_HOT_INLINE uint32_t apus_control_cancel_all_epoch(apus_control_t const *control) {
    return atomic_load_explicit(&control->cancel_all_epoch, memory_order_acquire);
}

/// Asks the engine to bring every position to zero. Whoever asks lowers the state to REDUCING
/// first, or the engine would not let the orders through as reducing ones.
APUS_HOT void apus_control_flatten(apus_control_t *control);
APUS_HOT_INLINE uint32_t apus_control_flatten_epoch(apus_control_t const *control) {
    return atomic_load_explicit(&control->flatten_epoch, memory_order_acquire);
}

/// Asks the engine to stop. Safe in a signal handler.
static inline void apus_control_request_stop(apus_control_t *control) {
    atomic_store_explicit(&control->stop_requested, 1u, memory_order_release);
}
APUS_HOT_INLINE uint32_t apus_control_is_stop_requested(apus_control_t const *control) {
    return atomic_load_explicit(&control->stop_requested, memory_order_acquire);
}

/// Two words of the page in one load.
typedef uint64_t __attribute__((may_alias)) apus_control_pair_t;

/// Looks at the page: takes its words into `seen`, and tells whether any differs from what was
/// there. States come after the requests they were set for.
APUS_HOT_INLINE int apus_control_look(apus_control_t const *control, apus_control_words_t *seen) {
    apus_control_pair_t const *const page =
        (apus_control_pair_t const *)(void const *)&control->operator_state;
    apus_control_pair_t *const old = (apus_control_pair_t *)(void *)seen;
    // Pair with the releases of whoever lowers, raises and asks.
    uint64_t const epochs = __atomic_load_n(page + 2, __ATOMIC_ACQUIRE);
    uint64_t const requests = __atomic_load_n(page + 1, __ATOMIC_ACQUIRE);
    uint64_t const states = __atomic_load_n(page, __ATOMIC_ACQUIRE);
    if (((states ^ old[0]) | (requests ^ old[1]) | (epochs ^ old[2])) == 0) return 0;
    old[0] = states;
    old[1] = requests;
    old[2] = epochs;
    return 1;
}

/// Takes the mailbox for `process_id`, or from a process that is gone.
///
/// @return 0, or -EBUSY while another process's request is on its way.
int apus_model_mailbox_take(apus_model_mailbox_t *mailbox, uint32_t process_id);
void apus_model_mailbox_free(apus_model_mailbox_t *mailbox);
/// Makes the request that was written into the mailbox visible; returns its number.
uint32_t apus_model_mailbox_ask(apus_model_mailbox_t *mailbox);
/// True when request `number` has its answer.
int apus_model_mailbox_is_answered(apus_model_mailbox_t const *mailbox, uint32_t number);
/// True when a request stands without an answer; the engine's.
int apus_model_mailbox_is_asked(apus_model_mailbox_t const *mailbox);
/// Makes the answer that was written visible; the engine's.
void apus_model_mailbox_answer(apus_model_mailbox_t *mailbox);

#endif
