//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CKernels

/// A forest as the kernel walks it, put together before it is copied into one allocation.
struct ForestLayout {
    private static let laneCount = Int(APUS_FOREST_LANES)
    private static let blockTreeCount = Int(APUS_FOREST_BLOCK_TREES)

    private let parameters: ForestParameters
    /// The first node is a leaf on its own for lanes without a tree.
    private var nodes: [ForestPlace] = []
    private var leaves: [Double] = []
    private var groups: [ForestGroup] = []
    private var sets: [ForestCategorySet] = []
    private var words: [UInt32] = []
    private var banks: UInt32 = 1
    private var hasSets = false

    init(_ parameters: ForestParameters) {
        self.parameters = parameters
        addLeaf(0)
        var trees: [(root: Int, depth: Int)] = []
        for tree in parameters.trees {
            trees.append((nodes.count, Self.depth(tree)))
            add(tree)
        }
        for first in stride(from: 0, to: trees.count, by: Self.blockTreeCount) {
            addBlock(trees[first..<min(first + Self.blockTreeCount, trees.count)])
        }
        for set in parameters.categorySets {
            sets.append(.init(first: UInt32(words.count), count: UInt32(set.count)))
            words += set
        }
    }

    private mutating func add(_ tree: [ForestNode]) {
        let root = nodes.count
        var splits = 0
        for node in tree {
            let left = root + 2 * splits + 1
            switch node {
            case .leaf(let value):
                addLeaf(value)
                continue
            case .split(let feature, let threshold, let missing):
                let bank = switch (missing.includesZero, missing.goesLeft) {
                case (false, false): APUS_FOREST_BANK_RIGHT
                case (false, true): APUS_FOREST_BANK_LEFT
                case (true, false): APUS_FOREST_BANK_ZERO_RIGHT
                case (true, true): APUS_FOREST_BANK_ZERO_LEFT
                }
                banks |= 1 << UInt32(bank)
                let slot = UInt32(bank * APUS_FOREST_BANK_SLOTS) + UInt32(feature)
                nodes.append(Self.place(threshold, left, slot))
            case .categories(let feature, let set):
                hasSets = true
                let slot = UInt32(feature) | UInt32(APUS_FOREST_SETS_BIT)
                nodes.append(Self.place(Float(bitPattern: UInt32(set)), left, slot))
            }
            splits += 1
        }
    }

    /// A leaf leads to itself and holds the index of its value.
    private mutating func addLeaf(_ value: Double) {
        let index = Float(bitPattern: UInt32(leaves.count))
        nodes.append(Self.place(index, nodes.count, UInt32(APUS_FOREST_LEAF_SLOT)))
        leaves.append(value)
    }

    private static func place(_ threshold: Float, _ left: Int, _ slot: UInt32) -> ForestPlace {
        ForestPlace(
            threshold: threshold, place: UInt32(left) << UInt32(APUS_FOREST_CHILD_SHIFT) | slot)
    }

    /// Trees of like depth go side by side.
    private mutating func addBlock(_ trees: ArraySlice<(root: Int, depth: Int)>) {
        let order = trees.indices.sorted { (trees[$0].depth, $0) < (trees[$1].depth, $1) }
        for first in stride(from: 0, to: order.count, by: Self.laneCount) {
            var group = ForestGroup()
            let none = UInt8(Self.blockTreeCount)
            group.tree = (none, none, none, none, none, none, none, none)
            for (lane, index) in order[first...].prefix(Self.laneCount).enumerated() {
                unsafe withUnsafeMutableBytes(of: &group.root) { roots in
                    unsafe roots.storeBytes(
                        of: UInt32(trees[index].root), toByteOffset: 4 * lane, as: UInt32.self)
                }
                unsafe withUnsafeMutableBytes(of: &group.tree) { places in
                    unsafe places[lane] = UInt8(index - trees.startIndex)
                }
                group.depth = max(group.depth, UInt32(trees[index].depth))
            }
            groups.append(group)
        }
    }

    /// Steps from the root to the farthest leaf.
    private static func depth(_ tree: [ForestNode]) -> Int {
        var depths = [0]
        for (index, node) in tree.enumerated() where !node.isLeaf {
            depths += [depths[index] + 1, depths[index] + 1]
        }
        return depths[depths.count - 1]
    }

    /// Copies everything into one allocation, which begins with what describes it.
    func memory() -> UnsafePointer<ForestMemory> {
        let line = 64
        func room<Element>(_ elements: [Element]) -> Int {
            (elements.count * MemoryLayout<Element>.stride + line - 1) / line * line
        }
        let head = unsafe (MemoryLayout<ForestMemory>.size + line - 1) / line * line
        let size =
            head + room(nodes) + room(leaves) + room(groups) + room(sets) + room(words)
        let start = UnsafeMutableRawPointer.allocate(byteCount: size, alignment: line)
        unsafe start.initializeMemory(as: UInt8.self, repeating: 0, count: size)
        var next = head
        func copy<Element: BitwiseCopyable>(_ elements: [Element]) -> UnsafePointer<Element> {
            let target = unsafe (start + next).bindMemory(
                to: Element.self, capacity: elements.count)
            unsafe target.initialize(from: elements, count: elements.count)
            next += room(elements)
            return unsafe UnsafePointer(target)
        }
        let forest = unsafe start.bindMemory(to: ForestMemory.self, capacity: 1)
        unsafe forest.initialize(
            to: unsafe ForestMemory(
                nodes: copy(nodes), leaves: copy(leaves), groups: copy(groups), sets: copy(sets),
                words: copy(words), base: parameters.base, link_scale: parameters.linkScale,
                tree_count: UInt32(parameters.trees.count),
                feature_count: UInt32(parameters.featureCount), banks: banks,
                has_sets: hasSets ? 1 : 0,
                is_single: parameters.arithmetic == .single ? 1 : 0,
                averages: parameters.averages ? 1 : 0, link: UInt32(parameters.link.rawValue)))
        return unsafe UnsafePointer(forest)
    }
}
