//===-- apus_base.h - Attributes every C target shares ----------*- C -*-===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#ifndef APUS_BASE_H
#define APUS_BASE_H

#include <assert.h>
#include <stddef.h>
#include <stdint.h>

#define APUS_SWIFT_NAME(name) __attribute__((swift_name(#name)))
#define APUS_NEWTYPE(name) __attribute__((swift_newtype(struct))) APUS_SWIFT_NAME(name)
/// Lets Swift functions marked `@_noAllocation @_noLocks` call this C function. The compiler
/// cannot check C: the author promises that the body neither allocates, locks nor blocks.
#define APUS_HOT __attribute__((swift_attr("@_noAllocation"), swift_attr("@_noLocks")))
#define APUS_HOT_INLINE APUS_HOT static inline

#define APUS_CACHE_LINE 64

#ifdef APUS_PLANTED_BUGS
/// Builds that prove that faults are found: one bug of a list is in force, 0 none.
extern int32_t apus_planted_bug;
APUS_HOT_INLINE int apus_is_planted(int32_t number) { return apus_planted_bug == number; }
void apus_plant(int32_t number);
#endif

/// Hints that `pointer` is about to be read.
APUS_HOT_INLINE void apus_prefetch_read(void const *pointer) { __builtin_prefetch(pointer, 0, 3); }

/// Hints that `pointer` is about to be written: its line comes into this core's cache as its own.
APUS_HOT_INLINE void apus_prefetch_write(void *pointer) {
#if defined(__x86_64__)
    // The builtin means a read here, which leaves the line shared: what x86-64 began with has no
    // instruction for a write. Processors without it take it for one that does nothing.
    __asm__ volatile("prefetchw %0" : : "m"(*(char const *)pointer));
#else
    __builtin_prefetch(pointer, 1, 3);
#endif
}

/// Tells the core that this is a spin loop.
APUS_HOT_INLINE void apus_spin_pause(void) {
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

/// A copy of `n` bytes that Swift may call from a hot function.
APUS_HOT_INLINE void apus_copy(void *to, void const *from, size_t n) {
    __builtin_memcpy(to, from, n);
}

/// As `apus_copy`, for ranges that may overlap.
APUS_HOT_INLINE void apus_move(void *to, void const *from, size_t n) {
    __builtin_memmove(to, from, n);
}

APUS_HOT_INLINE void apus_zero(void *to, size_t n) { __builtin_memset(to, 0, n); }

/// The square root of what is not negative; Swift's own cannot be called from a hot function.
APUS_HOT_INLINE double apus_square_root(double value) { return __builtin_sqrt(value); }

/// True when both ranges hold the same `n` bytes.
APUS_HOT_INLINE int apus_same_bytes(void const *a, void const *b, size_t n) {
    return __builtin_memcmp(a, b, n) == 0;
}

#endif
