//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
// The model file, version 1. All numbers are little-endian; f32 is IEEE 754 binary32. The file is
// laid out for being mapped: every section begins on a multiple of 64 bytes and its tensors are
// padded for the kernel. Every byte that is not named below is zero.
//
// Header, 64 bytes:
//    0  u64  magic "APUSMDL" and the byte 1, read as a little-endian number
//    8  u32  version, 1
//   12  u32  architecture: 1 linear
//   16  u32  number of sections
//   20  u32  CRC-32C of the whole file, with this field taken as zero
//   24  u64  file size in bytes
//   32  u64  hash of the feature schema the model was fitted on
//
// Section table, directly behind the header: one row of 32 bytes per section, in growing order of
// kind and of offset. Architecture 1 has each of the six kinds exactly once.
//    0  u32  kind
//    4  u32  zero
//    8  u64  offset from the file's start, a multiple of 64
//   16  u64  size in bytes, without the padding up to the next multiple of 64
//   24  u64  zero
//
// Kind 1, parameters, 64 bytes:
//    0  u32  number of features N, 1...124
//    4  u32  floats W in a padded row: 64 up to 60 features, else 128
//    8  u64  horizon, ns, 1...86400e9
//   16  f32  clip of a normalised feature, sigmas, greater than 0, at most 100
//   20  f32  standard deviation of the training residuals, basis points, greater than 0
//   24  f32  buy above this score, basis points
//   28  f32  sell below this score, basis points
//   32  f32  minimum confidence, 0...1
// Kind 2, normaliser, 8 W bytes: mean f32[W], then 1/sigma f32[W]; entries from N on are zero.
// Kind 3, weights, 4 W + 64 bytes: f32[W] in basis points per sigma, then the bias f32 in basis
//    points.
// Kind 4, features, UTF-8: for each feature its name, a tab, its unit, a line feed.
// Kind 5, metadata, UTF-8: a JSON object with the data's hash and spans and the fit's metrics.
// Kind 6, golden: 32 rows of 4 W + 64 bytes, each inputs f32[W], the score f32, the confidence
//    f32. At load the model is evaluated on all of them; one differing bit refuses it.
//
//===----------------------------------------------------------------------===//

import CMessages

/// The model file: writing, and the names of its parts. Reading is in `ModelFile+Load.swift`.
public enum ModelFile {
    public static let magic: UInt64 = 0x014c_444d_5355_5041
    public static let version: UInt32 = 1
    public static let linearArchitecture: UInt32 = 1
    public static let featureCountMax = Int(APUS_FEATURE_COUNT_MAX)
    public static let horizonMaxNs: UInt64 = 86_400_000_000_000
    public static let goldenCount = 32
    public static let sizeMax: UInt64 = 64 << 20

    static let headerSize = 64
    static let rowSize = 32
    static let checksumOffset = 20
    /// Features up to which rows are 64 floats wide.
    static let narrowCountMax = 60

    /// Floats in a row of a model of `count` features.
    static func width(_ count: Int) -> Int { count <= narrowCountMax ? 64 : 128 }
    static func goldenRowSize(width: Int) -> Int { (width + 16) * 4 }

    enum Section: UInt32, CaseIterable {
        case parameters = 1
        case normaliser = 2
        case weights = 3
        case features = 4
        case metadata = 5
        case golden = 6

        /// Bytes of the section where the format fixes them; `width`: floats in a row.
        func fixedSize(width: Int) -> Int? {
            switch self {
            case .parameters: 64
            case .normaliser: 2 * width * 4
            case .weights: (width + 16) * 4
            case .golden: goldenCount * goldenRowSize(width: width)
            case .features, .metadata: nil
            }
        }
    }

    /// Writes the file `path`, whole or not at all: a reader sees the old or the new one.
    public static func write(
        _ parameters: LinearModelParameters, path: String
    ) throws(ModelError) {
        try writeBytes(encode(parameters), path: path)
    }

