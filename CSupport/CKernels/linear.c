//===-- linear.c - Normalise, clip, dot product -----------------*- C -*-===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#include "apus_instructions.h"
#include "apus_linear.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

/// Written so that not-a-number passes through, as the vector instructions below do it.
static inline float apus_linear_clipped(float value, float clip) {
    float const raised = -clip > value ? -clip : value;
    return clip < raised ? clip : raised;
}

static float apus_linear_lane_sum(float const lanes[8]) {
    float const even = (lanes[0] + lanes[4]) + (lanes[2] + lanes[6]);
    float const odd = (lanes[1] + lanes[5]) + (lanes[3] + lanes[7]);
    return even + odd;
}

static float apus_linear_score_portable(float const *values, float const *mean,
                                        float const *inverse_sigma, float const *weights,
                                        uint32_t count, float clip, float bias) {
    float sums[8] = {0};
    float poison[8] = {0};
    for (uint32_t first = 0; first < count; first += 4) {
        uint32_t const lane = first & 4u;
        for (uint32_t k = 0; k < 4; k += 1) {
            uint32_t const i = first + k;
            float const scaled = (values[i] - mean[i]) * inverse_sigma[i];
            sums[lane + k] += apus_linear_clipped(scaled, clip) * weights[i];
            poison[lane + k] += values[i] * 0.0f;
        }
    }
    return (apus_linear_lane_sum(sums) + apus_linear_lane_sum(poison)) + bias;
}

#if defined(__x86_64__)
__attribute__((target("avx2"))) static inline float apus_linear_lane_sum_avx2(__m128 low,
                                                                               __m128 high) {
    __m128 const four = _mm_add_ps(low, high);
    __m128 const two = _mm_add_ps(four, _mm_movehl_ps(four, four));
    return _mm_cvtss_f32(_mm_add_ss(two, _mm_shuffle_ps(two, two, 1)));
}

__attribute__((target("avx2"))) static float
apus_linear_score_avx2(float const *values, float const *mean, float const *inverse_sigma,
                       float const *weights, uint32_t count, float clip, float bias) {
    __m256 const low_bound = _mm256_set1_ps(-clip);
    __m256 const high_bound = _mm256_set1_ps(clip);
    __m256 const zero = _mm256_setzero_ps();
    __m256 sums = zero;
    __m256 poison = zero;
    uint32_t i = 0;
    for (; i + 8 <= count; i += 8) {
        __m256 const value = _mm256_loadu_ps(values + i);
        __m256 const centred = _mm256_sub_ps(value, _mm256_loadu_ps(mean + i));
        __m256 const scaled = _mm256_mul_ps(centred, _mm256_loadu_ps(inverse_sigma + i));
        // max(a, b) and min(a, b) give b when either is not a number.
        __m256 const raised = _mm256_max_ps(low_bound, scaled);
        __m256 const clipped = _mm256_min_ps(high_bound, raised);
        sums = _mm256_add_ps(sums, _mm256_mul_ps(clipped, _mm256_loadu_ps(weights + i)));
        poison = _mm256_add_ps(poison, _mm256_mul_ps(value, zero));
    }
    __m128 sums_low = _mm256_castps256_ps128(sums);
    __m128 poison_low = _mm256_castps256_ps128(poison);
    if (i < count) {
        __m128 const value = _mm_loadu_ps(values + i);
        __m128 const centred = _mm_sub_ps(value, _mm_loadu_ps(mean + i));
        __m128 const scaled = _mm_mul_ps(centred, _mm_loadu_ps(inverse_sigma + i));
        __m128 const raised = _mm_max_ps(_mm256_castps256_ps128(low_bound), scaled);
        __m128 const clipped = _mm_min_ps(_mm256_castps256_ps128(high_bound), raised);
        sums_low = _mm_add_ps(sums_low, _mm_mul_ps(clipped, _mm_loadu_ps(weights + i)));
        poison_low = _mm_add_ps(poison_low, _mm_mul_ps(value, _mm256_castps256_ps128(zero)));
    }
    float const sum = apus_linear_lane_sum_avx2(sums_low, _mm256_extractf128_ps(sums, 1));
    float const check = apus_linear_lane_sum_avx2(poison_low, _mm256_extractf128_ps(poison, 1));
    return (sum + check) + bias;
}
#endif

apus_linear_path_t apus_linear_path_best(void) {
#if defined(__x86_64__)
    int const is_allowed = apus_instructions_allowed(APUS_INSTRUCTIONS_AVX2);
    if (is_allowed && __builtin_cpu_supports("avx2")) return APUS_LINEAR_AVX2;
#endif
    return APUS_LINEAR_PORTABLE;
}

float apus_linear_score(float const *values, float const *mean, float const *inverse_sigma,
                        float const *weights, uint32_t count, float clip, float bias,
                        apus_linear_path_t path) {
#if defined(__x86_64__)
    if (path == APUS_LINEAR_AVX2) {
        return apus_linear_score_avx2(values, mean, inverse_sigma, weights, count, clip, bias);
    }
#else
    (void)path;
#endif
    return apus_linear_score_portable(values, mean, inverse_sigma, weights, count, clip, bias);
}

void apus_linear_normalise(float const *values, float const *mean, float const *inverse_sigma,
                           uint32_t count, float clip, float *out) {
    for (uint32_t i = 0; i < count; i += 1) {
        out[i] = apus_linear_clipped((values[i] - mean[i]) * inverse_sigma[i], clip);
    }
}
