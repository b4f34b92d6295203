//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

/// Writes a FlatBuffer front to back: what is pointed to lies behind what points to it.
struct FlatBuilder {
    /// A field of a table.
    enum Field {
        /// Left out: it has its default.
        case none
        case uint8(UInt8)
        case int16(Int16)
        case int32(Int32)
        case int64(Int64)
        /// Points to what is written later.
        case offset

        fileprivate var size: Int {
            switch self {
            case .none: 0
            case .uint8: 1
            case .int16: 2
            case .int32, .offset: 4
            case .int64: 8
            }
        }
    }

    struct Table {
        let place: Int
        /// Where each field lies; 0 of one that was left out.
        let fields: [Int]
    }

    /// The root's offset, and bytes that align what follows.
    private var bytes = [UInt8](repeating: 0, count: 8)

    /// Padded to a multiple of 8.
    var finished: [UInt8] {
        bytes + [UInt8](repeating: 0, count: (8 - bytes.count % 8) % 8)
    }

    static func bytes(_ value: some FixedWidthInteger) -> [UInt8] {
        unsafe withUnsafeBytes(of: value.littleEndian) { unsafe Array($0) }
    }

    mutating func pointRoot(to table: Table) { point(0, to: table.place) }

    /// Writes a table, with its list of fields in front of it.
    mutating func table(_ fields: [Field], from pointer: Int? = nil) -> Table {
        // A table begins with 4 bytes that tell where its list is; fields align themselves.
        let list = 4 + 2 * fields.count
        align(8)
        let start = bytes.count
        let place = (start + list + 7) / 8 * 8
        var end = 4
        var offsets: [Int] = []
        for field in fields {
            let size = max(field.size, 1)
            end = (end + size - 1) / size * size
            offsets.append(field.size == 0 ? 0 : end)
            end += field.size
        }
        bytes += Self.bytes(UInt16(list)) + Self.bytes(UInt16(end))
        for offset in offsets { bytes += Self.bytes(UInt16(offset)) }
        align(8)
        bytes += Self.bytes(Int32(place - start))
        for (field, offset) in zip(fields, offsets) where field.size > 0 {
            bytes += [UInt8](repeating: 0, count: place + offset - bytes.count)
            switch field {
            case .none: break
            case .uint8(let value): bytes.append(value)
            case .int16(let value): bytes += Self.bytes(value)
            case .int32(let value): bytes += Self.bytes(value)
            case .int64(let value): bytes += Self.bytes(value)
            case .offset: bytes += [0, 0, 0, 0]
            }
        }
        if let pointer { point(pointer, to: place) }
        return Table(place: place, fields: offsets.map { $0 == 0 ? 0 : place + $0 })
    }

    /// Writes a list of pointers; returns where they lie.
    mutating func offsets(count: Int, from pointer: Int) -> [Int] {
        align(4)
        point(pointer, to: bytes.count)
        bytes += Self.bytes(UInt32(count))
        let first = bytes.count
        bytes += [UInt8](repeating: 0, count: 4 * count)
        return (0..<count).map { first + 4 * $0 }
    }

    /// Writes a list of structs that consist of words of 8 bytes.
    mutating func structs(count: Int, _ words: [Int64], from pointer: Int) {
        align(8)
        bytes += [0, 0, 0, 0]
        point(pointer, to: bytes.count)
        bytes += Self.bytes(UInt32(count))
        for word in words { bytes += Self.bytes(word) }
    }

    mutating func text(_ text: String, from pointer: Int) {
        align(4)
        point(pointer, to: bytes.count)
        bytes += Self.bytes(UInt32(text.utf8.count)) + Array(text.utf8) + [0]
    }

    private mutating func align(_ size: Int) {
        while bytes.count % size != 0 { bytes.append(0) }
    }

    private mutating func point(_ pointer: Int, to place: Int) {
        bytes.replaceSubrange(pointer..<(pointer + 4), with: Self.bytes(UInt32(place - pointer)))
    }
}
