//===-- indicator_group.c - Indicators of eight series at once --*- C -*-===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
// One text for all paths: vectors of the compiler, which become one register of 64 bytes, two of 32
// or four of 16. Nothing is fused or reordered, so every path rounds alike.
//
//===----------------------------------------------------------------------===//

#include "apus_indicator_group.h"

#include "apus_decay.h"

#pragma STDC FP_CONTRACT OFF
// Everything that takes or returns a vector is inlined, so it has no calling convention.
#pragma clang diagnostic ignored "-Wpsabi"

#define APUS_INLINE static inline __attribute__((always_inline))

typedef double numbers_t __attribute__((vector_size(64)));
typedef int64_t counts_t __attribute__((vector_size(64)));

/// The memory of a call. Lanes of a mask are all ones or zero.
typedef struct cells {
    numbers_t *registers;
    numbers_t *windows;
    numbers_t *outputs;
    counts_t taken;
    int is_final;
} cells_t;

// MARK: - Vectors

APUS_INLINE numbers_t all(double x) { return (numbers_t){x, x, x, x, x, x, x, x}; }
APUS_INLINE counts_t all_counts(int64_t n) { return (counts_t){n, n, n, n, n, n, n, n}; }
APUS_INLINE numbers_t none(void) { return all(__builtin_nan("")); }

APUS_INLINE counts_t choose_counts(counts_t mask, counts_t yes, counts_t no) {
    return (mask & yes) | (~mask & no);
}

APUS_INLINE numbers_t choose(counts_t mask, numbers_t yes, numbers_t no) {
    return (numbers_t)choose_counts(mask, (counts_t)yes, (counts_t)no);
}

APUS_INLINE counts_t is_number(numbers_t x) { return x == x; }

APUS_INLINE int any(counts_t mask) { return __builtin_reduce_or(mask) != 0; }

APUS_INLINE numbers_t root(numbers_t x) { return __builtin_elementwise_sqrt(x); }

/// `apus_product_rest` of each lane.
APUS_INLINE numbers_t product_rest(numbers_t x, numbers_t y, numbers_t product) {
    numbers_t const splitter = all(134217729.0);
    numbers_t const xs = splitter * x;
    numbers_t const x_high = xs - (xs - x);
    numbers_t const x_low = x - x_high;
    numbers_t const ys = splitter * y;
    numbers_t const y_high = ys - (ys - y);
    numbers_t const y_low = y - y_high;
    return ((x_high * y_high - product) + x_high * y_low + x_low * y_high) + x_low * y_low;
}

// MARK: - Parts of indicators, as in `Technical`

/// Keeps `value` in the lanes of `mask`, if the bars are final.
APUS_INLINE void keep(cells_t const *cells, uint32_t index, counts_t mask, numbers_t value) {
    if (!cells->is_final) return;
    cells->registers[index] = choose(mask, value, cells->registers[index]);
}

APUS_INLINE void keep_counts(cells_t const *cells, uint32_t index, counts_t mask, counts_t value) {
    keep(cells, index, mask, (numbers_t)value);
}

APUS_INLINE counts_t counts_at(cells_t const *cells, uint32_t index) {
    return (counts_t)cells->registers[index];
}

APUS_INLINE void put(cells_t const *cells, uint32_t index, numbers_t value) {
    cells->outputs[index] = choose(cells->taken, value, cells->outputs[index]);
}

/// The numbers of `period` bars ago; 2 registers, `period` vectors of a window.
APUS_INLINE numbers_t lag(cells_t const *cells, uint32_t at, uint32_t window, uint32_t period,
                          numbers_t x, counts_t mask) {
    counts_t const seen = counts_at(cells, at + 1);
    if (period == 1) { // One place, the same for all lanes.
        numbers_t const before = cells->windows[window];
        counts_t const is_there = seen >= all_counts(1);
        if (cells->is_final) {
            cells->windows[window] = choose(mask, x, before);
            keep_counts(cells, at + 1, mask & ~is_there, seen + 1);
        }
        return choose(mask & is_there, before, none());
    }
    counts_t const place = counts_at(cells, at);
    double *const past = (double *)(cells->windows + window);
    numbers_t old;
    for (unsigned i = 0; i < APUS_GROUP_LANES; i++) {
        old[i] = past[(uint64_t)place[i] * APUS_GROUP_LANES + i];
    }
    counts_t const is_full = seen >= all_counts(period);
    if (cells->is_final) {
        for (unsigned i = 0; i < APUS_GROUP_LANES; i++) {
            if (mask[i]) past[(uint64_t)place[i] * APUS_GROUP_LANES + i] = x[i];
        }
        counts_t const next = place + 1;
        keep_counts(cells, at, mask, next & ~(next == all_counts(period)));
        keep_counts(cells, at + 1, mask & ~is_full, seen + 1);
    }
    return choose(mask & is_full, old, none());
}

