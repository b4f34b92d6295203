//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

/// Reads the text that LightGBM 4 saves a model as.
///
/// Taken: every objective of one output a row, missing values of each kind, categories, dart and
/// random forests. The file holds the trees that `predict` uses: after early stopping, those up to
/// the best iteration. Refused: several classes, linear trees, what is not understood.
/// Source: LightGBM 4.7, `GBDT::SaveModelToString`, `Tree::ToString`.
public enum LightGBMText {
    /// Largest file, bytes.
    public static let sizeMax = 256 << 20

    private static let headerKeys: Set<String> = [
        "version", "num_class", "num_tree_per_iteration", "label_index", "max_feature_idx",
        "objective", "average_output", "feature_names", "monotone_constraints", "feature_infos",
        "tree_sizes",
    ]

    public static func parse(_ bytes: [UInt8]) throws(ForestError) -> ForestParameters {
        guard bytes.count <= sizeMax else {
            throw .forest(reason: "a model of over \(sizeMax) bytes; train fewer trees")
        }
        var lines = TextLines(bytes)
        let header = try TextBlock(&lines, known: headerKeys)
        var forest = try parameters(header)
        var reader = LightGBMTrees(featureCount: forest.featureCount)
        let sizes = try header.field("tree_sizes")
        let treeCount = sizes.value.split(separator: UInt8(ascii: " ")).count
        guard treeCount >= 1, treeCount <= ForestParameters.treeCountMax else {
            throw .text(
                line: sizes.line,
                reason: "\(treeCount) trees; 1...\(ForestParameters.treeCountMax) are possible")
        }
        for index in 0..<treeCount {
            let block = try TextBlock(&lines, known: LightGBMTrees.keys)
            guard block.title == "Tree=\(index)" else {
                throw .text(line: block.line, reason: "`Tree=\(index)` belongs here")
            }
            forest.trees.append(try reader.tree(block))
        }
        guard try lines.title() == "end of trees" else {
            throw .text(line: lines.number, reason: "`end of trees` belongs here")
        }
        forest.categorySets = reader.categorySets
        if let problem = forest.problem { throw .forest(reason: problem) }
        return forest
    }

    private static func parameters(_ header: TextBlock) throws(ForestError) -> ForestParameters {
        guard header.title == "tree" else {
            throw .text(line: header.line, reason: "no model of LightGBM, which begins with `tree`")
        }
        guard try header.text("version") == "v4" else {
            throw .text(
                line: try header.field("version").line,
                reason: "version \(try header.text("version")); load and save it with LightGBM 4")
        }
        for key in ["num_class", "num_tree_per_iteration"] {
            guard try header.integer(key) == 1 else {
                throw .text(
                    line: try header.field(key).line,
                    reason: "several classes; train one model for each")
            }
        }
        let last = try header.integer("max_feature_idx")
        guard last >= 0, last < ForestParameters.featureCountMax else {
            throw .text(
                line: try header.field("max_feature_idx").line,
                reason: "features up to \(last); 0...\(ForestParameters.featureCountMax - 1) are "
                    + "possible")
        }
        let (link, scale) = try objective(header)
        return ForestParameters(
            featureCount: last + 1, trees: [], arithmetic: .double, link: link, linkScale: scale,
            averages: header.has("average_output"))
    }

    /// A model trained on an objective of one's own names none: its score is the sum.
    private static func objective(
        _ header: TextBlock
    ) throws(ForestError) -> (ForestParameters.Link, scale: Double) {
        guard header.has("objective") else { return (.identity, 1) }
        let text = try header.text("objective")
        switch text {
        case "regression", "regression_l1", "huber", "fair", "quantile", "mape", "lambdarank",
            "rank_xendcg":
            return (.identity, 1)
        case "regression sqrt": return (.signedSquare, 1)
        case "poisson", "gamma", "tweedie": return (.exponential, 1)
        case "cross_entropy": return (.sigmoid, 1)
        default: break
        }
        let prefix = "binary sigmoid:"
        if text.hasPrefix(prefix), let scale = Double(text.dropFirst(prefix.count)),
            scale > 0, scale.isFinite
        {
            return (.sigmoid, scale)
        }
        throw .text(
            line: try header.field("objective").line,
            reason: "objective `\(text)` is not known; use one of regression or binary")
    }
}
