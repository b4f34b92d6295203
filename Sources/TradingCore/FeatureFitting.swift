//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

public import Configuration
import Indicators
import Inference
public import Messages
import Platform
import Rendering

/// `apus features`: what there is, and the scale of what is declared.
public enum FeatureFitting {
    /// Every feature of the catalogue: name, parameters and unit in columns, the definition below.
    public static var listing: String {
        var table = TextTable(["<feature", "<parameters", "<unit"])
        for one in FeatureCatalogue.all { table.add([one.name, one.parameters, one.unit]) }
        let definitions = FeatureCatalogue.all.map { "\($0.name)\n    \($0.summary)" }
        return (table.lines + [""] + definitions).joined(separator: "\n")
    }

    /// The features that the settings declare, as they stand in a vector.
    public static func schemaText(_ settings: Settings) throws(EngineError) -> String {
        let schema = try PathSettings.schema(settings, try PathSettings.kernel(settings))
        var table = TextTable(["place", "<name", "<unit", "<declared as"])
        for (place, feature) in schema.features.enumerated() {
            table.add(["\(place)", feature.name, feature.unit, feature.kind.canonicalText])
        }
        let hash = String(schema.hash, radix: 16)
        return (["schema \(hash)"] + table.lines).joined(separator: "\n")
    }

    /// Fits mean and 1/sigma of every feature on the warm vectors of captures and writes them.
    ///
    /// - Returns: A line about it.
    /// - Throws: `EngineError`, `CaptureError`, `RidgeError`.
    public static func fit(
        files: [String], venue: Venue, clip: Float, instrumentsFile: String?,
        settings: Settings, output: String, warn: @escaping (String) -> Void
    ) throws -> String {
        let kernel = try PathSettings.kernel(settings)
        let schema = try PathSettings.schema(settings, kernel)
        let fitting = Fitting(schema)
        let replay = unsafe try Replay(
            ReplayRequest(
                files: files, venue: venue, emit: .features, format: "csv",
                timeframe: .time(ns: kernel.timeframesNs[0]), instrumentsFile: instrumentsFile,
                settings: settings),
            featureSink: { unsafe fitting.fit.add($0) }, warn: warn)
        _ = try replay.run()
        let normaliser = try fitting.fit.finish(clip: clip)
        guard TextFile.write(NormaliserFile.text(normaliser), to: output) else {
            throw EngineError("cannot write \(output)")
        }
        return "\(normaliser.names.count) features on \(normaliser.rowCount) warm vectors, schema "
            + String(schema.hash, radix: 16)
    }

    /// Holds the fit while the replay feeds it.
    private final class Fitting {
        var fit: NormaliserFit
        init(_ schema: FeatureSchema) {
            fit = NormaliserFit(schemaHash: schema.hash, names: schema.names)
        }
    }
}
