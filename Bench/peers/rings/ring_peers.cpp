//===-- ring_peers.cpp - What the ring is measured against -----------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

extern "C" {
#include "apus_ring_peers.h"
}

#include <boost/lockfree/spsc_queue.hpp>
#include <boost/version.hpp>
#include <new>
#include <readerwriterqueue/readerwriterqueue.h>
#include <sched.h>

namespace {

struct Message {
    uint64_t number;
    uint64_t rest[7];
};
static_assert(sizeof(Message) == 64, "one line");

/// As hot threads wait; the core is given away at times, so that one core suffices.
class Waiting {
  public:
    void pause() {
        count += 1;
        if ((count & 0x3fff) == 0) sched_yield();
    }

  private:
    unsigned count = 0;
};

class BoostQueue {
  public:
    explicit BoostQueue(size_t capacity) : queue(capacity) {}
    bool push(Message const &message) { return queue.push(message); }
    bool take(uint64_t &number) {
        return queue.consume_one([&](Message const &message) { number = message.number; });
    }

  private:
    boost::lockfree::spsc_queue<Message> queue;
};

class MoodycamelQueue {
  public:
    explicit MoodycamelQueue(size_t capacity) : queue(capacity) {}
    bool push(Message const &message) { return queue.try_enqueue(message); }
    bool take(uint64_t &number) {
        Message const *const message = queue.peek();
        if (message == nullptr) return false;
        number = message->number;
        return queue.pop();
    }

  private:
    moodycamel::ReaderWriterQueue<Message> queue;
};

} // namespace

struct apus_ring_peer {
    virtual ~apus_ring_peer() = default;
    virtual void send(uint64_t first, uint64_t count) = 0;
    virtual uint64_t receive(uint64_t count) = 0;
    virtual void echo(apus_ring_peer &back, uint64_t count) = 0;
    virtual uint64_t trips(apus_ring_peer &back, uint64_t first, uint64_t count) = 0;
};

namespace {

template <typename Queue> struct Peer final : apus_ring_peer {
    Queue queue;

    explicit Peer(size_t capacity) : queue(capacity) {}

    void put(uint64_t number) {
        Message const message = {number, {}};
        Waiting waiting;
        while (!queue.push(message)) waiting.pause();
    }

    uint64_t get() {
        uint64_t number;
        Waiting waiting;
        while (!queue.take(number)) waiting.pause();
        return number;
    }

    void send(uint64_t first, uint64_t count) override {
        for (uint64_t index = 0; index < count; ++index) put(first + index);
    }

    uint64_t receive(uint64_t count) override {
        uint64_t sum = 0;
        for (uint64_t index = 0; index < count; ++index) sum += get();
        return sum;
    }

    void echo(apus_ring_peer &back, uint64_t count) override {
        auto &other = static_cast<Peer &>(back);
        for (uint64_t index = 0; index < count; ++index) other.put(get() + 1);
    }

    uint64_t trips(apus_ring_peer &back, uint64_t first, uint64_t count) override {
        auto &other = static_cast<Peer &>(back);
        uint64_t sum = 0;
        for (uint64_t index = 0; index < count; ++index) {
            put(first + index);
            sum += other.get();
        }
        return sum;
    }
};

} // namespace

extern "C" {

apus_ring_peer_t *apus_ring_peer_create(int kind, size_t capacity) {
    switch (kind) {
    case APUS_RING_PEER_BOOST: return new (std::nothrow) Peer<BoostQueue>(capacity);
    case APUS_RING_PEER_MOODYCAMEL: return new (std::nothrow) Peer<MoodycamelQueue>(capacity);
    default: return nullptr;
    }
}

void apus_ring_peer_destroy(apus_ring_peer_t *ring) { delete ring; }

char const *apus_ring_peer_version(int kind) {
    return kind == APUS_RING_PEER_BOOST ? BOOST_LIB_VERSION : "";
}

void apus_ring_peer_send(apus_ring_peer_t *ring, uint64_t first, uint64_t count) {
    ring->send(first, count);
}

uint64_t apus_ring_peer_receive(apus_ring_peer_t *ring, uint64_t count) {
    return ring->receive(count);
}

void apus_ring_peer_echo(apus_ring_peer_t *there, apus_ring_peer_t *back, uint64_t count) {
    there->echo(*back, count);
}

uint64_t apus_ring_peer_trips(apus_ring_peer_t *there, apus_ring_peer_t *back, uint64_t first,
                              uint64_t count) {
    return there->trips(*back, first, count);
}

}
