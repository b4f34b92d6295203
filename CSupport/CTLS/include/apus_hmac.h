//===-- apus_hmac.h - HMAC-SHA256 by precomputed state -*- C -*-===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#ifndef APUS_HMAC_H
#define APUS_HMAC_H

#endif
