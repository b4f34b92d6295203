//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

/// A column of an Arrow table, without absent values.
struct ArrowColumn {
    enum ColumnType: Equatable {
        case unsigned(bits: Int32)
        case text
        case binary
    }

    let name: String
    let type: ColumnType
}

/// Bytes of a column within a batch's body.
struct ArrowRange {
    let offset: Int
    let length: Int
}

/// A record batch within the file.
struct ArrowBlock {
    let offset: Int
    /// With the 8 bytes before it.
    let metadataLength: Int
    let bodyLength: Int
}

/// The parts of an Arrow IPC file that tell of its data: FlatBuffers as Schema.fbs, Message.fbs and
/// File.fbs of Arrow 1.5 have them (https://arrow.apache.org/docs/format/Columnar.html).
enum ArrowMetadata {
    static let magic = Array("ARROW1".utf8)
    private static let continuation: [UInt8] = [0xff, 0xff, 0xff, 0xff]
    static let endOfStream: [UInt8] = continuation + [0, 0, 0, 0]
    /// MetadataVersion V5.
    private static let version: Int16 = 4

    enum Header {
        case schema([ArrowColumn])
        case batch(rows: Int, buffers: [ArrowRange])

        /// Of the union MessageHeader.
        fileprivate var type: UInt8 {
            switch self {
            case .schema: 1
            case .batch: 3
            }
        }
    }

    /// An encapsulated message, up to its body.
    static func message(_ header: Header, bodyLength: Int) -> [UInt8] {
        var builder = FlatBuilder()
        let message = builder.table([
            .int16(version), .uint8(header.type), .offset, .int64(Int64(bodyLength)),
        ])
        builder.pointRoot(to: message)
        switch header {
        case .schema(let columns): schema(columns, from: message.fields[2], &builder)
        case .batch(let rows, let buffers):
            batch(rows, buffers, from: message.fields[2], &builder)
        }
        let bytes = builder.finished
        return continuation + FlatBuilder.bytes(Int32(bytes.count)) + bytes
    }

    /// Everything behind the end of the stream.
    static func footer(_ columns: [ArrowColumn], _ blocks: [ArrowBlock]) -> [UInt8] {
        var builder = FlatBuilder()
        let footer = builder.table([.int16(version), .offset, .offset, .offset])
        builder.pointRoot(to: footer)
        schema(columns, from: footer.fields[1], &builder)
        builder.structs(count: 0, [], from: footer.fields[2])
        let words = blocks.flatMap {
            // The length of 4 bytes and as many of no meaning.
            [Int64($0.offset), Int64($0.metadataLength), Int64($0.bodyLength)]
        }
        builder.structs(count: blocks.count, words, from: footer.fields[3])
        let bytes = builder.finished
        return bytes + FlatBuilder.bytes(Int32(bytes.count)) + magic
    }

    private static func schema(
        _ columns: [ArrowColumn], from place: Int, _ builder: inout FlatBuilder
    ) {
        let schema = builder.table([.int16(0), .offset], from: place)
        let fields = builder.offsets(count: columns.count, from: schema.fields[1])
        for (column, place) in zip(columns, fields) { field(column, from: place, &builder) }
    }

    private static func field(
        _ column: ArrowColumn, from place: Int, _ builder: inout FlatBuilder
    ) {
        // Of the union Type: Int, Utf8, Binary.
        let type: UInt8 = switch column.type {
        case .unsigned: 2
        case .text: 5
        case .binary: 4
        }
        let field = builder.table(
            [.offset, .uint8(0), .uint8(type), .offset, .none, .offset], from: place)
        builder.text(column.name, from: field.fields[0])
        switch column.type {
        case .unsigned(let bits):
            _ = builder.table([.int32(bits), .uint8(0)], from: field.fields[3])
        case .text, .binary: _ = builder.table([], from: field.fields[3])
        }
        _ = builder.offsets(count: 0, from: field.fields[5])
    }

    private static func batch(
        _ rows: Int, _ buffers: [ArrowRange], from place: Int, _ builder: inout FlatBuilder
    ) {
        let batch = builder.table([.int64(Int64(rows)), .offset, .offset], from: place)
        let columnCount = JournalBatch.columns.count
        let node: [Int64] = [Int64(rows), 0]
        let nodes = (0..<columnCount).flatMap { _ in node }
        builder.structs(count: columnCount, nodes, from: batch.fields[1])
        let places = buffers.flatMap { [Int64($0.offset), Int64($0.length)] }
        builder.structs(count: buffers.count, places, from: batch.fields[2])
    }
}
