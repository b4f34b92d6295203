//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

public import Messages
import Options

/// Which source reads the files of a command line.
public enum MarketSources {
    /// A journal by its being a folder, archives by their names `.npz` and `.npy`, tables by
    /// `.csv`, `.csv.gz` and `.zip`: klines by their first line, else Tardis' files; captures by
    /// any other name.
    ///
    /// - Parameters:
    ///   - symbol: Of archives and CSV files, which do not say.
    ///   - counts: Reads captures once before, to know how far a run is.
    /// - Throws: `UsageError` for files of several kinds; what the source throws.
    public static func open(
        _ paths: [String], venue: Venue, symbol: String, instrumentsFile: String?, counts: Bool
    ) throws -> any MarketSource {
        let archives = paths.filter { $0.hasSuffix(".npz") || $0.hasSuffix(".npy") }
        let tables = paths.filter { path in
            [".csv", ".csv.gz", ".zip"].contains(where: path.hasSuffix)
        }
        if paths.contains(where: DataFiles.isFolder) {
            guard let folder = paths.first, paths.count == 1 else {
                throw UsageError("one journal")
            }
            return try JournalSource(folder: folder, venue: venue)
        }
        if archives.isEmpty, tables.isEmpty {
            return try CaptureSource(
                paths: paths, venue: venue, instrumentsFile: instrumentsFile, counts: counts)
        }
        guard archives.count == paths.count || tables.count == paths.count else {
            throw UsageError("files of one kind")
        }
        if tables.isEmpty {
            guard let path = archives.first, archives.count == 1 else {
                throw UsageError("one archive")
            }
            return try RowSource(archive: path, symbol: symbol)
        }
        let klines = try tables.filter(KlineTable.isThere)
        if klines.isEmpty { return try RowSource(tardis: tables, symbol: symbol) }
        guard klines.count == tables.count else { throw UsageError("files of one kind") }
        return try KlineSource(paths: klines, symbol: symbol)
    }
}