    /// The bytes of the model's file.
    public static func encode(_ parameters: LinearModelParameters) throws(ModelError) -> [UInt8] {
        if let problem = parameters.problem { throw .invalidParameter(problem) }
        let width = width(parameters.weights.count)
        let bodies: [(Section, [UInt8])] = [
            (.parameters, parametersBody(parameters)),
            (.normaliser, row(parameters.mean, width) + row(parameters.inverseSigma, width)),
            (.weights, row(parameters.weights, width) + bytes(of: parameters.bias) + zeros(15 * 4)),
            (.features, featuresBody(parameters)),
            (.metadata, [UInt8](parameters.metadata.utf8)),
            (.golden, goldenBody(parameters)),
        ]
        var table: [UInt8] = []
        var content: [UInt8] = []
        let contentStart = (headerSize + rowSize * bodies.count + 63) / 64 * 64
        for (section, body) in bodies {
            table += bytes(of: section.rawValue) + zeros(4)
            table += bytes(of: UInt64(contentStart + content.count))
            table += bytes(of: UInt64(body.count)) + zeros(8)
            content += body
            content += zeros((64 - body.count % 64) % 64)
        }
        table += zeros(contentStart - headerSize - table.count)

        var file = bytes(of: magic) + bytes(of: version) + bytes(of: linearArchitecture)
        file += bytes(of: UInt32(bodies.count)) + zeros(4)
        file += bytes(of: UInt64(contentStart + content.count))
        file += bytes(of: parameters.schemaHash) + zeros(24)
        file += table
        file += content
        seal(&file)
        return file
    }

    /// Writes the checksum of `file` into its place.
    ///
    /// - Precondition: at least a header.
    package static func seal(_ file: inout [UInt8]) {
        let value = checksum(of: file)
        for index in 0..<4 {
            file[checksumOffset + index] = UInt8(truncatingIfNeeded: value >> (8 * UInt32(index)))
        }
    }

    /// The checksum with its own field taken as zero.
    static func checksum(of file: [UInt8]) -> UInt32 {
        var value = CRC32C.checksum(file[..<checksumOffset])
        value = CRC32C.checksum([0, 0, 0, 0], continuing: value)
        return CRC32C.checksum(file[(checksumOffset + 4)...], continuing: value)
    }

    private static func parametersBody(_ parameters: LinearModelParameters) -> [UInt8] {
        let count = parameters.weights.count
        var body = bytes(of: UInt32(count)) + bytes(of: UInt32(width(count)))
        body += bytes(of: parameters.horizonNs)
        body += bytes(of: parameters.clip) + bytes(of: parameters.residualSigmaBps)
        body += bytes(of: parameters.thresholds.buyAboveBps)
        body += bytes(of: parameters.thresholds.sellBelowBps)
        body += bytes(of: parameters.thresholds.minimumConfidence)
        return body + zeros(64 - body.count)
    }

    private static func featuresBody(_ parameters: LinearModelParameters) -> [UInt8] {
        var text = ""
        for (name, unit) in zip(parameters.featureNames, parameters.featureUnits) {
            text += "\(name)\t\(unit)\n"
        }
        return [UInt8](text.utf8)
    }

    private static func goldenBody(_ parameters: LinearModelParameters) -> [UInt8] {
        let model = parameters.makeModel()
        let width = width(parameters.weights.count)
        var body: [UInt8] = []
        for index in 0..<goldenCount {
            let input = goldenInput(index, parameters)
            let output = evaluate(model, input)
            body += row(input, width) + bytes(of: output.score) + bytes(of: output.confidence)
            body += zeros(goldenRowSize(width: width) - (width + 2) * 4)
        }
        return body
    }

    /// A given input, or one that spreads each feature over seven sigmas, so that some are clipped.
    private static func goldenInput(
        _ index: Int, _ parameters: LinearModelParameters
    ) -> [Float] {
        let count = parameters.weights.count
        if index < parameters.goldenInputs.count {
            let given = parameters.goldenInputs[index]
            if given.count == count, given.allSatisfy(\.isFinite) { return given }
        }
        return (0..<count).map { feature in
            // A fixed scatter: the step is coprime to 29, so every feature takes every value.
            let step = Float((index * 17 + feature * 11) % 29 - 14) * 0.5
            let inverse = parameters.inverseSigma[feature]
            let value = parameters.mean[feature] + (inverse > 0 ? step / inverse : step)
            return value.isFinite ? value : parameters.mean[feature]
        }
    }

    /// Evaluates an input that may be shorter than the kernel reads.
    static func evaluate(_ model: LinearModel, _ input: [Float]) -> ModelOutput {
        let room = Int(APUS_FEATURE_COUNT_MAX)
        let padded = input + [Float](repeating: 0, count: room - input.count)
        return unsafe padded.withUnsafeBufferPointer { unsafe model.evaluate($0.baseAddress!) }
    }

    private static func row(_ values: [Float], _ width: Int) -> [UInt8] {
        values.flatMap { bytes(of: $0) } + zeros((width - values.count) * 4)
    }
    private static func zeros(_ count: Int) -> [UInt8] { [UInt8](repeating: 0, count: count) }
    private static func bytes(of value: Float) -> [UInt8] { bytes(of: value.bitPattern) }
    private static func bytes<Number: FixedWidthInteger>(of value: Number) -> [UInt8] {
        (0..<Number.bitWidth / 8).map { UInt8(truncatingIfNeeded: value >> Number($0 * 8)) }
    }
}
