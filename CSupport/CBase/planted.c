//===-- planted.c - Which planted bug is in force ---------------*- C -*-===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#include "apus_base.h"

#ifdef APUS_PLANTED_BUGS
int32_t apus_planted_bug = 0;

void apus_plant(int32_t number) { apus_planted_bug = number; }
#endif
