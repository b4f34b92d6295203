//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
// The model file, version 2. All numbers are little-endian; f32 is IEEE 754 binary32. Every section
// begins on a multiple of 64 bytes. Every byte that is not named below is zero.
//
// Header, 64 bytes:
//    0  u64  magic "APUSMDL" and the byte 1, read as a little-endian number
//    8  u32  version, 2
//   12  u32  architecture: 1 linear, 2 network, 3 forest
//   16  u32  number of sections, 6
//   20  u32  CRC-32C of the whole file, with this field taken as zero
//   24  u64  file size in bytes
//   32  u64  hash of the feature schema the model was fitted on
//
// Section table, directly behind the header: one row of 32 bytes per section, in growing order of
// kind and of offset, each of the six kinds exactly once.
//    0  u32  kind
//    4  u32  zero
//    8  u64  offset from the file's start, a multiple of 64
//   16  u64  size in bytes, without the padding up to the next multiple of 64
//   24  u64  zero
//
// Kind 1, parameters, 128 bytes:
//    0  u32  number of features N, 1...124
//    4  u32  floats W in a padded row: 64 up to 60 features, else 128
//    8  u64  horizon, ns, 1...86400e9
//   16  f32  clip of a normalised feature, sigmas, greater than 0, at most 100
//   20  f32  standard deviation of the training residuals, basis points, greater than 0
//   24  f32  buy above this score, basis points
//   28  f32  sell below this score, basis points
//   32  f32  minimum confidence, 0...1
//   36  u32  vectors in a window T, 1...512
//   40  u32  the raw output is 1 a return, 2 a probability
//   44  f32  return: basis points for each unit of the raw output
//   48  f32  return: basis points at raw output 0
//   52  f32  probability: mean magnitude of the move, basis points
//   56  u32  number of deciles, 0 or 9
//   60  f32[9]  inner edges of the scores' tenths, growing, basis points
//   96  u8[32]  name, UTF-8, padded with zeros
// Kind 2, normaliser, 8 W bytes: mean f32[W], then 1/sigma f32[W]; entries from N on are zero.
// Kind 3, core. Linear: f32[W] in basis points per sigma, then the bias f32 in basis points, 4 W +
//    64 bytes. Network: the bytes of `QuantisedNetwork`. Forest: those of `ForestParameters`.
// Kind 4, features, UTF-8: for each feature its name, a tab, its unit, a line feed.
// Kind 5, metadata, UTF-8: a JSON object with the data's hash and spans and the fit's metrics.
// Kind 6, golden: 32 rows of 4 T W + 64 bytes, each inputs f32[T][W], the score f32, the
//    confidence f32. At load the model is evaluated on all of them; one differing bit refuses it.
//
//===----------------------------------------------------------------------===//

import CMessages
import Forests
import Networks

/// The model file: writing, and the names of its parts. Reading is in `ModelFile+Load.swift`.
public enum ModelFile {
    public static let magic: UInt64 = 0x014c_444d_5355_5041
    public static let version: UInt32 = 2
    public static let featureCountMax = Int(APUS_FEATURE_COUNT_MAX)
    public static let horizonMaxNs: UInt64 = 86_400_000_000_000
    public static let goldenCount = 32
    public static let sizeMax: UInt64 = 64 << 20

    static let headerSize = 64
    static let rowSize = 32
    static let parametersSize = 128
    static let checksumOffset = 20
    /// Features up to which rows are 64 floats wide.
    static let narrowCountMax = 60

    /// Floats in a row of a model of `count` features.
    static func width(_ count: Int) -> Int { count <= narrowCountMax ? 64 : 128 }
    static func goldenRowSize(width: Int, steps: Int) -> Int { (steps * width + 16) * 4 }

    enum Section: UInt32, CaseIterable {
        case parameters = 1
        case normaliser = 2
        case core = 3
        case features = 4
        case metadata = 5
        case golden = 6
    }

    /// Writes the file `path`, whole or not at all: a reader sees the old or the new one.
    public static func write(_ contents: ModelContents, path: String) throws(ModelError) {
        try writeBytes(encode(contents), path: path)
    }

