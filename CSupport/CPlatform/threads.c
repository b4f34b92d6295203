//===-- threads.c - Threads and the cores they run on ---------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#include "apus_platform.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

int apus_core_count(void) {
    cpu_set_t allowed;
    if (sched_getaffinity(getpid(), sizeof allowed, &allowed) != 0) return 1;
    return CPU_COUNT(&allowed);
}

int apus_core_is_allowed(int core) {
    cpu_set_t allowed;
    if (core < 0 || core >= CPU_SETSIZE) return 0;
    // The process's own mask, not the calling thread's, which may be pinned already.
    if (sched_getaffinity(getpid(), sizeof allowed, &allowed) != 0) return 0;
    return CPU_ISSET((size_t)core, &allowed) ? 1 : 0;
}

int apus_thread_pin(int core) {
    if (core < 0 || core >= CPU_SETSIZE) return -EINVAL;
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET((size_t)core, &set);
    return -pthread_setaffinity_np(pthread_self(), sizeof set, &set);
}

int apus_thread_set_niceness(int niceness) {
    // For the kernel a thread is a process of its own here.
    return setpriority(PRIO_PROCESS, (id_t)gettid(), niceness) == 0 ? 0 : -errno;
}

int apus_thread_set_fifo(int priority) {
    struct sched_param const parameters = {.sched_priority = priority};
    return -pthread_setschedparam(pthread_self(), SCHED_FIFO, &parameters);
}

void apus_thread_set_name(char const *name) {
    char kept[16];
    snprintf(kept, sizeof kept, "%s", name);
    pthread_setname_np(pthread_self(), kept);
}

void apus_thread_yield(void) { sched_yield(); }
void apus_thread_yield_idle(void) { sched_yield(); }

void apus_thread_sleep_ns(uint64_t ns) {
    struct timespec left = {(time_t)(ns / 1000000000u), (long)(ns % 1000000000u)};
    while (nanosleep(&left, &left) != 0 && errno == EINTR) {
    }
}

struct start {
    apus_thread_body_t body;
    void *context;
};

static void *run(void *argument) {
    struct start const start = *(struct start *)argument;
    free(argument);
    start.body(start.context);
    return NULL;
}

int apus_thread_start(apus_thread_body_t body, void *context, uint64_t *thread) {
    struct start *const start = malloc(sizeof *start);
    if (start == NULL) return -ENOMEM;
    start->body = body;
    start->context = context;
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    pthread_t handle;
    int const error = pthread_create(&handle, NULL, run, start);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (error != 0) {
        free(start);
        return -error;
    }
    *thread = (uint64_t)handle;
    return 0;
}

void apus_thread_join(uint64_t thread) { pthread_join((pthread_t)thread, NULL); }

uint64_t apus_thread_page_faults(void) {
    struct rusage usage;
    if (getrusage(RUSAGE_THREAD, &usage) != 0) return 0;
    return (uint64_t)usage.ru_minflt + (uint64_t)usage.ru_majflt;
}
