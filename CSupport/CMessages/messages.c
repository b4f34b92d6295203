//===-- messages.c - Anchors the message layouts --------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#include "apus_bars.h"
#include "apus_instrument.h"
#include "apus_messages.h"
