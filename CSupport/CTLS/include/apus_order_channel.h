//===-- apus_order_channel.h - Where the gateway writes orders --*- C -*-===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
// The gateway encodes an order as one WebSocket frame and hands it to a channel. Live, the channel
// is the TLS session of the order connection; in replay, benchmarks and tests it is memory. The
// gateway runs on the thread that owns the session.
//
//===----------------------------------------------------------------------===//

#ifndef APUS_ORDER_CHANNEL_H
#define APUS_ORDER_CHANNEL_H

#include "apus_base.h"

typedef struct APUS_SWIFT_NAME(OrderChannel) apus_order_channel {
    void *context;
    /// Encrypts `length` bytes into the session's send buffer. 0, -ENOTCONN, -ENOBUFS or -EIO;
    /// anything but 0 means that no byte of it will ever reach the venue.
    int (*write)(void *context, uint8_t const *bytes, size_t length);
    /// Hands what has been encrypted to the kernel. 0 or -errno.
    int (*flush)(void *context);
    uint64_t is_open APUS_SWIFT_NAME(isOpen); ///< 1 while the session can take orders.
} apus_order_channel_t;

/// Encrypts one frame; see `write`.
APUS_HOT_INLINE int
apus_order_channel_write(apus_order_channel_t *channel, uint8_t const *bytes, size_t length) {
    return channel->write(channel->context, bytes, length);
}

/// Sends what has been encrypted; see `flush`.
APUS_HOT_INLINE int apus_order_channel_flush(apus_order_channel_t *channel) {
    return channel->flush(channel->context);
}

#endif
