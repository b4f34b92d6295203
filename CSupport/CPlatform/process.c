//===-- process.c - Signals, child processes, facts about this one --------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#include "apus_platform.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static void stop_signals(sigset_t *set) {
    sigemptyset(set);
    sigaddset(set, SIGINT);
    sigaddset(set, SIGTERM);
}

void apus_signals_block(void) {
    sigset_t set;
    stop_signals(&set);
    sigprocmask(SIG_BLOCK, &set, NULL);
    signal(SIGPIPE, SIG_IGN);
    // A file at its size limit is an error of that one write.
    signal(SIGXFSZ, SIG_IGN);
}

int apus_signals_wait(uint64_t timeout_ns) {
    sigset_t set;
    stop_signals(&set);
    struct timespec const timeout = {(time_t)(timeout_ns / 1000000000u),
                                     (long)(timeout_ns % 1000000000u)};
    int const number = sigtimedwait(&set, NULL, &timeout);
    return number > 0 ? number : 0;
}

int apus_process_protect(void) {
    struct rlimit const none = {0, 0};
    if (setrlimit(RLIMIT_CORE, &none) != 0) return -errno;
    return prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == 0 ? 0 : -errno;
}

/// A stranger's program: nothing of this process reaches it but what it is given.
static void isolate(void) {
    // Without O_CLOEXEC, for it may be standard input already; any other is closed below.
    int const nothing = open("/dev/null", O_RDONLY);
    if (nothing < 0 || dup2(nothing, STDIN_FILENO) < 0) _exit(127);
    close_range(STDERR_FILENO + 1, ~0u, 0);
    signal(SIGPIPE, SIG_DFL);
    signal(SIGXFSZ, SIG_DFL);
}

/// Returns only when it failed. A program that was written a moment ago is busy while a child of
/// another thread, between its fork and its exec, has the writer's descriptor.
static void execute(char const *path, char *const arguments[], char *const environment[]) {
    struct timespec const pause = {.tv_nsec = 5000000};
    for (int attempt = 0; attempt < 400; attempt++) {
        execve(path, arguments, environment);
        if (errno != ETXTBSY) return;
        nanosleep(&pause, NULL);
    }
}

int apus_process_spawn(char const *path, char *const arguments[], char *const environment[],
                       char const *output_path, int *process_id) {
    pid_t const parent = getpid();
    pid_t const child = fork();
    if (child < 0) return -errno;
    if (child == 0) {
        prctl(PR_SET_PDEATHSIG, SIGTERM, 0, 0, 0);
        if (getppid() != parent) _exit(127);
        sigset_t none;
        sigemptyset(&none);
        sigprocmask(SIG_SETMASK, &none, NULL);
        // Its own process group: a terminal's ^C goes to the parent, which stops the child itself.
        setpgid(0, 0);
        if (output_path != NULL) {
            int const output = open(output_path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
            if (output < 0) _exit(127);
            dup2(output, STDOUT_FILENO);
            dup2(output, STDERR_FILENO);
        }
        if (environment != NULL) {
            isolate();
        }
        execute(path, arguments, environment != NULL ? environment : environ);
        _exit(127);
    }
    // By both, so that the group is there for whoever goes on first.
    setpgid(child, child);
    *process_id = child;
    return 0;
}

int apus_process_signal(int process_id, int signal) {
    return kill(process_id, signal) == 0 ? 0 : -errno;
}

int apus_process_wait(int process_id, uint64_t timeout_ns, int *status) {
    uint64_t const deadline = apus_time_monotonic_ns() + timeout_ns;
    for (;;) {
        pid_t const ended = waitpid(process_id, status, WNOHANG);
        if (ended < 0) return -errno;
        if (ended == process_id) return 1;
        if (apus_time_monotonic_ns() >= deadline) return 0;
        apus_thread_sleep_ns(2000000);
    }
}

int apus_process_watch(int process_id) {
    long const file = syscall(SYS_pidfd_open, process_id, 0);
    return file < 0 ? -errno : (int)file;
}

int apus_process_has_ended(int file) {
    struct pollfd entry = {file, POLLIN, 0};
    return poll(&entry, 1, 0) > 0 ? 1 : 0;
}

void apus_process_unwatch(int file) { close(file); }

/// The letter of proc(5) for what the process does; 0 when nothing can be read of it.
static char process_state(int process_id) {
    char path[32];
    char text[256];
    snprintf(path, sizeof path, "/proc/%d/stat", process_id);
    int const file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0) return 0;
    ssize_t const length = read(file, text, sizeof text - 1);
    close(file);
    if (length <= 0) return 0;
    text[length] = '\0';
    // Its name stands before, in brackets, and may hold any character.
    char const *const end = strrchr(text, ')');
    return end != NULL && end[1] == ' ' ? end[2] : 0;
}

int apus_process_is_alive(int process_id) {
    if (kill(process_id, 0) != 0 && errno != EPERM) return 0;
    // One that has ended and whose parent has not asked for its status yet runs no more.
    char const state = process_state(process_id);
    return state == 'Z' || state == 'X' ? 0 : 1;
}

int apus_process_path(char *buffer, size_t size) {
    ssize_t const length = readlink("/proc/self/exe", buffer, size - 1);
    if (length < 0) return -errno;
    buffer[length] = '\0';
    return 0;
}

uint64_t apus_process_id(void) { return (uint64_t)getpid(); }

static uint64_t time_ns(clockid_t id) {
    struct timespec t;
    clock_gettime(id, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

uint64_t apus_time_wall_ns(void) { return time_ns(CLOCK_REALTIME); }
uint64_t apus_time_monotonic_ns(void) { return time_ns(CLOCK_MONOTONIC); }

int apus_random_bytes(void *bytes, size_t count) {
    return getrandom(bytes, count, 0) == (ssize_t)count ? 0 : -errno;
}

uint64_t apus_process_resident_bytes(void) {
    FILE *const file = fopen("/proc/self/statm", "re");
    if (file == NULL) return 0;
    unsigned long size = 0;
    unsigned long resident = 0;
    int const fields = fscanf(file, "%lu %lu", &size, &resident);
    fclose(file);
    return fields == 2 ? (uint64_t)resident * (uint64_t)sysconf(_SC_PAGESIZE) : 0;
}

int apus_cpu_model(char *buffer, size_t size) {
    FILE *const file = fopen("/proc/cpuinfo", "re");
    if (file == NULL) return -errno;
    char line[256];
    int result = -ENOENT;
    while (fgets(line, sizeof line, file) != NULL) {
        if (strncmp(line, "model name", 10) != 0) continue;
        char const *const colon = strchr(line, ':');
        if (colon == NULL) continue;
        snprintf(buffer, size, "%s", colon + 2);
        buffer[strcspn(buffer, "\n")] = '\0';
        result = 0;
        break;
    }
    fclose(file);
    return result;
}
