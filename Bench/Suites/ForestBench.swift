//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Forests

/// What decision trees cost: one row of a forest as LightGBM and XGBoost make them.
let forestSuite = BenchSuite(
    name: "forest",
    measurements: ["forest/lightgbm-100x31", "forest/lightgbm-500x31", "forest/xgboost-100x64"],
    run: forestBench)

private let featureCount = 32

/// -1 ..< 1
private func uniform(_ random: inout BenchRandom) -> Float {
    Float(random.next() >> 40) * 0x1p-23 - 1
}

/// A tree whose leaves are split one by one, each as likely as any other.
private func makeTree(leaves: Int, _ random: inout BenchRandom) -> [ForestNode] {
    var children: [(left: Int, right: Int)?] = [nil]
    var open = [0]
    while open.count < leaves {
        let place = Int(random.next() % UInt64(open.count))
        children[open[place]] = (children.count, children.count + 1)
        open[place] = children.count
        open.append(children.count + 1)
        children += [nil, nil]
    }
    var order = [0]
    return (0..<children.count).map { index in
        guard let (left, right) = children[order[index]] else {
            return .leaf(Double(uniform(&random)) / 16)
        }
        order += [left, right]
        return .split(
            feature: Int(random.next() % UInt64(featureCount)), threshold: uniform(&random) / 2,
            missing: ForestMissing(goesLeft: random.next() % 2 == 0))
    }
}

@Sendable private func forestBench(_ bench: Bench) throws {
    let rowCount = 1_024
    let operations = bench.parameter(smoke: 16, full: rowCount)
    let samples = bench.parameter(smoke: 2, full: 30)
    var random = BenchRandom(state: 17)
    let rows = (0..<(rowCount * featureCount)).map { _ in
        random.next() % 50 == 0 ? Float.nan : uniform(&random)
    }
    let kinds: [(String, Int, Int, ForestParameters.Arithmetic)] = [
        ("forest/lightgbm-100x31", 100, 31, .double), ("forest/lightgbm-500x31", 500, 31, .double),
        ("forest/xgboost-100x64", 100, 64, .single),
    ]
    for (name, trees, leaves, arithmetic) in kinds where bench.isWanted(name) {
        var random = BenchRandom(state: UInt64(trees * leaves))
        let parameters = ForestParameters(
            featureCount: featureCount,
            trees: (0..<trees).map { _ in makeTree(leaves: leaves, &random) },
            arithmetic: arithmetic)
        let forest = Forest(parameters)
        defer { forest.deallocate() }
        bench.measure(name, samples: samples, operations: operations) {
            var sum: UInt64 = 1
            unsafe rows.withUnsafeBufferPointer { rows in
                for index in 0..<operations {
                    let row = unsafe rows.baseAddress! + index * featureCount
                    sum = unsafe sum &* 31 &+ forest.evaluate(row).bitPattern
                }
            }
            return sum
        }
    }
}
