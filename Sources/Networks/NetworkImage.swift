//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CKernels

/// The packed numbers of a network, one behind the other on cache lines: the kernel's order.
struct NetworkImage {
    /// Floats of the normaliser's rows, as the kernel reads them.
    static let featureRoom = 128

    /// Offsets of a matrix' parts, bytes.
    struct Matrix {
        var weights = 0
        var zero = 0
        var scale = 0
        var bias = 0
        var rows = 0
        var groups = 0

        func code(in image: UnsafeMutableRawPointer) -> NetworkMatrix {
            unsafe NetworkMatrix(
                weights: (image + weights).assumingMemoryBound(to: Int8.self),
                zero: (image + zero).assumingMemoryBound(to: Int32.self),
                scale: (image + scale).assumingMemoryBound(to: Float.self),
                bias: (image + bias).assumingMemoryBound(to: Float.self),
                rows: UInt32(rows), groups: UInt32(groups))
        }
    }

    private var bytes: [UInt8] = []

    /// Units rounded up to whole groups of columns.
    static func padded(_ units: Int) -> Int { (units + 3) / 4 * 4 }
    /// Rounded up to whole vectors.
    static func wide(_ count: Int) -> Int { (count + 15) / 16 * 16 }

    /// Packs a matrix whose rows are `gates` runs, each padded by itself.
    mutating func add(_ matrix: QuantisedMatrix, gates: Int) -> Matrix {
        let units = matrix.rows / gates
        let width = gates > 1 ? Self.padded(units) : units
        let rows = Self.wide(gates * width)
        let groups = Self.padded(matrix.columns) / 4
        var packed = [UInt8](repeating: 0, count: rows * groups * 4)
        var zero = [Int32](repeating: 0, count: rows)
        var scale = [Float](repeating: 0, count: rows)
        var bias = scale
        for gate in 0..<gates {
            for unit in 0..<units {
                let (from, to) = (gate * units + unit, gate * width + unit)
                scale[to] = matrix.scale[from]
                bias[to] = matrix.bias[from]
                for column in 0..<matrix.columns {
                    let weight = matrix.weights[from * matrix.columns + column]
                    zero[to] -= 128 * Int32(weight)
                    let place = ((to / 16) * groups + column / 4) * 64 + to % 16 * 4 + column % 4
                    packed[place] = UInt8(bitPattern: weight)
                }
            }
        }
        var result = Matrix(rows: rows, groups: groups)
        result.weights = append(packed)
        result.zero = append(zero.flatMap { Self.bytes($0) })
        // Gates are read in whole vectors, the last of them beyond the rows.
        let slack = [Float](repeating: 0, count: 16)
        result.scale = append((scale + slack).flatMap { Self.bytes($0.bitPattern) })
        result.bias = append((bias + slack).flatMap { Self.bytes($0.bitPattern) })
        return result
    }

    /// Rows of `width` floats, each padded to whole vectors.
    mutating func addRows(_ values: [Float], width: Int) -> Int {
        let padding = [Float](repeating: 0, count: Self.wide(width) - width)
        var rows: [Float] = []
        for first in stride(from: 0, to: values.count, by: width) {
            rows += values[first..<(first + width)] + padding
        }
        return append(rows.flatMap { Self.bytes($0.bitPattern) })
    }

    /// A copy on cache lines, with a line of slack; the caller frees it.
    func allocate() -> UnsafeMutableRawPointer {
        let memory = UnsafeMutableRawPointer.allocate(
            byteCount: bytes.count + 64, alignment: 64)
        unsafe memory.initializeMemory(as: UInt8.self, repeating: 0, count: bytes.count + 64)
        unsafe memory.copyMemory(from: bytes, byteCount: bytes.count)
        return unsafe memory
    }

    private mutating func append(_ values: [UInt8]) -> Int {
        let offset = bytes.count
        bytes += values
        bytes += [UInt8](repeating: 0, count: (64 - bytes.count % 64) % 64)
        return offset
    }

    private static func bytes(_ value: Int32) -> [UInt8] { bytes(UInt32(bitPattern: value)) }
    private static func bytes(_ value: UInt32) -> [UInt8] {
        [0, 8, 16, 24].map { UInt8(truncatingIfNeeded: value >> $0) }
    }
}
