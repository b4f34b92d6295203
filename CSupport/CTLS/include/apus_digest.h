//===-- apus_digest.h - Digests of cold paths -*- C -*-===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#ifndef APUS_DIGEST_H
#define APUS_DIGEST_H

#endif
