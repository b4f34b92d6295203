//===-- wake.c - What it costs to sleep and to be woken ----------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#include "apus_doctor.h"

#include "apus_clock.h"

#include <errno.h>
#include <liburing.h>
#include <linux/futex.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

struct apus_wake {
    _Atomic(uint32_t) word;  ///< Calls so far; the futex.
    _Atomic(uint32_t) ready; ///< Sleeps begun so far.
    _Atomic(uint64_t) stamp; ///< When the waker began its call; 0: it makes no more.
    int kind;
    int file;
    struct io_uring ring;
};

int apus_wake_create(int kind, apus_wake_t **wake) {
    apus_wake_t *const made = calloc(1, sizeof *made);
    if (made == NULL) return -ENOMEM;
    made->kind = kind;
    made->file = eventfd(0, EFD_CLOEXEC);
    if (made->file < 0) {
        int const error = errno;
        free(made);
        return -error;
    }
    if (kind == APUS_WAKE_URING) {
        int const result = io_uring_queue_init(8, &made->ring, 0);
        if (result < 0) {
            close(made->file);
            free(made);
            return result;
        }
    }
    *wake = made;
    return 0;
}

void apus_wake_destroy(apus_wake_t *wake) {
    if (wake->kind == APUS_WAKE_URING) io_uring_queue_exit(&wake->ring);
    close(wake->file);
    free(wake);
}

static void sleep_once(apus_wake_t *wake, uint32_t number) {
    uint64_t value = 0;
    switch (wake->kind) {
    case APUS_WAKE_FUTEX:
        while (atomic_load_explicit(&wake->word, memory_order_acquire) == number) {
            syscall(SYS_futex, &wake->word, FUTEX_WAIT_PRIVATE, number, NULL, NULL, 0);
        }
        break;
    case APUS_WAKE_EVENTFD:
        while (read(wake->file, &value, sizeof value) < 0 && errno == EINTR) {
        }
        break;
    default: {
        struct io_uring_sqe *const entry = io_uring_get_sqe(&wake->ring);
        io_uring_prep_read(entry, wake->file, &value, sizeof value, 0);
        io_uring_submit_and_wait(&wake->ring, 1);
        struct io_uring_cqe *done = NULL;
        while (io_uring_wait_cqe(&wake->ring, &done) == -EINTR) {
        }
        io_uring_cqe_seen(&wake->ring, done);
    }
    }
}

uint64_t apus_wake_sleep(apus_wake_t *wake, uint64_t count, uint64_t *ticks) {
    uint64_t i = 0;
    for (; i < count; i++) {
        // Pairs with the acquire in apus_wake_call.
        atomic_store_explicit(&wake->ready, (uint32_t)i + 1, memory_order_release);
        sleep_once(wake, (uint32_t)i);
        uint64_t const now = apus_tsc();
        uint64_t const stamp = atomic_load_explicit(&wake->stamp, memory_order_acquire);
        if (stamp == 0) break;
        // Counters of two cores may differ by a few ticks.
        ticks[i] = now > stamp ? now - stamp : 0;
    }
    return i;
}

static uint64_t monotonic_ns(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static void wake_once(apus_wake_t *wake, uint64_t stamp, uint32_t number) {
    atomic_store_explicit(&wake->stamp, stamp, memory_order_release);
    atomic_store_explicit(&wake->word, number, memory_order_release);
    if (wake->kind == APUS_WAKE_FUTEX) {
        syscall(SYS_futex, &wake->word, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
        return;
    }
    uint64_t const one = 1;
    // Of an eventfd that is read it cannot fail.
    ssize_t const written = write(wake->file, &one, sizeof one);
    (void)written;
}

uint64_t apus_wake_call(apus_wake_t *wake, uint64_t count, uint64_t pause_ns, uint64_t end_tsc,
                        uint64_t *ticks) {
    for (uint64_t i = 0; i < count; i++) {
        uint64_t spins = 0;
        while (atomic_load_explicit(&wake->ready, memory_order_acquire) != (uint32_t)i + 1) {
            if ((++spins & 0x3fff) != 0) continue;
            if (apus_tsc() >= end_tsc) break;
            sched_yield();
        }
        if (apus_tsc() >= end_tsc) {
            // A sleeper that is late finds it there.
            wake_once(wake, 0, (uint32_t)i + 1);
            return i;
        }
        uint64_t const due = monotonic_ns() + pause_ns;
        while (monotonic_ns() < due) apus_spin_pause();
        uint64_t const start = apus_tsc();
        wake_once(wake, start, (uint32_t)i + 1);
        ticks[i] = apus_tsc() - start;
    }
    return count;
}

void apus_sleep_overshoot(uint64_t sleep_ns, uint64_t count, uint64_t *ns) {
    prctl(PR_SET_TIMERSLACK, 1UL, 0, 0, 0);
    for (uint64_t i = 0; i < count; i++) {
        uint64_t const due = monotonic_ns() + sleep_ns;
        struct timespec const until = {(time_t)(due / 1000000000u), (long)(due % 1000000000u)};
        while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL) == EINTR) {
        }
        uint64_t const now = monotonic_ns();
        ns[i] = now > due ? now - due : 0;
    }
}
