//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CJournal
import CKernels
import Glibc
import Journal
import Platform

/// A journal of one segment. With an odd first byte, which is no part of it, checksums are set
/// right first, so that what they protect is reached.
final class JournalTarget: FuzzTarget {
    private static let headerSize = Int(APUS_JOURNAL_ALIGNMENT)
    private let folder: String
    private let file: String

    init() {
        folder = "/dev/shm/apus-fuzz-journal-\(getpid())"
        file = "\(folder)/000001.apj"
        precondition(unsafe mkdir(folder, 0o700) == 0, "a folder in memory")
    }

    var seeds: [(name: String, bytes: [UInt8])] {
        guard let writer = try? JournalWriter(
            folder: folder, configuration: JournalConfiguration(segmentBytes: 65_536))
        else { return [] }
        for (index, kind) in JournalKind.all.enumerated() {
            let body = [UInt8](repeating: UInt8(index + 1), count: index * 40)
            _ = unsafe body.withUnsafeBytes {
                unsafe writer.append(kind: kind, timeNs: 1, writtenNs: 2, $0)
            }
        }
        writer.close(timeoutNs: 10_000_000_000)
        let bytes = TextFile.bytes(file) ?? []
        return [("left", [0] + bytes), ("right", [1] + bytes)]
    }

    func run(_ input: UnsafeBufferPointer<UInt8>) {
        var bytes = unsafe Array(input.dropFirst())
        if unsafe input.first.map({ $0 & 1 == 1 }) == true { Self.setRight(&bytes) }
        put(bytes)
        let full = frames(.full)
        precondition(frames(.checksums) >= full, "more is checked of less")
        guard let report = try? JournalRecovery.recover(folder: folder) else { return }
        precondition(report.frames == full, "as many frames as were read")
        precondition(frames(.full) == full, "what was recovered is whole")
        for name in SystemFile.names(in: "\(folder)/quarantine") {
            unsafe unlink("\(folder)/quarantine/\(name)")
        }
    }

    private func put(_ bytes: [UInt8]) {
        let descriptor = unsafe open(file, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        precondition(descriptor >= 0, "a file in memory")
        _ = unsafe write(descriptor, bytes, bytes.count)
        close(descriptor)
    }

    private func frames(_ verification: JournalReader.Verification) -> UInt64 {
        guard var reader = try? JournalReader(folder: folder, verification: verification) else {
            return 0
        }
        var last: UInt64?
        var count: UInt64 = 0
        while let frame = try? reader.next() {
            precondition(last.map { $0 + 1 == frame.number } ?? true, "numbers go on")
            precondition(!JournalText.line(frame).utf8.contains(0x0a), "one line")
            last = frame.number
            count += 1
        }
        return count
    }

    /// Puts the right checksums into the header and every frame behind it.
    private static func setRight(_ bytes: inout [UInt8]) {
        guard bytes.count >= headerSize else { return }
        setRight(&bytes, 0..<headerSize, checksumAt: 60)
        var place = headerSize
        while place + headerSize <= bytes.count {
            let length = (0..<4).reduce(0) { $0 | Int(bytes[place + $1]) << (8 * $1) }
            guard length < bytes.count else { return }
            let end = place + Int(apus_journal_frame_size(length))
            guard end <= bytes.count else { return }
            setRight(&bytes, place..<end, checksumAt: place + 56)
            place = end
        }
    }

    private static func setRight(_ bytes: inout [UInt8], _ range: Range<Int>, checksumAt: Int) {
        for index in 0..<4 { bytes[checksumAt + index] = 0 }
        let part = Array(bytes[range])
        let value = unsafe apus_crc32c(0, part, part.count)
        for index in 0..<4 { bytes[checksumAt + index] = UInt8(value >> (8 * index) & 0xff) }
    }
}
