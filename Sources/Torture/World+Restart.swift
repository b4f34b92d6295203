//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Accounts
import CTelemetry
import Gateway
import SeededRandom
import Simulator
import Telemetry

extension World {
    func restartOrFail() {
        do { try restart() } catch { oracle.fail("I3", "no restart: \(error)") }
    }

    /// The process ends, and begins anew: nothing of the engine is left, everything of the venue.
    private func restart() throws {
        report.restarts += 1
        for place in links.indices {
            agenda.add(nowNs + span(0, 5_000), .lossAtVenue, 0, links[place].tag)
            links[place].isUp = false
            links[place].isDead = true
        }
        control.setEngineState(.notReady)
        engine = try Self.makeEngine(
            instruments, limits, control, telemetry, ports.map(\.venue), isSigned: isSigned,
            maskSeed: random.next())
        oracle.restart()
        for port in ports { port.renewKeeper() }
        // As the composition root does it.
        lastOrderID = wallNs
        let back = nowNs + span(6_000, 15_000)
        restartedNs = back
        agenda.add(back, .cold, 1)
        keepBusy(60_000_000_000)
    }

    /// What an engine does before the first order: connects, and takes over what is there.
    func takeOver() {
        let life = engine
        let resting = ownOpen
        for port in ports {
            if let session = port.session as? BinanceSession {
                guard let key = try? session.listenKey() else { return tryAgain() }
                port.cold.listenKey = key
                port.cold.wantsStream = false
            }
            for place in Set([port.orderLink, port.streamLink]).sorted()
            where !links[place].isUp {
                open(place)
            }
        }
        for port in ports where !measureClock(port) { return tryAgain() }
        for port in ports {
            let news: [AccountNews]
            var keeper = port.keeper
            do throws(AccountError) {
                news = try keeper.begin(nowNs: nowNs, wallNs: wallNs) {
                    let until = nowNs + 200_000_000
                    agenda.add(until, .wait)
                    while nowNs < until, step(before: .max) {}
                }
            } catch { return tryAgain() }
            if engine !== life { return }
            port.keeper = keeper
            for one in news { tell(one, port) }
        }
        restartedNs = nil
        // Lost while the account was taken over.
        for link in links where !link.isUp {
            agenda.add(nowNs + span(100, 3_000), .reconnect, 0, link.tag)
        }
        control.setEngineState(.ready)
        oracle.tookOver(
            open: resting.intersection(ownOpen), held: engine.gateway.openOrders.map(\.orderID))
    }

    /// Our orders that rest at the venues.
    var ownOpen: Set<UInt64> {
        Set(
            ports.flatMap(\.simulated.openOrders).compactMap { name in
                name.hasPrefix("apus") ? UInt64(name.dropFirst(4), radix: 16) : nil
            })
    }

    private func tryAgain() {
        restartedNs = nowNs + 2_000_000_000
        agenda.add(nowNs + 2_000_000_000, .cold, 1)
    }
}
