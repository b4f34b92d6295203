//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
// Reading a model file. Nothing in the file is believed: sizes and offsets are checked against the
// bytes there are before they are used, every number against its range, every text for UTF-8, and
// the golden vectors are computed anew. The whole file is copied out of its mapping first, so what
// was checked is what runs, whatever happens to the file afterwards.
//
//===----------------------------------------------------------------------===//

/// A model that passed every check, with what its file says about it.
public struct LoadedModel: Sendable {
    public let linear: LinearModel
    /// As it stood in the file, without the golden inputs.
    public let parameters: LinearModelParameters
    /// Of the file: names the model in logs.
    public let checksum: UInt32
    /// Share in an ensemble, greater than 0.
    public var weight: Float = 1

    public var schemaHash: UInt64 { parameters.schemaHash }
    public var horizonNs: UInt64 { parameters.horizonNs }
    public var featureCount: Int { linear.featureCount }
    public var thresholds: ModelThresholds { parameters.thresholds }
}

extension ModelFile {
    /// Maps, checks and loads the model file `path`.
    ///
    /// - Parameter expectedSchemaHash: Of the features this engine computes; `nil`: any, to look
    ///   at a model without serving it.
    public static func load(
        path: String, expectedSchemaHash: UInt64?
    ) throws(ModelError) -> LoadedModel {
        try decode(readBytes(path: path), expectedSchemaHash: expectedSchemaHash)
    }

    /// Checks and loads the bytes of a model file.
    public static func decode(
        _ file: [UInt8], expectedSchemaHash: UInt64?
    ) throws(ModelError) -> LoadedModel {
        let reader = ModelReader(file)
        try checkHeader(reader, expectedSchemaHash: expectedSchemaHash)
        let sections = try readTable(reader)
        let parameters = try readParameters(reader, sections)
        let model = parameters.makeModel()
        try checkGolden(reader, sections[.golden]!, model)
        return LoadedModel(
            linear: model, parameters: parameters, checksum: reader.u32(checksumOffset))
    }

    private static func checkHeader(
        _ reader: ModelReader, expectedSchemaHash: UInt64?
    ) throws(ModelError) {
        let size = reader.bytes.count
        guard size >= headerSize else { throw .tooShort(size: size) }
        guard reader.u64(0) == magic else { throw .notAModel(magic: reader.u64(0)) }
        guard reader.u32(8) == version else { throw .unsupportedVersion(reader.u32(8)) }
        guard reader.u64(24) == UInt64(size) else {
            throw .sizeMismatch(stated: reader.u64(24), actual: size)
        }
        let computed = checksum(of: reader.bytes)
        guard reader.u32(checksumOffset) == computed else {
            throw .checksumMismatch(stated: reader.u32(checksumOffset), computed: computed)
        }
        guard reader.u32(12) == linearArchitecture else {
            throw .unsupportedArchitecture(reader.u32(12))
        }
        guard reader.isZero(40..<headerSize) else {
            throw .damagedSection("header", "its reserved bytes are not zero")
        }
        if let expectedSchemaHash, reader.u64(32) != expectedSchemaHash {
            throw .schemaMismatch(model: reader.u64(32), engine: expectedSchemaHash)
        }
    }

    /// The byte range of each section, within the file and apart from each other.
    private static func readTable(
        _ reader: ModelReader
    ) throws(ModelError) -> [Section: Range<Int>] {
        let count = Section.allCases.count
        guard reader.u32(16) == UInt32(count) else {
            throw .damagedSection("table", "\(reader.u32(16)) sections where \(count) belong")
        }
        let size = reader.bytes.count
        var end = headerSize + rowSize * count
        guard size >= end else { throw .tooShort(size: size) }
        var ranges: [Section: Range<Int>] = [:]
        // As the parameters, which stand first, say it; checked with them.
        var width = 0
        for (index, section) in Section.allCases.enumerated() {
            let row = headerSize + rowSize * index
            let name = "\(section)"
            guard reader.u32(row) == section.rawValue else {
                throw .damagedSection(name, "it stands at another place")
            }
            guard reader.u32(row + 4) == 0, reader.u64(row + 24) == 0 else {
                throw .damagedSection(name, "its reserved bytes are not zero")
            }
            let offset = reader.u64(row + 8)
            let length = reader.u64(row + 16)
            guard offset % 64 == 0, offset <= UInt64(size), length <= UInt64(size) - offset else {
                throw .damagedSection(name, "it does not lie in the file")
            }
            let range = Int(offset)..<Int(offset + length)
            guard range.lowerBound >= end, reader.isZero(end..<range.lowerBound) else {
                throw .damagedSection(name, "it touches what stands before it")
            }
            if let fixed = section.fixedSize(width: width), range.count != fixed {
                throw .damagedSection(name, "\(range.count) bytes where \(fixed) belong")
            }
            if section == .parameters {
                let stated = reader.u32(range.lowerBound + 4)
                guard stated == 64 || stated == 128 else {
                    throw .damagedSection(name, "rows of \(stated) floats")
                }
                width = Int(stated)
            }
            ranges[section] = range
            end = range.upperBound
        }
        guard reader.isZero(end..<size) else {
            throw .damagedSection("golden", "something stands behind it")
        }
        return ranges
    }

