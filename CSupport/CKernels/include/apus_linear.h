//===-- apus_linear.h - Normalise, clip, dot product ------------*- C -*-===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
// score = bias + sum over i of weights[i] * clip((values[i] - mean[i]) * inverse_sigma[i])
//
// All arithmetic is float32 and never fused, and the order of additions is fixed, so every path
// gives the same bits: lane j of eight adds the terms i = j, j + 8, j + 16, ... in growing i, and
// the lanes are then added as ((l0+l4) + (l2+l6)) + ((l1+l5) + (l3+l7)). Eight partial sums of at
// most sixteen terms each keep the rounding error below 19 units in the last place of sum |term|,
// far below the noise of any feature, so double accumulators would buy nothing.
//
// The clip would turn an infinite value into a plausible one. A second sum of value * 0 therefore
// runs along: it is 0 for finite values and not a number otherwise, and it is added to the score.
//
//===----------------------------------------------------------------------===//

#ifndef APUS_LINEAR_H
#define APUS_LINEAR_H

#include "apus_base.h"

/// Floats in each parameter row: `APUS_FEATURE_COUNT_MAX` rounded up to whole cache lines.
#define APUS_LINEAR_PADDED 128

typedef uint32_t apus_linear_path_t APUS_NEWTYPE(LinearPath);
static const apus_linear_path_t APUS_LINEAR_PORTABLE APUS_SWIFT_NAME(LinearPath.portable) = 0;
static const apus_linear_path_t APUS_LINEAR_AVX2 APUS_SWIFT_NAME(LinearPath.avx2) = 1;

/// The fastest path this machine can run and `apus_instructions_limit` allows. Cold.
apus_linear_path_t apus_linear_path_best(void);

/// The score of one feature vector.
///
/// @param values  shape [count], any float32; may be unaligned.
/// @param mean, inverse_sigma, weights  shape [count]; entries beyond the model's features are 0.
/// @param count   a multiple of 4 in 4...124.
/// @param clip    bound of a normalised value, in sigmas, greater than 0.
/// @param path    one this machine can run: `apus_linear_path_best` or portable.
/// @return the score; not finite exactly when a value is not finite or the score overflows.
/// Cost: bench `inference/linear`.
APUS_HOT float apus_linear_score(float const *values, float const *mean,
                                 float const *inverse_sigma, float const *weights, uint32_t count,
                                 float clip, float bias, apus_linear_path_t path);

/// The normalised, clipped values by the same operations as the score; for training and trees.
///
/// @param out  shape [count]; may be `values`.
APUS_HOT void apus_linear_normalise(float const *values, float const *mean,
                                    float const *inverse_sigma, uint32_t count, float clip,
                                    float *out);

#endif
