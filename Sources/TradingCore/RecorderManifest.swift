//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Glibc
import Journal
import Messages
import Platform
import Rendering

/// What was recorded, for `manifest.json` and the lines that are shown.
struct RecorderManifest: Sendable {
    let totals: RecorderSink.Totals
    /// By the time they were closed, those still open last.
    let files: [RecorderSeries.File]
    /// Older ones that the list has no room for.
    let filesNotListed: Int

    static let fileName = "manifest.json"

    /// "12345 messages, 1.2 MB in 3 files, 0 connections lost".
    var text: String {
        let sums =
            "\(totals.messages) messages, \(Self.size(totals.textBytes)) as "
            + "\(Self.size(totals.fileBytes)) in \(totals.files) files, "
            + "\(totals.connectionLosses) connections lost"
        return totals.refused == 0 ? sums : sums + ", \(totals.refused) not written"
    }

    /// What the closing line says of completeness.
    var verdict: String {
        var doubts: [String] = []
        if totals.connectionLosses > 0 {
            doubts.append("messages may be missing where a connection was lost")
        }
        if totals.refused > 0 { doubts.append("what is no JSON was not written") }
        return doubts.isEmpty ? "nothing was lost" : doubts.joined(separator: "; ")
    }

    func json(startTimeNs: UInt64, nowNs: UInt64, isComplete: Bool, failure: String?) -> String {
        var writer = JSONWriter()
        writer.object { root in
            root.add("start", LogFormat.time(startTimeNs))
            root.add(isComplete ? "end" : "as_of", LogFormat.time(nowNs))
            root.add("is_complete", isComplete)
            root.add("messages", totals.messages)
            root.add("snapshots", totals.snapshots)
            root.add("not_written", totals.refused)
            root.add("connection_losses", totals.connectionLosses)
            root.add("text_bytes", totals.textBytes)
            root.add("file_bytes", totals.fileBytes)
            if let failure { root.add("failure", failure) }
            root.add("files_not_listed", filesNotListed)
            root.array("files") { list in
                for file in files { list.object { Self.add(file, to: &$0) } }
            }
        }
        return writer.text + "\n"
    }

    private static func add(_ one: RecorderSeries.File, to row: inout JSONWriter) {
        let file = one.file
        row.add("file", file.name)
        row.add("venue", one.venue.text)
        if !one.symbol.isEmpty { row.add("symbol", one.symbol) }
        row.add("messages", file.messages)
        row.add("messages_taken", file.messagesTaken)
        row.add("snapshots", one.snapshots)
        row.add("text_bytes", file.textBytes)
        row.add("file_bytes", file.bytes)
        row.add("first_time_ns", file.firstTimeNs)
        row.add("last_time_ns", file.lastTimeNs)
        row.add("connection_losses", one.connectionLosses)
        row.add("closed_by", file.closeReason.rawValue)
    }

    /// "1.2 MB".
    static func size(_ bytes: UInt64) -> String {
        let units = ["B", "kB", "MB", "GB", "TB"]
        var value = Double(bytes)
        var unit = 0
        while value >= 1_000, unit < units.count - 1 {
            value /= 1_000
            unit += 1
        }
        return unit == 0 ? "\(bytes) B" : "\((value * 10).rounded() / 10) \(units[unit])"
    }
}

/// The folder that captures go to.
struct RecorderFolder {
    let path: String

    /// Makes the folder where it is missing, and sets an earlier manifest aside.
    init(_ path: String, nowNs: UInt64) throws(EngineError) {
        self.path = path
        if unsafe mkdir(path, 0o755) != 0, errno != EEXIST {
            throw EngineError("--out \(path): \(unsafe String(cString: strerror(errno)))")
        }
        if unsafe access(path, W_OK | X_OK) != 0 {
            throw EngineError("--out \(path): \(unsafe String(cString: strerror(errno)))")
        }
        let manifest = "\(path)/\(RecorderManifest.fileName)"
        if unsafe access(manifest, F_OK) == 0 {
            let aside = "\(path)/manifest_before_\(CaptureName.time(nowNs)).json"
            if unsafe rename(manifest, aside) != 0 {
                throw EngineError("--out \(path): \(unsafe String(cString: strerror(errno)))")
            }
        }
    }

    /// Replaces the manifest as a whole.
    func write(manifest text: String) throws(EngineError) {
        let path = "\(path)/\(RecorderManifest.fileName)"
        guard TextFile.write(text, to: path + ".new"), unsafe rename(path + ".new", path) == 0
        else {
            let reason = unsafe String(cString: strerror(errno))
            unsafe unlink(path + ".new")
            throw EngineError("\(path): \(reason)")
        }
    }
}
