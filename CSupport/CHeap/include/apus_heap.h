//===-- apus_heap.h - The C library's allocator -----------------*- C -*-===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#ifndef APUS_HEAP_H
#define APUS_HEAP_H

#include "apus_base.h"

/// Gives all threads one heap, before any other thread starts. By default each of glibc's threads
/// takes a heap of its own, and the process grows until every one of them has once held its most:
/// with a dozen connections that reconnect now and then, for hours. Threads that allocate wait for
/// each other; hot threads do not allocate. Does nothing under other C libraries.
void apus_heap_share(void);

#endif
