//===-- decay.c - Exponential decay and square root by fixed steps --------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#include "apus_decay.h"

#pragma STDC FP_CONTRACT OFF

double apus_decay(double x) {
    if (!(x > 0.0)) return 1.0;
    if (x >= 708.0) return 0.0;
    static double const log2_e = 1.4426950408889634074;
    static double const ln2_high = 6.93147180369123816490e-01;
    static double const ln2_low = 1.90821492927058770002e-10;
    int64_t const n = (int64_t)(x * log2_e + 0.5);
    double const k = (double)n;
    double const r = (k * ln2_high - x) + k * ln2_low; // -x = -n ln 2 + r
    double p = 1.0 / 6227020800.0;
    p = p * r + 1.0 / 479001600.0;
    p = p * r + 1.0 / 39916800.0;
    p = p * r + 1.0 / 3628800.0;
    p = p * r + 1.0 / 362880.0;
    p = p * r + 1.0 / 40320.0;
    p = p * r + 1.0 / 5040.0;
    p = p * r + 1.0 / 720.0;
    p = p * r + 1.0 / 120.0;
    p = p * r + 1.0 / 24.0;
    p = p * r + 1.0 / 6.0;
    p = p * r + 0.5;
    p = p * r + 1.0;
    p = p * r + 1.0;
    // 2^-n, n in 0...1021, by its exponent bits.
    union {
        uint64_t bits;
        double value;
    } const scale = {.bits = (uint64_t)(1023 - n) << 52};
    return p * scale.value;
}

void apus_decay_factors(uint64_t elapsed_ns, double const rates[4], double factors[4]) {
    double const elapsed = (double)elapsed_ns;
    for (int i = 0; i < 4; i += 1) factors[i] = apus_decay(elapsed * rates[i]);
}
