//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import JSON
import Platform

/// A run that was saved, as far as another one is compared with it.
public struct BenchBaseline {
    struct Result: Equatable {
        let name: String
        let operations: Int
        let threads: Int
        let median: Double
        let rounds: [Double]
        let hash: String
        let isHashStable: Bool
    }

    let mode: String
    let cpu: String
    let cores: Int
    /// "near", "far" or, where there was one core or they moved during the run, `nil`.
    let place: String?
    let results: [Result]

    /// Reads what `--save` wrote.
    ///
    /// - Throws: `BenchError` for any other file, and for one of another version.
    public init(path: String) throws(BenchError) {
        guard let bytes = TextFile.bytes(path) else { throw BenchError("cannot read \(path)") }
        do { try self.init(json: bytes) } catch {
            throw BenchError("\(path): \(error.description)")
        }
    }

    public init(json bytes: [UInt8]) throws(BenchError) {
        guard let document = JSONDocument(bytes) else { throw BenchError("no JSON document") }
        guard document["format"]?.text == BenchJSON.format else {
            throw BenchError("not a run that apus-bench saved")
        }
        guard document["version"]?.integer == Int64(BenchJSON.version) else {
            throw BenchError("of another version than \(BenchJSON.version)")
        }
        guard let mode = document["mode"]?.text, let machine = document["machine"],
            let cpu = machine["cpu"]?.text, let cores = machine["cores"]?.integer,
            let results = document["results"]?.elements
        else { throw BenchError("members are missing") }
        self.mode = mode
        self.cpu = cpu
        self.cores = Int(cores)
        let (before, after) = (machine["cores_before"]?.text, machine["cores_after"]?.text)
        place = before == after ? before : nil
        var taken: [Result] = []
        for one in results { taken.append(try Self.result(one)) }
        self.results = taken
    }

    private static func result(_ json: JSONDocument) throws(BenchError) -> Result {
        guard let name = json["name"]?.text else { throw BenchError("a result has no name") }
        guard let operations = json["operations"]?.integer, let threads = json["threads"]?.integer,
            let median = json["median_ns"]?.double, let rounds = json["rounds_ns"]?.elements,
            let hash = json["hash"]?.text, let isHashStable = json["is_hash_stable"]?.boolean
        else { throw BenchError("\(name): members are missing") }
        let numbers = rounds.compactMap(\.double)
        guard median > 0, numbers.count == rounds.count, !numbers.isEmpty else {
            throw BenchError("\(name): a time that is no number, or none")
        }
        return Result(
            name: name, operations: Int(operations), threads: Int(threads), median: median,
            rounds: numbers, hash: hash, isHashStable: isHashStable)
    }
}

/// Why a run or a comparison cannot be.
public struct BenchError: Error, CustomStringConvertible {
    public let description: String

    init(_ description: String) { self.description = description }
}
