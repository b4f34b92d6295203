//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import SeededRandom
import CKernels
import Messages
import Testing

@Suite("Scan of level runs")
struct LevelScanTests {
    /// Ticks of ten last decimals, or of one, and lots of one.
    ///
    /// SAFETY: written in `init` alone and kept until the process ends.
    @safe
    final class Scale: @unchecked Sendable {
        let pointer: UnsafeMutablePointer<LevelScale>

        init(priceDecimals: UInt32, quantityDecimals: UInt32, isTickTen: Bool = true) {
            let forms = unsafe UnsafeMutableRawPointer.allocate(
                byteCount: Int(APUS_LEVEL_FORM_COUNT) * MemoryLayout<LevelForm>.stride,
                alignment: 64
            ).bindMemory(to: LevelForm.self, capacity: Int(APUS_LEVEL_FORM_COUNT))
            unsafe apus_level_forms_init(forms, priceDecimals, quantityDecimals)
            unsafe pointer = .allocate(capacity: 1)
            // 10 = 2 * 5.
            unsafe pointer.initialize(to: LevelScale(
                tickInverse: isTickTen ? LevelScanTests.inverse(of: 5) : 1,
                tickCountMax: isTickTen ? .max / 10 : .max, lotInverse: 1, lotCountMax: .max,
                tickShift: isTickTen ? 1 : 0, lotShift: 0, priceDecimals: priceDecimals,
                quantityDecimals: quantityDecimals, forms: forms))
        }
    }

    /// As BTCUSDT has them.
    static let scale = Scale(priceDecimals: 2, quantityDecimals: 3)

    static func inverse(of odd: UInt64) -> UInt64 {
        (0..<5).reduce(odd) { guess, _ in guess &* (2 &- odd &* guess) }
    }

    struct Run: Equatable {
        var prices: [Int64] = []
        var quantities: [Int64] = []
        var length: UInt64 = 0
        var isEnd = false
    }

    static func scan(
        _ text: String, _ path: ScanPath, scale: Scale = scale, isWide: Bool = false
    ) -> Run {
        let bytes = Array(repeating: UInt8(ascii: "]"), count: 16) + Array(text.utf8)
            + Array(repeating: UInt8(ascii: "7"), count: 64)
        var out = [ScaledLevel](repeating: ScaledLevel(), count: Int(APUS_LEVELS_MAX))
        var run = Run()
        unsafe bytes.withUnsafeBufferPointer { bytes in
            let start = unsafe bytes.baseAddress! + 16
            let scanned = isWide
                ? unsafe apus_scan_wide_levels(
                    start, start + text.utf8.count, scale.pointer, &out, path)
                : unsafe apus_scan_levels(
                    start, start + text.utf8.count, scale.pointer, &out, path)
            run.length = scanned.length
            run.isEnd = scanned.isEnd != 0
            for level in out.prefix(Int(scanned.count)) {
                run.prices.append(level.price)
                run.quantities.append(level.quantity)
            }
        }
        return run
    }

    static let paths = Array(ScanPath.portable.rawValue...apus_scan_path_best().rawValue)

    @Test(arguments: paths)
    func `a run of usual levels is taken to its end`(path: UInt8) {
        let text = #"61800.20","0.006"],["0.10","1000.000"],["999999.90","99999.999"]],"a":["#
        let run = Self.scan(text, ScanPath(rawValue: path))
        #expect(run.prices == [618_002, 1, 9_999_999])
        #expect(run.quantities == [6, 1_000_000, 99_999_999])
        #expect(run.length == 64)
        #expect(run.isEnd)
    }

    @Test(arguments: [
        #"61800.25","0.006"]"#, #"61800.2","0.006"]"#, #"61800.200","0.006"]"#,
        #"61800.20","0.0060"]"#, #"61800.20","6"]"#, #"61800","0.006"]"#, #".20","0.006"]"#,
        #"1234567.20","0.006"]"#, #"61800.20","123456.789"]"#, #"61800.20", "0.006"]"#,
        #"61800.20","0.006" ]"#, #"-61800.20","0.006"]"#, #"61800.20","0.006""#,
        #"61800.20","","0.006"]"#, #"61800.20"]"#, #"]"#, #"61800.20","0.0a6"]"#,
        #"61800,20","0.006"]"#, #"61800.20","0.006"}]"#, #"61800.20","1e5.000"]"#, "",
    ])
    func `a level of another form is left where it stands`(text: String) {
        for path in Self.paths {
            for lead in ["", #"61800.20","0.006"],[""#] {
                let run = Self.scan(lead + text, ScanPath(rawValue: path))
                #expect(run.prices.count == (lead.isEmpty ? 0 : 1), "\(path)")
                #expect(run.length == UInt64(lead.utf8.count), "\(path)")
                #expect(!run.isEnd, "\(path)")
            }
        }
    }

