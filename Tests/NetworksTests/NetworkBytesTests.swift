//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CKernels
import Networks
import SeededRandom
import Testing

@Suite("Network bytes")
struct NetworkBytesTests {
    @Test(arguments: RandomNetworks.shapes)
    func `what was written is what is read`(shape: NetworkShape) throws {
        let parameters = RandomNetworks.parameters(shape, seed: 21)
        let network = QuantisedNetwork(parameters)
        let bytes = network.encode()
        #expect(bytes.count % 64 == 0)
        let read = try QuantisedNetwork.decode(bytes[...], scale: parameters.scale)
        #expect(read == network)
        #expect(read.encode() == bytes)
    }

    @Test func `bytes of any other length are refused`() {
        let parameters = RandomNetworks.parameters(.light(features: 3), seed: 22)
        let bytes = QuantisedNetwork(parameters).encode()
        for length in 0..<bytes.count {
            #expect(throws: NetworkDecodingError.self) {
                try QuantisedNetwork.decode(bytes[..<length], scale: parameters.scale)
            }
        }
        #expect(throws: NetworkDecodingError.self) {
            try QuantisedNetwork.decode((bytes + [0])[...], scale: parameters.scale)
        }
    }

    @Test func `changed bytes are refused or give a network that can be served`() throws {
        var random = SplitMix64(seed: 23)
        var served = 0
        for shape in [RandomNetworks.shapes[5], RandomNetworks.shapes[9], .light(features: 3)] {
            let parameters = RandomNetworks.parameters(shape, seed: 24)
            let original = QuantisedNetwork(parameters).encode()
            let window = RandomNetworks.vectors(shape.steps, parameters, seed: 25)
            for round in 0..<3_000 {
                var bytes = original
                for _ in 0..<Int.random(in: 1...4, using: &random) {
                    let reach = round % 3 == 0 ? 64 : bytes.count
                    bytes[Int.random(in: 0..<reach, using: &random)] = UInt8.random(
                        in: 0...255, using: &random)
                }
                guard
                    let network = try? QuantisedNetwork.decode(bytes[...], scale: parameters.scale)
                else { continue }
                served += 1
                guard network.shape == shape else { continue }
                _ = NetworkWindowSet(Network(network), count: 1).evaluate(window)
            }
        }
        #expect(served > 1_000, "seed 23")
    }

    @Test func `hostile heads are refused with the reason`() {
        let parameters = RandomNetworks.parameters(.light(features: 3), seed: 26)
        let original = QuantisedNetwork(parameters).encode()
        let cases: [(place: Int, value: UInt32, word: String)] = [
            (0, 9, "kind 9"), (4, 0, "0 features"), (4, 4_000_000_000, "features"),
            (8, 0, "0 steps"), (8, 513, "513 steps"), (12, 100_000, "attention"),
            (16, 2, "damaged"), (20, 0, "damaged"), (20, 9, "damaged"), (24, 1, "damaged"),
            (32, 0, "units"), (32, 513, "units"), (36, 5, "damaged"), (32, 17, "bytes where"),
        ]
        for (place, value, word) in cases {
            var bytes = original
            for byte in 0..<4 {
                bytes[place + byte] = UInt8(truncatingIfNeeded: value >> UInt32(8 * byte))
            }
            let error = #expect(throws: NetworkDecodingError.self) {
                try QuantisedNetwork.decode(bytes[...], scale: parameters.scale)
            }
            #expect(error?.reason.contains(word) == true, "\(place): \(error?.reason ?? "")")
        }
    }

    @Test func `a weight of -128, a scale below 0 and numbers that are not finite are refused`() {
        let parameters = RandomNetworks.parameters(.light(features: 3), seed: 27)
        let original = QuantisedNetwork(parameters).encode()
        // Behind the head: 64 rows' scales and biases, then their weights.
        let cases: [(place: Int, bytes: [UInt8], word: String)] = [
            (64, [0, 0, 0x80, 0xbf], "scale"), (64, [0, 0, 0xc0, 0x7f], "scale"),
            (64 + 256, [0, 0, 0x80, 0x7f], "bias"), (64 + 512, [0x80], "-128"),
            (original.count - 64, [0, 0, 0xc0, 0x7f], "finite"),
            (original.count - 1, [1], "padding"),
        ]
        for (place, change, word) in cases {
            var bytes = original
            bytes.replaceSubrange(place..<(place + change.count), with: change)
            let error = #expect(throws: NetworkDecodingError.self) {
                try QuantisedNetwork.decode(bytes[...], scale: parameters.scale)
            }
            #expect(error?.reason.contains(word) == true, "\(place): \(error?.reason ?? "")")
        }
    }
}
