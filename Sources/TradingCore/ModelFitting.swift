//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

public import Configuration
import Indicators
public import Inference
import Journal
public import Messages
import Platform

/// `apus model fit-linear`: captures through the production stages, a ridge on what they compute.
public enum ModelFitting {
    /// Fits on `files` and writes the model to `output`.
    ///
    /// - Parameter normaliserFile: The normaliser to use; `nil`: one is fitted on the training
    ///   part.
    /// - Returns: The report: out-of-sample figures, base rates, deciles.
    /// - Throws: `EngineError`, `CaptureError`, `RidgeError`, `ModelError`.
    public static func fitLinear(
        files: [String], venue: Venue, horizonNs: UInt64, instrumentsFile: String?,
        normaliserFile: String? = nil, settings: Settings, output: String,
        warn: @escaping (String) -> Void
    ) throws -> RidgeReport {
        let kernel = try PathSettings.kernel(settings)
        let schema = try PathSettings.schema(settings, kernel)
        var configuration = RidgeConfiguration(
            schemaHash: schema.hash, featureNames: schema.names,
            featureUnits: schema.features.map(\.unit), horizonNs: horizonNs)
        configuration.directional = schema.features.map(\.isDirectional)
        if let normaliserFile {
            configuration.normaliser = try NormaliserFile.read(
                normaliserFile, schemaHash: schema.hash, names: schema.names)
        }
        configuration.sources = try files.map { file in
            guard let bytes = TextFile.bytes(file) else {
                throw EngineError("cannot read \(file)")
            }
            let name = file.split(separator: "/").last.map(String.init) ?? file
            return RidgeSource(name: name, hash: String(checksum(bytes), radix: 16))
        }
        let fitting = Fitting(configuration)
        let replay = unsafe try Replay(
            ReplayRequest(
                files: files, venue: venue, emit: .features, format: "csv",
                timeframe: .time(ns: kernel.timeframesNs[0]), instrumentsFile: instrumentsFile,
                settings: settings),
            featureSink: { unsafe fitting.fit.add($0) }, warn: warn)
        _ = try replay.run()
        let (parameters, report) = try fitting.fit.finish()
        try ModelFile.write(parameters.contents, path: output)
        return report
    }

    /// Holds the fit while the replay feeds it.
    private final class Fitting {
        var fit: RidgeFit
        init(_ configuration: RidgeConfiguration) { fit = RidgeFit(configuration) }
    }

    private static func checksum(_ bytes: [UInt8]) -> UInt32 {
        unsafe bytes.withUnsafeBytes { unsafe CRC32C.checksum($0) }
    }
}
