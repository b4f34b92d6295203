//===-- crc32c.c - Castagnoli checksum ------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#include "apus_crc32c.h"

#include <string.h>

#if defined(__aarch64__)
#include <arm_acle.h>
#include <sys/auxv.h>
#define HWCAP_OF_CRC32 (1ul << 7)
#endif

/// x^32 + ... + 1 of Castagnoli, bits reversed.
#define POLYNOMIAL 0x82f63b78u

static uint32_t table[256];

__attribute__((constructor)) static void make_table(void) {
    for (uint32_t index = 0; index < 256; ++index) {
        uint32_t value = index;
        for (int bit = 0; bit < 8; ++bit) {
            value = (value & 1u) != 0 ? (value >> 1) ^ POLYNOMIAL : value >> 1;
        }
        table[index] = value;
    }
}

uint32_t apus_crc32c_portable(uint32_t previous, void const *bytes, size_t length) {
    uint8_t const *const from = bytes;
    uint32_t value = ~previous;
    for (size_t i = 0; i < length; ++i) value = table[(value ^ from[i]) & 0xffu] ^ (value >> 8);
    return ~value;
}

#if defined(__x86_64__)

int apus_crc32c_is_native(void) { return __builtin_cpu_supports("sse4.2") != 0; }

/// Eight bytes each three cycles: one chain, for the hash of a frame costs several times more.
__attribute__((target("sse4.2"))) static uint32_t native(uint32_t previous, uint8_t const *from,
                                                         size_t length) {
    uint64_t value = ~previous;
    for (; length >= 8; length -= 8, from += 8) {
        uint64_t word;
        memcpy(&word, from, sizeof word);
        value = __builtin_ia32_crc32di(value, word);
    }
    uint32_t rest = (uint32_t)value;
    for (; length > 0; --length, ++from) rest = __builtin_ia32_crc32qi(rest, *from);
    return ~rest;
}

#elif defined(__aarch64__)

int apus_crc32c_is_native(void) { return (getauxval(AT_HWCAP) & HWCAP_OF_CRC32) != 0; }

__attribute__((target("crc"))) static uint32_t native(uint32_t previous, uint8_t const *from,
                                                      size_t length) {
    uint32_t value = ~previous;
    for (; length >= 8; length -= 8, from += 8) {
        uint64_t word;
        memcpy(&word, from, sizeof word);
        value = __crc32cd(value, word);
    }
    for (; length > 0; --length, ++from) value = __crc32cb(value, *from);
    return ~value;
}

#else

int apus_crc32c_is_native(void) { return 0; }

static uint32_t native(uint32_t previous, uint8_t const *from, size_t length) {
    return apus_crc32c_portable(previous, from, length);
}

#endif

static int has_native;

__attribute__((constructor)) static void look(void) { has_native = apus_crc32c_is_native(); }

uint32_t apus_crc32c(uint32_t previous, void const *bytes, size_t length) {
    return has_native ? native(previous, bytes, length)
                      : apus_crc32c_portable(previous, bytes, length);
}
