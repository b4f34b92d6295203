//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

/// Little-endian numbers one after the other; none is read beyond the end.
struct SectionReader {
    private let bytes: ArraySlice<UInt8>
    private var at: Int

    init(_ bytes: ArraySlice<UInt8>) {
        self.bytes = bytes
        at = bytes.startIndex
    }

    func refused(_ reason: String) -> ForestError {
        .section(offset: at - bytes.startIndex, reason: reason)
    }

    private mutating func number(size: Int) throws(ForestError) -> UInt64 {
        guard bytes.endIndex - at >= size else { throw refused("the section is cut short") }
        var value: UInt64 = 0
        for index in 0..<size { value |= UInt64(bytes[at + index]) << UInt64(8 * index) }
        at += size
        return value
    }

    mutating func u8() throws(ForestError) -> UInt8 { UInt8(try number(size: 1)) }
    mutating func u32() throws(ForestError) -> UInt32 { UInt32(try number(size: 4)) }
    mutating func u64() throws(ForestError) -> UInt64 { try number(size: 8) }

    mutating func count(max: Int, _ what: String) throws(ForestError) -> Int {
        let value = Int(try u32())
        guard value <= max else { throw refused("\(value) \(what); \(max) are possible") }
        return value
    }

    /// `count` sizes that are `sum` together.
    mutating func sizes(
        _ count: Int, sum: Int, _ what: String
    ) throws(ForestError) -> [Int] {
        var sizes: [Int] = []
        var rest = sum
        for _ in 0..<count {
            let size = Int(try u32())
            guard size <= rest else { throw refused("\(what) are larger than stated") }
            rest -= size
            sizes.append(size)
        }
        guard rest == 0 else { throw refused("\(what) are smaller than stated") }
        return sizes
    }

    mutating func node() throws(ForestError) -> ForestNode {
        let kind = try u8()
        let feature = Int(try u8())
        let flags = try u8()
        let reserved = try u8()
        let word = try u32()
        let value = try u64()
        switch kind {
        case 0 where feature == 0 && flags == 0 && reserved == 0 && word == 0:
            return .leaf(Double(bitPattern: value))
        case 1 where flags <= 3 && reserved == 0 && value == 0:
            return .split(
                feature: feature, threshold: Float(bitPattern: word),
                missing: ForestMissing(goesLeft: flags & 1 == 1, includesZero: flags & 2 == 2))
        case 2 where flags == 0 && reserved == 0 && value == 0:
            return .categories(feature: feature, set: Int(word))
        default: throw refused("the node before is of no known kind")
        }
    }
}
