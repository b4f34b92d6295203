//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

/// Rows of an Arrow record batch, column by column.
struct JournalBatch {
    static let columns: [ArrowColumn] = [
        ArrowColumn(name: "number", type: .unsigned(bits: 64)),
        ArrowColumn(name: "time_ns", type: .unsigned(bits: 64)),
        ArrowColumn(name: "written_ns", type: .unsigned(bits: 64)),
        ArrowColumn(name: "kind", type: .text),
        ArrowColumn(name: "detail", type: .unsigned(bits: 8)),
        ArrowColumn(name: "connection", type: .unsigned(bits: 16)),
        ArrowColumn(name: "sequence", type: .unsigned(bits: 64)),
        ArrowColumn(name: "context", type: .unsigned(bits: 64)),
        ArrowColumn(name: "length", type: .unsigned(bits: 32)),
        ArrowColumn(name: "body", type: .binary),
    ]

    private static let rowsMax = 65_536
    private static let bytesMax = 4 << 20
    private static let alignment = 64

    private(set) var rows = 0
    private var data = [[UInt8]](repeating: [], count: columns.count)
    /// Of the columns whose values differ in length.
    private var kindOffsets: [Int32] = [0]
    private var bodyOffsets: [Int32] = [0]

    var isFull: Bool { rows >= Self.rowsMax || data[9].count >= Self.bytesMax }

    mutating func append(_ frame: JournalFrame) {
        rows += 1
        put(frame.number, 0)
        put(frame.timeNs, 1)
        put(frame.writtenNs, 2)
        data[3] += Array(frame.kind.description.utf8)
        kindOffsets.append(Int32(data[3].count))
        put(frame.detail, 4)
        put(frame.connection, 5)
        put(frame.sequence, 6)
        put(frame.context, 7)
        put(UInt32(unsafe frame.body.count), 8)
        unsafe data[9].append(contentsOf: frame.body)
        bodyOffsets.append(Int32(data[9].count))
    }

    private mutating func put(_ value: some FixedWidthInteger, _ column: Int) {
        unsafe withUnsafeBytes(of: value.littleEndian) {
            unsafe data[column].append(contentsOf: $0)
        }
    }

    /// All buffers one behind the other, and where each lies.
    func body() -> (bytes: [UInt8], buffers: [ArrowRange]) {
        var bytes: [UInt8] = []
        var buffers: [ArrowRange] = []
        func add(_ part: [UInt8]) {
            buffers.append(ArrowRange(offset: bytes.count, length: part.count))
            bytes += part
            let rest = bytes.count % Self.alignment
            if rest > 0 { bytes += [UInt8](repeating: 0, count: Self.alignment - rest) }
        }
        for (index, column) in Self.columns.enumerated() {
            // No value is absent: the map of those that are may be left out.
            buffers.append(ArrowRange(offset: bytes.count, length: 0))
            if column.type == .text { add(Self.bytes(kindOffsets)) }
            if column.type == .binary { add(Self.bytes(bodyOffsets)) }
            add(data[index])
        }
        return (bytes, buffers)
    }

    private static func bytes(_ offsets: [Int32]) -> [UInt8] {
        offsets.flatMap { unsafe withUnsafeBytes(of: $0.littleEndian) { unsafe Array($0) } }
    }
}
