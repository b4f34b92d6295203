//===-- compress.c - Compression of bytes in memory -----------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#include "apus_zlib.h"

#include <errno.h>
#include <zlib.h>

size_t apus_zlib_room(size_t count) { return compressBound(count); }

long apus_zlib_compress(void const *bytes, size_t count, void *out, size_t room) {
    uLongf length = room;
    return compress(out, &length, bytes, count) == Z_OK ? (long)length : -EIO;
}
