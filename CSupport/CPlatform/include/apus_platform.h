//===-- apus_platform.h - Memory segments, threads, process -----*- C -*-===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#ifndef APUS_PLATFORM_H
#define APUS_PLATFORM_H

#include "apus_base.h"

// MARK: - Shared memory: /dev/shm/apus.<instance>/<segment>, directory 0700, files 0600

/// Makes the instance's directory, or takes over one left behind by a dead owner.
///
/// The directory's lock file is held (flock) for the process's life, so a second engine of the
/// same name is refused while the first lives.
/// @return a descriptor to keep open; -EEXIST when another process holds the name; -EPERM when the
///         directory belongs to another user or is open to others; -ENAMETOOLONG, -errno.
int apus_instance_claim(char const *directory);
/// Removes the directory's segments and the directory. 0 or -errno.
int apus_instance_remove(char const *directory);

/// Creates (or truncates) a segment of `size` bytes, zeroed, mode 0600, and maps it writable.
/// The pages are allocated at once, so a full /dev/shm is refused here (-ENOSPC), not by a signal
/// later. @return 0 or -errno; `*memory` is aligned to a page.
int apus_segment_create(char const *path, size_t size, void **memory);
/// Maps an existing segment of this user's. `writable` 0 maps it read-only.
/// @return 0; -EPERM when the file is not this user's or open to others; -errno.
int apus_segment_open(char const *path, int writable, size_t *size, void **memory);
/// Creates a segment of `size` bytes and maps it twice back to back: 2 * size readable bytes.
/// `size` is a multiple of the page size.
int apus_segment_create_doubled(char const *path, size_t size, void **memory);
/// As above without a file: private memory of the process, for tests and replay.
int apus_memory_create_doubled(size_t size, void **memory);
/// Anonymous zeroed memory aligned to a page. 0 or -errno.
int apus_memory_create(size_t size, void **memory);
int apus_memory_unmap(void *memory, size_t size);

/// Touches every page of the range for writing and changes nothing.
void apus_memory_prefault(void *memory, size_t size);
/// Locks all present and future pages of the process. 0 or -errno.
int apus_memory_lock_all(void);
/// The soft limit on locked memory, bytes; UINT64_MAX when unlimited.
uint64_t apus_memory_lock_limit(void);

// MARK: - Threads

int apus_core_count(void);
/// Pins the calling thread to `core`. 0; -EINVAL for a core this process may not use; -errno.
int apus_thread_pin(int core);
/// Whether the process may run on `core`: 1 or 0.
int apus_core_is_allowed(int core);
/// SCHED_FIFO for the calling thread, priority 1...99. 0 or -errno (-EPERM without permission).
int apus_thread_set_fifo(int priority);
/// At most 15 bytes are kept.
/// Niceness of the calling thread alone, -20...19; 0 or -errno.
int apus_thread_set_niceness(int niceness);
void apus_thread_set_name(char const *name);
void apus_thread_yield(void);
/// sched_yield for a hot loop that was told to yield when idle: a system call, never taken while
/// there is work.
APUS_HOT void apus_thread_yield_idle(void);
void apus_thread_sleep_ns(uint64_t ns);

typedef void (*apus_thread_body_t)(void *context);
/// Starts a joinable thread with all signals blocked. 0 or -errno.
int apus_thread_start(apus_thread_body_t body, void *context, uint64_t *thread);
void apus_thread_join(uint64_t thread);

// MARK: - Process

/// Blocks SIGINT and SIGTERM and ignores SIGPIPE and SIGXFSZ for the process; call before any
/// thread starts.
void apus_signals_block(void);
/// Waits up to `timeout_ns` for SIGINT or SIGTERM: the signal's number, or 0.
int apus_signals_wait(uint64_t timeout_ns);
/// No core dump, and no ptrace by others: secrets stay inside. 0 or -errno.
int apus_process_protect(void);
/// Starts `path`, which dies when this process does, with `arguments` (NULL-terminated,
/// arguments[0] included); its standard output and error become `output_path` when that is not
/// NULL. With `environment` (NULL-terminated "NAME=value") it has that instead of this process's
/// own, nothing to read, and no other descriptor. It leads a process group of its own.
/// `*process_id` is set. 0 or -errno.
int apus_process_spawn(char const *path, char *const arguments[], char *const environment[],
                       char const *output_path, int *process_id);
/// Sends a signal; to the group that -`process_id` leads when that is negative. 0 or -errno.
int apus_process_signal(int process_id, int signal);
/// Waits up to `timeout_ns`: 1 ended, 0 still running, -errno. `*status` as wait(2) has it.
int apus_process_wait(int process_id, uint64_t timeout_ns, int *status);
/// A descriptor of the process, whatever becomes of its number; or -errno.
int apus_process_watch(int process_id);
/// 1 once the process of a descriptor has ended, its parent having asked for its status or not.
int apus_process_has_ended(int file);
void apus_process_unwatch(int file);
/// 1 while a process of that number exists and has not ended.
int apus_process_is_alive(int process_id);
/// Absolute path of this executable, zero-terminated into `buffer`. 0 or -errno.
int apus_process_path(char *buffer, size_t size);
uint64_t apus_process_id(void);
uint64_t apus_time_wall_ns(void);
uint64_t apus_time_monotonic_ns(void);
/// What the kernel knows of its clock's discipline: `*offset_ns` from its time source, and the
/// largest error it reckons with. 0; 1 when no time source disciplines it; -errno.
int apus_clock_discipline(int64_t *offset_ns, uint64_t *max_error_ns);
/// Fills `bytes` from the kernel's generator. 0 or -errno.
int apus_random_bytes(void *bytes, size_t count);
/// Resident memory of this process, bytes; 0 when unknown.
uint64_t apus_process_resident_bytes(void);
/// Minor and major page faults of the calling thread so far.
uint64_t apus_thread_page_faults(void);
/// CPU model as /proc/cpuinfo names it.
int apus_cpu_model(char *buffer, size_t size);

#endif
