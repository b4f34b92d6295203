//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

/// The intended instants of events at a fixed rate, decided before the first is sent: whole
/// nanoseconds, without drift. What is late is measured from its instant (open loop).
struct EchoSchedule: Equatable {
    let startNs: UInt64
    /// Events a second; 0: none.
    let perSecond: UInt64

    /// Of event `index`, from 0. Exact for 18 billion events; `UInt64.max` where there are none.
    func intendedNs(_ index: UInt64) -> UInt64 {
        perSecond == 0 ? .max : startNs &+ index &* 1_000_000_000 / perSecond
    }

    /// Events whose instants lie in the first `durationNs`.
    func count(durationNs: UInt64) -> UInt64 {
        if perSecond == 0 { return 0 }
        let (high, low) = durationNs.multipliedFullWidth(by: perSecond)
        guard high < 1_000_000_000 else { return .max }
        let (quotient, remainder) = UInt64(1_000_000_000).dividingFullWidth((high, low))
        return remainder == 0 ? quotient : quotient + 1
    }
}

/// Which kind of event comes next when kinds share a stream: as even as whole events can be.
struct EchoMix {
    enum Kind: Int, CaseIterable { case quote, trade, depth }

    /// Shares of the kinds in parts of 1,000; their sum is 1,000.
    let shares: [Int]
    private var credits = [0, 0, 0]

    /// The recording of 2024-08-08, Binance USD-M, BTCUSDT: 66,089 quotes, 21,313 trades and 6,551
    /// depth events.
    static let recorded = EchoMix(shares: [703, 227, 70])

    init(shares: [Int]) {
        precondition(shares.count == Kind.allCases.count && shares.reduce(0, +) == 1_000)
        self.shares = shares
    }

    mutating func next() -> Kind {
        var best = 0
        for index in credits.indices {
            credits[index] += shares[index]
            if credits[index] > credits[best] { best = index }
        }
        credits[best] -= 1_000
        return Kind(rawValue: best) ?? .quote
    }
}
