//===-- file.c - Preallocated files ---------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#include "apus_journal_ring.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

static int fill(int file, uint64_t size) {
    int result;
    do {
        result = fallocate(file, 0, 0, (off_t)size);
    } while (result != 0 && errno == EINTR);
    if (result != 0 && (errno == EOPNOTSUPP || errno == ENOSYS)) {
        result = ftruncate(file, (off_t)size);
    }
    return result == 0 ? 0 : -errno;
}

int apus_journal_file_create(int folder, char const *name, uint64_t size) {
    int const flags = O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW;
    int const file = openat(folder, name, flags, 0600);
    if (file < 0) return -errno;
    int result = fill(file, size);
    if (result == 0 && fsync(file) != 0) result = -errno;
    if (result == 0 && fsync(folder) != 0) result = -errno;
    if (result == 0) return file;
    close(file);
    unlinkat(folder, name, 0);
    return result;
}
