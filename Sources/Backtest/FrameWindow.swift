//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CMessages
import Messages
import TradingCore

/// The frames between what the venue has done and what the engine has seen.
///
/// A frame tells what the venue did before the frame was received. The venue model therefore takes
/// a frame's records at the venue's own time of them, the engine takes the frame at its receipt.
/// The venue's clock is brought to the recorder's by the least delay among the first frames where
/// that is below 0, as hftbacktest's converters do. Venue times never fall from one frame to the
/// next and never pass the receipt, so the order of the recording stays that of both.
final class FrameWindow {
    struct Item {
        let frame: RecordedFrame
        let events: [MarketEvent]
        /// Of the frame's first record, in the venue's clock; `nil` when it has none.
        let venueTimeNs: Int64?
        var venueNs: Int64 = 0

        var receiveNs: Int64 { Int64(clamping: frame.timeNs) }
    }

    private let source: any MarketSource
    private let untilNs: Int64
    private let decoder: FrameDecoder
    private var items: [Item] = []
    private var isAtEnd = false
    private var engineIndex = 0
    private var venueIndex = 0
    private var lastVenueNs = Int64.min
    private(set) var framesRead = 0
    /// The venue's clock less the recorder's, ns; 0 or more.
    private(set) var clockOffsetNs: Int64 = 0

    private static let framesMeasured = 1_000
    private static let itemsKept = 4_096

    /// - Parameter untilNs: Frames received then and later are left out.
    init(_ source: any MarketSource, untilNs: Int64, instruments: InstrumentTable) throws {
        self.source = source
        self.untilNs = untilNs
        decoder = try FrameDecoder(instruments: instruments)
    }

    /// Reads the first frames, as many as the clock is measured with; before anything else, once.
    func measure() throws {
        var delays: [Int64] = []
        while items.count < Self.framesMeasured, let item = try read() {
            if let venueTimeNs = item.venueTimeNs {
                delays.append(item.receiveNs - venueTimeNs)
            }
            items.append(item)
        }
        clockOffsetNs = max(0, -(delays.min() ?? 0))
        for index in items.indices { place(&items[index]) }
    }

    /// When the next frame reaches the engine; `nil`: none.
    func engineNs() throws -> Int64? {
        try fill(engineIndex)
        return engineIndex < items.count ? items[engineIndex].receiveNs : nil
    }

    /// When the next frame's records happen at the venue; `nil`: none.
    func venueNs() throws -> Int64? {
        try fill(venueIndex)
        return venueIndex < items.count ? items[venueIndex].venueNs : nil
    }

    /// - Precondition: `engineNs` gave a time.
    func takeForEngine() -> RecordedFrame {
        defer { engineIndex += 1 }
        return items[engineIndex].frame
    }

    /// - Precondition: `venueNs` gave a time.
    func takeForVenue() -> [MarketEvent] {
        defer { venueIndex += 1 }
        return items[venueIndex].events
    }

    private func fill(_ index: Int) throws {
        guard index >= items.count else { return }
        let done = min(engineIndex, venueIndex)
        if done > Self.itemsKept {
            items.removeFirst(done)
            engineIndex -= done
            venueIndex -= done
        }
        guard var item = try read() else { return }
        place(&item)
        items.append(item)
    }

    private func read() throws -> Item? {
        guard !isAtEnd, let frame = try source.next(), Int64(clamping: frame.timeNs) < untilNs
        else {
            isAtEnd = true
            return nil
        }
        framesRead += 1
        let events = decoder.decode(frame)
        // A REST reply is no event of the stream: its time is that of the answer.
        var venueTimeNs: Int64?
        if frame.kind != .rest, let event = events.first, event.kind != .bookLevels {
            let header = unsafe unsafeBitCast(event, to: BookHeader.self)
            if header.venueTimeNs > 0 { venueTimeNs = Int64(clamping: header.venueTimeNs) }
        }
        return Item(frame: frame, events: events, venueTimeNs: venueTimeNs)
    }

    private func place(_ item: inout Item) {
        let told = item.venueTimeNs.map { $0 - clockOffsetNs } ?? item.receiveNs
        lastVenueNs = max(lastVenueNs, min(told, item.receiveNs))
        item.venueNs = lastVenueNs
    }
}
