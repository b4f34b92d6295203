//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import JSON

extension RunDraft {
    mutating func takeOrders(
        _ token: JSONToken, _ reader: inout DocumentReader
    ) throws(RunFileError) {
        var counts = Run.OrderCounts()
        try reader.members(token, at: "orders") { reader, name, token throws(RunFileError) in
            guard token != .null else { return }
            switch name {
            case "placed": counts.placed = try reader.count(token, at: "orders.\(name)")
            case "filled": counts.filled = try reader.count(token, at: "orders.\(name)")
            case "cancelled": counts.cancelled = try reader.count(token, at: "orders.\(name)")
            case "rejected": counts.rejected = try reader.count(token, at: "orders.\(name)")
            case "expired": counts.expired = try reader.count(token, at: "orders.\(name)")
            default: try reader.skip(token, at: "orders.\(name)")
            }
        }
        orders = counts
    }

    mutating func takeLatencies(
        _ token: JSONToken, _ reader: inout DocumentReader
    ) throws(RunFileError) {
        var rows: [Run.Latency] = []
        try reader.members(token, at: "latency") { reader, name, token throws(RunFileError) in
            guard rows.count < Self.rowsMax else {
                throw RunFileError("latency", "more than \(Self.rowsMax) members")
            }
            var row = Run.Latency(name: name)
            try reader.members(token, at: "latency.\(name)") {
                reader, key, token throws(RunFileError) in
                guard token != .null else { return }
                let place = "latency.\(name).\(key)"
                switch key {
                case "count": row.count = try reader.count(token, at: place)
                case "p50_ns": row.p50Ns = try reader.count(token, at: place)
                case "p90_ns": row.p90Ns = try reader.count(token, at: place)
                case "p99_ns": row.p99Ns = try reader.count(token, at: place)
                case "p999_ns": row.p999Ns = try reader.count(token, at: place)
                case "max_ns": row.maxNs = try reader.count(token, at: place)
                default: try reader.skip(token, at: place)
                }
            }
            rows.append(row)
        }
        latencies = rows
    }

    mutating func takeDelays(
        _ token: JSONToken, _ reader: inout DocumentReader
    ) throws(RunFileError) {
        var rows: [Run.Delay] = []
        try reader.elements(token, at: "delays", countMax: Self.rowsMax) {
            reader, index, token throws(RunFileError) in
            var delayNs: UInt64?
            var row = Run.Delay(delayNs: 0)
            try reader.members(token, at: "delays[\(index)]") {
                reader, name, token throws(RunFileError) in
                guard token != .null else { return }
                let place = "delays[\(index)].\(name)"
                switch name {
                case "delay_ns": delayNs = try reader.count(token, at: place)
                case "net_return": row.netReturn = try reader.number(token, at: place)
                case "sharpe": row.sharpe = try reader.number(token, at: place)
                case "fills": row.fills = try reader.count(token, at: place)
                case "edge_bps": row.edgeBps = try reader.number(token, at: place)
                default: try reader.skip(token, at: place)
                }
            }
            guard let delayNs else {
                throw RunFileError("delays[\(index)].delay_ns", "is missing")
            }
            rows.append(
                Run.Delay(
                    delayNs: delayNs, netReturn: row.netReturn, sharpe: row.sharpe,
                    fills: row.fills, edgeBps: row.edgeBps))
        }
        delays = rows
    }

    mutating func takeMetadata(
        _ token: JSONToken, _ reader: inout DocumentReader
    ) throws(RunFileError) {
        var facts: [Run.Fact] = []
        try reader.members(token, at: "metadata") { reader, name, token throws(RunFileError) in
            guard facts.count < Self.rowsMax else {
                throw RunFileError("metadata", "more than \(Self.rowsMax) members")
            }
            let text = try reader.shown(token, at: "metadata.\(name)")
            facts.append(Run.Fact(name: name, text: text))
        }
        metadata = facts
    }
}
