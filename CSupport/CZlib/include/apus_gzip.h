//===-- apus_gzip.h - Reading of plain and gzip files -----------*- C -*-===//
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

/// Offset of the first line feed in `count` bytes, or `count` when there is none.
size_t apus_line_feed_find(void const *bytes, size_t count);
/// Copies `count` bytes between ranges that may overlap.
void apus_bytes_move(void *to, void const *from, size_t count);

#endif
