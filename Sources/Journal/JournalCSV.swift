//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

/// Frames as rows of CSV (RFC 4180, lines end with LF).
public enum JournalCSV {
    public static let header =
        "number,time_ns,written_ns,kind,detail,connection,sequence,context,length,body\n"

    /// One row with its end. A body of text is quoted; any other is in hexadecimal, behind `0x`.
    public static func row(_ frame: JournalFrame) -> String {
        "\(frame.number),\(frame.timeNs),\(frame.writtenNs),\(frame.kind),\(frame.detail),"
            + "\(frame.connection),\(frame.sequence),\(frame.context),"
            + "\(unsafe frame.body.count),\(unsafe field(frame.body))\n"
    }

    private static func field(_ bytes: UnsafeRawBufferPointer) -> String {
        guard unsafe JournalText.isText(bytes) else {
            return unsafe JournalText.hexadecimal(bytes)
        }
        var quoted: [UInt8] = [0x22]
        quoted.reserveCapacity(bytes.count + 16)
        for unsafe byte in unsafe bytes {
            if byte == 0x22 { quoted.append(0x22) }
            quoted.append(byte)
        }
        quoted.append(0x22)
        return String(decoding: quoted, as: UTF8.self)
    }
}
