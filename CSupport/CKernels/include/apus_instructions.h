//===-- apus_instructions.h - Which instructions kernels use ----*- C -*-===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
// Every kernel takes the fastest of its paths that the machine has, and all paths give the same
// bits. What shows the latter in a whole program has a limit here.
//
//===----------------------------------------------------------------------===//

#ifndef APUS_INSTRUCTIONS_H
#define APUS_INSTRUCTIONS_H

#include "apus_base.h"

/// Sets of instructions, each with those before it.
typedef uint8_t apus_instructions_t APUS_NEWTYPE(Instructions);
static const apus_instructions_t APUS_INSTRUCTIONS_PORTABLE
    APUS_SWIFT_NAME(Instructions.portable) = 0;
static const apus_instructions_t APUS_INSTRUCTIONS_AVX2 APUS_SWIFT_NAME(Instructions.avx2) = 1;
static const apus_instructions_t APUS_INSTRUCTIONS_AVX_VNNI
    APUS_SWIFT_NAME(Instructions.avxVNNI) = 2;
static const apus_instructions_t APUS_INSTRUCTIONS_AVX512
    APUS_SWIFT_NAME(Instructions.avx512) = 3;

/// Kernels that are chosen from now on use no more than `most`. Cold; before any thread that
/// chooses kernels runs.
void apus_instructions_limit(apus_instructions_t most) APUS_SWIFT_NAME(Instructions.limit(self:));
/// 1 when that limit allows `set`, whatever the machine has.
int apus_instructions_allowed(apus_instructions_t set);

#endif
