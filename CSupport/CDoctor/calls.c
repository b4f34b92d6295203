//===-- calls.c - System calls and first touches -----------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#include "apus_doctor.h"

#include "apus_clock.h"

#include <errno.h>
#include <liburing.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

struct call_target {
    int sockets[2];
    struct io_uring ring;
};

static void call(int kind, struct call_target *target) {
    struct timespec t;
    char byte;
    switch (kind) {
    case APUS_CALL_TSC: (void)apus_tsc(); break;
    case APUS_CALL_CLOCK: clock_gettime(CLOCK_MONOTONIC, &t); break;
    case APUS_CALL_CLOCK_SYSTEM: syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &t); break;
    case APUS_CALL_PARENT: syscall(SYS_getppid); break;
    case APUS_CALL_RECEIVE_EMPTY: recv(target->sockets[0], &byte, 1, MSG_DONTWAIT); break;
    case APUS_CALL_URING_ENTER:
        io_uring_enter((unsigned)target->ring.ring_fd, 0, 0, 0, NULL);
        break;
    default: sched_yield();
    }
}

int apus_call_cost(int kind, uint64_t batch, uint64_t samples, uint64_t *ticks) {
    struct call_target target = {.sockets = {-1, -1}};
    if (kind == APUS_CALL_RECEIVE_EMPTY
        && socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, target.sockets) != 0) {
        return -errno;
    }
    if (kind == APUS_CALL_URING_ENTER) {
        int const result = io_uring_queue_init(8, &target.ring, 0);
        if (result < 0) return result;
    }
    for (uint64_t i = 0; i < samples; i++) {
        uint64_t const start = apus_tsc();
        for (uint64_t k = 0; k < batch; k++) call(kind, &target);
        ticks[i] = apus_tsc() - start;
    }
    if (kind == APUS_CALL_URING_ENTER) io_uring_queue_exit(&target.ring);
    if (kind == APUS_CALL_RECEIVE_EMPTY) {
        close(target.sockets[0]);
        close(target.sockets[1]);
    }
    return 0;
}

static uint64_t thread_faults(void) {
    struct rusage usage;
    if (getrusage(RUSAGE_THREAD, &usage) != 0) return 0;
    return (uint64_t)usage.ru_minflt + (uint64_t)usage.ru_majflt;
}

int apus_touch_cost(int is_huge, uint64_t count, uint64_t *ticks, uint64_t *faults) {
    size_t const huge_size = (size_t)2 << 20;
    size_t const stride = is_huge ? huge_size : 4096;
    size_t const size = stride * count + huge_size;
    char *const memory = mmap(NULL, size, PROT_READ | PROT_WRITE,
                              MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED) return -errno;
    madvise(memory, size, is_huge ? MADV_HUGEPAGE : MADV_NOHUGEPAGE);
    uintptr_t const aligned = ((uintptr_t)memory + huge_size - 1) / huge_size * huge_size;
    char volatile *place = (char volatile *)aligned;
    uint64_t const before = thread_faults();
    for (uint64_t i = 0; i < count; i++) {
        uint64_t const start = apus_tsc();
        *place = 1;
        ticks[i] = apus_tsc() - start;
        // The rest of a huge page costs nothing; of small ones, a fault each.
        if (is_huge) place[huge_size / 2] = 1;
        place += stride;
    }
    *faults = thread_faults() - before;
    munmap(memory, size);
    return 0;
}
