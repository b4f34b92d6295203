//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Testing

@testable import Monitor

@Suite("Parts of the live view")
struct ScreenPartsTests {
    private static let unicode = Glyphs(isUnicode: true)
    private static let ascii = Glyphs(isUnicode: false)

    @Test func `a spark shows the latest values and blanks where there is none`() {
        let glyphs = Self.unicode
        #expect(glyphs.spark([1, 2, 3, 4, 5, 6, 7, 8], width: 8, .fromLeast) == "▁▂▃▄▅▆▇█")
        #expect(glyphs.spark([9, 0, nil, 8], width: 3, .fromZero) == "▁ █")
        #expect(glyphs.spark([5, 5], width: 4, .fromZero) == "  ██")
        #expect(glyphs.spark([5, 5], width: 4, .fromLeast) == "  ▁▁")
        #expect(glyphs.spark([], width: 3, .fromZero) == "   ")
        #expect(glyphs.spark([0, 0], width: 2, .fromZero) == "▁▁")
        #expect(glyphs.spark([.nan, .infinity, -1], width: 3, .fromZero) == "  ▁")
        #expect(glyphs.spark([1], width: 0, .fromZero) == "")
    }

    @Test func `a spark of latencies gives each doubling the same height`() {
        let values: [Double?] = [100, 200, 400, 800]
        #expect(Self.unicode.spark(values, width: 4, .logarithmic) == "▁▃▆█")
        #expect(Self.ascii.spark(values, width: 4, .logarithmic) == "_-+#")
    }

    @Test func `a bar is as long as its share, whatever the share`() {
        #expect(Self.unicode.bar(0.5, width: 4) == "██··")
        #expect(Self.unicode.bar(0.03125, width: 4) == "▏···")
        #expect(Self.ascii.bar(0.5, width: 4) == "##..")
        for share in [-1, 0, 0.999, 1, 7, Double.nan, .infinity] {
            #expect(Self.unicode.bar(share, width: 9).count == 9)
        }
        #expect(Self.unicode.bar(7, width: 2) == "██")
    }

    @Test func `text from outside cannot steer the terminal`() {
        #expect(Self.unicode.clean("a\u{1b}[2Jb\u{7}\r\nc") == "a?[2Jb??c")
        #expect(Self.unicode.clean("漢 e\u{301} \u{202e}x · ▁") == "? ? ?x · ▁")
        #expect(Self.ascii.clean("up 1s · fused … ↑") == "up 1s - fused ~ ^")
    }

    @Test func `a narrow window drops the columns of the highest rank first`() {
        var table = FittingTable([("<name", 0), ("one", 2), ("two", 1), ("three", 3)])
        table.add(["x", "1", "2", "3"].map { FittingTable.Cell($0) })
        #expect(table.lines(width: 80).map(\.text) == ["name  one  two  three", "x       1    2      3"])
        #expect(table.lines(width: 19).map(\.text) == ["name one two three", "x      1   2     3"])
        #expect(table.lines(width: 17)[0].text == "name  one  two")
        #expect(table.lines(width: 11)[0].text == "name  two")
        #expect(table.lines(width: 3)[0].text == "name", "what stays is cut by the window")
        #expect(FittingTable([("a", 0)]).lines(width: 9).isEmpty)
    }

    @Test func `a line is cut by the window's edges and keeps its styles`() {
        var line = ScreenLine(text: "abc", style: .title)
        line.add("defg", .alarm)
        let cut = line.cut(from: 2, columns: 3)
        #expect(cut.text == "cde")
        #expect(cut.spans.map(\.style) == [.title, .alarm])
        #expect(line.cut(from: 9, columns: 3).text == "")
        #expect(line.cut(from: 0, columns: 0).text == "")
    }
}
