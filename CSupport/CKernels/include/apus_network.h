//===-- apus_network.h - Quantised sequence models ---------------*- C -*-===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
// Networks over windows of feature vectors: LSTM, GRU or causal transformer blocks, the last
// state or an additive attention over all states, and a linear head.
//
// Numbers. Weights are int8, symmetric for each row; activations are uint8 with zero point 128;
// sums are int32 and exact. Gates, cells, softmax and norms are float32, every fused operation
// written as such and every order of additions fixed, so all paths give the same bits. tanh is
// x (a0 + a1 t + a2 t^2) / (1 + b1 t + b2 t^2), t = x^2, on -5...5 and constant beyond: within
// 1e-4, a hundredth of a step of an 8-bit activation. sigmoid(x) = 1/2 + 1/2 tanh(x/2). A gate
// costs no division of its own: the cell needs one, the output one.
//
// Exact sliding windows. A window's state is zero at its start. T windows are in flight, one
// started with each vector, so that when a vector comes the oldest one has T - 1 steps behind it:
// one step is left (`apus_network_take`). The others take the vector afterwards
// (`apus_network_settle`), and the oldest one's recurrent half, W h + b of every layer, is made
// ready for the next. The score has the bits of a recomputation of the whole window.
//
// Packed weights: blocks of 16 rows; in a block, groups of 4 columns; in a group, 4 bytes of row
// 0, 4 bytes of row 1, ... The order is the one of the VNNI instructions and the same on all paths.
//
//===----------------------------------------------------------------------===//

#ifndef APUS_NETWORK_H
#define APUS_NETWORK_H

#include "apus_base.h"

#define APUS_NETWORK_LAYERS_MAX 8
/// Units of a layer, width of a transformer.
#define APUS_NETWORK_UNITS_MAX 512
#define APUS_NETWORK_STEPS_MAX 512
#define APUS_NETWORK_FEATURES_MAX 124

typedef uint32_t apus_network_path_t APUS_NEWTYPE(NetworkPath);
static const apus_network_path_t APUS_NETWORK_PORTABLE APUS_SWIFT_NAME(NetworkPath.portable) = 0;
static const apus_network_path_t APUS_NETWORK_AVX2 APUS_SWIFT_NAME(NetworkPath.avx2) = 1;
/// AVX2 with the VNNI instructions in their short form.
static const apus_network_path_t APUS_NETWORK_AVX_VNNI APUS_SWIFT_NAME(NetworkPath.avxVNNI) = 2;
static const apus_network_path_t APUS_NETWORK_AVX512 APUS_SWIFT_NAME(NetworkPath.avx512VNNI) = 3;

/// The fastest path this machine can run and `apus_instructions_limit` allows. Cold.
apus_network_path_t apus_network_path_best(void) APUS_SWIFT_NAME(NetworkPath.best());
/// 1 when this machine can run `path`. Cold.
int apus_network_path_runs(apus_network_path_t path)
    APUS_SWIFT_NAME(getter:NetworkPath.runs(self:));

typedef uint32_t apus_network_kind_t APUS_NEWTYPE(NetworkKind);
static const apus_network_kind_t APUS_NETWORK_LSTM APUS_SWIFT_NAME(NetworkKind.lstm) = 1;
static const apus_network_kind_t APUS_NETWORK_GRU APUS_SWIFT_NAME(NetworkKind.gru) = 2;
static const apus_network_kind_t APUS_NETWORK_TRANSFORMER
    APUS_SWIFT_NAME(NetworkKind.transformer) = 3;

/// An int8 matrix: out = scale * (weights . (input - 128)) + an addend of the caller's.
struct APUS_SWIFT_NAME(NetworkMatrix) apus_network_matrix {
    int8_t const *weights; ///< Packed; shape [rows / 16][groups][16][4], aligned to 64.
    int32_t const *zero;   ///< -128 times each row's sum of weights; shape [rows].
    float const *scale;    ///< Of each row; shape [rows].
    float const *bias;     ///< Of each row, zero where there is none; shape [rows].
    uint32_t rows;         ///< A multiple of 16.
    uint32_t groups;       ///< Groups of 4 columns, at least 1.
};

/// One recurrent layer, or one transformer block.
struct APUS_SWIFT_NAME(NetworkLayer) apus_network_layer {
    /// Recurrent: of the input; scale of the input included. Transformer: query, key, value.
    struct apus_network_matrix input;
    /// Recurrent: of the state, the bias of the gates with it. Transformer: out of the attention.
    struct apus_network_matrix state;
    struct apus_network_matrix up;   ///< Transformer alone.
    struct apus_network_matrix down; ///< Transformer alone.
    /// Transformer alone: gains and offsets of both norms, shape [4][width16].
    float const *norms;
    uint32_t width;        ///< Units rounded up to 4; rows of one gate.
    uint32_t heads;        ///< Transformer alone.
    uint32_t state_offset APUS_SWIFT_NAME(stateOffset); ///< Bytes, from a slot's start.
    uint32_t ready_offset APUS_SWIFT_NAME(readyOffset); ///< Floats, from the ready rows' start.
};

