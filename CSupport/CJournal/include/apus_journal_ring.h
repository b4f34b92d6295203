//===-- apus_journal_ring.h - Writing of files without waiting --*- C -*-===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
// At most one write and one fdatasync at a time, by a small io_uring. Both are handed to the
// kernel's own workers (IOSQE_ASYNC), so that submitting never waits for a page, a journal of the
// file system or a device. Where io_uring is not allowed (some containers), a thread of the process
// does the same. Used by one thread.
//
// Writes go through the page cache. O_DIRECT would want blocks of the device's size, so that the
// last one of each group would be written again and again, and what was written would be lost with
// the process until it is on the device: pages of the cache survive a SIGKILL.
//
//===----------------------------------------------------------------------===//

#ifndef APUS_JOURNAL_RING_H
#define APUS_JOURNAL_RING_H

#include "apus_base.h"

typedef struct apus_journal_ring apus_journal_ring_t;

/// What ended.
#define APUS_JOURNAL_NOTHING 0
#define APUS_JOURNAL_WRITE 1
#define APUS_JOURNAL_SYNC 2

/// @param uses_thread  1: a thread, whatever the kernel allows; for tests.
/// @return 0 and `*ring`; -errno.
int apus_journal_ring_create(int uses_thread, apus_journal_ring_t **ring);
/// Waits for what is under way and frees all; NULL is allowed.
void apus_journal_ring_destroy(apus_journal_ring_t *ring);
/// 1 when a thread does the work.
int apus_journal_ring_uses_thread(apus_journal_ring_t const *ring);

/// Starts to write; `bytes` stay in place until it has ended.
///
/// @return 0; -EBUSY while a write is under way; -errno.
int apus_journal_ring_write(apus_journal_ring_t *ring, int file, void const *bytes, size_t length,
                            uint64_t offset);
/// Starts an fdatasync. @return 0; -EBUSY while one is under way; -errno.
int apus_journal_ring_sync(apus_journal_ring_t *ring, int file);
/// Tells of one thing that ended: APUS_JOURNAL_WRITE, _SYNC or _NOTHING. No system call.
///
/// @param result  Bytes written, which may be fewer than asked for, or 0; -errno.
int apus_journal_ring_poll(apus_journal_ring_t *ring, long *result);

// MARK: - Files of segments, for threads that may wait

/// Makes a file of `size` zeros, mode 0600, whose blocks are taken from the device, and has it and
/// its name on the device. Where the file system cannot take blocks in advance it has holes.
///
/// @param folder  Descriptor of the folder.
/// @return A descriptor to write to; -EEXIST; -ENOSPC; -errno. Without a descriptor, no file.
int apus_journal_file_create(int folder, char const *name, uint64_t size);

#endif
