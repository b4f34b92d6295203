//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

public import CUring
import Telemetry

/// How the reader works.
public struct ReaderConfiguration: Sendable {
    /// Wanted; what the kernel lacks falls back, and `ReaderStage.strategyText` says why.
    public var strategy: NetStrategy = .multishot
    /// Receive buffers of `APUS_NET_BUFFER_SIZE` bytes; a power of two, 4...1024.
    public var receiveCount = 64
    /// A TIMER goes out when nothing else was published for so long.
    public var timerIntervalNs: UInt64 = 1_000_000
    /// Bytes of the largest message taken; half of the connection's byte ring if that is less.
    public var messageSizeMax = 1 << 20

    public init() {}
}

/// The reader's counters.
struct ReaderCounters {
    let frames: Counter
    let bytes: Counter
    let timers: Counter
    let replies: Counter
    let frameRingStalls: Counter
    let byteRingStalls: Counter
    let connects: Counter
    let disconnects: Counter
    let pings: Counter
    let pongsDropped: Counter
    let closesReceived: Counter
    let protocolErrors: Counter
    let textErrors: Counter
    let oversizeErrors: Counter
    let idleTimeouts: Counter
    let silenceTimeouts: Counter
    let tlsErrors: Counter
    let networkErrors: Counter
    let receiveExhausted: Counter
    let keepAlives: Counter
    let messagesSent: Counter
    let messagesDropped: Counter

    init(_ telemetry: TelemetryWriter) {
        frames = telemetry.counter("reader_frames_total")
        bytes = telemetry.counter("reader_bytes_total")
        timers = telemetry.counter("reader_timers_total")
        replies = telemetry.counter("reader_rest_replies_total")
        frameRingStalls = telemetry.counter("reader_frame_ring_stalls_total")
        byteRingStalls = telemetry.counter("reader_byte_ring_stalls_total")
        connects = telemetry.counter("reader_connects_total")
        disconnects = telemetry.counter("reader_disconnects_total")
        pings = telemetry.counter("reader_pings_total")
        pongsDropped = telemetry.counter("reader_pongs_dropped_total")
        closesReceived = telemetry.counter("reader_closes_received_total")
        protocolErrors = telemetry.counter("reader_protocol_errors_total")
        textErrors = telemetry.counter("reader_text_errors_total")
        oversizeErrors = telemetry.counter("reader_oversize_errors_total")
        idleTimeouts = telemetry.counter("reader_idle_timeouts_total")
        silenceTimeouts = telemetry.counter("reader_silence_timeouts_total")
        tlsErrors = telemetry.counter("reader_tls_errors_total")
        networkErrors = telemetry.counter("reader_network_errors_total")
        receiveExhausted = telemetry.counter("reader_receive_exhausted_total")
        keepAlives = telemetry.counter("reader_keep_alives_total")
        messagesSent = telemetry.counter("reader_messages_sent_total")
        messagesDropped = telemetry.counter("reader_messages_dropped_total")
    }
}
