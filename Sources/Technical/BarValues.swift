//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

/// One bar as numbers: prices in the quote currency, volume in coins or contracts.
public struct BarValues: BitwiseCopyable, Sendable {
    /// Nanoseconds since 1970 UTC.
    public var openTimeNs: UInt64
    public var open: Double
    public var high: Double
    public var low: Double
    public var close: Double
    public var volume: Double

    @_noAllocation @_noLocks
    public init(
        openTimeNs: UInt64, open: Double, high: Double, low: Double, close: Double,
        volume: Double
    ) {
        self.openTimeNs = openTimeNs
        self.open = open
        self.high = high
        self.low = low
        self.close = close
        self.volume = volume
    }

    /// All numbers are finite and in order: `low <= open, close <= high`, volume not negative.
    public var isSound: Bool {
        @_noAllocation @_noLocks
        get {
            // Not a number is in no order; what is in order between finite ends is finite.
            low > -Double.infinity && low <= open && low <= close && open <= high && close <= high
                && high < Double.infinity && volume >= 0 && volume < Double.infinity
        }
    }
}

/// Which number of a bar an indicator of one series is made from.
public enum PriceSource: UInt8, BitwiseCopyable, Sendable, CaseIterable {
    case close, open, high, low, volume
    /// (high + low) / 2.
    case median
    /// (high + low + close) / 3.
    case typical
    /// (high + low + 2 close) / 4.
    case weighted

    public init?(name: some StringProtocol) {
        guard let found = Self.allCases.first(where: { $0.name == name }) else { return nil }
        self = found
    }

    public var name: String { "\(self)" }

    @_noAllocation @_noLocks
    @inline(__always)
    func of(_ bar: BarValues) -> Double {
        switch self {
        case .close: bar.close
        case .open: bar.open
        case .high: bar.high
        case .low: bar.low
        case .volume: bar.volume
        case .median: (bar.high + bar.low) / 2.0
        case .typical: (bar.high + bar.low + bar.close) / 3.0
        case .weighted: (bar.high + bar.low + bar.close * 2.0) / 4.0
        }
    }
}
