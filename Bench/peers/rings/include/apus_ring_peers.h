//===-- apus_ring_peers.h - What the ring is measured against --------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
// Single-producer, single-consumer queues of Debian's libboost-dev and libreaderwriterqueue-dev,
// used as their authors mean them: a push copies a message of 64 bytes in, the consumer reads it
// in place. Whole loops stand on this side, so that no call is counted for each message. Built with
// APUS_PEERS=1 alone.
//
//===----------------------------------------------------------------------===//

#ifndef APUS_RING_PEERS_H
#define APUS_RING_PEERS_H

#include <stddef.h>
#include <stdint.h>

typedef struct apus_ring_peer apus_ring_peer_t;

enum apus_ring_peer_kind {
    APUS_RING_PEER_BOOST,      ///< boost::lockfree::spsc_queue
    APUS_RING_PEER_MOODYCAMEL, ///< moodycamel::ReaderWriterQueue
};

/// For at least `capacity` messages. NULL: out of memory, or no such kind.
apus_ring_peer_t *apus_ring_peer_create(int kind, size_t capacity);
void apus_ring_peer_destroy(apus_ring_peer_t *ring);
/// "1.74", or "" where the library does not tell.
char const *apus_ring_peer_version(int kind);

/// Producer. Sends messages with the numbers `first`, `first + 1`... and spins while it is full.
void apus_ring_peer_send(apus_ring_peer_t *ring, uint64_t first, uint64_t count);
/// Consumer. Takes `count` messages, spinning while it is empty. @return The sum of their numbers.
uint64_t apus_ring_peer_receive(apus_ring_peer_t *ring, uint64_t count);
/// Sends what comes through `there` back through `back`, each number grown by one.
void apus_ring_peer_echo(apus_ring_peer_t *there, apus_ring_peer_t *back, uint64_t count);
/// The other end of that: one message in flight, numbers from `first`. Both rings are of one kind.
/// @return The sum of the numbers that came back.
uint64_t apus_ring_peer_trips(apus_ring_peer_t *there, apus_ring_peer_t *back, uint64_t first,
                              uint64_t count);

#endif
