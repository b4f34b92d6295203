//===-- memory.c - The allocator OpenSSL uses -----------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
// A block is a 16-byte header and a payload of its class's size. While a block is in use the
// header holds the class; while it is free the payload's first word holds the next free block.
// Blocks go back to their class for ever and never to the system. Requests above the largest class
// go to malloc.
//
//===----------------------------------------------------------------------===//

#include "apus_tls.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <openssl/ssl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum {
    CLASS_SHIFT_MIN = 5, // 32 bytes
    CLASS_COUNT = 11,    // up to 32 KiB: a record buffer is about 17 KiB
    CLASS_LARGE = 255,
    LIST_MAX = 512, // blocks a thread keeps of one class
};
#define ARENA_SIZE (8ull << 20)

typedef struct block {
    uint32_t class_index;
    uint32_t is_free; // A block given back twice would end up in two hands.
    uint64_t capacity;
    struct block *next; // Payload begins here.
    // Of the first block of a chunk, as long as that is shared.
    struct block *next_chunk;
    uint64_t chunk_count;
} block_t;
#define HEADER_SIZE 16u
static_assert(offsetof(block_t, next) == HEADER_SIZE, "payload aligned to 16 behind the header");

typedef struct list {
    block_t *first;
    uint32_t count;
} list_t;

typedef struct arena {
    uint8_t *base;
    _Atomic(uint64_t) used;
} arena_t;

static __thread list_t lists[CLASS_COUNT];
static __thread int is_thread_known;
static _Atomic(block_t *) shared[CLASS_COUNT];
static _Atomic(arena_t *) current_arena;
static _Atomic(uint64_t) arena_bytes;
static pthread_mutex_t arena_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_key_t thread_end;
static pthread_once_t thread_end_once = PTHREAD_ONCE_INIT;
static int is_taken_over;
static int initialise_result;

static inline size_t class_size(uint32_t index) { return (size_t)1 << (CLASS_SHIFT_MIN + index); }

static inline uint32_t class_of(size_t size) {
    if (size <= class_size(0)) return 0;
    return 64u - (uint32_t)__builtin_clzll(size - 1) - CLASS_SHIFT_MIN;
}

static inline block_t *block_of(void *payload) {
    return (block_t *)(void *)((uint8_t *)payload - HEADER_SIZE);
}
static inline void *payload_of(block_t *block) { return &block->next; }

/// Pushes chunks, linked from `first` to `last`, on the shared stack.
static void share(uint32_t index, block_t *first, block_t *last) {
    block_t *top = atomic_load_explicit(&shared[index], memory_order_relaxed);
    do {
        last->next_chunk = top;
        // Pairs with the acquire in take_shared: the chunks' links are complete.
    } while (!atomic_compare_exchange_weak_explicit(&shared[index], &top, first,
                                                    memory_order_release, memory_order_relaxed));
}

/// Takes one shared chunk of a class into this thread's empty list. All are taken and the others
/// put back, because taking one alone would need the stack to stay still meanwhile.
static void take_shared(uint32_t index) {
    if (atomic_load_explicit(&shared[index], memory_order_relaxed) == NULL) return;
    // Pairs with the release in share.
    block_t *const first = atomic_exchange_explicit(&shared[index], NULL, memory_order_acquire);
    if (first == NULL) return;
    lists[index].first = first;
    lists[index].count = (uint32_t)first->chunk_count;
    block_t *const rest = first->next_chunk;
    if (rest == NULL) return;
    block_t *last = rest;
    while (last->next_chunk != NULL) last = last->next_chunk;
    share(index, rest, last);
}

/// Gives all but the newest `kept` blocks to the shared stack, as one chunk.
static void trim(uint32_t index, uint32_t kept) {
    list_t *const list = &lists[index];
    if (list->count <= kept) return;
    block_t *surplus = list->first;
    if (kept == 0) {
        list->first = NULL;
    } else {
        block_t *last_kept = list->first;
        for (uint32_t i = 1; i < kept; ++i) last_kept = last_kept->next;
        surplus = last_kept->next;
        last_kept->next = NULL;
    }
    surplus->chunk_count = list->count - kept;
    list->count = kept;
    share(index, surplus, surplus);
}

static void thread_ends(void *unused) {
    (void)unused;
    for (uint32_t index = 0; index < CLASS_COUNT; ++index) trim(index, 0);
    is_thread_known = 0;
}

static void make_thread_end(void) { pthread_key_create(&thread_end, thread_ends); }

/// Arranges that this thread's lists are given back when it ends.
static void know_thread(void) {
    pthread_once(&thread_end_once, make_thread_end);
    is_thread_known = 1;
    pthread_setspecific(thread_end, (void *)1);
}

