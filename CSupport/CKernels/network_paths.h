//===-- network_paths.h - What the paths of the network kernels share --*- C -*-===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#ifndef APUS_NETWORK_PATHS_H
#define APUS_NETWORK_PATHS_H

#include "apus_network.h"

#pragma STDC FP_CONTRACT OFF
// Everything that takes or returns a vector is inlined, so it has no calling convention.
#pragma clang diagnostic ignored "-Wpsabi"

#define APUS_INLINE static inline __attribute__((always_inline))

typedef float floats_t __attribute__((ext_vector_type(16)));
typedef int32_t ints_t __attribute__((ext_vector_type(16)));
typedef uint8_t bytes_t __attribute__((ext_vector_type(16)));

// A fit with the least greatest error on 0...5: 4.3e-5; beyond, 1 - tanh is below 9.1e-5.
#define TANH_BOUND 5.0f
#define TANH_A0 0.99981015920639f
#define TANH_A1 0.10172316431999f
#define TANH_A2 0.00065494450973f
#define TANH_B1 0.43450409173966f
#define TANH_B2 0.01263918820769f

#define APUS_NETWORK_ENTRIES(path)                                                                 \
    int apus_network_take_##path(struct apus_network const *, struct apus_network_windows *,       \
                                 float const *, void *, float *);                                  \
    int apus_network_settle_##path(struct apus_network const *, struct apus_network_windows *,     \
                                   void *, uint32_t);                                              \
    void apus_network_tanh_##path(float const *, float *, uint32_t);                               \
    void apus_network_exponential_##path(float const *, float *, uint32_t);

APUS_NETWORK_ENTRIES(portable)
#if defined(__x86_64__)
APUS_NETWORK_ENTRIES(avx2)
APUS_NETWORK_ENTRIES(avx_vnni)
APUS_NETWORK_ENTRIES(avx512)
#endif

#endif
