//===-- reader.c - Reading of zstd files ----------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#include "apus_zstd.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zstd.h>

#define WINDOW_LOG_MAX 27
#define INPUT_SIZE ((size_t)128 * 1024)

struct apus_zstd_reader {
    ZSTD_DCtx *context;
    ZSTD_inBuffer input;
    int descriptor;
    int is_in_frame; ///< A frame was begun and has not ended.
    int is_full;     ///< The last output was filled: more may wait inside.
    uint8_t bytes[INPUT_SIZE];
};

int apus_zstd_open(char const *path, apus_zstd_reader_t **file) {
    *file = NULL;
    int const descriptor = open(path, O_RDONLY | O_CLOEXEC);
    if (descriptor < 0) return -errno;
    struct stat status;
    if (fstat(descriptor, &status) != 0 || S_ISDIR(status.st_mode)) {
        int const code = S_ISDIR(status.st_mode) ? EISDIR : errno;
        close(descriptor);
        return -code;
    }
    apus_zstd_reader_t *const made = calloc(1, sizeof *made);
    ZSTD_DCtx *const context = ZSTD_createDCtx();
    if (made == NULL || context == NULL) {
        free(made);
        ZSTD_freeDCtx(context);
        close(descriptor);
        return -ENOMEM;
    }
    ZSTD_DCtx_setParameter(context, ZSTD_d_windowLogMax, WINDOW_LOG_MAX);
    made->context = context;
    made->descriptor = descriptor;
    made->input.src = made->bytes;
    *file = made;
    return 0;
}

/// Bytes read into the empty input; 0 at the end; -errno.
static long refill(apus_zstd_reader_t *file) {
    ssize_t got;
    do {
        got = read(file->descriptor, file->bytes, sizeof file->bytes);
    } while (got < 0 && errno == EINTR);
    if (got < 0) return -errno;
    file->input.size = (size_t)got;
    file->input.pos = 0;
    return (long)got;
}

long apus_zstd_read(apus_zstd_reader_t *file, void *bytes, size_t count) {
    ZSTD_outBuffer output = {bytes, count, 0};
    while (output.pos == 0 && count > 0) {
        if (file->input.pos == file->input.size && !file->is_full) {
            long const got = refill(file);
            if (got < 0) return got;
            if (got == 0) return file->is_in_frame ? -ENODATA : 0;
        }
        size_t const hint = ZSTD_decompressStream(file->context, &output, &file->input);
        if (ZSTD_isError(hint)) return -EBADMSG;
        file->is_in_frame = hint != 0;
        file->is_full = hint != 0 && output.pos == output.size;
    }
    return (long)output.pos;
}

void apus_zstd_close(apus_zstd_reader_t *file) {
    if (file == NULL) return;
    ZSTD_freeDCtx(file->context);
    close(file->descriptor);
    free(file);
}
