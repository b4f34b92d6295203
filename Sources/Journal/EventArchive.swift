//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

/// One row of hftbacktest's event arrays, 64 bytes.
///
/// Source: hftbacktest 2.4.4, `hftbacktest.types.event_dtype`.
public struct ArchivedEvent: Equatable, Sendable {
    /// Kind in the low byte; flags from bit 28 on.
    public let flags: UInt64
    public let venueTimeNs: Int64
    public let localTimeNs: Int64
    public let price: Double
    public let quantity: Double

    public enum Kind: UInt64, Sendable {
        case depth = 1
        case trade = 2
        case depthClear = 3
        case depthSnapshot = 4
    }

    /// `nil`: none that a book of levels is made of.
    public var kind: Kind? { Kind(rawValue: flags & 0xff) }
    /// To be taken at the venue's time.
    public var isForVenue: Bool { flags & 1 << 31 != 0 }
    /// To be taken at the local time.
    public var isLocal: Bool { flags & 1 << 30 != 0 }
    /// The bid side, or a trade whose taker bought.
    public var isBuy: Bool { flags & 1 << 29 != 0 }
    public var isSell: Bool { flags & 1 << 28 != 0 }
}

/// Event arrays as hftbacktest's converters write them: an `.npz` or `.npy` file of rows.
public enum EventArchive {
    /// The rows of a file, whole.
    ///
    /// - Throws: `CaptureError.cannotOpen` and its like, `.corrupt` for anything but such a file.
    public static func events(_ path: String) throws(CaptureError) -> [ArchivedEvent] {
        let bytes = try WholeFile.bytes(path)
        guard bytes.starts(with: [0x50, 0x4b]) else {
            guard let events = rows(bytes) else { throw .corrupt(path: path) }
            return events
        }
        do {
            let archive = try ZipArchive(bytes)
            guard let member = archive.members.first(where: { $0.name == "data.npy" }),
                let events = rows(try archive.content(member))
            else { throw ZipArchive.Failure.damaged }
            return events
        } catch { throw .corrupt(path: path) }
    }

    /// The rows of a `.npy` file (NEP 1, versions 1 to 3); `nil` for any other type of row.
    static func rows(_ bytes: [UInt8]) -> [ArchivedEvent]? {
        guard bytes.count > 12, bytes.starts(with: [0x93] + Array("NUMPY".utf8)) else { return nil }
        let isShort = bytes[6] == 1
        let lengthBytes = isShort ? 2 : 4
        let headerLength = (0..<lengthBytes).reduce(0) { $0 | Int(bytes[8 + $1]) << (8 * $1) }
        let start = 8 + lengthBytes + headerLength
        guard start <= bytes.count else { return nil }
        let header = String(decoding: bytes[(8 + lengthBytes)..<start], as: UTF8.self)
            .filter { $0 != " " }
        guard header.contains("'descr':\(fields)"), header.contains("'fortran_order':False"),
            let shape = header.firstRange(of: "'shape':("),
            let count = Int(header[shape.upperBound...].prefix { $0.isNumber }),
            (bytes.count - start) / rowLength >= count
        else { return nil }
        return unsafe bytes.withUnsafeBytes { all in
            (0..<count).map { index in
                let at = start + index * rowLength
                func word(_ place: Int) -> UInt64 {
                    unsafe UInt64(
                        littleEndian: all.loadUnaligned(
                            fromByteOffset: at + 8 * place, as: UInt64.self))
                }
                return ArchivedEvent(
                    flags: word(0), venueTimeNs: Int64(bitPattern: word(1)),
                    localTimeNs: Int64(bitPattern: word(2)), price: Double(bitPattern: word(3)),
                    quantity: Double(bitPattern: word(4)))
            }
        }
    }

    private static let rowLength = 64
    private static let fields =
        "[('ev','<u8'),('exch_ts','<i8'),('local_ts','<i8'),('px','<f8'),('qty','<f8'),"
        + "('order_id','<u8'),('ival','<i8'),('fval','<f8')]"
}
