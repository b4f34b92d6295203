//===-- apus_tls_server.h - TLS server session for the simulator -*- C -*-===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#ifndef APUS_TLS_SERVER_H
#define APUS_TLS_SERVER_H

#endif