    /// Goal: both paths are one function, whatever the bytes.
    /// Method: runs of random levels with a byte changed in half of them; the undamaged ones are
    /// compared with the integers they were written from.
    @Test func `the paths agree on damaged and whole runs`() {
        let seed: UInt64 = 48
        var random = SplitMix64(seed: seed)
        let alphabet = Array("0123456789.\",[] ".utf8)
        for round in 0..<4_000 {
            let count = Int.random(in: 1...50, using: &random)
            var prices: [Int64] = []
            var quantities: [Int64] = []
            let text = (0..<count).map { _ in
                let digits = Int64.random(in: 1...6, using: &random)
                let price = Int64.random(in: 1..<(1...digits).reduce(10) { p, _ in p * 10 },
                    using: &random)
                let quantity = Int64.random(in: 0..<100_000_000, using: &random)
                    >> Int64.random(in: 0..<27, using: &random)
                prices.append(price)
                quantities.append(quantity)
                return Decimals.text(mantissa: price * 10, decimals: 2) + #"",""#
                    + Decimals.text(mantissa: quantity, decimals: 3) + #""]"#
            }.joined(separator: #",[""#)
            var bytes = Array(text.utf8)
            let isDamaged = Bool.random(using: &random)
            if isDamaged {
                bytes[Int.random(in: 0..<bytes.count, using: &random)] =
                    alphabet.randomElement(using: &random)!
            }
            let damaged = String(decoding: bytes, as: UTF8.self)
            let runs = Self.paths.map { Self.scan(damaged, ScanPath(rawValue: $0)) }
            #expect(runs.allSatisfy { $0 == runs[0] }, "seed \(seed) round \(round): \(damaged)")
            if isDamaged { continue }
            let taken = min(count, Int(APUS_LEVELS_MAX))
            #expect(runs[0].prices == Array(prices.prefix(taken)), "seed \(seed) round \(round)")
            #expect(runs[0].quantities == Array(quantities.prefix(taken)), "round \(round)")
            #expect(runs[0].isEnd == (count <= taken), "seed \(seed) round \(round)")
        }
    }

    /// Goal: the paths are one function for every pair of decimals.
    /// Method: runs of levels of random widths, a byte changed in half of them.
    @Test func `the paths agree whatever the decimals are`() {
        let seed: UInt64 = 4_812
        var random = SplitMix64(seed: seed)
        let alphabet = Array("0123456789.\",[]".utf8)
        var takenCount = 0
        for priceDecimals in UInt32(0)...8 {
            for quantityDecimals in UInt32(0)...8 {
                let scale = Scale(
                    priceDecimals: priceDecimals, quantityDecimals: quantityDecimals)
                for round in 0..<40 {
                    func number(_ decimals: UInt32) -> String {
                        let mantissa = Int64.random(in: 0..<100_000_000, using: &random)
                            >> Int64.random(in: 0..<27, using: &random)
                        return Decimals.text(mantissa: mantissa * 10, decimals: Int(decimals))
                    }
                    let count = Int.random(in: 1...8, using: &random)
                    let text = (0..<count).map { _ in
                        number(priceDecimals) + #"",""# + number(quantityDecimals) + #""]"#
                    }.joined(separator: #",[""#)
                    var bytes = Array(text.utf8)
                    if Bool.random(using: &random) {
                        bytes[Int.random(in: 0..<bytes.count, using: &random)] =
                            alphabet.randomElement(using: &random)!
                    }
                    let damaged = String(decoding: bytes, as: UTF8.self)
                    let runs = Self.paths.map {
                        Self.scan(damaged, ScanPath(rawValue: $0), scale: scale)
                    }
                    #expect(
                        runs.allSatisfy { $0 == runs[0] },
                        "seed \(seed) round \(round): \(damaged)")
                    takenCount += runs[0].prices.count
                }
            }
        }
        #expect(takenCount > 1_000)
    }
}
