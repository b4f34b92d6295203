//===-- writer.c - Writing of gzip streams --------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#include "apus_gzip.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <zlib.h>

struct apus_gzip_writer {
    z_stream stream;
};

/// The largest window, and a gzip head and tail instead of zlib's.
#define WINDOW_BITS (15 + 16)
/// zlib's default.
#define MEMORY_LEVEL 8

int apus_gzip_writer_create(int level, apus_gzip_writer_t **stream) {
    *stream = NULL;
    apus_gzip_writer_t *const made = calloc(1, sizeof *made);
    if (made == NULL) return -ENOMEM;
    if (deflateInit2(&made->stream, level, Z_DEFLATED, WINDOW_BITS, MEMORY_LEVEL,
                     Z_DEFAULT_STRATEGY) != Z_OK) {
        free(made);
        return -ENOMEM;
    }
    *stream = made;
    return 0;
}

int apus_gzip_write(apus_gzip_writer_t *stream, void const *in, size_t *in_count, void *out,
                    size_t *out_count, int step) {
    static int const steps[] = {Z_NO_FLUSH, Z_SYNC_FLUSH, Z_FINISH};
    z_stream *const zlib = &stream->stream;
    uInt const given = (uInt)(*in_count < UINT_MAX ? *in_count : UINT_MAX);
    uInt const room = (uInt)(*out_count < UINT_MAX ? *out_count : UINT_MAX);
    zlib->next_in = (Bytef *)(uintptr_t)in; // zlib only reads there.
    zlib->avail_in = given;
    zlib->next_out = out;
    zlib->avail_out = room;
    int const result = deflate(zlib, given < *in_count ? Z_NO_FLUSH : steps[step]);
    int const has_taken_all = zlib->avail_in == 0 && given == *in_count;
    *in_count = given - zlib->avail_in;
    *out_count = room - zlib->avail_out;
    if (result == Z_STREAM_ERROR) return -EIO;
    if (step == APUS_GZIP_FINISH) {
        if (result != Z_STREAM_END) return 1;
        return deflateReset(zlib) == Z_OK ? 0 : -EIO;
    }
    // Room that is left says that nothing waits inside any more.
    return has_taken_all && (step == APUS_GZIP_GO_ON || zlib->avail_out > 0) ? 0 : 1;
}

void apus_gzip_writer_destroy(apus_gzip_writer_t *stream) {
    if (stream == NULL) return;
    (void)deflateEnd(&stream->stream);
    free(stream);
}
