//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

// A forest as a section of a model file, whose header has magic, version and checksum.
// Little-endian, without gaps:
//
//     0  u32  features                     20  u8   arithmetic, as ForestParameters.Arithmetic
//     4  u32  trees                        21  u8   link, as ForestParameters.Link
//     8  u32  nodes                        22  u8   1: the sum is divided by the count of trees
//    12  u32  category sets                23  u8   0
//    16  u32  words of all category sets   24  f64  base
//                                          32  f64  scale of the link
//    40  u32 for each tree: its nodes
//     .  16 bytes for each node, tree after tree, each breadth first:
//           u8   0 leaf, 1 split, 2 category set
//           u8   feature; 0 in a leaf
//           u8   bit 0: missing goes left, bit 1: zero is missing; 0 but in a split
//           u8   0
//           u32  bits of the float32 threshold; index of the set; 0 in a leaf
//           f64  value of the leaf; 0 otherwise
//     .  u32 for each category set: its words
//     .  u32 for each word

extension ForestParameters {
    private static let headSize = 40
    private static let nodeSize = 16

    /// The section's bytes.
    ///
    /// - Precondition: `problem` is `nil`.
    public func encode() -> [UInt8] {
        if let problem { preconditionFailure(problem) }
        var bytes: [UInt8] = []
        func add<Word: FixedWidthInteger>(_ word: Word) {
            for shift in stride(from: 0, to: Word.bitWidth, by: 8) {
                bytes.append(UInt8(truncatingIfNeeded: word >> Word(shift)))
            }
        }
        add(UInt32(featureCount))
        add(UInt32(trees.count))
        add(UInt32(nodeCount))
        add(UInt32(categorySets.count))
        add(UInt32(categorySets.reduce(0) { $0 + $1.count }))
        bytes += [arithmetic.rawValue, link.rawValue, averages ? 1 : 0, 0]
        add(base.bitPattern)
        add(linkScale.bitPattern)
        for tree in trees { add(UInt32(tree.count)) }
        for node in trees.joined() {
            switch node {
            case .leaf(let value):
                add(UInt64(0))
                add(value.bitPattern)
            case .split(let feature, let threshold, let missing):
                let flags: UInt8 = (missing.goesLeft ? 1 : 0) | (missing.includesZero ? 2 : 0)
                bytes += [1, UInt8(feature), flags, 0]
                add(threshold.bitPattern)
                add(UInt64(0))
            case .categories(let feature, let set):
                bytes += [2, UInt8(feature), 0, 0]
                add(UInt32(set))
                add(UInt64(0))
            }
        }
        for set in categorySets { add(UInt32(set.count)) }
        for word in categorySets.joined() { add(word) }
        return bytes
    }

    /// Reads a section, all of `bytes`. What is accepted encodes to the same bytes.
    public static func decode(_ bytes: ArraySlice<UInt8>) throws(ForestError) -> ForestParameters {
        var reader = SectionReader(bytes)
        let featureCount = try reader.count(max: featureCountMax, "features")
        let treeCount = try reader.count(max: treeCountMax, "trees")
        let nodeCount = try reader.count(max: nodeCountMax, "nodes")
        let setCount = try reader.count(max: nodeCountMax, "category sets")
        let wordCount = try reader.count(max: categoryWordCountMax, "words of category sets")
        let size = headSize + 4 * (treeCount + setCount + wordCount) + nodeSize * nodeCount
        guard bytes.count == size else {
            throw reader.refused("\(bytes.count) bytes where \(size) belong")
        }
        guard let arithmetic = Arithmetic(rawValue: try reader.u8()),
            let link = Link(rawValue: try reader.u8())
        else { throw reader.refused("an arithmetic or link that is not known") }
        let averages = try reader.u8()
        guard averages <= 1, try reader.u8() == 0 else {
            throw reader.refused("a reserved byte is not zero")
        }
        let base = Double(bitPattern: try reader.u64())
        let linkScale = Double(bitPattern: try reader.u64())
        let treeSizes = try reader.sizes(treeCount, sum: nodeCount, "trees")
        var trees: [[ForestNode]] = []
        for size in treeSizes {
            var tree: [ForestNode] = []
            for _ in 0..<size { tree.append(try reader.node()) }
            trees.append(tree)
        }
        var sets: [[UInt32]] = []
        for size in try reader.sizes(setCount, sum: wordCount, "category sets") {
            var words: [UInt32] = []
            for _ in 0..<size { words.append(try reader.u32()) }
            sets.append(words)
        }
        let forest = ForestParameters(
            featureCount: featureCount, trees: trees, categorySets: sets, arithmetic: arithmetic,
            base: base, link: link, linkScale: linkScale, averages: averages == 1)
        if let problem = forest.problem { throw .forest(reason: problem) }
        return forest
    }
}
