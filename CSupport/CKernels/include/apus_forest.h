//===-- apus_forest.h - Decision trees, walked and summed -------*- C -*-===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
// A row goes left in a node when its value is at most the node's threshold. What is missing is
// settled before: a row is copied into up to four banks, in which a value that is missing is
// not-a-number (goes right) or minus infinity (goes left), and a node names value and bank by one
// slot.
// Slot 127 always holds minus infinity: a leaf reads it and goes left, to itself. So trees of
// different depth are walked side by side without a branch.
//
// The children of a node lie side by side, the right one behind the left one. Leaves are added in
// the order of the trees, in double or in float32, so the score has the bits of the library that
// trained the trees. One path for every machine.
//
//===----------------------------------------------------------------------===//

#ifndef APUS_FOREST_H
#define APUS_FOREST_H

#include "apus_base.h"

/// Slots of one bank; a value's slot is its bank times this and its feature.
#define APUS_FOREST_BANK_SLOTS 128
/// The slot of leaves.
#define APUS_FOREST_LEAF_SLOT 127
/// Not-a-number goes right, or left; so do values within 1e-35 of zero, in the banks of zeros.
#define APUS_FOREST_BANK_RIGHT 0
#define APUS_FOREST_BANK_LEFT 1
#define APUS_FOREST_BANK_ZERO_RIGHT 2
#define APUS_FOREST_BANK_ZERO_LEFT 3
/// Trees walked side by side.
#define APUS_FOREST_LANES 8
/// Trees whose leaves are found before they are added: groups of these are sorted by depth.
#define APUS_FOREST_BLOCK_TREES 32
/// Of a node's place: the children's index lies above the slot and the mark of category sets.
#define APUS_FOREST_SETS_BIT 512
#define APUS_FOREST_CHILD_SHIFT 10

/// One node. `threshold` holds the bits of an index instead in a leaf (of its value) and in a node
/// that asks for a category (of its set).
struct APUS_SWIFT_NAME(ForestPlace) apus_forest_node {
    float threshold;
    uint32_t place; ///< Left child << 10 | category set << 9 | slot.
};
static_assert(sizeof(struct apus_forest_node) == 8, "eight nodes a line");

/// Eight trees to be walked side by side.
struct APUS_SWIFT_NAME(ForestGroup) apus_forest_group {
    uint32_t root[APUS_FOREST_LANES]; ///< Index of each tree's first node.
    uint8_t tree[APUS_FOREST_LANES];  ///< Place of each tree in its block; 32: none, not added.
    uint32_t depth;                   ///< Of the deepest of them.
    uint32_t reserved[5];             ///< Zero.
};
static_assert(sizeof(struct apus_forest_group) == 64, "one line");

/// Where the bits of a set of categories lie.
struct APUS_SWIFT_NAME(ForestCategorySet) apus_forest_set {
    uint32_t first; ///< Word.
    uint32_t count; ///< Words.
};

/// What becomes of the sum.
#define APUS_FOREST_IDENTITY 0
#define APUS_FOREST_SIGMOID 1
#define APUS_FOREST_EXPONENTIAL 2
#define APUS_FOREST_SIGNED_SQUARE 3

/// A forest; what it points to is written once.
struct APUS_SWIFT_NAME(ForestMemory) apus_forest {
    struct apus_forest_node const *nodes;
    double const *leaves;
    struct apus_forest_group const *groups;
    struct apus_forest_set const *sets;
    uint32_t const *words;
    double base;       ///< What the sum begins with.
    double link_scale; ///< Of the double sigmoid's argument.
    uint32_t tree_count;
    uint32_t feature_count; ///< 1...124.
    uint32_t banks;         ///< Bit n: bank n is used.
    uint32_t has_sets;      ///< 1: some nodes ask for categories.
    uint32_t is_single;     ///< 1: sum and link in float32.
    uint32_t averages;      ///< 1: the sum is divided by the count of trees.
    uint32_t link;
};

/// The score of one feature vector.
///
/// @param values  shape [feature_count], any float32; may be unaligned.
/// @return the score; not finite when the sum or the link overflows.
/// Cost: bench `forest/lightgbm-100x31`.
/// Source: LightGBM 4, `Tree::Predict`, `GBDT::Predict`; XGBoost 3, `cpu_predictor.cc`.
APUS_HOT double apus_forest_evaluate(struct apus_forest const *forest, float const *values);

#endif
