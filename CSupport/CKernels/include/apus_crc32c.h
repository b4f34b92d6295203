//===-- apus_crc32c.h - Castagnoli checksum ---------------------*- C -*-===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
// CRC-32C of RFC 3720, appendix B.4: by the instructions of SSE 4.2 or ARMv8 where the processor
// has them, else by a table of 256 words.
//
//===----------------------------------------------------------------------===//

#ifndef APUS_CRC32C_H
#define APUS_CRC32C_H

#include "apus_base.h"

/// The checksum of `length` bytes; `previous` continues that of the bytes before them, 0 begins.
APUS_HOT uint32_t apus_crc32c(uint32_t previous, void const *bytes, size_t length);
/// As above, by the table.
uint32_t apus_crc32c_portable(uint32_t previous, void const *bytes, size_t length);
/// 1 where `apus_crc32c` uses instructions of the processor.
int apus_crc32c_is_native(void);

#endif
