//===-- apus_httpd.h - HTTPS request server over libmicrohttpd -*- C -*-===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#ifndef APUS_HTTPD_H
#define APUS_HTTPD_H

#endif
