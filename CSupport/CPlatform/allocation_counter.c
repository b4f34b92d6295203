//===-- allocation_counter.c - Counts heap use of hot threads -------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
// The program's own definitions take precedence over libc's, for every library it loads. They
// forward to glibc's internal names, which exist for this purpose.
//
//===----------------------------------------------------------------------===//

#include "apus_allocation_counter.h"

#include <errno.h>
#include <stdlib.h>

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) ||                         \
    __has_feature(memory_sanitizer)
#define APUS_SANITIZED 1
#endif
#endif

static __thread uint64_t *armed_count;

void apus_allocation_counter_arm(uint64_t *count) { armed_count = count; }

#if defined(APUS_SANITIZED) || !defined(__GLIBC__)

int apus_allocation_counter_is_active(void) { return 0; }

#else

int apus_allocation_counter_is_active(void) { return 1; }

extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *memory, size_t size);
extern void *__libc_memalign(size_t alignment, size_t size);
extern void __libc_free(void *memory);

static inline void count_call(void) {
    uint64_t *const count = armed_count;
    if (__builtin_expect(count != NULL, 0)) {
        // Relaxed: one writer, observers elsewhere.
        __atomic_store_n(count, *count + 1, __ATOMIC_RELAXED);
    }
}

void *malloc(size_t size) {
    count_call();
    return __libc_malloc(size);
}

void *calloc(size_t count, size_t size) {
    count_call();
    return __libc_calloc(count, size);
}

void *realloc(void *memory, size_t size) {
    count_call();
    return __libc_realloc(memory, size);
}

void *memalign(size_t alignment, size_t size) {
    count_call();
    return __libc_memalign(alignment, size);
}

void *aligned_alloc(size_t alignment, size_t size) {
    count_call();
    return __libc_memalign(alignment, size);
}

int posix_memalign(void **memory, size_t alignment, size_t size) {
    count_call();
    if (alignment < sizeof(void *) || (alignment & (alignment - 1)) != 0) return EINVAL;
    void *const result = __libc_memalign(alignment, size);
    if (result == NULL) return ENOMEM;
    *memory = result;
    return 0;
}

void free(void *memory) {
    if (memory != NULL) count_call();
    __libc_free(memory);
}

#endif
