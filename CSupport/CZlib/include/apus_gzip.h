//===-- apus_gzip.h - Line-oriented reading of plain and gzip files -*- C -*-===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#ifndef APUS_GZIP_H
#define APUS_GZIP_H

#endif
