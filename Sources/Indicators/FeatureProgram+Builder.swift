//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

extension FeatureProgram {
    /// Gives every sum, window and estimator its place.
    struct Builder {
        let sums: [Sum]
        let windows: [UInt64]
        let horizons: [UInt64]
        let intervals: [UInt64]
        let buckets: [BucketPlan]
        let memories: [Int]
        let hasLevels: Bool
        let hasForming: Bool
        let barPlace: (BarColumn) -> (frame: Int, column: Int)?

        init(
            _ kinds: [FeatureKind], _ sums: [Sum],
            _ barPlace: @escaping (BarColumn) -> (frame: Int, column: Int)?
        ) {
            self.sums = sums
            self.barPlace = barPlace
            func parameters(_ kind: SumKind) -> [UInt64] {
                Array(Set(sums.filter { $0.kind == kind }.map(\.parameter))).sorted()
            }
            horizons = parameters(.realised)
            intervals = parameters(.impact)
            var windows: Set<UInt64> = []
            var memories: Set<Int> = []
            var buckets: [BucketPlan] = []
            for kind in kinds {
                switch kind {
                case .topFlow(let count): windows.insert(UInt64(count))
                case .stoikov(let memory): memories.insert(memory)
                case .vpin(let bucket, let count):
                    buckets.append(BucketPlan(bucketE9: bucket, count: count))
                default: break
                }
            }
            self.windows = windows.sorted()
            self.memories = memories.sorted()
            self.buckets = buckets
            hasLevels = kinds.contains { FeatureProgram.needs(of: $0).levels }
            hasForming = kinds.contains { $0.barColumns.contains(where: \.isForming) }
        }

        private func place(_ kind: SumKind, _ tauNs: UInt64, _ parameter: UInt64 = 0) -> Int32 {
            let sum = Sum(tauNs: tauNs, kind: kind, parameter: parameter)
            guard let place = sums.firstIndex(of: sum) else {
                preconditionFailure("a place for every sum")
            }
            return Int32(place)
        }

        private func index<Value: Equatable>(_ value: Value, _ values: [Value]) -> Int32 {
            Int32(values.firstIndex(of: value)!)
        }

        func operation(of kind: FeatureKind) -> FeatureOperation {
            func two(
                _ code: FeatureOperation.Code, _ first: SumKind, _ second: SumKind,
                _ tauNs: UInt64, _ parameter: UInt64 = 0
            ) -> FeatureOperation {
                FeatureOperation(
                    code: code, a: place(first, tauNs, parameter),
                    b: place(second, tauNs, parameter))
            }
            func rate(_ sum: SumKind, _ tauNs: UInt64) -> FeatureOperation {
                FeatureOperation(code: .scaled, a: place(sum, tauNs), x: 1e9 / Double(tauNs))
            }
            switch kind {
            case .imbalance(let levels):
                return FeatureOperation(
                    code: levels == 1 ? .topImbalance : .levelImbalance, a: Int32(levels))
            case .microprice: return FeatureOperation(code: .microprice)
            case .stoikov(let memory):
                return FeatureOperation(code: .learnt, a: index(memory, memories))
            case .spreadTicks: return FeatureOperation(code: .spreadTicks)
            case .spread: return FeatureOperation(code: .spread)
            case .topFlow(let count):
                return FeatureOperation(code: .window, a: index(UInt64(count), windows))
            case .flow(let tau): return two(.ratio, .flow, .flowDepth, tau)
            case .levelFlow(let levels, let tau):
                return two(.ratio, .levelFlow, .levelDepth, tau, UInt64(levels))
            case .tradeImbalance(let tau): return two(.balance, .buy, .sell, tau)
            case .tradeRate(let tau): return rate(.trades, tau)
            case .signedVolume(let tau): return two(.perDepthDifference, .buy, .sell, tau)
            case .volume(let tau): return two(.perDepthSum, .buy, .sell, tau)
            case .midReturn(let age):
                return FeatureOperation(code: .midReturn, a: Int32(age / MidGrid.stepNs))
            case .volatility(let tau):
                return FeatureOperation(code: .root, a: place(.squares, tau))
            case .slope(let half):
                return FeatureOperation(code: .slope, a: half == .bid ? 1 : 0)
            case .quoteRate(let tau): return rate(.quotes, tau)
            case .bookUpdateRate(let tau): return rate(.updates, tau)
            case .timeSinceTrade: return FeatureOperation(code: .quiet)
            case .lastTrade: return FeatureOperation(code: .lastTrade)
            case .effectiveSpread(let tau): return two(.ratio, .effective, .effectiveCount, tau)
            case .realisedSpread(let horizon, let tau):
                return two(.ratio, .realised, .realisedCount, tau, horizon)
            case .vpin(let bucket, let count):
                let place = buckets.firstIndex { $0.bucketE9 == bucket && $0.count == count }!
                return FeatureOperation(code: .bucketToxicity, a: Int32(place))
            case .kyleLambda(let interval, let tau):
                return two(.impact, .impact, .impactSquares, tau, interval)
            case .queueDepletion(let half, let tau):
                var operation = rate(half == .bid ? .removedBid : .removedAsk, tau)
                operation.code = .depletion
                operation.b = half == .bid ? 1 : 0
                return operation
            case .bar(let column): return bar(column)
            case .barGap(let one, let other):
                let (first, second) = (barPlace(one)!, barPlace(other)!)
                return FeatureOperation(
                    code: .barGap, a: Int32(first.frame), b: Int32(first.column),
                    x: Double(second.column))
            case .leader(_, let inner): return operation(of: inner)
            }
        }

