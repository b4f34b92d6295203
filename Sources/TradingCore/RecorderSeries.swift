//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Journal
import Messages

/// The capture files of one instrument, or of what a venue sends without naming one of them, and
/// what has to be known so that each file holds a snapshot of the book.
final class RecorderSeries {
    /// One file with what the recorder knows beside the writer.
    struct File {
        let venue: Venue
        let symbol: String
        let file: CaptureFile
        /// Connections lost while it was open: messages may be missing.
        let connectionLosses: UInt64
        let snapshots: UInt64
    }

    let venue: Venue
    /// The venue's name; empty for what belongs to no instrument.
    let symbol: String
    /// `nil` where books need no snapshot over REST.
    let instrumentID: UInt32?
    var writer: CaptureWriter
    private var losses: UInt64 = 0
    private var snapshots: UInt64 = 0
    private var need = SnapshotNeed()

    init(
        venue: Venue, line: Int, symbol: String, instrumentID: UInt32?, folder: String,
        limits: CaptureLimits
    ) {
        self.venue = venue
        self.symbol = symbol
        self.instrumentID = instrumentID
        let name = symbol.isEmpty ? "other" : symbol.lowercased()
        writer = CaptureWriter(
            folder: folder, series: "\(venue.text)\(line == 0 ? "" : "-line\(line)")_\(name)",
            limits: limits)
    }

    // MARK: Snapshots

    /// What came from here on needs a snapshot of its own.
    func wantSnapshot() {
        if instrumentID != nil { need.want() }
    }

    /// Whether to ask for a snapshot now that changes from `firstUpdateID` on were written.
    func asks(firstUpdateID: UInt64?) -> Bool { need.asks(firstUpdateID: firstUpdateID) }

    /// Takes note of a snapshot; true when it is too old and another one is to be asked for.
    func isTooOld(snapshot updateID: UInt64) -> Bool { need.isTooOld(snapshot: updateID) }

    func countSnapshot() { snapshots += 1 }

    // MARK: Files

    /// A connection that feeds it was lost.
    func countLoss() {
        losses += 1
        wantSnapshot()
    }

    /// The files closed since the last call. What was counted belongs to the first of them.
    func takeClosed() -> [File] {
        writer.takeClosed().map { file in
            defer { (losses, snapshots) = (0, 0) }
            return describe(file)
        }
    }

    /// The file being written.
    var open: File? { writer.current.map(describe) }

    private func describe(_ file: CaptureFile) -> File {
        File(
            venue: venue, symbol: symbol, file: file, connectionLosses: losses,
            snapshots: snapshots)
    }
}
