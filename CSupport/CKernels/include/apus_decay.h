//===-- apus_decay.h - Exponential decay, same bits everywhere --*- C -*-===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
// Features must have the same bits on every machine, and the C library's exp has not: its last bit
// differs between versions. This one uses only additions, multiplications and one conversion, in a
// fixed order and without fused operations.
//
//===----------------------------------------------------------------------===//

#ifndef APUS_DECAY_H
#define APUS_DECAY_H

#include "apus_base.h"
#include "apus_scan.h"

/// e^-x for x >= 0.
///
/// @param x  Any double. Not greater than 0, or not a number: the result is 1; 708 or more: 0.
/// Error:  below 2e-16 relative.
/// Source: reduction to |r| <= ln 2 / 2 with a two-part ln 2 (Cody and Waite), Taylor to r^13, its
///         terms added in pairs (G. Estrin, 1960).
APUS_HOT double apus_decay(double x);

/// ln x for finite x > 0.
///
/// @param x  0: minus infinity. Below 0 or not a number: not a number. Infinity: infinity.
/// Error:  below 4e-16 relative, absolute where |ln x| < 1e-8 times that.
/// Source: x = 2^k m with m in sqrt(1/2)...sqrt(2), ln m = 2 artanh((m - 1) / (m + 1)) as its
///         series.
APUS_HOT double apus_logarithm(double x);

/// Multiplies sums by exp(-elapsed_ns * rate): those of rates[g], in 1/ns, stand side by side and
/// end before ends[g]. Every path, of those that apus_scan_path_best allows, gives the same bits.
APUS_HOT void apus_decay_sums(uint64_t elapsed_ns, double const *rates, uint32_t const *ends,
                              uint32_t groups, double *sums, apus_scan_path_t path);

/// What rounding took from `product`, which is x * y: the two together are exact. So they are where
/// neither x, y nor the product is beyond 2^995 or below 2^-968.
///
/// Source: G. Veltkamp's split and T. Dekker's product, 1971; the same bits as a fused operation.
APUS_HOT_INLINE double apus_product_rest(double x, double y, double product) {
    double const splitter = 134217729.0; // 2^27 + 1
    double const xs = splitter * x;
    double const x_high = xs - (xs - x);
    double const x_low = x - x_high;
    double const ys = splitter * y;
    double const y_high = ys - (ys - y);
    double const y_low = y - y_high;
    return ((x_high * y_high - product) + x_high * y_low + x_low * y_high) + x_low * y_low;
}

#endif
