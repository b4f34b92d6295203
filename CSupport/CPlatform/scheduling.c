//===-- scheduling.c - What the kernel did to a thread --------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#include "apus_scheduling.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#if defined(__has_include)
#if __has_include(<sys/rseq.h>)
#include <sys/rseq.h>
#define HAS_RSEQ 1
#endif
#endif

/// Stands in where there is nothing to watch.
static uint64_t never_cleared = 1;

#if defined(HAS_RSEQ) && (defined(__x86_64__) || defined(__aarch64__))
// A sequence of one instruction that nothing jumps to. The kernel checks that the word in front of
// the abort address is the signature that glibc registered.
#if defined(__x86_64__)
#define TRAP "ud2\n"
#define STEP_SIZE 1
// An undefined instruction whose operand is the signature.
#define SIGNATURE ".byte 0x0f, 0xb9, 0x3d\n.long 0x53053053\n"
#else
#define TRAP "brk #0\n"
#define STEP_SIZE 4
#define SIGNATURE ".inst 0xd428bc00\n"
#endif
__asm__(".pushsection .text\n" SIGNATURE "apus_rseq_abort:\n" TRAP "apus_rseq_start:\nnop\n" TRAP
        ".popsection\n");
extern char const apus_rseq_abort[];
extern char const apus_rseq_start[];

static struct rseq_cs const sequence = {
    .start_ip = (uintptr_t)apus_rseq_start,
    .post_commit_offset = STEP_SIZE,
    .abort_ip = (uintptr_t)apus_rseq_abort,
};

int apus_preemption_watch_make(apus_preemption_watch_t *watch) {
    *watch = (apus_preemption_watch_t){&never_cleared, 1};
    if (__rseq_size == 0) return 0;
    char *const area = (char *)__builtin_thread_pointer() + __rseq_offset;
    watch->word = (uint64_t *)(area + offsetof(struct rseq, rseq_cs));
    watch->armed = (uintptr_t)&sequence;
    __atomic_store_n(watch->word, watch->armed, __ATOMIC_RELAXED);
    return 1;
}

void apus_preemption_watch_end(apus_preemption_watch_t *watch) {
    if (watch->word != &never_cleared) __atomic_store_n(watch->word, 0, __ATOMIC_RELAXED);
    *watch = (apus_preemption_watch_t){&never_cleared, 1};
}
#else
int apus_preemption_watch_make(apus_preemption_watch_t *watch) {
    *watch = (apus_preemption_watch_t){&never_cleared, 1};
    return 0;
}

void apus_preemption_watch_end(apus_preemption_watch_t *watch) {
    *watch = (apus_preemption_watch_t){&never_cleared, 1};
}
#endif

int apus_thread_id(void) { return (int)syscall(SYS_gettid); }

/// Reads the start of a file, zero-terminated. Bytes, or 0.
static size_t read_start(char const *path, char *text, size_t size) {
    int const file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0) return 0;
    ssize_t const count = read(file, text, size - 1);
    close(file);
    size_t const length = count > 0 ? (size_t)count : 0;
    text[length] = '\0';
    return length;
}

/// The clock of another thread's time on a core.
/// Source: include/linux/posix-timers_types.h (CPUCLOCK_PERTHREAD_MASK | CPUCLOCK_SCHED).
static clockid_t clock_of(int thread_id) {
    return (clockid_t)((~(unsigned)thread_id << 3) | 6u);
}

uint64_t apus_thread_cpu_ns(int thread_id) {
    struct timespec time;
    if (clock_gettime(clock_of(thread_id), &time) != 0) return 0;
    return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

int apus_thread_usage(int thread_id, apus_thread_usage_t *usage) {
    memset(usage, 0, sizeof *usage);
    char path[64];
    char text[1024];
    snprintf(path, sizeof path, "/proc/self/task/%d/schedstat", thread_id);
    unsigned long long delay;
    unsigned long long switches;
    if (read_start(path, text, sizeof text) > 0
        && sscanf(text, "%*u %llu %llu", &delay, &switches) == 2) {
        usage->run_delay_ns = delay;
        usage->switches = switches;
    }
    snprintf(path, sizeof path, "/proc/self/task/%d/stat", thread_id);
    if (read_start(path, text, sizeof text) == 0) return -ESRCH;
    // The name, in parentheses, may hold anything.
    char const *const behind = strrchr(text, ')');
    unsigned long long minor;
    unsigned long long major;
    if (behind != NULL
        && sscanf(behind + 1, " %*c %*d %*d %*d %*d %*d %*u %llu %*u %llu", &minor, &major) == 2) {
        usage->minor_faults = minor;
        usage->major_faults = major;
    }
    return 0;
}

uint64_t apus_core_steal_ns(int core) {
    // The lines of the cores stand at the start, each below 128 bytes.
    static char text[1 << 16];
    if (core < 0 || read_start("/proc/stat", text, sizeof text) == 0) return 0;
    char head[16];
    snprintf(head, sizeof head, "\ncpu%d ", core);
    char const *const line = strstr(text, head);
    unsigned long long ticks;
    if (line == NULL
        || sscanf(line + strlen(head), "%*u %*u %*u %*u %*u %*u %*u %llu", &ticks) != 1) {
        return 0;
    }
    long const rate = sysconf(_SC_CLK_TCK);
    return rate > 0 ? (uint64_t)ticks * (1000000000u / (uint64_t)rate) : 0;
}
