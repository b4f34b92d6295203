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

import Forests
import Networks

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
        let contents = try readContents(reader, sections)
        let scorer = ModelScorer(contents)
        try checkGolden(reader, sections[.golden]!, scorer)
        return LoadedModel(
            scorer: scorer, contents: contents, checksum: reader.u32(checksumOffset))
    }

    /// The golden windows of a file that `decode` accepts, shape [windows][steps][features].
    public static func goldenWindows(path: String) throws(ModelError) -> [[[Float]]] {
        let model = try load(path: path, expectedSchemaHash: nil)
        let reader = ModelReader(try readBytes(path: path))
        let range = try readTable(reader)[.golden]!
        let (count, steps) = (model.featureCount, model.scorer.steps)
        let width = width(count)
        return (0..<goldenCount).map { row in
            (0..<steps).map { step in
                let start = range.lowerBound + row * goldenRowSize(width: width, steps: steps)
                return reader.floats(start + step * width * 4, count)
            }
        }
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
        guard (1...3).contains(reader.u32(12)) else {
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
            ranges[section] = range
            end = range.upperBound
        }
        guard reader.isZero(end..<size) else {
            throw .damagedSection("golden", "something stands behind it")
        }
        return ranges
    }

    private static func check(
        _ section: Section, _ range: Range<Int>, holds size: Int
    ) throws(ModelError) {
        guard range.count == size else {
            throw .damagedSection("\(section)", "\(range.count) bytes where \(size) belong")
        }
    }

    private static func readContents(
        _ reader: ModelReader, _ sections: [Section: Range<Int>]
    ) throws(ModelError) -> ModelContents {
        try check(.parameters, sections[.parameters]!, holds: parametersSize)
        let base = sections[.parameters]!.lowerBound
        let count = Int(reader.u32(base))
        let width = width(count)
        guard count >= 1, count <= featureCountMax, reader.u32(base + 4) == UInt32(width) else {
            throw .damagedSection("parameters", "\(count) features in rows of another width")
        }
        try check(.normaliser, sections[.normaliser]!, holds: 2 * width * 4)
        let normaliser = sections[.normaliser]!.lowerBound
        for start in [normaliser, normaliser + width * 4] {
            guard reader.isZero((start + count * 4)..<(start + width * 4)) else {
                throw .damagedSection("normaliser", "the padding behind the features is not zero")
            }
        }
        let scale = InputScale(
            mean: reader.floats(normaliser, count),
            inverseSigma: reader.floats(normaliser + width * 4, count), clip: reader.f32(base + 16))
        let description = try readDescription(reader, sections, count)
        let contents = ModelContents(
            description: description, scale: scale,
            core: try readCore(reader, sections[.core]!, count, scale))
        if let problem = contents.problem { throw .invalidParameter(problem) }
        try check(
            .golden, sections[.golden]!,
            holds: goldenCount * goldenRowSize(width: width, steps: description.steps))
        return contents
    }

    private static func readDescription(
        _ reader: ModelReader, _ sections: [Section: Range<Int>], _ count: Int
    ) throws(ModelError) -> ModelDescription {
        let base = sections[.parameters]!.lowerBound
        let features = try readFeatures(reader, sections[.features]!, count)
        let metadata = try text(reader, sections[.metadata]!, "metadata")
        guard metadata.utf8.first == UInt8(ascii: "{"), metadata.utf8.last == UInt8(ascii: "}")
        else { throw .damagedSection("metadata", "it is no JSON object") }
        guard let kind = ScoreKind(rawValue: reader.u32(base + 40)) else {
            throw .damagedSection("parameters", "output kind \(reader.u32(base + 40))")
        }
        let deciles = reader.u32(base + 56)
        guard deciles == 0 || deciles == 9,
            deciles == 9 || reader.isZero((base + 60)..<(base + 96))
        else { throw .damagedSection("parameters", "\(deciles) deciles") }
        var description = ModelDescription(
            schemaHash: reader.u64(32), horizonNs: reader.u64(base + 8),
            featureNames: features.map(\.name), featureUnits: features.map(\.unit),
            residualSigmaBps: reader.f32(base + 20),
            thresholds: ModelThresholds(
                buyAboveBps: reader.f32(base + 24), sellBelowBps: reader.f32(base + 28),
                minimumConfidence: reader.f32(base + 32)))
        description.steps = Int(reader.u32(base + 36))
        description.scoreKind = kind
        description.outputScale = reader.f32(base + 44)
        description.outputOffset = reader.f32(base + 48)
        description.moveBps = reader.f32(base + 52)
        description.scoreDeciles = reader.floats(base + 60, Int(deciles))
        description.metadata = metadata
        let name = reader.bytes[(base + 96)..<(base + 128)]
        let end = name.firstIndex(of: 0) ?? name.endIndex
        guard reader.isZero(end..<name.endIndex) else {
            throw .damagedSection("parameters", "something stands behind the name")
        }
        description.name = String(decoding: name[..<end], as: UTF8.self)
        return description
    }

    private static func readCore(
        _ reader: ModelReader, _ range: Range<Int>, _ count: Int, _ scale: InputScale
    ) throws(ModelError) -> ModelCore {
        let bytes = reader.bytes[range]
        switch reader.u32(12) {
        case 2:
            do throws(NetworkDecodingError) {
                return .network(try QuantisedNetwork.decode(bytes, scale: scale))
            } catch { throw .damagedSection("core", error.reason) }
        case 3:
            do throws(ForestError) {
                return .forest(try ForestParameters.decode(bytes))
            } catch { throw .damagedSection("core", "\(error)") }
        default:
            let width = width(count)
            try check(.core, range, holds: (width + 16) * 4)
            let start = range.lowerBound
            guard reader.isZero((start + count * 4)..<(start + width * 4)),
                reader.isZero((start + width * 4 + 4)..<range.upperBound)
            else { throw .damagedSection("core", "its padding is not zero") }
            return .linear(
                weights: reader.floats(start, count), bias: reader.f32(start + width * 4))
        }
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
        _ reader: ModelReader, _ range: Range<Int>, _ scorer: ModelScorer
    ) throws(ModelError) {
        let (count, steps) = (scorer.featureCount, scorer.steps)
        let width = width(count)
        let rowSize = goldenRowSize(width: width, steps: steps)
        for index in 0..<goldenCount {
            let row = range.lowerBound + index * rowSize
            let end = row + steps * width * 4
            var window: [[Float]] = []
            for step in 0..<steps {
                let start = row + step * width * 4
                window.append(reader.floats(start, count))
                guard reader.isZero((start + count * 4)..<(start + width * 4)) else {
                    throw .damagedSection("golden", "the padding of row \(index) is not zero")
                }
            }
            guard reader.isZero((end + 8)..<(row + rowSize)) else {
                throw .damagedSection("golden", "the padding of row \(index) is not zero")
            }
            let output = scorer.evaluate(window)
            let score = reader.f32(end)
            guard output.isFinite, output.score.bitPattern == score.bitPattern else {
                throw .goldenMismatch(index: index, expected: score, computed: output.score)
            }
            let confidence = reader.f32(end + 4)
            guard output.confidence.bitPattern == confidence.bitPattern else {
                throw .goldenMismatch(
                    index: index, expected: confidence, computed: output.confidence)
            }
        }
    }
}
