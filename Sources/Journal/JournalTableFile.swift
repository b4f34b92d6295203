//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Glibc
import Platform

/// A file of rows: frames as CSV, or as an Arrow IPC file (Feather 2), which pandas and polars
/// read.
public final class JournalTableFile {
    public enum Format: Sendable { case csv, arrow }

    public let path: String
    public private(set) var rows: UInt64 = 0
    private let format: Format
    private var file: Int32
    private var pending: [UInt8] = []
    private var batch = JournalBatch()
    private var blocks: [ArrowBlock] = []
    /// Bytes of the file, those pending included.
    private var size = 0
    private static let pendingMax = 1 << 20

    /// Writes the file anew.
    public init(path: String, format: Format) throws(JournalError) {
        file = unsafe open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        self.path = path
        self.format = format
        guard file >= 0 else { throw failure("open", errno) }
        switch format {
        case .csv: put(Array(JournalCSV.header.utf8))
        case .arrow:
            put(ArrowMetadata.magic + [0, 0])
            put(ArrowMetadata.message(.schema(JournalBatch.columns), bodyLength: 0))
        }
    }

    deinit { if file >= 0 { Glibc.close(file) } }

    public func append(_ frame: JournalFrame) throws(JournalError) {
        rows += 1
        switch format {
        case .csv: put(Array(JournalCSV.row(frame).utf8))
        case .arrow:
            batch.append(frame)
            if batch.isFull { putBatch() }
        }
        if pending.count >= Self.pendingMax { try flush() }
    }

    /// Ends the file; it is of no use before.
    public func close() throws(JournalError) {
        if format == .arrow {
            if batch.rows > 0 { putBatch() }
            put(ArrowMetadata.endOfStream)
            put(ArrowMetadata.footer(JournalBatch.columns, blocks))
        }
        try flush()
        let result = Glibc.close(file)
        file = -1
        if result != 0 { throw failure("close", errno) }
    }

    private func putBatch() {
        let body = batch.body()
        let metadata = ArrowMetadata.message(
            .batch(rows: batch.rows, buffers: body.buffers), bodyLength: body.bytes.count)
        blocks.append(
            ArrowBlock(
                offset: size, metadataLength: metadata.count, bodyLength: body.bytes.count))
        put(metadata)
        put(body.bytes)
        batch = JournalBatch()
    }

    private func put(_ bytes: [UInt8]) {
        pending += bytes
        size += bytes.count
    }

    private func flush() throws(JournalError) {
        let isWritten = unsafe pending.withUnsafeBytes { unsafe TextFile.append($0, to: file) }
        guard isWritten else { throw failure("write", errno) }
        pending.removeAll(keepingCapacity: true)
    }

    private func failure(_ operation: String, _ code: Int32) -> JournalError {
        .system(operation: operation, path: path, code: code)
    }
}
