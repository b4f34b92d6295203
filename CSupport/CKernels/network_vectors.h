//===-- network_vectors.h - Sixteen floats at once ----------------*- C -*-===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
// Included by `network_body.h`, for each path anew.
//
//===----------------------------------------------------------------------===//

/// What the greatest score is before the first one.
#define LOWEST (-1.0e30f)

APUS_INLINE floats_t all(float x) { return (floats_t)(x); }

APUS_INLINE floats_t load(float const *from) {
    floats_t value;
    __builtin_memcpy(&value, from, sizeof value);
    return value;
}

APUS_INLINE void store(float *to, floats_t value) { __builtin_memcpy(to, &value, sizeof value); }

APUS_INLINE void store_bytes(uint8_t *to, bytes_t value) {
    __builtin_memcpy(to, &value, sizeof value);
}

/// a b + c, rounded once.
APUS_INLINE floats_t fused(floats_t a, floats_t b, floats_t c) {
    return __builtin_elementwise_fma(a, b, c);
}

// The compiler takes a vector's condition for a scalar's.
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wconversion"
APUS_INLINE floats_t choose(ints_t condition, floats_t yes, floats_t no) {
    return condition ? yes : no;
}
#pragma clang diagnostic pop

APUS_INLINE floats_t lesser(floats_t a, floats_t b) { return choose(a < b, a, b); }
APUS_INLINE floats_t greater(floats_t a, floats_t b) { return choose(a > b, a, b); }

APUS_INLINE floats_t bounded(floats_t x, float bound) {
    return greater(lesser(x, all(bound)), all(-bound));
}

/// Adds the lanes in a fixed order.
APUS_INLINE float sum_of(floats_t x) {
    typedef float eight_t __attribute__((ext_vector_type(8)));
    typedef float four_t __attribute__((ext_vector_type(4)));
    eight_t const eight = x.lo + x.hi;
    four_t const four = eight.lo + eight.hi;
    return (four.x + four.z) + (four.y + four.w);
}

APUS_INLINE float greatest_of(floats_t x) {
    float greatest = x[0];
    for (unsigned i = 1; i < 16; i += 1) greatest = x[i] > greatest ? x[i] : greatest;
    return greatest;
}

/// x times gain, to the nearest integer (ties to even), plus 128; |x gain| <= 127.
///
/// 1.5 * 2^23 in the addend puts the integer into the low bits of the sum.
APUS_INLINE bytes_t quantised(floats_t x, floats_t gain) {
    floats_t const sum = fused(x, gain, all(12582912.0f + 128.0f));
    ints_t bits;
    __builtin_memcpy(&bits, &sum, sizeof bits);
    return __builtin_convertvector(bits & 255, bytes_t);
}

typedef struct APUS_PATH(ratio) {
    floats_t above;
    floats_t below;
} APUS_PATH(ratio_t);
#define ratio_t APUS_PATH(ratio_t)

/// tanh(x) = above / below.
APUS_INLINE ratio_t tanh_ratio(floats_t x) {
    x = bounded(x, TANH_BOUND);
    floats_t const t = x * x;
    floats_t const above = fused(t, fused(t, all(TANH_A2), all(TANH_A1)), all(TANH_A0));
    floats_t const below = fused(t, fused(t, all(TANH_B2), all(TANH_B1)), all(1.0f));
    return (ratio_t){x * above, below};
}

/// sigmoid(x) = above / (2 below), from tanh(x/2); the factors are powers of two and exact.
APUS_INLINE ratio_t half_sigmoid(floats_t x) {
    x = bounded(x, TANH_BOUND * 2);
    floats_t const t = x * x;
    floats_t const above =
        fused(t, fused(t, all(TANH_A2 / 32), all(TANH_A1 / 8)), all(TANH_A0 / 2));
    floats_t const below = fused(t, fused(t, all(TANH_B2 / 16), all(TANH_B1 / 4)), all(1.0f));
    return (ratio_t){fused(x, above, below), below};
}

/// exp(x) for x in -87...0 and a little beyond either way; within 2 units in the last place.
///
/// Source: S. Moshier, Cephes, expf: the polynomial on -ln 2 / 2 ... ln 2 / 2.
APUS_INLINE floats_t exponential(floats_t x) {
    x = bounded(x, 87.0f);
    floats_t const magic = all(12582912.0f);
    floats_t const shifted = fused(x, all(1.44269504088896341f), magic);
    floats_t const n = shifted - magic;
    floats_t r = fused(n, all(-0.693359375f), x);
    r = fused(n, all(2.12194440e-4f), r);
    floats_t p = all(1.9875691500e-4f);
    p = fused(p, r, all(1.3981999507e-3f));
    p = fused(p, r, all(8.3334519073e-3f));
    p = fused(p, r, all(4.1665795894e-2f));
    p = fused(p, r, all(1.6666665459e-1f));
    p = fused(p, r, all(5.0000001201e-1f));
    p = fused(p, r * r, r) + all(1.0f);
    ints_t exponent;
    __builtin_memcpy(&exponent, &shifted, sizeof exponent);
    ints_t const power = (exponent << 23) + (127 << 23);
    floats_t factor;
    __builtin_memcpy(&factor, &power, sizeof factor);
    return p * factor;
}

/// `n` rounded up to whole vectors.
APUS_INLINE uint32_t wide(uint32_t n) { return (n + 15) & ~15u; }
