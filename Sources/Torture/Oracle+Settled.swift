//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Gateway
import Messages
import Simulator

extension Oracle {
    /// Takes in the venue's truth about the orders that something can still happen to.
    func look(at venue: (UInt32) -> (venue: any InProcessVenue, local: Int)) {
        for id in live {
            guard var track = tracks[id], track.flight == .arrived else { continue }
            let place = venue(track.intent.instrumentID)
            guard let truth = place.venue.truth(track.clientOrderID, place.local) else {
                continue
            }
            let step = truth.filled - track.filled
            rows[Int(track.intent.instrumentID)].ownPosition += track.isBuy ? step : -step
            track.isKnown = true
            track.isOpen = truth.isOpen
            track.filled = truth.filled
            track.leaves = truth.leaves
            track.isFilled = truth.isFilled
            tracks[id] = track
        }
    }

    /// I19: money and position of the engine's ledger are those of 128-bit sums.
    func check(_ ledger: PositionLedger, _ instrumentID: Int) {
        let row = rows[instrumentID]
        let money = row.cash * Int128(row.instrument.tickLotValueE12)
        let isMoneyRight = row.isTakenOver || ledger.realisedE12 - ledger.costE12 == money
        if ledger.position != row.position || !isMoneyRight {
            fail("I19", "ledger of instrument \(instrumentID) is not the sum of its fills")
        }
    }

    /// I2 and what follows from it, once everything has come to rest.
    ///
    /// - Parameters:
    ///   - positions: The venue's, by instrument.
    ///   - open: The venue's open orders of ours, by id.
    ///   - held: What the engine holds for open.
    ///   - nowS: Since 1970.
    func settled(positions: [Int64], open real: Set<UInt64>, held: [OrderRecord], nowS: UInt64) {
        for place in rows.indices where positions[place] != rows[place].position {
            fail(
                "I2",
                "instrument \(place): the engine has \(rows[place].position), "
                    + "the venue \(positions[place])")
        }
        let believed = Set(held.map(\.orderID))
        for id in believed.symmetricDifference(real).sorted() {
            fail("I2", "order \(id) is open at \(real.contains(id) ? "the venue" : "us") alone")
        }
        for record in held where record.state.status.rawValue < OrderStatus.open.rawValue {
            fail("I5", "order \(record.orderID) is still undecided")
        }
        for record in held {
            guard let track = tracks[record.orderID] else { continue }
            if record.state.cumulative.rawValue != track.filled {
                fail(
                    "I2",
                    "order \(record.orderID): \(record.state.cumulative.rawValue) lots here, "
                        + "\(track.filled) there")
            }
            // A venue makes a reduce-only order as small as the position; its push may be missed.
            let left = record.state.leaves.rawValue
            let mayBeMissed = track.intent.isReduceOnly == 1 && !isHeard(track)
            if left < track.leaves || left > track.leaves && !mayBeMissed {
                fail(
                    "I2",
                    "order \(record.orderID): \(left) lots left here, "
                        + "\(track.leaves) there")
            }
            // What an earlier run wanted of it is not known any more.
            let end = UInt64(track.intent.expiryS)
            if !track.isOfEarlierRun, end != 0, end < nowS {
                fail("I5", "order \(record.orderID) rests behind the end it was approved with")
            }
        }
    }

    /// The engine was told of the size that the order has at the venue.
    func isHeard(_ track: Track) -> Bool {
        guard let heard = track.heard else { return false }
        let instrument = rows[Int(track.intent.instrumentID)].instrument
        let lots = (track.filled + track.leaves) * instrument.lotMantissa
        return heard.quantityE8 == Self.e8(lots, instrument.quantityDecimals)
    }

    /// An hour is over: what cannot come back is forgotten.
    func forget() {
        live.removeAll { tracks[$0]?.isOver ?? true }
        if tracks.count > 4_000 {
            let kept = Set(live)
            let bound = tracks.keys.sorted()[tracks.count - 2_000]
            tracks = tracks.filter { kept.contains($0.key) || $0.key >= bound }
        }
        olderTrades = trades
        trades = []
    }
}
