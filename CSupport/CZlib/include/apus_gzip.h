//===-- apus_gzip.h - Plain and gzip files ----------------------*- C -*-===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
// A file that starts with the gzip magic is inflated, any other is passed through as it is.
//
//===----------------------------------------------------------------------===//

#ifndef APUS_GZIP_H
#define APUS_GZIP_H

#include "apus_base.h"

/// An open file. Used by one thread at a time.
typedef struct apus_gzip apus_gzip_t;

/// Opens `path` for reading. @return 0 and `*file`; -errno; -ENOMEM.
int apus_gzip_open(char const *path, apus_gzip_t **file);
/// Reads up to `count` bytes, at most 1 GiB, as the file holds them uncompressed.
///
/// @return bytes read; 0 at the end of the file; -EBADMSG when the compressed data is damaged;
///         -ENODATA when it ends too early, once every byte before the cut was handed out; -errno.
long apus_gzip_read(apus_gzip_t *file, void *bytes, size_t count);
/// Closes and frees; NULL is allowed.
void apus_gzip_close(apus_gzip_t *file);

/// A gzip stream being written. Used by one thread at a time.
typedef struct apus_gzip_writer apus_gzip_writer_t;

/// What a call of apus_gzip_write is to bring about.
#define APUS_GZIP_GO_ON 0
/// Everything so far can be read from what was written.
#define APUS_GZIP_FLUSH 1
/// The stream ends. The next call begins another.
#define APUS_GZIP_FINISH 2

/// Makes a stream of compression `level`, 1...9. @return 0 and `*stream`; -ENOMEM.
int apus_gzip_writer_create(int level, apus_gzip_writer_t **stream);
/// Takes in `*in_count` bytes and puts compressed ones out; call again, with what was not taken
/// and a new `out`, until it returns 0.
///
/// @param in_count   in: bytes at `in`; out: how many of them were taken.
/// @param out_count  in: room at `out`, greater than 0; out: bytes put there.
/// @param step       APUS_GZIP_GO_ON, _FLUSH or _FINISH, the same until 0 is returned.
/// @return 0 when the step is done; 1 when more room is needed; -EIO for a failure inside zlib.
int apus_gzip_write(apus_gzip_writer_t *stream, void const *in, size_t *in_count, void *out,
                    size_t *out_count, int step);
/// Frees; NULL is allowed. What was not put out is lost.
void apus_gzip_writer_destroy(apus_gzip_writer_t *stream);

/// Offset of the first line feed in `count` bytes, or `count` when there is none.
size_t apus_line_feed_find(void const *bytes, size_t count);
/// Copies `count` bytes between ranges that may overlap.
void apus_bytes_move(void *to, void const *from, size_t count);

#endif
