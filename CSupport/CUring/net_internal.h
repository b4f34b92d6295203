//===-- net_internal.h - What net.c's parts share ---------------*- C -*-===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#ifndef APUS_NET_INTERNAL_H
#define APUS_NET_INTERNAL_H

#include "apus_net.h"

#include <liburing.h>

enum {
    RING_ENTRIES = 256,
    COMPLETION_BATCH = 32,
    BUFFER_MAX = 1024,
    PROVIDED_GROUP = 1,
    OPERATION_RECEIVE = 1,
    OPERATION_SEND = 2,
};

typedef enum { SLOT_FREE = 0, SLOT_OPEN, SLOT_DETACHING } slot_state_t;

typedef struct slot {
    int socket;
    slot_state_t state;
    int wants_receive; ///< Open and neither ended nor failed.
    int is_receiving;  ///< A receive request is with the kernel.
    int is_sending;
    int send_result; ///< Strategy busy: outcome not reported yet.
    uint8_t const *send_bytes;
    size_t send_length;
} slot_t;

struct apus_net {
    struct io_uring ring;
    struct io_uring_buf_ring *provided;
    size_t provided_size;
    uint8_t *buffers;
    uint64_t exhausted_count;
    uint32_t buffer_count;
    uint32_t free_count;     ///< Of `free_buffers`, when buffers are not provided.
    uint32_t provided_count; ///< Buffers with the kernel.
    uint32_t empty_polls;
    int unarmed_count; ///< Slots that want to receive and have no request underway.
    int detaching_count;
    int sending_count;
    int slot_bound; ///< Slots at and above were never used.
    int has_ring;
    int is_provided;
    apus_net_strategy_t strategy;
    char reason[120];
    slot_t slots[APUS_NET_SLOT_MAX];
    uint16_t free_buffers[BUFFER_MAX];
};

static inline uint8_t *apus_net_buffer(apus_net_t const *net, uint16_t buffer) {
    return net->buffers + (size_t)buffer * APUS_NET_BUFFER_SIZE;
}

void apus_net_provide(apus_net_t *net, uint16_t buffer);
void apus_net_busy_send(apus_net_t *net, int index);
int apus_net_busy_poll(apus_net_t *net, apus_net_event_t *events, int count);

#endif
