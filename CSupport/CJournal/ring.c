//===-- ring.c - Writing of files without waiting -------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#include <features.h>

#include "apus_journal_ring.h"

#include <errno.h>
#include <liburing.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { ENTRIES = 8, KINDS = 3 };

/// One write or one fdatasync, for the thread.
struct job {
    int is_due;
    int file;
    void const *bytes;
    size_t length;
    uint64_t offset;
};

struct apus_journal_ring {
    struct io_uring uring;
    int under_way[KINDS];
    int uses_thread;
    // Only where there is a thread:
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct job jobs[KINDS];
    int has_ended[KINDS];
    long results[KINDS];
    int must_stop;
};

// MARK: - The thread

static long execute(int kind, struct job const *job) {
    ssize_t result;
    do {
        result = kind == APUS_JOURNAL_WRITE
                     ? pwrite(job->file, job->bytes, job->length, (off_t)job->offset)
                     : fdatasync(job->file);
    } while (result < 0 && errno == EINTR);
    return result < 0 ? -errno : (long)result;
}

static void *work(void *context) {
    apus_journal_ring_t *const ring = context;
    pthread_mutex_lock(&ring->lock);
    for (;;) {
        int kind = APUS_JOURNAL_WRITE;
        while (kind < KINDS && !ring->jobs[kind].is_due) ++kind;
        if (kind == KINDS) {
            if (ring->must_stop) break;
            pthread_cond_wait(&ring->changed, &ring->lock);
            continue;
        }
        struct job const job = ring->jobs[kind];
        ring->jobs[kind].is_due = 0;
        pthread_mutex_unlock(&ring->lock);
        long const result = execute(kind, &job);
        pthread_mutex_lock(&ring->lock);
        ring->results[kind] = result;
        ring->has_ended[kind] = 1;
    }
    pthread_mutex_unlock(&ring->lock);
    return NULL;
}

static int start_thread(apus_journal_ring_t *ring) {
    pthread_mutex_init(&ring->lock, NULL);
    pthread_cond_init(&ring->changed, NULL);
    ring->uses_thread = 1;
    return -pthread_create(&ring->thread, NULL, work, ring);
}

static void give(apus_journal_ring_t *ring, int kind, struct job job) {
    pthread_mutex_lock(&ring->lock);
    ring->jobs[kind] = job;
    pthread_cond_signal(&ring->changed);
    pthread_mutex_unlock(&ring->lock);
}

static int take(apus_journal_ring_t *ring, long *result) {
    int found = APUS_JOURNAL_NOTHING;
    pthread_mutex_lock(&ring->lock);
    for (int kind = APUS_JOURNAL_WRITE; kind < KINDS && found == 0; ++kind) {
        if (!ring->has_ended[kind]) continue;
        ring->has_ended[kind] = 0;
        *result = ring->results[kind];
        found = kind;
    }
    pthread_mutex_unlock(&ring->lock);
    return found;
}

// MARK: - Both

int apus_journal_ring_create(int uses_thread, apus_journal_ring_t **made) {
    apus_journal_ring_t *const ring = calloc(1, sizeof *ring);
    if (ring == NULL) return -ENOMEM;
    int result = uses_thread ? -EPERM : io_uring_queue_init(ENTRIES, &ring->uring, 0);
    if (result != 0) result = start_thread(ring);
    if (result != 0) {
        free(ring);
        return result;
    }
    *made = ring;
    return 0;
}

int apus_journal_ring_uses_thread(apus_journal_ring_t const *ring) { return ring->uses_thread; }

/// What the kernel does not take now stays in the ring; the next poll submits it again.
static int submit(apus_journal_ring_t *ring, struct io_uring_sqe *entry, int kind) {
    io_uring_sqe_set_flags(entry, IOSQE_ASYNC);
    io_uring_sqe_set_data64(entry, (uint64_t)kind);
    ring->under_way[kind] = 1;
    io_uring_submit(&ring->uring);
    return 0;
}

int apus_journal_ring_write(apus_journal_ring_t *ring, int file, void const *bytes, size_t length,
                            uint64_t offset) {
    if (ring->under_way[APUS_JOURNAL_WRITE]) return -EBUSY;
    if (ring->uses_thread) {
        ring->under_way[APUS_JOURNAL_WRITE] = 1;
        give(ring, APUS_JOURNAL_WRITE, (struct job){1, file, bytes, length, offset});
        return 0;
    }
    struct io_uring_sqe *const entry = io_uring_get_sqe(&ring->uring);
    if (entry == NULL) return -EBUSY;
    io_uring_prep_write(entry, file, bytes, (unsigned)length, offset);
    return submit(ring, entry, APUS_JOURNAL_WRITE);
}

int apus_journal_ring_sync(apus_journal_ring_t *ring, int file) {
    if (ring->under_way[APUS_JOURNAL_SYNC]) return -EBUSY;
    if (ring->uses_thread) {
        ring->under_way[APUS_JOURNAL_SYNC] = 1;
        give(ring, APUS_JOURNAL_SYNC, (struct job){1, file, NULL, 0, 0});
        return 0;
    }
    struct io_uring_sqe *const entry = io_uring_get_sqe(&ring->uring);
    if (entry == NULL) return -EBUSY;
    io_uring_prep_fsync(entry, file, IORING_FSYNC_DATASYNC);
    return submit(ring, entry, APUS_JOURNAL_SYNC);
}

int apus_journal_ring_poll(apus_journal_ring_t *ring, long *result) {
    if (!ring->under_way[APUS_JOURNAL_WRITE] && !ring->under_way[APUS_JOURNAL_SYNC]) {
        return APUS_JOURNAL_NOTHING;
    }
    int kind = APUS_JOURNAL_NOTHING;
    if (ring->uses_thread) {
        kind = take(ring, result);
    } else {
        if (io_uring_sq_ready(&ring->uring) > 0) io_uring_submit(&ring->uring);
        struct io_uring_cqe *entry = NULL;
        if (io_uring_peek_cqe(&ring->uring, &entry) != 0) return APUS_JOURNAL_NOTHING;
        kind = (int)io_uring_cqe_get_data64(entry);
        *result = entry->res;
        io_uring_cqe_seen(&ring->uring, entry);
    }
    ring->under_way[kind] = 0;
    return kind;
}

void apus_journal_ring_destroy(apus_journal_ring_t *ring) {
    if (ring == NULL) return;
    if (ring->uses_thread) {
        pthread_mutex_lock(&ring->lock);
        ring->must_stop = 1;
        pthread_cond_signal(&ring->changed);
        pthread_mutex_unlock(&ring->lock);
        pthread_join(ring->thread, NULL);
        pthread_cond_destroy(&ring->changed);
        pthread_mutex_destroy(&ring->lock);
    } else {
        while (ring->under_way[APUS_JOURNAL_WRITE] || ring->under_way[APUS_JOURNAL_SYNC]) {
            struct io_uring_cqe *entry = NULL;
            if (io_uring_wait_cqe(&ring->uring, &entry) == -EINTR) continue;
            if (entry == NULL) break;
            ring->under_way[io_uring_cqe_get_data64(entry)] = 0;
            io_uring_cqe_seen(&ring->uring, entry);
        }
        io_uring_queue_exit(&ring->uring);
    }
    free(ring);
}
