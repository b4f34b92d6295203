//===-- apus_kernels.h - Numeric kernels -*- C -*-===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#ifndef APUS_KERNELS_H
#define APUS_KERNELS_H

#endif
