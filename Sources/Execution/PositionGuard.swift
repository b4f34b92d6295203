//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

/// When a position is closed by Apus itself. A limit of 0 is off.
public struct ExitParameters: Equatable, Sendable {
    /// Loss against the average entry, 1e-4 of it.
    public var stopLossE4: Int64
    /// Profit against the average entry, 1e-4 of it.
    public var takeProfitE4: Int64
    /// Way back from the best price since the entry, 1e-4 of that price.
    public var trailingE4: Int64
    /// Loss against the average entry, in average true ranges.
    public var rangeStop: Double
    /// Way back from the best price since the entry, in average true ranges.
    public var rangeTrailing: Double
    /// Bars of the average true range, 1...1,000.
    public var rangePeriod: Int
    /// Length of one of them by record time.
    public var rangeBarNs: UInt64
    /// A position is closed when it is older, counted from its opening.
    public var holdingMaxNs: UInt64
    /// The profit rests in the book as a reduce-only order besides; where risk's collar keeps it
    /// away, it is taken when the price gets there.
    public var targetRests: Bool

    public init(
        stopLossE4: Int64 = 100, takeProfitE4: Int64 = 200, trailingE4: Int64 = 0,
        rangeStop: Double = 0, rangeTrailing: Double = 0, rangePeriod: Int = 14,
        rangeBarNs: UInt64 = 60_000_000_000, holdingMaxNs: UInt64 = 0, targetRests: Bool = false
    ) {
        self.stopLossE4 = stopLossE4
        self.takeProfitE4 = takeProfitE4
        self.trailingE4 = trailingE4
        self.rangeStop = rangeStop
        self.rangeTrailing = rangeTrailing
        self.rangePeriod = rangePeriod
        self.rangeBarNs = rangeBarNs
        self.holdingMaxNs = holdingMaxNs
        self.targetRests = targetRests
    }

    var problem: String? {
        for share in [stopLossE4, takeProfitE4, trailingE4] where !(0...10_000).contains(share) {
            return "a share not in 0...1"
        }
        for multiple in [rangeStop, rangeTrailing] where !(multiple >= 0 && multiple <= 1_000) {
            return "a multiple of the true range not in 0...1,000"
        }
        if !(1...1_000).contains(rangePeriod) { return "a period not in 1...1,000" }
        if rangeBarNs < 1_000_000 { return "a bar below a millisecond" }
        if targetRests && takeProfitE4 == 0 { return "a resting target without a profit" }
        return nil
    }
}

/// Why a position is closed; the `reason` byte of the order that does it.
public enum ExitReason: UInt8, Sendable, CaseIterable {
    case none = 0
    case stopLoss = 30
    case rangeStop = 31
    case trailing = 32
    case takeProfit = 33
    case holdingTime = 34
    /// Asked for by an operator.
    case flatten = 35

    /// The byte of the record.
    public var code: UInt8 {
        @_noAllocation @_noLocks
        get {
            switch self {
            case .none: 0
            case .stopLoss: 30
            case .rangeStop: 31
            case .trailing: 32
            case .takeProfit: 33
            case .holdingTime: 34
            case .flatten: 35
            }
        }
    }

    /// As `--emit orders` prints it.
    public var text: String {
        switch self {
        case .none: "none"
        case .stopLoss: "stop-loss"
        case .rangeStop: "range-stop"
        case .trailing: "trailing-stop"
        case .takeProfit: "take-profit"
        case .holdingTime: "holding-time"
        case .flatten: "flatten"
        }
    }
}

/// One instrument's position with its average entry, and what closes it: pure.
///
/// Prices are in ticks; those of the market are mids. Distances of exactly the limit close.
public struct PositionGuard: BitwiseCopyable, Sendable {
    /// Lots, above 0 long.
    public private(set) var position: Int64 = 0
    /// Average price of the lots that are held; 0: not known yet.
    public private(set) var entry: Double = 0
    /// The best mid for the position since the entry; 0: none was seen.
    public private(set) var best: Double = 0
    public private(set) var openedNs: UInt64 = 0

    @_noAllocation @_noLocks
    public init() {}

    /// Takes in that `newPosition` is held, after a trade at `price`.
    ///
    /// - Parameter price: 0: not told; the next mid is taken for the entry of what is new.
    /// - Returns: Whether the position was opened, closed or turned.
    @_noAllocation @_noLocks
    public mutating func take(_ newPosition: Int64, price: Double, nowNs: UInt64) -> Bool {
        let old = position
        if newPosition == old { return false }
        position = newPosition
        if newPosition == 0 {
            self = PositionGuard()
            return true
        }
        if old == 0 || (old > 0) != (newPosition > 0) {
            entry = price
            best = price
            openedNs = nowNs
            return true
        }
        if newPosition.magnitude > old.magnitude && price > 0 && entry > 0 {
            let held = Double(old.magnitude)
            let all = Double(newPosition.magnitude)
            entry = (entry * held + price * (all - held)) / all
        }
        return false
    }

    /// Takes in a mid.
    @_noAllocation @_noLocks
    public mutating func take(mid: Double) {
        if position == 0 { return }
        if entry == 0 { entry = mid }
        if best == 0 || (position > 0 ? mid > best : mid < best) { best = mid }
    }

    /// What closes the position now, in this order: stop, range stop, trailing, profit, time.
    ///
    /// - Parameter range: The average true range; 0: not known, nothing follows from it.
    @_noAllocation @_noLocks
    public func trigger(
        _ parameters: ExitParameters, mid: Double, range: Double, nowNs: UInt64
    ) -> ExitReason {
        if position == 0 { return .none }
        if mid > 0 && entry > 0 {
            let gain = position > 0 ? mid - entry : entry - mid
            let lost = position > 0 ? best - mid : mid - best
            if Self.reaches(-gain, parameters.stopLossE4, of: entry) { return .stopLoss }
            if Self.reaches(-gain, parameters.rangeStop, range) { return .rangeStop }
            if Self.reaches(lost, parameters.trailingE4, of: best) { return .trailing }
            if Self.reaches(lost, parameters.rangeTrailing, range) { return .trailing }
            if Self.reaches(gain, parameters.takeProfitE4, of: entry) { return .takeProfit }
        }
        if parameters.holdingMaxNs > 0 && nowNs >= openedNs
            && nowNs &- openedNs >= parameters.holdingMaxNs
        {
            return .holdingTime
        }
        return .none
    }

    /// distance >= share of price, multiplied out so that whole numbers stay exact.
    @_noAllocation @_noLocks
    private static func reaches(_ distance: Double, _ shareE4: Int64, of price: Double) -> Bool {
        shareE4 > 0 && distance * 10_000 >= Double(shareE4) * price
    }

    @_noAllocation @_noLocks
    private static func reaches(_ distance: Double, _ multiple: Double, _ range: Double) -> Bool {
        multiple > 0 && range > 0 && distance >= multiple * range
    }

    /// Where the profit is taken, ticks, rounded away from the entry; 0: not known.
    @_noAllocation @_noLocks
    public func target(_ parameters: ExitParameters) -> Int64 {
        if position == 0 || parameters.takeProfitE4 == 0 { return 0 }
        if !(entry > 0 && entry < 1e15) { return 0 }
        let way = entry * Double(parameters.takeProfitE4) / 10_000
        let price = position > 0 ? entry + way : entry - way
        let whole = Int64(price)
        if position < 0 { return whole }
        return Double(whole) < price ? whole &+ 1 : whole
    }
}
