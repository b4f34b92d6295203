//===-- apus_zlib.h - Compression of bytes in memory ------------*- C -*-===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#ifndef APUS_ZLIB_H
#define APUS_ZLIB_H

#include "apus_base.h"

/// Room that any `count` bytes need at most.
size_t apus_zlib_room(size_t count);
/// Compresses `count` bytes in zlib's format (RFC 1950) at its default level.
///
/// @param room  Bytes at `out`, at least apus_zlib_room(count).
/// @return bytes put there, or -EIO for a failure inside zlib.
long apus_zlib_compress(void const *bytes, size_t count, void *out, size_t room);

/// Decompresses `count` bytes of a bare deflate stream (RFC 1951), as zip archives hold them.
///
/// @param room  Bytes at `out`.
/// @return bytes put there; -EBADMSG when the stream is damaged, ends too early or needs more room.
long apus_zlib_inflate(void const *bytes, size_t count, void *out, size_t room);

#endif