    private static func readParameters(
        _ reader: ModelReader, _ sections: [Section: Range<Int>]
    ) throws(ModelError) -> LinearModelParameters {
        let base = sections[.parameters]!.lowerBound
        let count = Int(reader.u32(base))
        let width = width(count)
        guard count >= 1, count <= featureCountMax, reader.u32(base + 4) == UInt32(width),
            reader.isZero((base + 36)..<(base + 64))
        else { throw .damagedSection("parameters", "\(count) features in rows of another width") }
        let normaliser = sections[.normaliser]!.lowerBound
        let weights = sections[.weights]!.lowerBound
        for start in [normaliser, normaliser + width * 4, weights] {
            guard reader.isZero((start + count * 4)..<(start + width * 4)) else {
                throw .damagedSection("weights", "the padding behind the features is not zero")
            }
        }
        guard reader.isZero((weights + width * 4 + 4)..<sections[.weights]!.upperBound) else {
            throw .damagedSection("weights", "the bytes behind the bias are not zero")
        }
        let features = try readFeatures(reader, sections[.features]!, count)
        let metadata = try text(reader, sections[.metadata]!, "metadata")
        guard metadata.utf8.first == UInt8(ascii: "{"), metadata.utf8.last == UInt8(ascii: "}")
        else { throw .damagedSection("metadata", "it is no JSON object") }
        let parameters = LinearModelParameters(
            schemaHash: reader.u64(32), horizonNs: reader.u64(base + 8),
            featureNames: features.map(\.name), featureUnits: features.map(\.unit),
            mean: reader.floats(normaliser, count),
            inverseSigma: reader.floats(normaliser + width * 4, count),
            weights: reader.floats(weights, count), bias: reader.f32(weights + width * 4),
            clip: reader.f32(base + 16), residualSigmaBps: reader.f32(base + 20),
            thresholds: ModelThresholds(
                buyAboveBps: reader.f32(base + 24), sellBelowBps: reader.f32(base + 28),
                minimumConfidence: reader.f32(base + 32)),
            metadata: metadata)
        if let problem = parameters.problem { throw .invalidParameter(problem) }
        return parameters
    }

    private static func readFeatures(
        _ reader: ModelReader, _ range: Range<Int>, _ count: Int
    ) throws(ModelError) -> [(name: String, unit: String)] {
        let lines = try text(reader, range, "features").split(
            separator: "\n", omittingEmptySubsequences: false)
        guard lines.count == count + 1, lines.last == "" else {
            throw .damagedSection("features", "\(lines.count - 1) lines for \(count) features")
        }
        var features: [(name: String, unit: String)] = []
        for line in lines.dropLast() {
            let parts = line.split(separator: "\t", omittingEmptySubsequences: false)
            guard parts.count == 2 else {
                throw .damagedSection("features", "a line is not a name, a tab and a unit")
            }
            features.append((String(parts[0]), String(parts[1])))
        }
        return features
    }

    private static func text(
        _ reader: ModelReader, _ range: Range<Int>, _ section: String
    ) throws(ModelError) -> String {
        guard let text = String(validating: reader.bytes[range], as: UTF8.self) else {
            throw .damagedSection(section, "it is not UTF-8")
        }
        return text
    }

    private static func checkGolden(
        _ reader: ModelReader, _ range: Range<Int>, _ model: LinearModel
    ) throws(ModelError) {
        let width = width(model.featureCount)
        let goldenRowSize = goldenRowSize(width: width)
        for index in 0..<goldenCount {
            let row = range.lowerBound + index * goldenRowSize
            let output = evaluate(model, reader.floats(row, model.featureCount))
            let inputEnd = row + model.featureCount * 4
            guard reader.isZero(inputEnd..<(row + width * 4)),
                reader.isZero((row + (width + 2) * 4)..<(row + goldenRowSize))
            else { throw .damagedSection("golden", "the padding of row \(index) is not zero") }
            let score = reader.f32(row + width * 4)
            guard output.isFinite, output.score.bitPattern == score.bitPattern else {
                throw .goldenMismatch(index: index, expected: score, computed: output.score)
            }
            let confidence = reader.f32(row + width * 4 + 4)
            guard output.confidence.bitPattern == confidence.bitPattern else {
                throw .goldenMismatch(
                    index: index, expected: confidence, computed: output.confidence)
            }
        }
    }
}

/// Little-endian numbers of a file whose bounds the caller has checked.
package struct ModelReader {
    let bytes: [UInt8]

    package init(_ bytes: [UInt8]) { self.bytes = bytes }

    package func u32(_ offset: Int) -> UInt32 {
        (0..<4).reduce(0) { $0 | UInt32(bytes[offset + $1]) << (8 * UInt32($1)) }
    }
    package func u64(_ offset: Int) -> UInt64 {
        UInt64(u32(offset)) | UInt64(u32(offset + 4)) << 32
    }
    func f32(_ offset: Int) -> Float { Float(bitPattern: u32(offset)) }
    func floats(_ offset: Int, _ count: Int) -> [Float] {
        (0..<count).map { f32(offset + 4 * $0) }
    }
    func isZero(_ range: Range<Int>) -> Bool { bytes[range].allSatisfy { $0 == 0 } }
}