/// A sum in two parts.
typedef struct sum {
    numbers_t high;
    numbers_t low;
} sum_t;

APUS_INLINE sum_t plus(sum_t sum, numbers_t x, counts_t mask) {
    numbers_t const total = sum.high + x;
    numbers_t const part = total - sum.high;
    numbers_t const lost = (sum.high - (total - part)) + (x - part);
    numbers_t const rest = sum.low + lost;
    numbers_t const renewed = total + rest;
    sum_t const result = {choose(mask, renewed, sum.high),
                          choose(mask, rest - (renewed - total), sum.low)};
    return result;
}

APUS_INLINE sum_t plus_product(sum_t sum, numbers_t x, numbers_t y, counts_t mask) {
    numbers_t const product = x * y;
    return plus(plus(sum, product, mask), product_rest(x, y, product), mask);
}

APUS_INLINE sum_t sum_at(cells_t const *cells, uint32_t at) {
    sum_t const sum = {cells->registers[at], cells->registers[at + 1]};
    return sum;
}

APUS_INLINE void keep_sum(cells_t const *cells, uint32_t at, sum_t sum) {
    keep(cells, at, cells->taken, sum.high);
    keep(cells, at + 1, cells->taken, sum.low);
}

/// Counts lanes whose window is not full; the mask of those with `period` numbers or more.
APUS_INLINE counts_t count_up(cells_t const *cells, uint32_t at, uint32_t period, counts_t is_new) {
    counts_t const seen = counts_at(cells, at) - is_new;
    keep_counts(cells, at, is_new, seen);
    return seen >= all_counts(period);
}

/// An EMA, or a Wilder mean, with its seed; 2 registers.
APUS_INLINE numbers_t forgetting(cells_t const *cells, uint32_t at, uint32_t period, int is_wilder,
                                 numbers_t x, counts_t mask) {
    double const n = (double)period;
    numbers_t const mean = cells->registers[at];
    counts_t const seen = counts_at(cells, at + 1);
    counts_t const is_complete = seen >= all_counts(period);
    numbers_t value = is_wilder ? (mean * all(n - 1.0) + x) / all(n)
                                : (x - mean) * all(2.0 / (double)(period + 1)) + mean;
    counts_t is_begun = is_complete;
    if (any(mask & ~is_complete)) {
        counts_t const is_seeded = seen + 1 == all_counts(period);
        numbers_t const total = mean + x;
        value = choose(is_complete, value, choose(is_seeded, total / all(n), total));
        is_begun |= is_seeded;
        keep_counts(cells, at + 1, mask & ~is_complete, seen + 1);
    }
    keep(cells, at, mask, value);
    return choose(mask & is_begun, value, none());
}

// MARK: - Indicators

APUS_INLINE numbers_t load(double const *p) {
    numbers_t x;
    __builtin_memcpy(&x, p, sizeof(x));
    return x;
}

APUS_INLINE numbers_t source_of(struct apus_group_bars const *bars, apus_group_source_t source) {
    switch (source) {
    case 1: return load(bars->open);
    case 2: return load(bars->high);
    case 3: return load(bars->low);
    case 4: return load(bars->volume);
    default: return load(bars->close);
    }
}

APUS_INLINE void simple(cells_t const *c, struct apus_group_indicator const *one, numbers_t x) {
    uint32_t const r = one->register_first;
    numbers_t const old = lag(c, r, one->window_first, one->period, x, c->taken);
    counts_t const is_old = is_number(old);
    sum_t sum = plus(sum_at(c, r + 2), x, c->taken);
    sum = plus(sum, 0.0 - old, c->taken & is_old);
    keep_sum(c, r + 2, sum);
    counts_t const is_full = count_up(c, r + 4, one->period, c->taken & ~is_old);
    put(c, one->output_first, choose(is_full, sum.high / all((double)one->period), none()));
}

APUS_INLINE void strength(cells_t const *c, struct apus_group_indicator const *one, numbers_t x) {
    uint32_t const r = one->register_first;
    numbers_t const old = lag(c, r, one->window_first, 1, x, c->taken);
    counts_t const mask = c->taken & is_number(old);
    numbers_t const change = x - old;
    numbers_t const zero = all(0.0);
    numbers_t const rise = choose(change > zero, change, zero);
    numbers_t const fall = choose(change < zero, 0.0 - change, zero);
    numbers_t const up = forgetting(c, r + 2, one->period, 1, rise, mask);
    numbers_t const down = forgetting(c, r + 4, one->period, 1, fall, mask);
    numbers_t const moved = up + down;
    counts_t const is_nothing = moved > all(-1e-14) & moved < all(1e-14);
    put(c, one->output_first, choose(is_nothing, zero, 100.0 * (up / moved)));
}

