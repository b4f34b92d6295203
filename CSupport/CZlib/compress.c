//===-- compress.c - Compression of bytes in memory -----------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

// Input pointers are then `const`.
#define ZLIB_CONST
#include "apus_zlib.h"

#include <errno.h>
#include <string.h>
#include <zlib.h>

size_t apus_zlib_room(size_t count) { return compressBound(count); }

long apus_zlib_compress(void const *bytes, size_t count, void *out, size_t room) {
    uLongf length = room;
    return compress(out, &length, bytes, count) == Z_OK ? (long)length : -EIO;
}

long apus_zlib_inflate(void const *bytes, size_t count, void *out, size_t room) {
    z_stream stream;
    memset(&stream, 0, sizeof stream);
    // Negative: no header and no checksum around the stream.
    if (inflateInit2(&stream, -MAX_WBITS) != Z_OK) return -EBADMSG;
    Bytef const *in = bytes;
    Bytef *to = out;
    size_t in_left = count;
    size_t out_left = room;
    int result = Z_OK;
    while (result == Z_OK) {
        // zlib counts in 32 bits.
        uInt const in_part = in_left < (1u << 30) ? (uInt)in_left : 1u << 30;
        uInt const out_part = out_left < (1u << 30) ? (uInt)out_left : 1u << 30;
        stream.next_in = in;
        stream.avail_in = in_part;
        stream.next_out = to;
        stream.avail_out = out_part;
        result = inflate(&stream, Z_NO_FLUSH);
        size_t const taken = in_part - stream.avail_in;
        size_t const put = out_part - stream.avail_out;
        in += taken;
        in_left -= taken;
        to += put;
        out_left -= put;
        if (taken == 0 && put == 0 && result == Z_OK) result = Z_BUF_ERROR;
    }
    inflateEnd(&stream);
    return result == Z_STREAM_END ? (long)(room - out_left) : -EBADMSG;
}
