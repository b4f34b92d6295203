//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Inference
import SeededRandom
import Glibc
import Testing

@Suite("Model file")
struct ModelFileTests {
    static func refusal(
        _ file: [UInt8], schemaHash: UInt64 = Fixtures.schemaHash
    ) -> ModelError? {
        do throws(ModelError) {
            _ = try ModelFile.decode(file, expectedSchemaHash: schemaHash)
            return nil
        } catch { return error }
    }

    @Test func `the checksum is Castagnoli's`() {
        #expect(CRC32C.checksum(Array("123456789".utf8)) == 0xe306_9283)
        let first = CRC32C.checksum(Array("1234".utf8))
        #expect(CRC32C.checksum(Array("56789".utf8), continuing: first) == 0xe306_9283)
        #expect(CRC32C.checksum([UInt8](repeating: 0, count: 32)) == 0x8a91_36aa)
    }

    @Test(arguments: [1, 3, 4, 8, 29, 57, 60, 61, 124])
    func `what was written is what is read`(count: Int) throws {
        let parameters = Fixtures.parameters(count: count)
        let path = Fixtures.temporaryPath("roundtrip-\(count)")
        defer { unsafe unlink(path) }
        try ModelFile.write(parameters.contents, path: path)
        let model = try ModelFile.load(path: path, expectedSchemaHash: Fixtures.schemaHash)
        #expect(model.contents == parameters.contents)
        #expect(model.featureCount == count)
        unsafe #expect(access(path + ".new", F_OK) != 0)
    }

    @Test func `the header and the sections lie as the format says`() throws {
        let file = try ModelFile.encode(Fixtures.parameters().contents)
        #expect(Array(file[0..<8]) == Array("APUSMDL".utf8) + [1])
        #expect(Array(file[8..<20]) == [2, 0, 0, 0, 1, 0, 0, 0, 6, 0, 0, 0])
        let reader = ModelReader(file)
        #expect(reader.u64(24) == UInt64(file.count))
        #expect(file.count % 64 == 0)
        for index in 0..<6 {
            #expect(reader.u32(64 + 32 * index) == UInt32(index + 1))
            #expect(reader.u64(64 + 32 * index + 8) % 64 == 0)
        }
    }

