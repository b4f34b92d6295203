//===-- segments.c - Shared and private memory segments -------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#include "apus_platform.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

/// The mode's bits that give anyone but the owner anything.
static int is_private(struct stat const *status) {
    return status->st_uid == geteuid() && (status->st_mode & 077) == 0;
}

int apus_instance_claim(char const *directory) {
    if (mkdir(directory, 0700) != 0 && errno != EEXIST) return -errno;
    struct stat status;
    if (lstat(directory, &status) != 0) return -errno;
    if (!S_ISDIR(status.st_mode) || !is_private(&status)) return -EPERM;
    char path[PATH_MAX];
    int const length = snprintf(path, sizeof path, "%s/lock", directory);
    if (length < 0 || (size_t)length >= sizeof path) return -ENAMETOOLONG;
    int const lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (lock < 0) return -errno;
    if (flock(lock, LOCK_EX | LOCK_NB) != 0) {
        int const error = errno;
        close(lock);
        return error == EWOULDBLOCK ? -EEXIST : -error;
    }
    return lock;
}

int apus_instance_remove(char const *directory) {
    DIR *const entries = opendir(directory);
    if (entries == NULL) return -errno;
    struct dirent *entry;
    while ((entry = readdir(entries)) != NULL) {
        if (entry->d_name[0] != '.') unlinkat(dirfd(entries), entry->d_name, 0);
    }
    closedir(entries);
    return rmdir(directory) == 0 ? 0 : -errno;
}

static int map_shared(int file, size_t size, int writable, void **memory) {
    int const protection = writable ? PROT_READ | PROT_WRITE : PROT_READ;
    void *const mapped = mmap(NULL, size, protection, MAP_SHARED, file, 0);
    if (mapped == MAP_FAILED) return -errno;
    *memory = mapped;
    return 0;
}

/// Opens a new, zeroed file of `size` bytes whose pages exist. A descriptor or -errno.
static int create_file(char const *path, size_t size) {
    if (unlink(path) != 0 && errno != ENOENT) return -errno;
    int const file = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (file < 0) return -errno;
    int const error = posix_fallocate(file, 0, (off_t)size);
    if (error != 0) {
        close(file);
        unlink(path);
        return -error;
    }
    return file;
}

int apus_segment_create(char const *path, size_t size, void **memory) {
    int const file = create_file(path, size);
    if (file < 0) return file;
    int const result = map_shared(file, size, 1, memory);
    close(file);
    return result;
}

int apus_segment_open(char const *path, int writable, size_t *size, void **memory) {
    int const file = open(path, (writable ? O_RDWR : O_RDONLY) | O_CLOEXEC | O_NOFOLLOW);
    if (file < 0) return -errno;
    struct stat status;
    int result = fstat(file, &status) == 0 ? 0 : -errno;
    if (result == 0 && (!S_ISREG(status.st_mode) || !is_private(&status))) result = -EPERM;
    if (result == 0 && status.st_size == 0) result = -EINVAL;
    if (result == 0) {
        *size = (size_t)status.st_size;
        result = map_shared(file, *size, writable, memory);
    }
    close(file);
    return result;
}

/// Reserves twice the size, then puts the same file over both halves.
static int map_doubled(int file, size_t size, void **memory) {
    if (size == 0 || size % (size_t)sysconf(_SC_PAGESIZE) != 0) return -EINVAL;
    uint8_t *const base = mmap(NULL, 2 * size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (base == MAP_FAILED) return -errno;
    for (int half = 0; half < 2; half++) {
        void *const at = base + (size_t)half * size;
        if (mmap(at, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, file, 0) != at) {
            int const error = errno;
            munmap(base, 2 * size);
            return -error;
        }
    }
    *memory = base;
    return 0;
}

int apus_segment_create_doubled(char const *path, size_t size, void **memory) {
    int const file = create_file(path, size);
    if (file < 0) return file;
    int const result = map_doubled(file, size, memory);
    close(file);
    return result;
}

int apus_memory_create_doubled(size_t size, void **memory) {
    int const file = memfd_create("apus", MFD_CLOEXEC);
    if (file < 0) return -errno;
    int result = ftruncate(file, (off_t)size) == 0 ? 0 : -errno;
    if (result == 0) result = map_doubled(file, size, memory);
    close(file);
    return result;
}

int apus_memory_create(size_t size, void **memory) {
    void *const mapped =
        mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (mapped == MAP_FAILED) return -errno;
    *memory = mapped;
    return 0;
}

int apus_memory_unmap(void *memory, size_t size) {
    return munmap(memory, size) == 0 ? 0 : -errno;
}

void apus_memory_prefault(void *memory, size_t size) {
    size_t const page = (size_t)sysconf(_SC_PAGESIZE);
    for (size_t at = 0; at < size; at += page) {
        // A write of the value that stands there: faults the page in and changes nothing.
        volatile uint8_t *const byte = (volatile uint8_t *)memory + at;
        *byte = *byte;
    }
}

int apus_memory_lock_all(void) {
    return mlockall(MCL_CURRENT | MCL_FUTURE) == 0 ? 0 : -errno;
}

uint64_t apus_memory_lock_limit(void) {
    struct rlimit limit;
    if (getrlimit(RLIMIT_MEMLOCK, &limit) != 0) return 0;
    return limit.rlim_cur == RLIM_INFINITY ? UINT64_MAX : (uint64_t)limit.rlim_cur;
}
