//===-- gcm.c - AES-GCM of TLS records by vector instructions -------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
// Four blocks lie in one vector, four vectors are under way at a time, and a masked load or store
// takes care of an end that fills no block. No table is looked up by secret data, and no branch
// depends on any.
//
// The hash is computed in the mirrored field of POLYVAL, where a product needs no shift:
// GHASH(H, X...) = mirror(POLYVAL(mirror(H) * x, mirror(X)...)). Of up to 34 blocks, each is
// multiplied by a power of its own; products are added unreduced and reduced once.
// Sources: NIST SP 800-38D, sections 6 and 7; RFC 8452, section 3 and appendix A; S. Gueron and
// M. Kounavis, "Intel Carry-Less Multiplication Instruction and its Usage for Computing the GCM
// Mode", 2014, algorithm of the reduction.
//
//===----------------------------------------------------------------------===//

#include "gcm.h"

#include <openssl/crypto.h>
#include <string.h>

#if defined(__x86_64__)

#include <immintrin.h>

#define TARGET                                                                                     \
    __attribute__((target("aes,pclmul,bmi2,avx512f,avx512bw,avx512vl,avx512dq,vaes,vpclmulqdq")))
#define TARGET_INLINE TARGET __attribute__((always_inline)) static inline

enum {
    BLOCK_SIZE = 16,
    VECTOR_SIZE = 64,
    GROUP_SIZE = 256,
    SEGMENT_SIZE = 512, ///< As many blocks as there are powers, but for header and lengths.
};

// MARK: - The hash's field

typedef struct products {
    __m512i low;
    __m512i middle;
    __m512i high;
} products_t;

/// Adds the products of four blocks and four powers.
TARGET_INLINE void multiply_add(products_t *sum, __m512i a, __m512i b) {
    sum->low = _mm512_xor_si512(sum->low, _mm512_clmulepi64_epi128(a, b, 0x00));
    sum->high = _mm512_xor_si512(sum->high, _mm512_clmulepi64_epi128(a, b, 0x11));
    sum->middle =
        _mm512_ternarylogic_epi64(sum->middle, _mm512_clmulepi64_epi128(a, b, 0x01),
                                  _mm512_clmulepi64_epi128(a, b, 0x10), 0x96);
}

/// The sum of the four blocks.
TARGET_INLINE __m128i fold(__m512i v) {
    __m256i const half =
        _mm256_xor_si256(_mm512_castsi512_si256(v), _mm512_extracti64x4_epi64(v, 1));
    return _mm_xor_si128(_mm256_castsi256_si128(half), _mm256_extracti128_si256(half, 1));
}

TARGET_INLINE __m128i reduce(products_t const *sum) {
    __m128i const polynomial = _mm_set_epi64x((long long)0xC200000000000000ull, 1);
    __m128i const middle = fold(sum->middle);
    __m128i low = _mm_xor_si128(fold(sum->low), _mm_slli_si128(middle, 8));
    __m128i const high = _mm_xor_si128(fold(sum->high), _mm_srli_si128(middle, 8));
    for (int half = 0; half < 2; ++half) {
        low = _mm_xor_si128(_mm_shuffle_epi32(low, 0x4E),
                            _mm_clmulepi64_si128(low, polynomial, 0x10));
    }
    return _mm_xor_si128(high, low);
}

TARGET_INLINE products_t no_products(void) {
    products_t const none = {_mm512_setzero_si512(), _mm512_setzero_si512(),
                             _mm512_setzero_si512()};
    return none;
}