APUS_INLINE void convergence(cells_t const *c, struct apus_group_indicator const *one,
                             numbers_t x) {
    uint32_t const r = one->register_first;
    numbers_t const slow = forgetting(c, r + 2, one->period_2, 0, x, c->taken);
    counts_t const skipped = counts_at(c, r + 6);
    counts_t const is_past = skipped >= all_counts((int64_t)one->period_2 - one->period);
    keep_counts(c, r + 6, c->taken & ~is_past, skipped + 1);
    numbers_t const fast = forgetting(c, r, one->period, 0, x, c->taken & is_past);
    numbers_t const line = fast - slow;
    numbers_t const smooth =
        forgetting(c, r + 4, one->period_3, 0, line, c->taken & is_number(line));
    put(c, one->output_first, choose(is_number(smooth), line, none()));
    put(c, one->output_first + 1, smooth);
    put(c, one->output_first + 2, line - smooth);
}

APUS_INLINE void bollinger(cells_t const *c, struct apus_group_indicator const *one, numbers_t x) {
    uint32_t const r = one->register_first;
    numbers_t const n = all((double)one->period);
    numbers_t const old = lag(c, r, one->window_first, one->period, x, c->taken);
    counts_t const is_old = is_number(old);
    counts_t const leaving = c->taken & is_old;
    sum_t sum = plus(sum_at(c, r + 2), x, c->taken);
    sum_t squares = plus_product(sum_at(c, r + 4), x, x, c->taken);
    sum = plus(sum, 0.0 - old, leaving);
    squares = plus_product(squares, 0.0 - old, old, leaving);
    keep_sum(c, r + 2, sum);
    keep_sum(c, r + 4, squares);
    counts_t const is_full = count_up(c, r + 6, one->period, c->taken & ~is_old);
    numbers_t const left = n * squares.high;
    numbers_t const left_rest = product_rest(n, squares.high, left) + n * squares.low;
    numbers_t const right = sum.high * sum.high;
    numbers_t const right_rest =
        product_rest(sum.high, sum.high, right) + 2.0 * sum.high * sum.low;
    numbers_t const spread = (left - right) + (left_rest - right_rest);
    numbers_t const variance = choose(spread > all(0.0), spread / (n * n), all(0.0));
    numbers_t const mean = sum.high / n;
    numbers_t const reach = one->factor * root(variance);
    numbers_t const upper = mean + reach;
    numbers_t const lower = mean - reach;
    numbers_t const width = upper - lower;
    numbers_t const percent = choose(upper > lower, (x - lower) / width, all(0.5));
    numbers_t const part = choose(mean == all(0.0), all(0.0), width / mean);
    put(c, one->output_first, choose(is_full, upper, none()));
    put(c, one->output_first + 1, choose(is_full, mean, none()));
    put(c, one->output_first + 2, choose(is_full, lower, none()));
    put(c, one->output_first + 3, choose(is_full, percent, none()));
    put(c, one->output_first + 4, choose(is_full, part, none()));
}

APUS_INLINE void true_range(cells_t const *c, struct apus_group_indicator const *one,
                            struct apus_group_bars const *bars) {
    uint32_t const r = one->register_first;
    numbers_t const high = load(bars->high);
    numbers_t const low = load(bars->low);
    numbers_t const old = lag(c, r, one->window_first, 1, load(bars->close), c->taken);
    numbers_t const top = choose(high > old, high, old);
    numbers_t const bottom = choose(low < old, low, old);
    put(c, one->output_first,
        forgetting(c, r + 2, one->period, 1, top - bottom, c->taken & is_number(old)));
}

APUS_INLINE void balance(cells_t const *c, struct apus_group_indicator const *one,
                         struct apus_group_bars const *bars) {
    uint32_t const r = one->register_first;
    numbers_t const close = load(bars->close);
    numbers_t const volume = load(bars->volume);
    numbers_t const old = lag(c, r, one->window_first, 1, close, c->taken);
    counts_t const is_risen = ~is_number(old) | (close > old);
    counts_t const is_fallen = ~is_risen & (close < old);
    numbers_t const signed_volume = choose(is_risen, volume, 0.0 - volume);
    sum_t const sum = plus(sum_at(c, r + 2), signed_volume, c->taken & (is_risen | is_fallen));
    keep_sum(c, r + 2, sum);
    put(c, one->output_first, sum.high);
}

