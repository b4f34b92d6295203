//===-- apus_zstd.h - Reading and writing of zstd ---------------*- C -*-===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
// Frames may follow one another in a file. Every written frame carries a checksum.
//
//===----------------------------------------------------------------------===//

#ifndef APUS_ZSTD_H
#define APUS_ZSTD_H

#include "apus_base.h"

/// An open zstd file. Used by one thread at a time.
typedef struct apus_zstd_reader apus_zstd_reader_t;
/// A zstd stream being written. Used by one thread at a time.
typedef struct apus_zstd_writer apus_zstd_writer_t;

/// Opens `path` for reading. @return 0 and `*file`; -errno; -ENOMEM.
int apus_zstd_open(char const *path, apus_zstd_reader_t **file);
/// Reads up to `count` bytes as the file holds them uncompressed. A window over 128 MiB counts as
/// damage, so that a hostile file takes no more memory than that.
///
/// @return bytes read; 0 at the end of the file; -EBADMSG when the compressed data is damaged;
///         -ENODATA when it ends too early, once every byte before the cut was handed out; -errno.
long apus_zstd_read(apus_zstd_reader_t *file, void *bytes, size_t count);
/// Closes and frees; NULL is allowed.
void apus_zstd_close(apus_zstd_reader_t *file);

/// What a call of apus_zstd_write is to bring about.
#define APUS_ZSTD_GO_ON 0
/// Everything so far can be read from what was written.
#define APUS_ZSTD_FLUSH 1
/// The frame ends; the next call begins another.
#define APUS_ZSTD_FINISH 2

/// Makes a stream of compression `level`, 1...19. @return 0 and `*stream`; -ENOMEM.
int apus_zstd_writer_create(int level, apus_zstd_writer_t **stream);
/// Takes in `*in_count` bytes and puts compressed ones out; call again, with what was not taken
/// and a new `out`, until it returns 0.
///
/// @param in_count   in: bytes at `in`; out: how many of them were taken.
/// @param out_count  in: room at `out`, greater than 0; out: bytes put there.
/// @param step       APUS_ZSTD_GO_ON, _FLUSH or _FINISH, the same until 0 is returned.
/// @return 0 when the step is done; 1 when more room is needed; -EIO for a failure inside zstd.
int apus_zstd_write(apus_zstd_writer_t *stream, void const *in, size_t *in_count, void *out,
                    size_t *out_count, int step);
/// Frees; NULL is allowed. What was not put out is lost.
void apus_zstd_writer_destroy(apus_zstd_writer_t *stream);

#endif