/// A network, its sizes worked out by `apus_network_arrange`. Written once, then read.
struct APUS_SWIFT_NAME(NetworkCode) apus_network {
    struct apus_network_layer layers[APUS_NETWORK_LAYERS_MAX];
    apus_network_kind_t kind;
    apus_network_path_t path;
    uint32_t layer_count APUS_SWIFT_NAME(layerCount);
    uint32_t units;    ///< Of the last layer; of a transformer, its width.
    uint32_t features; ///< 1...APUS_NETWORK_FEATURES_MAX.
    uint32_t steps;    ///< Vectors in a window, 1...APUS_NETWORK_STEPS_MAX.
    uint32_t carries;  ///< 1: one state, never reset. 0: windows.
    uint32_t attends;  ///< 1: attention over the window's states; the last state otherwise.
    float clip;        ///< Bound of a normalised feature, sigmas.
    float head_bias APUS_SWIFT_NAME(headBias);
    float const *normaliser;        ///< Mean, 1/sigma; shape [2][128].
    float const *head;              ///< Shape [units rounded up to 16].
    struct apus_network_matrix attention; ///< Rows: attention units.
    float const *attention_vector APUS_SWIFT_NAME(attentionVector); ///< Shape [attention.rows].
    struct apus_network_matrix embedding; ///< Transformer alone: from features to width.
    float const *positions;   ///< Transformer alone; shape [steps][width16].
    float const *final_norm APUS_SWIFT_NAME(finalNorm); ///< Transformer alone; shape [2][width16].
    // Worked out.
    float input_gain APUS_SWIFT_NAME(inputGain);        ///< Steps of the input a sigma.
    uint32_t slot_count APUS_SWIFT_NAME(slotCount);
    uint32_t slot_size APUS_SWIFT_NAME(slotSize);       ///< Bytes.
    uint32_t pool_offset APUS_SWIFT_NAME(poolOffset);   ///< Bytes, from a slot's start.
    uint32_t first_offset APUS_SWIFT_NAME(firstOffset); ///< Bytes, of the first layer's sums.
    uint32_t ready_offset APUS_SWIFT_NAME(readyOffset); ///< Bytes, of the ready rows.
    uint32_t slots_offset APUS_SWIFT_NAME(slotsOffset); ///< Bytes, of the first slot.
    uint32_t scratch_rows APUS_SWIFT_NAME(scratchRows); ///< Floats in one row of the scratch.
    uint64_t windows_size APUS_SWIFT_NAME(windowsSize); ///< Bytes of one instrument's windows.
    uint64_t scratch_size APUS_SWIFT_NAME(scratchSize); ///< Bytes.
};

/// The windows in flight of one instrument; `windows_size` bytes, aligned to 64.
struct APUS_SWIFT_NAME(NetworkWindows) apus_network_windows {
    uint64_t count;     ///< Vectors taken since the last reset.
    uint32_t layer;     ///< Of the next piece of outstanding work.
    uint32_t place;     ///< Of the next piece of outstanding work: windows from the newest.
    uint32_t is_behind APUS_SWIFT_NAME(isBehind); ///< 1: work is outstanding.
    uint32_t is_ready APUS_SWIFT_NAME(isReady);   ///< 1: the oldest window's rows are ready.
    uint8_t input[128]; ///< The last vector, quantised.
};

/// Works out the sizes. Cold.
///
/// - Precondition: every other field is set and within its range.
void apus_network_arrange(struct apus_network *network) APUS_SWIFT_NAME(NetworkCode.arrange(self:));

/// Forgets every vector. Cost: some stores a slot.
APUS_HOT void apus_network_reset(struct apus_network const *network,
                                 struct apus_network_windows *windows);

/// Takes the next vector and finishes the oldest window.
///
/// @param values   shape [features rounded up to 4]; those beyond the features are finite.
/// @param scratch  `scratch_size` bytes, aligned to 64; any content.
/// @param raw      the head's output, written when there is a whole window.
/// @return 1 with a whole window behind it; 0 while the first one fills; -1 when a value is not
///         finite: nothing is taken then.
/// Outstanding work is done first. Cost: bench `network/`.
APUS_HOT int apus_network_take(struct apus_network const *network,
                               struct apus_network_windows *windows, float const *values,
                               void *scratch, float *raw);

/// Does outstanding work: at most `budget` pieces, each one layer of one window.
///
/// @return 1 while work is left.
APUS_HOT int apus_network_settle(struct apus_network const *network,
                                 struct apus_network_windows *windows, void *scratch,
                                 uint32_t budget);

/// tanh(x / 2) by the kernel's approximation: twice a logit's probability, less one.
APUS_HOT float apus_network_half_tanh(float x);

/// The kernel's tanh of each value, for comparison.
void apus_network_tanh(float const *values, float *out, uint32_t count, apus_network_path_t path);
/// The kernel's exponential of each value, for comparison.
void apus_network_exponential(float const *values, float *out, uint32_t count,
                              apus_network_path_t path);

#endif
