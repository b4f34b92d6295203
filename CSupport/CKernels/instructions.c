//===-- instructions.c - Which instructions kernels use -------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#include "apus_instructions.h"

static apus_instructions_t limit = APUS_INSTRUCTIONS_AVX512;

void apus_instructions_limit(apus_instructions_t most) { limit = most; }

int apus_instructions_allowed(apus_instructions_t set) { return set <= limit; }
