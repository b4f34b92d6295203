//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

public import CKernels

/// The states of one program for up to eight series of bars, computed together: the time frames of
/// an instrument, or as many instruments. The numbers are those of `IndicatorState`, bit for bit.
///
/// Not every indicator can be computed so; a program with another has no group.
///
/// SAFETY: the memory belongs to this value alone and lives as long as it.
@safe
public struct IndicatorGroup: ~Copyable {
    /// Series that one group has room for.
    public static var lanesMax: Int {
        @_noAllocation @_noLocks
        get { Int(APUS_GROUP_LANES) }
    }

    private let indicators: UnsafeMutablePointer<GroupIndicator>
    private let count: Int
    private let memory: UnsafeMutablePointer<Double>
    private let registerCount: Int
    private let windowCount: Int
    public let outputCount: Int
    private let bars: UnsafeMutablePointer<GroupBars>
    /// Which output of the computed ones each number of the program is.
    private let columns: UnsafeMutablePointer<Int>
    private let path: ScanPath

    /// `nil` when some indicator of the program cannot be computed in a group.
    public init?(_ program: IndicatorProgram, path: ScanPath = apus_scan_path_best()) {
        var all: [GroupIndicator] = []
        for one in program.specifications {
            guard let indicator = one.groupIndicator else { return nil }
            all.append(indicator)
        }
        // The middle of Bollinger's bands is the simple mean: the same steps to the same bits.
        let bands = all.filter { $0.kind == .bollinger }
        func isMiddle(_ one: GroupIndicator) -> Bool {
            one.kind == .simple && bands.contains { one.isOfSameSeries(as: $0) }
        }
        var list = all.filter { !isMiddle($0) }
        var (registers, windows, outputs) = (0, 0, 0)
        for index in list.indices {
            list[index].registerFirst = UInt32(registers)
            list[index].windowFirst = UInt32(windows)
            list[index].outputFirst = UInt32(outputs)
            let size = unsafe apus_group_size_of(&list[index])
            registers += Int(size.registers)
            windows += Int(size.windows)
            outputs += Int(size.outputs)
        }
        var places: [Int] = []
        var next = 0
        for one in all {
            let band = isMiddle(one)
                ? list.first { $0.kind == .bollinger && one.isOfSameSeries(as: $0) } : nil
            if let band {
                places.append(Int(band.outputFirst) + 1)
                continue
            }
            let size = unsafe apus_group_size_of(&list[next])
            places += (0..<Int(size.outputs)).map { Int(list[next].outputFirst) + $0 }
            next += 1
        }
        unsafe columns = .allocate(capacity: max(1, places.count))
        for (index, place) in places.enumerated() {
            unsafe (columns + index).initialize(to: place)
        }
        count = list.count
        (registerCount, windowCount) = (registers, windows)
        outputCount = places.count
        self.path = path
        unsafe indicators = .allocate(capacity: max(1, count))
        for index in list.indices { unsafe (indicators + index).initialize(to: list[index]) }
        let size = (registers + windows + outputs) * Self.lanesMax
        let bytes = UnsafeMutableRawPointer.allocate(
            byteCount: (max(1, size) + 5 * Self.lanesMax) * MemoryLayout<Double>.stride,
            alignment: 64)
        unsafe memory = bytes.initializeMemory(
            as: Double.self, repeating: 0, count: max(1, size))
        unsafe bars = (bytes + max(1, size) * MemoryLayout<Double>.stride)
            .initializeMemory(as: GroupBars.self, repeating: GroupBars(), count: 1)
        for index in 0..<(outputs * Self.lanesMax) { unsafe self.outputs[index] = .nan }
    }

    deinit {
        unsafe indicators.deallocate()
        unsafe columns.deallocate()
        unsafe memory.deallocate()
    }

    private var windows: UnsafeMutablePointer<Double> {
        @_noAllocation @_noLocks
        get { unsafe memory + registerCount &* Self.lanesMax }
    }
    private var outputs: UnsafeMutablePointer<Double> {
        @_noAllocation @_noLocks
        get { unsafe memory + (registerCount &+ windowCount) &* Self.lanesMax }
    }

    /// Puts down the bar of a lane for the next `update`.
    ///
    /// - Precondition: `lane` is below `lanesMax`.
    @_noAllocation @_noLocks
    @inline(__always)
    public func place(_ bar: BarValues, lane: Int) {
        let row = unsafe UnsafeMutableRawPointer(bars).assumingMemoryBound(to: Double.self) + lane
        unsafe row[0] = bar.open
        unsafe row[Self.lanesMax] = bar.high
        unsafe row[2 &* Self.lanesMax] = bar.low
        unsafe row[3 &* Self.lanesMax] = bar.close
        unsafe row[4 &* Self.lanesMax] = bar.volume
    }

    /// Takes in the bars that were put down for `lanes` (bit i: lane i); forming ones change
    /// nothing but the values shown.
    ///
    /// - Returns: The lanes taken in: those whose bars are sound.
    @_noAllocation @_noLocks
    public func update(lanes: UInt32, isFinal: Bool) -> UInt32 {
        unsafe apus_group_update(
            indicators, UInt64(truncatingIfNeeded: count), memory, windows, outputs, bars, lanes,
            isFinal ? 1 : 0, path)
    }

    /// Number `index` of the bar that a lane took in last.
    @_noAllocation @_noLocks
    public func value(_ index: Int, lane: Int) -> Double {
        unsafe outputs[columns[index] &* Self.lanesMax &+ lane]
    }
}

// MARK: - Snapshots

extension IndicatorGroup {
    /// All that later numbers of all lanes depend on, as bits.
    public func snapshot() -> [UInt64] {
        (0..<stateCount).map { unsafe memory[$0].bitPattern }
    }

    /// Goes on from a snapshot of a group of the same program.
    ///
    /// - Returns: `false`, and nothing changed, when it has another size.
    public func restore(_ snapshot: [UInt64]) -> Bool {
        guard snapshot.count == stateCount else { return false }
        for index in snapshot.indices {
            unsafe memory[index] = Double(bitPattern: snapshot[index])
        }
        return true
    }

    private var stateCount: Int { (registerCount + windowCount) * Self.lanesMax }
}

extension GroupIndicator {
    fileprivate func isOfSameSeries(as other: GroupIndicator) -> Bool {
        period == other.period && source == other.source
    }
}

extension IndicatorSpecification {
    /// What computes it for a group; `nil` where nothing does.
    fileprivate var groupIndicator: GroupIndicator? {
        let sources: [PriceSource: GroupSource] = [
            .close: .close, .open: .open, .high: .high, .low: .low, .volume: .volume,
        ]
        guard let source = sources[arguments.source] else { return nil }
        var one = GroupIndicator()
        one.source = source
        one.period = arguments.values.isEmpty ? 1 : UInt32(arguments.bars(0))
        switch definition.name {
        case "sma": one.kind = .simple
        case "ema": one.kind = .exponential
        case "wilder": one.kind = .wilder
        case "rsi": one.kind = .strength
        case "atr": one.kind = .trueRange
        case "roc": one.kind = .rate
        case "momentum": one.kind = .difference
        case "obv": one.kind = .balance
        case "bollinger":
            one.kind = .bollinger
            one.factor = arguments.factor(1)
        case "macd":
            one.kind = .convergence
            one.period = UInt32(min(arguments.bars(0), arguments.bars(1)))
            one.period_2 = UInt32(max(arguments.bars(0), arguments.bars(1)))
            one.period_3 = UInt32(arguments.bars(2))
        default: return nil
        }
        return one
    }
}