TARGET_INLINE __m128i mirror_mask(void) {
    return _mm_set_epi8(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
}

// MARK: - Keys

/// One step of the key schedule: `previous` gives the words, `assist` the rotated, substituted one.
TARGET_INLINE __m128i next_round_key(__m128i previous, __m128i assist) {
    __m128i key = previous;
    for (int i = 0; i < 3; ++i) {
        previous = _mm_slli_si128(previous, 4);
        key = _mm_xor_si128(key, previous);
    }
    return _mm_xor_si128(key, assist);
}

#define ASSIST(key, constant, word)                                                                \
    _mm_shuffle_epi32(_mm_aeskeygenassist_si128(key, constant), word)

TARGET static void expand_128(__m128i *k) {
    k[1] = next_round_key(k[0], ASSIST(k[0], 0x01, 0xFF));
    k[2] = next_round_key(k[1], ASSIST(k[1], 0x02, 0xFF));
    k[3] = next_round_key(k[2], ASSIST(k[2], 0x04, 0xFF));
    k[4] = next_round_key(k[3], ASSIST(k[3], 0x08, 0xFF));
    k[5] = next_round_key(k[4], ASSIST(k[4], 0x10, 0xFF));
    k[6] = next_round_key(k[5], ASSIST(k[5], 0x20, 0xFF));
    k[7] = next_round_key(k[6], ASSIST(k[6], 0x40, 0xFF));
    k[8] = next_round_key(k[7], ASSIST(k[7], 0x80, 0xFF));
    k[9] = next_round_key(k[8], ASSIST(k[8], 0x1B, 0xFF));
    k[10] = next_round_key(k[9], ASSIST(k[9], 0x36, 0xFF));
}

TARGET static void expand_256(__m128i *k) {
    k[2] = next_round_key(k[0], ASSIST(k[1], 0x01, 0xFF));
    k[3] = next_round_key(k[1], ASSIST(k[2], 0x00, 0xAA));
    k[4] = next_round_key(k[2], ASSIST(k[3], 0x02, 0xFF));
    k[5] = next_round_key(k[3], ASSIST(k[4], 0x00, 0xAA));
    k[6] = next_round_key(k[4], ASSIST(k[5], 0x04, 0xFF));
    k[7] = next_round_key(k[5], ASSIST(k[6], 0x00, 0xAA));
    k[8] = next_round_key(k[6], ASSIST(k[7], 0x08, 0xFF));
    k[9] = next_round_key(k[7], ASSIST(k[8], 0x00, 0xAA));
    k[10] = next_round_key(k[8], ASSIST(k[9], 0x10, 0xFF));
    k[11] = next_round_key(k[9], ASSIST(k[10], 0x00, 0xAA));
    k[12] = next_round_key(k[10], ASSIST(k[11], 0x20, 0xFF));
    k[13] = next_round_key(k[11], ASSIST(k[12], 0x00, 0xAA));
    k[14] = next_round_key(k[12], ASSIST(k[13], 0x40, 0xFF));
}

/// The hash key in POLYVAL's field, times x.
TARGET static __m128i hash_key(__m128i const *k, uint64_t round_count) {
    __m128i block = k[0];
    for (uint64_t round = 1; round < round_count; ++round) {
        block = _mm_aesenc_si128(block, k[round]);
    }
    block = _mm_shuffle_epi8(_mm_aesenclast_si128(block, k[round_count]), mirror_mask());
    uint64_t const low = (uint64_t)_mm_extract_epi64(block, 0);
    uint64_t const high = (uint64_t)_mm_extract_epi64(block, 1);
    uint64_t const carry = 0 - (high >> 63);
    return _mm_set_epi64x(
        (long long)((high << 1 | low >> 63) ^ (carry & 0xC200000000000000ull)),
        (long long)(low << 1 ^ (carry & 1)));
}

TARGET void gcm_key_init(gcm_key_t *key, uint8_t const *bytes, size_t length) {
    __m128i k[15] = {0};
    memset(key, 0, sizeof *key);
    key->round_count = length == 32 ? 14 : 10;
    k[0] = _mm_loadu_si128((__m128i const *)(void const *)bytes);
    if (length == 32) {
        k[1] = _mm_loadu_si128((__m128i const *)(void const *)(bytes + BLOCK_SIZE));
        expand_256(k);
    } else {
        expand_128(k);
    }
    memcpy(key->round_keys, k, sizeof key->round_keys);
    __m128i const first = hash_key(k, key->round_count);
    __m128i power = first;
    for (int i = GCM_POWER_COUNT - 1; i >= 0; --i) {
        memcpy(key->powers[i], &power, BLOCK_SIZE);
        products_t product = no_products();
        multiply_add(&product, _mm512_zextsi128_si512(power), _mm512_zextsi128_si512(first));
        power = reduce(&product);
    }
    OPENSSL_cleanse(k, sizeof k);
}

// MARK: - One record

TARGET_INLINE __m128i load_block(void const *at) { return _mm_loadu_si128(at); }
TARGET_INLINE __m512i load_powers(uint8_t const *at) { return _mm512_loadu_si512(at); }

/// The bytes of a vector at `offset` that are below `end`.
TARGET_INLINE __mmask64 bytes_below(size_t offset, size_t end) {
    size_t const count = end > offset ? end - offset : 0;
    return _bzhi_u64(~0ull, (unsigned)(count < VECTOR_SIZE ? count : VECTOR_SIZE));
}

/// What goes into one record, and where to.
typedef struct record {
    uint8_t const *in;
    uint8_t *out;
    size_t content; ///< Bytes to load.
    size_t total;   ///< Bytes of ciphertext: with the type's byte when sealing.
    __m512i type;   ///< In every byte.
} record_t;

/// Encrypts or decrypts the 256 bytes at `offset` as far as they exist, and hashes ciphertext.
TARGET_INLINE void crypt_group(record_t const *record, size_t offset, __m512i const *k,
                               int round_count, int is_open, __m512i *counter, __m128i state,
                               uint8_t const *powers, products_t *sum) {
    __m512i const mirror = _mm512_broadcast_i32x4(mirror_mask());
    // Counters are kept with their last word as a number.
    __m512i const flip = _mm512_broadcast_i32x4(
        _mm_set_epi8(12, 13, 14, 15, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0));
    __m512i const step = _mm512_broadcast_i32x4(_mm_set_epi32(4, 0, 0, 0));
    __m512i stream[4];
    for (int i = 0; i < 4; ++i) {
        stream[i] = _mm512_xor_si512(_mm512_shuffle_epi8(*counter, flip), k[0]);
        *counter = _mm512_add_epi32(*counter, step);
    }
    for (int round = 1; round < round_count; ++round) {
        for (int i = 0; i < 4; ++i) stream[i] = _mm512_aesenc_epi128(stream[i], k[round]);
    }
    for (int i = 0; i < 4; ++i) {
        stream[i] = _mm512_aesenclast_epi128(stream[i], k[round_count]);
        size_t const at = offset + (size_t)i * VECTOR_SIZE;
        __mmask64 const present = bytes_below(at, record->total);
        __m512i in;
        if (is_open) {
            in = _mm512_maskz_loadu_epi8(present, record->in + at);
        } else {
            __mmask64 const loaded = bytes_below(at, record->content);
            in = _mm512_mask_loadu_epi8(record->type, loaded, record->in + at);
        }
        __m512i const result = _mm512_xor_si512(in, stream[i]);
        _mm512_mask_storeu_epi8(record->out + at, present, result);
        __m512i hashed = is_open ? in : _mm512_maskz_mov_epi8(present, result);
        hashed = _mm512_shuffle_epi8(hashed, mirror);
        if (i == 0) hashed = _mm512_xor_si512(hashed, _mm512_zextsi128_si512(state));
        multiply_add(sum, hashed, load_powers(powers + i * VECTOR_SIZE));
    }
}

/// The nonce, and zeros where the counter goes.
TARGET_INLINE __m128i nonce(uint8_t const *iv, uint64_t sequence) {
    __m128i const number = _mm_cvtsi64_si128((long long)__builtin_bswap64(sequence));
    return _mm_xor_si128(_mm_maskz_loadu_epi8((1u << GCM_IV_SIZE) - 1u, iv),
                         _mm_slli_si128(number, 4));
}

/// The whole record; returns its tag.
TARGET_INLINE __m128i crypt(gcm_key_t const *key, __m128i base, uint64_t header,
                            record_t const *record, int round_count, int is_open) {
    __m512i k[15];
    for (int round = 0; round <= round_count; ++round) {
        k[round] = _mm512_broadcast_i32x4(load_block(key->round_keys[round]));
    }
    __m512i counter = _mm512_add_epi32(
        _mm512_broadcast_i32x4(base),
        _mm512_set_epi32(5, 0, 0, 0, 4, 0, 0, 0, 3, 0, 0, 0, 2, 0, 0, 0));
    // The block that covers the tag: counter 1.
    __m128i cover = _mm_xor_si128(_mm_insert_epi8(base, 1, 15), _mm512_castsi512_si128(k[0]));
    for (int round = 1; round < round_count; ++round) {
        cover = _mm_aesenc_si128(cover, _mm512_castsi512_si128(k[round]));
    }
    cover = _mm_aesenclast_si128(cover, _mm512_castsi512_si128(k[round_count]));

    __m128i const mirror = mirror_mask();
    __m128i state = _mm_setzero_si128();
    for (size_t start = 0; start < record->total; start += SEGMENT_SIZE) {
        size_t const left = record->total - start;
        int const is_last = left <= SEGMENT_SIZE;
        size_t const length = is_last ? left : SEGMENT_SIZE;
        size_t const blocks = (length + BLOCK_SIZE - 1) / BLOCK_SIZE + (size_t)is_last;
        uint8_t const *const powers = key->powers[GCM_POWER_COUNT - blocks];
        products_t sum = no_products();
        if (start == 0) {
            __m128i const block =
                _mm_shuffle_epi8(_mm_cvtsi64_si128((long long)header), mirror);
            multiply_add(&sum, _mm512_zextsi128_si512(block),
                         _mm512_zextsi128_si512(load_block(powers - BLOCK_SIZE)));
        }
        if (is_last) {
            __m128i const lengths =
                _mm_set_epi64x(8 * GCM_HEADER_SIZE, (long long)(8 * record->total));
            __m128i const power = load_block(key->powers[GCM_POWER_COUNT - 1]);
            multiply_add(&sum, _mm512_zextsi128_si512(lengths), _mm512_zextsi128_si512(power));
        }
        crypt_group(record, start, k, round_count, is_open, &counter, state, powers, &sum);
        if (length > GROUP_SIZE) {
            crypt_group(record, start + GROUP_SIZE, k, round_count, is_open, &counter,
                        _mm_setzero_si128(), powers + GROUP_SIZE, &sum);
        }
        state = reduce(&sum);
    }
    return _mm_xor_si128(_mm_shuffle_epi8(state, mirror), cover);
}

TARGET void gcm_seal(gcm_key_t const *key, uint8_t const *iv, uint64_t sequence, uint64_t header,
                     uint8_t const *in, size_t length, uint8_t type, uint8_t *out) {
    __m128i const base = nonce(iv, sequence);
    record_t const record = {.in = in,
                             .out = out,
                             .content = length,
                             .total = length + 1,
                             .type = _mm512_set1_epi8((char)type)};
    __m128i const tag = key->round_count == 10 ? crypt(key, base, header, &record, 10, 0)
                                               : crypt(key, base, header, &record, 14, 0);
    _mm_storeu_si128((__m128i *)(void *)(out + length + 1), tag);
}

TARGET int gcm_open(gcm_key_t const *key, uint8_t const *iv, uint64_t sequence, uint64_t header,
                    uint8_t const *in, size_t length, uint8_t *out) {
    __m128i const base = nonce(iv, sequence);
    record_t const record = {.in = in,
                             .out = out,
                             .content = length,
                             .total = length,
                             .type = _mm512_setzero_si512()};
    __m128i const tag = key->round_count == 10 ? crypt(key, base, header, &record, 10, 1)
                                               : crypt(key, base, header, &record, 14, 1);
    __m128i const difference = _mm_xor_si128(tag, load_block(in + length));
    if (__builtin_expect(_mm_testz_si128(difference, difference), 1)) return 0;
    memset(out, 0, length);
    return -1;
}

int gcm_is_available(void) {
    return __builtin_cpu_supports("aes") && __builtin_cpu_supports("pclmul") &&
           __builtin_cpu_supports("bmi2") && __builtin_cpu_supports("avx512f") &&
           __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl") &&
           __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("vaes") &&
           __builtin_cpu_supports("vpclmulqdq");
}

#else

int gcm_is_available(void) { return 0; }

void gcm_key_init(gcm_key_t *key, uint8_t const *bytes, size_t length) {
    (void)bytes;
    (void)length;
    memset(key, 0, sizeof *key);
}

void gcm_seal(gcm_key_t const *key, uint8_t const *iv, uint64_t sequence, uint64_t header,
              uint8_t const *in, size_t length, uint8_t type, uint8_t *out) {
    (void)key, (void)iv, (void)sequence, (void)header, (void)in, (void)type;
    memset(out, 0, length + 1 + GCM_TAG_SIZE);
}

int gcm_open(gcm_key_t const *key, uint8_t const *iv, uint64_t sequence, uint64_t header,
             uint8_t const *in, size_t length, uint8_t *out) {
    (void)key, (void)iv, (void)sequence, (void)header, (void)in;
    memset(out, 0, length);
    return -1;
}

#endif