APUS_INLINE void update_one(cells_t const *c, struct apus_group_indicator const *one,
                            struct apus_group_bars const *bars) {
    numbers_t const x = source_of(bars, one->source);
    uint32_t const r = one->register_first;
    switch (one->kind) {
    case 0: simple(c, one, x); return;
    case 1: put(c, one->output_first, forgetting(c, r, one->period, 0, x, c->taken)); return;
    case 2: put(c, one->output_first, forgetting(c, r, one->period, 1, x, c->taken)); return;
    case 3: strength(c, one, x); return;
    case 4: convergence(c, one, x); return;
    case 5: bollinger(c, one, x); return;
    case 6: true_range(c, one, bars); return;
    case 7: {
        numbers_t const old = lag(c, r, one->window_first, one->period, x, c->taken);
        put(c, one->output_first,
            choose(old == all(0.0), all(0.0), (x / old - 1.0) * 100.0));
        return;
    }
    case 8:
        put(c, one->output_first, x - lag(c, r, one->window_first, one->period, x, c->taken));
        return;
    case 9: balance(c, one, bars); return;
    default: return;
    }
}

/// Lanes of `lanes` whose bars are finite and in order.
APUS_INLINE counts_t sound_lanes(struct apus_group_bars const *bars, uint32_t lanes) {
    numbers_t const infinity = all(__builtin_inf());
    numbers_t const open = load(bars->open);
    numbers_t const high = load(bars->high);
    numbers_t const low = load(bars->low);
    numbers_t const close = load(bars->close);
    numbers_t const volume = load(bars->volume);
    counts_t const bits = {1, 2, 4, 8, 16, 32, 64, 128};
    counts_t const wanted = (all_counts(lanes) & bits) != 0;
    return wanted & (low > -infinity) & (low <= open) & (low <= close) & (open <= high) &
           (close <= high) & (high < infinity) & (volume >= all(0.0)) & (volume < infinity);
}

APUS_INLINE uint32_t update(struct apus_group_indicator const *indicators, uint64_t count,
                            double *registers, double *windows, double *outputs,
                            struct apus_group_bars const *bars, uint32_t lanes, int is_final) {
    cells_t const cells = {(numbers_t *)(void *)registers, (numbers_t *)(void *)windows,
                           (numbers_t *)(void *)outputs, sound_lanes(bars, lanes), is_final};
    for (uint64_t i = 0; i < count; i++) update_one(&cells, &indicators[i], bars);
    uint32_t taken = 0;
    for (unsigned i = 0; i < APUS_GROUP_LANES; i++) {
        taken |= (uint32_t)(cells.taken[i] != 0) << i;
    }
    return taken;
}

#define APUS_GROUP_ARGUMENTS                                                                      \
    struct apus_group_indicator const *indicators, uint64_t count, double *registers,             \
        double *windows, double *outputs, struct apus_group_bars const *bars, uint32_t lanes,     \
        int is_final

static uint32_t update_portable(APUS_GROUP_ARGUMENTS) {
    return update(indicators, count, registers, windows, outputs, bars, lanes, is_final);
}

#if defined(__x86_64__)
__attribute__((target("avx2"))) static uint32_t update_avx2(APUS_GROUP_ARGUMENTS) {
    return update(indicators, count, registers, windows, outputs, bars, lanes, is_final);
}

__attribute__((target("avx512f,avx512dq,avx512vl"))) static uint32_t
update_avx512(APUS_GROUP_ARGUMENTS) {
    return update(indicators, count, registers, windows, outputs, bars, lanes, is_final);
}
#endif

uint32_t apus_group_update(APUS_GROUP_ARGUMENTS, apus_scan_path_t path) {
#if defined(__x86_64__)
    if (path == APUS_SCAN_AVX512) {
        return update_avx512(indicators, count, registers, windows, outputs, bars, lanes, is_final);
    }
    if (path == APUS_SCAN_AVX2) {
        return update_avx2(indicators, count, registers, windows, outputs, bars, lanes, is_final);
    }
#else
    (void)path;
#endif
    return update_portable(indicators, count, registers, windows, outputs, bars, lanes, is_final);
}

struct apus_group_size apus_group_size_of(struct apus_group_indicator const *indicator) {
    uint32_t const period = indicator->period;
    struct apus_group_size size = {0, 0, 0};
    switch (indicator->kind) {
    case 0: size = (struct apus_group_size){5, period, 1}; break;
    case 1:
    case 2: size = (struct apus_group_size){2, 0, 1}; break;
    case 3: size = (struct apus_group_size){6, 1, 1}; break;
    case 4: size = (struct apus_group_size){7, 0, 3}; break;
    case 5: size = (struct apus_group_size){7, period, 5}; break;
    case 6: size = (struct apus_group_size){4, 1, 1}; break;
    case 7:
    case 8: size = (struct apus_group_size){2, period, 1}; break;
    case 9: size = (struct apus_group_size){4, 1, 1}; break;
    default: break;
    }
    return size;
}