static arena_t *map_arena(void) {
    void *const memory = mmap(NULL, ARENA_SIZE, PROT_READ | PROT_WRITE,
                              MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
    if (memory == MAP_FAILED) return NULL;
    arena_t *const arena = memory;
    arena->base = memory;
    atomic_init(&arena->used, 64);
    atomic_fetch_add_explicit(&arena_bytes, ARENA_SIZE, memory_order_relaxed);
    return arena;
}

/// A fresh block from the arena, or NULL when the arena is used up.
static block_t *carve_from(arena_t *arena, uint32_t index) {
    uint64_t const size = HEADER_SIZE + class_size(index);
    // Relaxed: the counter only divides the arena up.
    uint64_t const offset = atomic_fetch_add_explicit(&arena->used, size, memory_order_relaxed);
    if (offset + size > ARENA_SIZE) return NULL;
    return (block_t *)(void *)(arena->base + offset);
}

static block_t *carve(uint32_t index) {
    // Pairs with the release below: the arena's header is complete.
    arena_t *arena = atomic_load_explicit(&current_arena, memory_order_acquire);
    block_t *block = arena != NULL ? carve_from(arena, index) : NULL;
    while (block == NULL) {
        pthread_mutex_lock(&arena_lock);
        arena_t *next = atomic_load_explicit(&current_arena, memory_order_acquire);
        if (next == arena) {
            next = map_arena();
            if (next != NULL) atomic_store_explicit(&current_arena, next, memory_order_release);
        }
        pthread_mutex_unlock(&arena_lock);
        if (next == NULL) return NULL;
        arena = next;
        block = carve_from(arena, index);
    }
    block->class_index = index;
    block->capacity = class_size(index);
    return block;
}

static void *allocate_large(size_t size) {
    if (size > SIZE_MAX - HEADER_SIZE) return NULL;
    block_t *const block = malloc(HEADER_SIZE + size);
    if (block == NULL) return NULL;
    block->class_index = CLASS_LARGE;
    block->capacity = size;
    return payload_of(block);
}

void *apus_tls_allocate(size_t size, char const *file, int line) {
    (void)file;
    (void)line;
    if (size == 0) return NULL;
    if (size > class_size(CLASS_COUNT - 1)) return allocate_large(size);
    uint32_t const index = class_of(size);
    list_t *const list = &lists[index];
    if (list->first == NULL) {
        if (!is_thread_known) know_thread();
        take_shared(index);
    }
    block_t *block = list->first;
    if (block != NULL) {
        list->first = block->next;
        list->count -= 1;
        block->is_free = 0;
        return payload_of(block);
    }
    block = carve(index);
    return block != NULL ? payload_of(block) : NULL;
}

void apus_tls_free(void *memory, char const *file, int line) {
    (void)file;
    (void)line;
    if (memory == NULL) return;
    block_t *const block = block_of(memory);
    uint32_t const index = block->class_index;
    if (index == CLASS_LARGE) {
        free(block);
        return;
    }
    if (block->is_free) abort();
    block->is_free = 1;
    if (!is_thread_known) know_thread();
    list_t *const list = &lists[index];
    block->next = list->first;
    list->first = block;
    list->count += 1;
    if (list->count > LIST_MAX) trim(index, LIST_MAX / 2);
}

void *apus_tls_reallocate(void *memory, size_t size, char const *file, int line) {
    if (memory == NULL) return apus_tls_allocate(size, file, line);
    if (size == 0) {
        apus_tls_free(memory, file, line);
        return NULL;
    }
    block_t *const block = block_of(memory);
    if (size <= block->capacity) return memory;
    void *const moved = apus_tls_allocate(size, file, line);
    if (moved == NULL) return NULL;
    memcpy(moved, memory, block->capacity);
    apus_tls_free(memory, file, line);
    return moved;
}

/// OpenSSL takes an allocator only before it has allocated, so it gets ours before main, whoever
/// uses it first. Nothing is mapped here.
__attribute__((constructor)) static void take_over(void) {
    is_taken_over = CRYPTO_set_mem_functions(apus_tls_allocate, apus_tls_reallocate,
                                             apus_tls_free) == 1;
}

static void initialise(void) {
    arena_t *const arena = map_arena();
    if (arena == NULL) {
        initialise_result = -ENOMEM;
        return;
    }
    pthread_mutex_lock(&arena_lock);
    // What is left of an earlier arena stays unused.
    atomic_store_explicit(&current_arena, arena, memory_order_release);
    pthread_mutex_unlock(&arena_lock);
    if (!is_taken_over) initialise_result = -EBUSY;
    OPENSSL_init_ssl(OPENSSL_INIT_LOAD_SSL_STRINGS | OPENSSL_INIT_LOAD_CRYPTO_STRINGS, NULL);
}

int apus_tls_initialise(void) {
    pthread_once(&once, initialise);
    return initialise_result;
}

uint64_t apus_tls_arena_bytes(void) {
    return atomic_load_explicit(&arena_bytes, memory_order_relaxed);
}
