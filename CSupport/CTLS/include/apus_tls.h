//===-- apus_tls.h - TLS client session -*- C -*-===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#ifndef APUS_TLS_H
#define APUS_TLS_H

#endif
