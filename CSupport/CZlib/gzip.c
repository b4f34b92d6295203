//===-- gzip.c - Reading of plain and gzip files --------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#include "apus_gzip.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

// `apus_gzip_t` is never completed: it stands for zlib's own `gzFile`.

int apus_gzip_open(char const *path, apus_gzip_t **file) {
    *file = NULL;
    int const descriptor = open(path, O_RDONLY | O_CLOEXEC);
    if (descriptor < 0) return -errno;
    struct stat status;
    if (fstat(descriptor, &status) != 0 || S_ISDIR(status.st_mode)) {
        int const code = S_ISDIR(status.st_mode) ? EISDIR : errno;
        close(descriptor);
        return -code;
    }
    gzFile const stream = gzdopen(descriptor, "rb");
    if (stream == NULL) {
        close(descriptor);
        return -ENOMEM;
    }
    // Whoever reads 128 KiB and more at once gets it without a copy in zlib's own memory.
    gzbuffer(stream, 64u * 1024u);
    *file = (apus_gzip_t *)stream;
    return 0;
}

static long apus_gzip_failure(gzFile stream) {
    int code = Z_OK;
    (void)gzerror(stream, &code);
    switch (code) {
    case Z_OK: return 0;
    case Z_BUF_ERROR: return -ENODATA;
    case Z_ERRNO: return errno != 0 ? -errno : -EIO;
    case Z_MEM_ERROR: return -ENOMEM;
    default: return -EBADMSG;
    }
}

long apus_gzip_read(apus_gzip_t *file, void *bytes, size_t count) {
    gzFile const stream = (gzFile)file;
    size_t const limit = (size_t)1 << 30;
    int const got = gzread(stream, bytes, (unsigned)(count < limit ? count : limit));
    if (got > 0) return got;
    return apus_gzip_failure(stream);
}

void apus_gzip_close(apus_gzip_t *file) {
    if (file != NULL) (void)gzclose_r((gzFile)file);
}

size_t apus_line_feed_find(void const *bytes, size_t count) {
    void const *const found = count > 0 ? memchr(bytes, '\n', count) : NULL;
    return found != NULL ? (size_t)((char const *)found - (char const *)bytes) : count;
}

void apus_bytes_move(void *to, void const *from, size_t count) { memmove(to, from, count); }
