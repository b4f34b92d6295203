//===-- apus_http.h - Blocking HTTPS requests over libcurl -*- C -*-===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#ifndef APUS_HTTP_H
#define APUS_HTTP_H

#endif