    /// The bytes of the model's file.
    public static func encode(_ contents: ModelContents) throws(ModelError) -> [UInt8] {
        if let problem = contents.problem { throw .invalidParameter(problem) }
        let description = contents.description
        let width = width(description.featureNames.count)
        let scale = contents.scale
        let bodies: [(Section, [UInt8])] = [
            (.parameters, parametersBody(contents)),
            (.normaliser, row(scale.mean, width) + row(scale.inverseSigma, width)),
            (.core, coreBody(contents.core, width)),
            (.features, featuresBody(description)),
            (.metadata, [UInt8](description.metadata.utf8)),
            (.golden, try goldenBody(contents)),
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
        guard contentStart + content.count <= Int(sizeMax) else {
            throw .tooLarge(size: UInt64(contentStart + content.count), sizeMax: sizeMax)
        }

        var file = bytes(of: magic) + bytes(of: version) + bytes(of: contents.core.architecture)
        file += bytes(of: UInt32(bodies.count)) + zeros(4)
        file += bytes(of: UInt64(contentStart + content.count))
        file += bytes(of: description.schemaHash) + zeros(24)
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

    private static func parametersBody(_ contents: ModelContents) -> [UInt8] {
        let description = contents.description
        let count = description.featureNames.count
        var body = bytes(of: UInt32(count)) + bytes(of: UInt32(width(count)))
        body += bytes(of: description.horizonNs)
        body += bytes(of: contents.scale.clip) + bytes(of: description.residualSigmaBps)
        body += bytes(of: description.thresholds.buyAboveBps)
        body += bytes(of: description.thresholds.sellBelowBps)
        body += bytes(of: description.thresholds.minimumConfidence)
        body += bytes(of: UInt32(description.steps)) + bytes(of: description.scoreKind.rawValue)
        body += bytes(of: description.outputScale) + bytes(of: description.outputOffset)
        body += bytes(of: description.moveBps)
        body += bytes(of: UInt32(description.scoreDeciles.count))
        body += row(description.scoreDeciles, 9)
        body += [UInt8](description.name.utf8)
        return body + zeros(parametersSize - body.count)
    }

    private static func coreBody(_ core: ModelCore, _ width: Int) -> [UInt8] {
        switch core {
        case .linear(let weights, let bias): row(weights, width) + bytes(of: bias) + zeros(15 * 4)
        case .network(let network): network.encode()
        case .forest(let forest): forest.encode()
        }
    }

    private static func featuresBody(_ description: ModelDescription) -> [UInt8] {
        var text = ""
        for (name, unit) in zip(description.featureNames, description.featureUnits) {
            text += "\(name)\t\(unit)\n"
        }
        return [UInt8](text.utf8)
    }

    private static func goldenBody(_ contents: ModelContents) throws(ModelError) -> [UInt8] {
        let scorer = ModelScorer(contents)
        let width = width(scorer.featureCount)
        var body: [UInt8] = []
        for index in 0..<goldenCount {
            let window = goldenWindow(index, contents)
            let output = scorer.evaluate(window)
            guard output.isFinite else {
                throw .invalidParameter("golden window \(index) has no finite score")
            }
            for vector in window { body += row(vector, width) }
            body += bytes(of: output.score) + bytes(of: output.confidence) + zeros(14 * 4)
        }
        return body
    }

    /// A given window, or one that spreads each feature over seven sigmas, so that some are
    /// clipped.
    private static func goldenWindow(_ index: Int, _ contents: ModelContents) -> [[Float]] {
        let count = contents.description.featureNames.count
        let steps = contents.description.steps
        if index < contents.goldenWindows.count {
            let given = contents.goldenWindows[index]
            if given.count == steps,
                given.allSatisfy({ $0.count == count && $0.allSatisfy(\.isFinite) })
            {
                return given
            }
        }
        return (0..<steps).map { time in
            (0..<count).map { feature in
                // A fixed scatter: the steps are coprime to 29, so every value comes.
                let place = (index * 17 + feature * 11 + time * 7) % 29 - 14
                let step = Float(place) * 0.5
                let inverse = contents.scale.inverseSigma[feature]
                let value = contents.scale.mean[feature] + (inverse > 0 ? step / inverse : step)
                return value.isFinite ? value : contents.scale.mean[feature]
            }
        }
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
