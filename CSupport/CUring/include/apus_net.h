//===-- apus_net.h - Sockets over io_uring -*- C -*-===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#ifndef APUS_NET_H
#define APUS_NET_H

#endif