        private func bar(_ column: BarColumn) -> FeatureOperation {
            let place = barPlace(column)!
            var operation = FeatureOperation(
                code: .barLevel,
                a: Int32(place.frame + (column.isForming ? BarNumbers.formingFrames : 0)),
                b: Int32(place.column))
            switch BarForm(column)?.form {
            case .difference: operation.code = .barDifference
            case .centred(let centre, let width):
                operation.code = .barCentred
                operation.x = centre
                operation.y = width
            default: break
            }
            return operation
        }

        /// The tables, in memory that is never freed.
        func plan(
            _ operations: [FeatureOperation], _ leaders: [LeaderFeature], _ needs: FeatureNeeds
        ) -> FeaturePlan {
            var rates: [Double] = []
            var ends: [UInt32] = []
            for (place, sum) in sums.enumerated() {
                if place == 0 || sums[place - 1].tauNs != sum.tauNs {
                    rates.append(1 / Double(sum.tauNs))
                    ends.append(0)
                }
                ends[ends.count - 1] = UInt32(place + 1)
            }
            var places: [Int32] = []
            var starts: [Int32] = []
            for kind in 0..<SumKind.plainCount {
                starts.append(Int32(places.count))
                places += sums.indices.filter { sums[$0].kind.rawValue == kind }.map(Int32.init)
            }
            starts.append(Int32(places.count))
            let checks = operations.filter(\.hasOwnReadiness)
            var plan = unsafe FeaturePlan(
                operations: kept(operations), rates: kept(rates), groupEnds: kept(ends),
                places: kept(places), starts: kept(starts),
                levelFlows: kept(pairs(.levelFlow, .levelDepth) { Int32($0) }),
                windows: kept(windows), horizons: kept(horizons),
                realised: kept(pairs(.realised, .realisedCount) { index($0, horizons) }),
                intervals: kept(intervals),
                impacts: kept(pairs(.impact, .impactSquares) { index($0, intervals) }),
                buckets: kept(buckets), memories: kept(memories.map(Double.init)),
                leaders: kept(leaders), checks: kept(checks))
            plan.count = operations.count
            plan.groupCount = rates.count
            plan.sumCount = sums.count
            plan.levelFlowCount = sums.count { $0.kind == .levelFlow }
            plan.windowCount = windows.count
            plan.horizonCount = horizons.count
            plan.realisedCount = sums.count { $0.kind == .realised }
            plan.intervalCount = intervals.count
            plan.impactCount = sums.count { $0.kind == .impact }
            plan.bucketCount = buckets.count
            plan.stoikovCount = memories.count
            plan.leaderCount = leaders.count
            plan.checkCount = checks.count
            plan.needs = needs
            plan.hasLevels = hasLevels
            plan.hasForming = hasForming
            plan.hasDepletion = sums.contains { $0.kind == .removedBid || $0.kind == .removedAsk }
            plan.hasPeriods = !horizons.isEmpty || !intervals.isEmpty
            plan.hasTradeEstimators =
                plan.hasPeriods || !buckets.isEmpty || sums.contains { $0.kind == .effective }
            return plan
        }

        /// The pairs of two kinds, by growing parameter.
        private func pairs(
            _ first: SumKind, _ second: SumKind, _ parameter: (UInt64) -> Int32
        ) -> [SumPair] {
            sums.filter { $0.kind == first }
                .sorted { ($0.parameter, $0.tauNs) < ($1.parameter, $1.tauNs) }
                .map { sum in
                    SumPair(
                        parameter: parameter(sum.parameter),
                        first: place(first, sum.tauNs, sum.parameter),
                        second: place(second, sum.tauNs, sum.parameter))
                }
        }

        private func kept<Value: BitwiseCopyable>(_ values: [Value]) -> UnsafePointer<Value> {
            let memory = UnsafeMutablePointer<Value>.allocate(capacity: max(1, values.count))
            for (index, value) in values.enumerated() {
                unsafe (memory + index).initialize(to: value)
            }
            return unsafe UnsafePointer(memory)
        }
    }
}

extension FeatureOperation {
    /// Whether `FeatureState.isReady` has something to say of it.
    var hasOwnReadiness: Bool {
        switch code {
        case .bucketToxicity, .learnt, .barLevel, .barDifference, .barCentred, .barGap: true
        default: false
        }
    }
}
