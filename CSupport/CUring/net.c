//===-- net.c - Sockets over io_uring -------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#include <features.h>

#include "net_internal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>

// MARK: - Making

static int make_buffers(apus_net_t *net) {
    size_t const size = (size_t)net->buffer_count * APUS_NET_BUFFER_SIZE;
    void *const memory = mmap(NULL, size, PROT_READ | PROT_WRITE,
                              MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
    if (memory == MAP_FAILED) return -ENOMEM;
    net->buffers = memory;
    for (uint32_t i = 0; i < net->buffer_count; ++i) net->free_buffers[i] = (uint16_t)i;
    net->free_count = net->buffer_count;
    return 0;
}

static int make_ring(apus_net_t *net) {
    struct io_uring_params parameters;
    memset(&parameters, 0, sizeof parameters);
    parameters.flags = IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN |
                       IORING_SETUP_TASKRUN_FLAG | IORING_SETUP_CQSIZE | IORING_SETUP_CLAMP;
    parameters.cq_entries = 4 * RING_ENTRIES;
    int const result = io_uring_queue_init_params(RING_ENTRIES, &net->ring, &parameters);
    if (result == 0) net->has_ring = 1;
    return result;
}

/// Registers the ring of provided buffers and fills it.
static int make_provided(apus_net_t *net) {
    size_t const size = net->buffer_count * sizeof(struct io_uring_buf);
    void *const memory = mmap(NULL, size, PROT_READ | PROT_WRITE,
                              MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
    if (memory == MAP_FAILED) return -ENOMEM;
    net->provided = memory;
    net->provided_size = size;
    struct io_uring_buf_reg registration;
    memset(&registration, 0, sizeof registration);
    registration.ring_addr = (uint64_t)(uintptr_t)memory;
    registration.ring_entries = net->buffer_count;
    registration.bgid = PROVIDED_GROUP;
    int const result = io_uring_register_buf_ring(&net->ring, &registration, 0);
    if (result != 0) return result;
    io_uring_buf_ring_init(net->provided);
    net->is_provided = 1;
    while (net->free_count > 0) apus_net_provide(net, net->free_buffers[--net->free_count]);
    return 0;
}

static void fall_back(apus_net_t *net, apus_net_strategy_t to, char const *what, int error) {
    net->strategy = to;
    snprintf(net->reason, sizeof net->reason, "%s: %s", what, strerror(-error));
}

int apus_net_create(apus_net_strategy_t wanted, uint32_t buffer_count, apus_net_t **made) {
    if (buffer_count < 4 || buffer_count > BUFFER_MAX) return -EINVAL;
    if ((buffer_count & (buffer_count - 1)) != 0 || wanted > APUS_NET_BUSY) return -EINVAL;
    apus_net_t *const net = calloc(1, sizeof *net);
    if (net == NULL) return -ENOMEM;
    net->strategy = wanted;
    net->buffer_count = buffer_count;
    int result = make_buffers(net);
    if (result != 0) {
        apus_net_destroy(net);
        return result;
    }
    if (net->strategy != APUS_NET_BUSY) {
        result = make_ring(net);
        if (result != 0) fall_back(net, APUS_NET_BUSY, "io_uring with deferred task run", result);
    }
    if (net->strategy == APUS_NET_MULTISHOT) {
        result = make_provided(net);
        if (result != 0) fall_back(net, APUS_NET_SINGLESHOT, "provided buffers", result);
    }
    *made = net;
    return 0;
}

void apus_net_destroy(apus_net_t *net) {
    if (net == NULL) return;
    if (net->has_ring) io_uring_queue_exit(&net->ring);
    if (net->provided != NULL) munmap(net->provided, net->provided_size);
    if (net->buffers != NULL) {
        munmap(net->buffers, (size_t)net->buffer_count * APUS_NET_BUFFER_SIZE);
    }
    free(net);
}

void apus_net_describe(apus_net_t const *net, char *text, size_t size) {
    static char const *const names[] = {
        "io_uring, multishot receive",
        "io_uring, single receive",
        "busy receive",
    };
    if (net->reason[0] == 0) {
        snprintf(text, size, "%s", names[net->strategy]);
    } else {
        snprintf(text, size, "%s (%s)", names[net->strategy], net->reason);
    }
}

apus_net_strategy_t apus_net_strategy(apus_net_t const *net) { return net->strategy; }
uint64_t apus_net_exhausted_count(apus_net_t const *net) { return net->exhausted_count; }

// MARK: - Receiving

void apus_net_provide(apus_net_t *net, uint16_t buffer) {
    io_uring_buf_ring_add(net->provided, apus_net_buffer(net, buffer), APUS_NET_BUFFER_SIZE,
                          buffer, io_uring_buf_ring_mask(net->buffer_count), 0);
    io_uring_buf_ring_advance(net->provided, 1);
    net->provided_count += 1;
}

void apus_net_release(apus_net_t *net, uint16_t buffer) {
    if (net->is_provided) {
        apus_net_provide(net, buffer);
    } else {
        net->free_buffers[net->free_count++] = buffer;
    }
}

static struct io_uring_sqe *take_entry(apus_net_t *net) {
    struct io_uring_sqe *entry = io_uring_get_sqe(&net->ring);
    if (entry == NULL) {
        io_uring_submit(&net->ring);
        entry = io_uring_get_sqe(&net->ring);
    }
    return entry;
}

static void tag(struct io_uring_sqe *entry, int slot, uint16_t buffer, uint32_t operation) {
    io_uring_sqe_set_data64(entry, (uint64_t)(uint32_t)slot | (uint64_t)buffer << 16 |
                                       (uint64_t)operation << 32);
}

/// Asks for the slot's next bytes, if a buffer is there to take them.
static void arm(apus_net_t *net, int index) {
    slot_t *const slot = &net->slots[index];
    if (net->is_provided) {
        if (net->provided_count == 0) return;
        struct io_uring_sqe *const entry = take_entry(net);
        if (entry == NULL) return;
        if (net->strategy == APUS_NET_MULTISHOT) {
            io_uring_prep_recv_multishot(entry, slot->socket, NULL, 0, 0);
        } else {
            io_uring_prep_recv(entry, slot->socket, NULL, APUS_NET_BUFFER_SIZE, 0);
        }
        entry->flags |= IOSQE_BUFFER_SELECT;
        entry->buf_group = PROVIDED_GROUP;
        tag(entry, index, 0, OPERATION_RECEIVE);
    } else {
        if (net->free_count == 0) return;
        struct io_uring_sqe *const entry = take_entry(net);
        if (entry == NULL) return;
        uint16_t const buffer = net->free_buffers[--net->free_count];
        io_uring_prep_recv(entry, slot->socket, apus_net_buffer(net, buffer),
                           APUS_NET_BUFFER_SIZE, 0);
        tag(entry, index, buffer, OPERATION_RECEIVE);
    }
    slot->is_receiving = 1;
    net->unarmed_count -= 1;
}

static void arm_all(apus_net_t *net) {
    for (int i = 0; i < net->slot_bound && net->unarmed_count > 0; ++i) {
        slot_t *const slot = &net->slots[i];
        if (slot->state == SLOT_OPEN && slot->wants_receive && !slot->is_receiving) arm(net, i);
    }
    if (io_uring_sq_ready(&net->ring) > 0) io_uring_submit(&net->ring);
}

// MARK: - Slots

int apus_net_attach(apus_net_t *net, int socket) {
    for (int i = 0; i < APUS_NET_SLOT_MAX; ++i) {
        slot_t *const slot = &net->slots[i];
        if (slot->state != SLOT_FREE) continue;
        memset(slot, 0, sizeof *slot);
        slot->socket = socket;
        slot->state = SLOT_OPEN;
        slot->wants_receive = 1;
        net->unarmed_count += 1;
        if (i >= net->slot_bound) net->slot_bound = i + 1;
        return i;
    }
    return -ENOSPC;
}

void apus_net_detach(apus_net_t *net, int index) {
    slot_t *const slot = &net->slots[index];
    if (slot->state != SLOT_OPEN) return;
    slot->state = SLOT_DETACHING;
    if (slot->wants_receive && !slot->is_receiving) net->unarmed_count -= 1;
    slot->wants_receive = 0;
    net->detaching_count += 1;
    // Ends the receive and the send underway with a completion each.
    shutdown(slot->socket, SHUT_RDWR);
}

int apus_net_send(apus_net_t *net, int index, uint8_t const *bytes, size_t length) {
    slot_t *const slot = &net->slots[index];
    if (slot->state != SLOT_OPEN) return -ENOTCONN;
    if (slot->is_sending) return -EBUSY;
    if (net->strategy == APUS_NET_BUSY) {
        slot->send_bytes = bytes;
        slot->send_length = length;
        slot->is_sending = 1;
        net->sending_count += 1;
        apus_net_busy_send(net, index);
        return 0;
    }
    struct io_uring_sqe *const entry = take_entry(net);
    if (entry == NULL) return -EAGAIN;
    io_uring_prep_send(entry, slot->socket, bytes, length, MSG_NOSIGNAL);
    tag(entry, index, 0, OPERATION_SEND);
    slot->is_sending = 1;
    int const result = io_uring_submit(&net->ring);
    return result < 0 && result != -EINTR && result != -EAGAIN ? result : 0;
}

/// Reports slots that the kernel has let go of.
static int report_detached(apus_net_t *net, apus_net_event_t *events, int count) {
    int made = 0;
    for (int i = 0; i < net->slot_bound && made < count && net->detaching_count > 0; ++i) {
        slot_t *const slot = &net->slots[i];
        if (slot->state != SLOT_DETACHING || slot->is_receiving || slot->is_sending) continue;
        slot->state = SLOT_FREE;
        net->detaching_count -= 1;
        apus_net_event_t const event = {.slot = (uint16_t)i, .kind = APUS_NET_DETACHED};
        events[made++] = event;
    }
    return made;
}

// MARK: - Polling the ring

/// Turns a receive's completion into an event. 1 when there is one.
static int receive_completed(apus_net_t *net, struct io_uring_cqe const *completion,
                             apus_net_event_t *event) {
    int const index = (int)(completion->user_data & 0xffff);
    slot_t *const slot = &net->slots[index];
    int const result = completion->res;
    int const has_buffer =
        !net->is_provided || (completion->flags & IORING_CQE_F_BUFFER) != 0;
    uint16_t const buffer = net->is_provided
                                ? (uint16_t)(completion->flags >> IORING_CQE_BUFFER_SHIFT)
                                : (uint16_t)(completion->user_data >> 16);
    if (net->is_provided && has_buffer) net->provided_count -= 1;
    if ((completion->flags & IORING_CQE_F_MORE) == 0) {
        slot->is_receiving = 0;
        if (slot->wants_receive) net->unarmed_count += 1;
    }
    if (slot->state == SLOT_OPEN && result > 0) {
        event->slot = (uint16_t)index;
        event->kind = APUS_NET_RECEIVED;
        event->result = result;
        event->buffer = buffer;
        event->bytes = apus_net_buffer(net, buffer);
        return 1;
    }
    if (has_buffer) apus_net_release(net, buffer);
    if (slot->state != SLOT_OPEN) return 0;
    if (result == -ENOBUFS) {
        net->exhausted_count += 1;
        return 0; // Armed anew once a buffer is free.
    }
    if (result == -EINTR || result == -EAGAIN) return 0;
    if (result == -EINVAL && net->strategy == APUS_NET_MULTISHOT) {
        fall_back(net, APUS_NET_SINGLESHOT, "multishot receive", result);
        return 0;
    }
    if (slot->wants_receive && !slot->is_receiving) net->unarmed_count -= 1;
    slot->wants_receive = 0;
    event->slot = (uint16_t)index;
    event->kind = result == 0 ? APUS_NET_ENDED : APUS_NET_FAILED;
    event->result = result;
    return 1;
}

static int send_completed(apus_net_t *net, struct io_uring_cqe const *completion,
                          apus_net_event_t *event) {
    int const index = (int)(completion->user_data & 0xffff);
    slot_t *const slot = &net->slots[index];
    slot->is_sending = 0;
    if (slot->state != SLOT_OPEN) return 0;
    int const result = completion->res;
    event->slot = (uint16_t)index;
    event->kind = result >= 0 ? APUS_NET_SENT : APUS_NET_FAILED;
    event->result = result;
    if (result == -EINTR || result == -EAGAIN) {
        // Nothing was taken: the caller sends the same bytes again.
        event->kind = APUS_NET_SENT;
        event->result = 0;
    }
    return 1;
}

static int poll_ring(apus_net_t *net, apus_net_event_t *events, int count) {
    struct io_uring_cqe *completions[COMPLETION_BATCH];
    unsigned const wanted = count < COMPLETION_BATCH ? (unsigned)count : COMPLETION_BATCH;
    // Enters the kernel when its flag says that completions are due.
    unsigned ready = io_uring_peek_batch_cqe(&net->ring, completions, wanted);
    if (ready == 0) {
        net->empty_polls += 1;
        if ((net->empty_polls & 63u) != 0) return 0;
        io_uring_get_events(&net->ring);
        ready = io_uring_peek_batch_cqe(&net->ring, completions, wanted);
    }
    int made = 0;
    for (unsigned i = 0; i < ready; ++i) {
        apus_net_event_t event;
        memset(&event, 0, sizeof event);
        struct io_uring_cqe const *const completion = completions[i];
        int const is_event = (completion->user_data >> 32) == OPERATION_SEND
                                 ? send_completed(net, completion, &event)
                                 : receive_completed(net, completion, &event);
        if (is_event) events[made++] = event;
    }
    io_uring_cq_advance(&net->ring, ready);
    return made;
}

int apus_net_poll(apus_net_t *net, apus_net_event_t *events, int count) {
    if (net->strategy == APUS_NET_BUSY) return apus_net_busy_poll(net, events, count);
    if (__builtin_expect(net->unarmed_count > 0, 0)) arm_all(net);
    int made = poll_ring(net, events, count);
    if (__builtin_expect(net->detaching_count > 0, 0)) {
        made += report_detached(net, events + made, count - made);
    }
    return made;
}

// MARK: - Polling without a ring

void apus_net_busy_send(apus_net_t *net, int index) {
    slot_t *const slot = &net->slots[index];
    if (slot->send_result != 0) return;
    ssize_t const sent = send(slot->socket, slot->send_bytes, slot->send_length,
                              MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent > 0) {
        slot->send_result = (int)sent;
    } else if (sent < 0 && errno != EAGAIN && errno != EINTR) {
        slot->send_result = -errno;
    }
    (void)net;
}

/// 1 when the slot's send has an outcome to report.
static int busy_sent(apus_net_t *net, int index, apus_net_event_t *event) {
    slot_t *const slot = &net->slots[index];
    apus_net_busy_send(net, index);
    if (slot->send_result == 0) return 0;
    memset(event, 0, sizeof *event);
    event->slot = (uint16_t)index;
    event->kind = slot->send_result > 0 ? APUS_NET_SENT : APUS_NET_FAILED;
    event->result = slot->send_result;
    slot->send_result = 0;
    slot->is_sending = 0;
    net->sending_count -= 1;
    return 1;
}

static int busy_received(apus_net_t *net, int index, apus_net_event_t *event) {
    slot_t *const slot = &net->slots[index];
    if (net->free_count == 0) {
        net->exhausted_count += 1;
        return 0;
    }
    uint16_t const buffer = net->free_buffers[net->free_count - 1];
    ssize_t const count =
        recv(slot->socket, apus_net_buffer(net, buffer), APUS_NET_BUFFER_SIZE, MSG_DONTWAIT);
    if (count < 0 && (errno == EAGAIN || errno == EINTR)) return 0;
    memset(event, 0, sizeof *event);
    event->slot = (uint16_t)index;
    event->result = count < 0 ? -errno : (int)count;
    if (count > 0) {
        net->free_count -= 1;
        event->kind = APUS_NET_RECEIVED;
        event->buffer = buffer;
        event->bytes = apus_net_buffer(net, buffer);
        return 1;
    }
    slot->wants_receive = 0;
    net->unarmed_count -= 1;
    event->kind = count == 0 ? APUS_NET_ENDED : APUS_NET_FAILED;
    return 1;
}

int apus_net_busy_poll(apus_net_t *net, apus_net_event_t *events, int count) {
    int made = 0;
    for (int i = 0; i < net->slot_bound && made + 1 < count; ++i) {
        slot_t *const slot = &net->slots[i];
        if (slot->state == SLOT_DETACHING && slot->is_sending) {
            slot->is_sending = 0;
            slot->send_result = 0;
            net->sending_count -= 1;
        }
        if (slot->state != SLOT_OPEN) continue;
        if (slot->is_sending && busy_sent(net, i, &events[made])) made += 1;
        if (slot->wants_receive && busy_received(net, i, &events[made])) made += 1;
    }
    if (net->detaching_count > 0) made += report_detached(net, events + made, count - made);
    return made;
}
