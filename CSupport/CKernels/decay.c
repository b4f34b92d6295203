//===-- decay.c - Exponential decay and logarithm by fixed steps ----------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#include "apus_decay.h"

#pragma STDC FP_CONTRACT OFF

/// The bits of a double.
typedef union apus_double_bits {
    uint64_t bits;
    double value;
} apus_double_bits_t;

#define LOG2_E 1.4426950408889634074
#define LN2_HIGH 6.93147180369123816490e-01
#define LN2_LOW 1.90821492927058770002e-10

/// Taylor's sum of e^r to r^13, of a double or of lanes of them: pairs of terms side by side, then
/// pairs of those, so that little waits for what comes before; 1 is added last.
#define EXPONENTIAL(type, r, p)                                                                    \
    do {                                                                                           \
        type const r2 = r * r;                                                                     \
        type const r4 = r2 * r2;                                                                   \
        type const low = (r * (1.0 / 6.0) + 0.5) + r2 * (r * (1.0 / 120.0) + 1.0 / 24.0);          \
        type const middle =                                                                        \
            (r * (1.0 / 5040.0) + 1.0 / 720.0) + r2 * (r * (1.0 / 362880.0) + 1.0 / 40320.0);      \
        type const high = (r * (1.0 / 39916800.0) + 1.0 / 3628800.0) +                             \
                          r2 * (r * (1.0 / 6227020800.0) + 1.0 / 479001600.0);                     \
        type const rest = (low + r4 * middle) + (r4 * r4) * high;                                  \
        p = (r + r2 * rest) + 1.0;                                                                 \
    } while (0)

double apus_decay(double x) {
    if (!(x > 0.0)) return 1.0;
    if (x >= 708.0) return 0.0;
    int64_t const n = (int64_t)(x * LOG2_E + 0.5);
    double const k = (double)n;
    double const r = (k * LN2_HIGH - x) + k * LN2_LOW; // -x = -n ln 2 + r
    double p;
    EXPONENTIAL(double, r, p);
    // 2^-n, n in 0...1021, by its exponent bits.
    apus_double_bits_t const scale = {.bits = (uint64_t)(1023 - n) << 52};
    return p * scale.value;
}

double apus_logarithm(double x) {
    static double const root_2 = 1.4142135623730950488;
    apus_double_bits_t number = {.value = x};
    if (!(x > 0.0)) return x == 0.0 ? -__builtin_inf() : __builtin_nan("");
    if (x == __builtin_inf()) return x;
    double k = -1023.0;
    if (number.bits >> 52 == 0) { // Subnormal: 2^54 times as much is not.
        number.value = x * 18014398509481984.0;
        k = -1077.0;
    }
    k = k + (double)(number.bits >> 52);
    number.bits = (number.bits & 0x000fffffffffffffull) | 0x3ff0000000000000ull;
    double m = number.value;
    if (m > root_2) {
        m = 0.5 * m;
        k = k + 1.0;
    }
    double const f = m - 1.0;
    double const s = f / (2.0 + f);
    double const z = s * s;
    // The terms of artanh behind the first, to s^23: what is left out is below 1e-18.
    double p = 1.0 / 23.0;
    p = p * z + 1.0 / 21.0;
    p = p * z + 1.0 / 19.0;
    p = p * z + 1.0 / 17.0;
    p = p * z + 1.0 / 15.0;
    p = p * z + 1.0 / 13.0;
    p = p * z + 1.0 / 11.0;
    p = p * z + 1.0 / 9.0;
    p = p * z + 1.0 / 7.0;
    p = p * z + 1.0 / 5.0;
    p = p * z + 1.0 / 3.0;
    double const twice = 2.0 * s;
    return k * LN2_HIGH + (twice + (twice * z * p + k * LN2_LOW));
}

/// Groups whose factors are computed side by side.
#define GROUPS_AT_ONCE 4u

#define APUS_INLINE static inline __attribute__((always_inline))

typedef double apus_four_t __attribute__((vector_size(32)));
typedef int64_t apus_four_masks_t __attribute__((vector_size(32)));
typedef int32_t apus_four_counts_t __attribute__((vector_size(16)));

/// `apus_decay` of four numbers, in their place: the same steps in each lane, so the same bits.
APUS_INLINE void decay_four(apus_four_t *numbers) {
    apus_four_t x = *numbers;
    apus_four_masks_t const is_gone = x >= 708.0;
    // What is not between 0 and 708 counts as 0, of which the steps make 1.
    apus_four_masks_t const is_sound = (x > 0.0) & ~is_gone;
    x = (apus_four_t)((apus_four_masks_t)x & is_sound);
    apus_four_counts_t const n =
        __builtin_convertvector(x * LOG2_E + 0.5, apus_four_counts_t);
    apus_four_t const k = __builtin_convertvector(n, apus_four_t);
    apus_four_t const r = (k * LN2_HIGH - x) + k * LN2_LOW;
    apus_four_t p;
    EXPONENTIAL(apus_four_t, r, p);
    apus_four_masks_t const exponent = __builtin_convertvector(1023 - n, apus_four_masks_t) << 52;
    p = p * (apus_four_t)exponent;
    *numbers = (apus_four_t)((apus_four_masks_t)p & ~is_gone);
}

/// The body of all paths: none of them fuses, so all give the same bits.
APUS_INLINE void decay_sums(uint64_t elapsed_ns, double const *rates, uint32_t const *ends,
                            uint32_t groups, double *sums) {
    double const elapsed = (double)elapsed_ns;
    uint32_t i = 0;
    for (uint32_t first = 0; first < groups; first += GROUPS_AT_ONCE) {
        uint32_t const left = groups - first;
        uint32_t const count = left < GROUPS_AT_ONCE ? left : GROUPS_AT_ONCE;
        // Always as many: what is not there costs nothing beside the others.
        apus_four_t factors = {0};
        if (count == GROUPS_AT_ONCE) {
            __builtin_memcpy(&factors, rates + first, sizeof factors);
        } else {
            for (uint32_t k = 0; k < count; k += 1) factors[k] = rates[first + k];
        }
        factors = factors * elapsed;
        decay_four(&factors);
        for (uint32_t k = 0; k < count; k += 1) {
            double const factor = factors[k];
            uint32_t const end = ends[first + k];
            // A handful each: a vector's loop takes longer to begin than they take.
#pragma clang loop vectorize(disable) unroll(disable)
            for (; i < end; i += 1) sums[i] *= factor;
        }
    }
}

#if defined(__x86_64__)
__attribute__((target("avx2"))) static void
decay_sums_avx2(uint64_t elapsed_ns, double const *rates, uint32_t const *ends, uint32_t groups,
                double *sums) {
    decay_sums(elapsed_ns, rates, ends, groups, sums);
}
#endif

void apus_decay_sums(uint64_t elapsed_ns, double const *rates, uint32_t const *ends,
                     uint32_t groups, double *sums, apus_scan_path_t path) {
#if defined(__x86_64__)
    if (path >= APUS_SCAN_AVX2) {
        decay_sums_avx2(elapsed_ns, rates, ends, groups, sums);
        return;
    }
#else
    (void)path;
#endif
    decay_sums(elapsed_ns, rates, ends, groups, sums);
}