    @Test func `equal parameters give equal bytes`() throws {
        #expect(
            try ModelFile.encode(Fixtures.parameters().contents)
                == ModelFile.encode(Fixtures.parameters().contents))
    }

    @Test func `a file with any byte changed is refused`() throws {
        var file = try ModelFile.encode(Fixtures.parameters().contents)
        var random = SplitMix64(seed: 7)
        for index in file.indices {
            let change = UInt8.random(in: 1...255, using: &random)
            file[index] ^= change
            #expect(Self.refusal(file) != nil, "byte \(index) ^ \(change)")
            file[index] ^= change
        }
        #expect(Self.refusal(file) == nil)
    }

    @Test func `a file of any other length is refused`() throws {
        let file = try ModelFile.encode(Fixtures.parameters().contents)
        for length in 0..<file.count {
            #expect(Self.refusal(Array(file[..<length])) != nil, "\(length) bytes")
        }
        #expect(Self.refusal(file + [0]) != nil)
        #expect(Self.refusal(file + [UInt8](repeating: 0, count: 64)) != nil)
    }

    @Test func `a file changed and sealed again is refused or gives a valid model`() throws {
        // Goal: the bounds hold without the checksum's help. Method: every byte before the golden
        // vectors and a sample behind, set to telling values, sealed; then random blows.
        let original = try ModelFile.encode(Fixtures.parameters().contents)
        var random = SplitMix64(seed: 11)
        var accepted = 0
        func attempt(_ file: [UInt8]) throws {
            var sealed = file
            if sealed.count >= 64 { ModelFile.seal(&sealed) }
            guard Self.refusal(sealed) == nil else { return }
            accepted += 1
            let model = try ModelFile.decode(sealed, expectedSchemaHash: Fixtures.schemaHash)
            #expect(model.contents.problem == nil)
        }
        for index in original.indices where index < 2_048 || index % 97 == 0 {
            for value: UInt8 in [0, 1, 0x80, 0xff] where value != original[index] {
                var file = original
                file[index] = value
                try attempt(file)
            }
        }
        for _ in 0..<500 {
            var file = original
            for _ in 0..<Int.random(in: 2...8, using: &random) {
                file[Int.random(in: 0..<400, using: &random)] = UInt8.random(
                    in: 0...255, using: &random)
            }
            try attempt(file)
        }
        // Names, thresholds, horizon and metadata may take other values; weights may not.
        #expect(accepted > 0, "seed 11")
    }

    @Test func `hostile sizes and offsets are refused`() throws {
        let original = try ModelFile.encode(Fixtures.parameters().contents)
        let hostile: [UInt64] = [
            UInt64.max, UInt64.max - 63, 1 << 63, 1 << 40, UInt64(original.count) + 64,
        ]
        for row in 0..<6 {
            for field in [8, 16] {
                for value in hostile {
                    var file = original
                    for byte in 0..<8 {
                        file[64 + 32 * row + field + byte] = UInt8(
                            truncatingIfNeeded: value >> UInt64(8 * byte))
                    }
                    ModelFile.seal(&file)
                    #expect(Self.refusal(file) != nil)
                }
            }
        }
    }

    @Test func `a weight changed by one bit fails the golden vectors`() throws {
        var file = try ModelFile.encode(Fixtures.parameters().contents)
        let weights = Int(ModelReader(file).u64(64 + 2 * 32 + 8))
        file[weights] ^= 1
        ModelFile.seal(&file)
        guard case .goldenMismatch = Self.refusal(file) else {
            Issue.record("the golden vectors did not see it")
            return
        }
    }

    @Test func `each refusal has its own error`() throws {
        let original = try ModelFile.encode(Fixtures.parameters().contents)
        func changed(_ index: Int, _ value: UInt8) -> [UInt8] {
            var file = original
            file[index] = value
            return file
        }
        #expect(Self.refusal([]) == .tooShort(size: 0))
        #expect(
            Self.refusal(original, schemaHash: 5)
                == .schemaMismatch(model: Fixtures.schemaHash, engine: 5))
        #expect(Self.refusal(changed(8, 1)) == .unsupportedVersion(1))
        #expect(Self.refusal(changed(0, 0)) == .notAModel(magic: 0x014c_444d_5355_5000))
        var other = changed(12, 9)
        ModelFile.seal(&other)
        #expect(Self.refusal(other) == .unsupportedArchitecture(9))
        guard case .checksumMismatch = Self.refusal(changed(500, 99)) else {
            Issue.record("a changed byte is a checksum error")
            return
        }
    }

    @Test func `what is no model file on disk gives an error with the path`() {
        let missing = Fixtures.temporaryPath("missing")
        #expect(throws: ModelError.cannotOpen(path: missing, code: ENOENT)) {
            try ModelFile.load(path: missing, expectedSchemaHash: 0)
        }
        #expect(throws: ModelError.cannotOpen(path: "/", code: EINVAL)) {
            try ModelFile.load(path: "/", expectedSchemaHash: 0)
        }
        #expect(throws: ModelError.tooShort(size: 0)) {
            let empty = Fixtures.temporaryPath("empty")
            close(unsafe open(empty, O_WRONLY | O_CREAT | O_TRUNC, 0o600))
            defer { unsafe unlink(empty) }
            _ = try ModelFile.load(path: empty, expectedSchemaHash: 0)
        }
        let nowhere = "/proc/apus/model"
        #expect(throws: ModelError.cannotWrite(path: nowhere, code: ENOENT)) {
            try ModelFile.write(Fixtures.parameters().contents, path: nowhere)
        }
        #expect("\(ModelError.cannotOpen(path: missing, code: ENOENT))".contains(missing))
    }

    @Test(
        arguments: [
            { (p: inout LinearModelParameters) in p.weights[2] = .nan },
            { (p: inout LinearModelParameters) in p.weights[0] = .infinity },
            { (p: inout LinearModelParameters) in p.mean.removeLast() },
            { (p: inout LinearModelParameters) in p.inverseSigma[1] = -1 },
            { (p: inout LinearModelParameters) in p.bias = .nan },
            { (p: inout LinearModelParameters) in p.clip = 0 },
            { (p: inout LinearModelParameters) in p.residualSigmaBps = 0 },
            { (p: inout LinearModelParameters) in p.horizonNs = 0 },
            { (p: inout LinearModelParameters) in p.thresholds.minimumConfidence = 1.5 },
            { (p: inout LinearModelParameters) in p.thresholds.buyAboveBps = -3 },
            { (p: inout LinearModelParameters) in p.featureNames[0] = "tab\tname" },
            { (p: inout LinearModelParameters) in p.featureUnits[0] = "" },
            { (p: inout LinearModelParameters) in p = Fixtures.parameters(count: 125) },
        ] as [@Sendable (inout LinearModelParameters) -> Void])
    func `parameters that make no model are not written`(
        _ spoil: @Sendable (inout LinearModelParameters) -> Void
    ) {
        var parameters = Fixtures.parameters()
        spoil(&parameters)
        #expect(throws: ModelError.self) { try ModelFile.encode(parameters.contents) }
    }
}
