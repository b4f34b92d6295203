//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CKernels
import Messages
import SeededRandom
import Testing

@Suite("Scan of wide level runs")
struct WideLevelScanTests {
    /// Ticks of 0.1 and lots of 0.01, printed without zeros at their end.
    static let scale = LevelScanTests.Scale(
        priceDecimals: 1, quantityDecimals: 2, isTickTen: false)

    static func scan(_ text: String, _ path: UInt8) -> LevelScanTests.Run {
        LevelScanTests.scan(text, ScanPath(rawValue: path), scale: scale, isWide: true)
    }

    @Test(arguments: LevelScanTests.paths)
    func `numbers may lack the places that are zero`(path: UInt8) {
        let text =
            #"63921.5","790.41","0","42"],["63922","0.3","0","1"],["7","0","0","0"]],"bids":["#
        let run = Self.scan(text, path)
        #expect(run.prices == [639_215, 639_220, 70])
        #expect(run.quantities == [79_041, 30, 0])
        #expect(run.isEnd)
        #expect(run.length == 69)
    }

    @Test(arguments: [
        #"63921.55","1","0","1"]"#, #"63921.5","1.001","0","1"]"#, #"63921.","1","0","1"]"#,
        #".5","1","0","1"]"#, #"63921.5","1","1","1"]"#, #"63921.5","1","0",""]"#,
        #"63921.5","1","0"]"#, #"63921.5","1"]"#, #"63921.5","1","0","1","2"]"#,
        #"63921.5","1","00","1"]"#, #"63921.5","1","0","1a"]"#, #"63921.5","-1","0","1"]"#,
        #"123456789","1","0","1"]"#, #"12345678.5","1","0","1"]"#, #"63921.5", "1","0","1"]"#,
        #"63921.5","1","0","1""#, #"63921.5","","0","1"]"#, "", "]",
    ])
    func `a level of another form is left where it stands`(text: String) {
        for path in LevelScanTests.paths {
            for lead in ["", #"61800.2","0.06","0","3"],[""#] {
                let run = Self.scan(lead + text, path)
                #expect(run.prices.count == (lead.isEmpty ? 0 : 1), "\(path)")
                #expect(run.length == UInt64(lead.utf8.count), "\(path)")
                #expect(!run.isEnd, "\(path)")
            }
        }
    }

    /// Goal: both paths are one function, whatever the bytes.
    /// Method: runs of random levels with a byte changed in half of them; the whole ones are
    /// compared with the integers they were written from.
    @Test func `the paths agree on damaged and whole runs`() {
        let seed: UInt64 = 50
        var random = SplitMix64(seed: seed)
        let alphabet = Array("0123456789.\",[] ".utf8)
        func minimal(_ mantissa: Int64, _ decimals: Int) -> String {
            var text = Decimals.text(mantissa: mantissa, decimals: decimals)
            while text.hasSuffix("0") { text.removeLast() }
            return text.hasSuffix(".") ? String(text.dropLast()) : text
        }
        for round in 0..<4_000 {
            let count = 1 + random.below(47)
            var prices: [Int64] = []
            var quantities: [Int64] = []
            let text = (0..<count).map { _ in
                prices.append(Int64(1 + random.below(1_000_000)))
                quantities.append(Int64(random.below(100_000_000)) >> Int64(random.below(26)))
                return minimal(prices.last!, 1) + #"",""# + minimal(quantities.last!, 2)
                    + #"","0",""# + "\(random.below(1_000))" + #""]"#
            }.joined(separator: #",[""#)
            var bytes = Array(text.utf8)
            let isDamaged = random.below(2) == 0
            if isDamaged {
                bytes[random.below(bytes.count)] = alphabet[random.below(alphabet.count)]
            }
            let runs = LevelScanTests.paths.map {
                Self.scan(String(decoding: bytes, as: UTF8.self), $0)
            }
            #expect(runs.allSatisfy { $0 == runs[0] }, "seed \(seed) round \(round)")
            if !isDamaged {
                #expect(runs[0].prices == prices, "seed \(seed) round \(round)")
                #expect(runs[0].quantities == quantities, "seed \(seed) round \(round)")
            }
        }
    }

    @Test func `scales of more than ten places are left to others`() {
        let scale = LevelScanTests.Scale(
            priceDecimals: 1, quantityDecimals: 11, isTickTen: false)
        for path in LevelScanTests.paths {
            let run = LevelScanTests.scan(
                #"1","1","0","1"]"#, ScanPath(rawValue: path), scale: scale, isWide: true)
            #expect(run.prices.isEmpty && run.length == 0)
        }
    }
}
