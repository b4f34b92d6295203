//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

/// Puts a tree that names its children into breadth-first order.
struct TreeOrder {
    /// A node as a file has it.
    struct Source {
        let node: ForestNode
        /// Indices of the children; of no meaning in a leaf.
        var left = 0
        var right = 0
    }

    /// Nodes that `nodes` returned last: how many of the file's the root leads to.
    private(set) var reached = 0

    /// - Parameters:
    ///   - count: The file's nodes; node 0 is the root.
    ///   - read: The node at an index below `count`.
    ///   - refuse: Makes the error about the node at an index.
    mutating func nodes(
        count: Int, read: (Int) throws(ForestError) -> Source,
        refuse: (Int, String) -> ForestError
    ) throws(ForestError) -> [ForestNode] {
        var isNamed = [Bool](repeating: false, count: count)
        var order = [0]
        var nodes: [ForestNode] = []
        isNamed[0] = true
        while nodes.count < order.count {
            let index = order[nodes.count]
            let source = try read(index)
            nodes.append(source.node)
            if source.node.isLeaf { continue }
            for child in [source.left, source.right] {
                guard child >= 0, child < count else {
                    throw refuse(index, "child \(child) of node \(index) is not there")
                }
                guard !isNamed[child] else {
                    throw refuse(index, "child \(child) of node \(index) has another parent")
                }
                isNamed[child] = true
                order.append(child)
            }
        }
        reached = nodes.count
        return nodes
    }
}
