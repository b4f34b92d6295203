//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

/// Why a forest was not read. Each text says where the reason lies and what to do.
public enum ForestError: Error, Equatable, CustomStringConvertible {
    /// LightGBM's text; lines count from 1.
    case text(line: Int, reason: String)
    /// XGBoost's JSON.
    case json(path: String, reason: String)
    /// A section of a model file.
    case section(offset: Int, reason: String)
    /// The forest as a whole.
    case forest(reason: String)

    public var description: String {
        switch self {
        case .text(let line, let reason): "LightGBM model, line \(line): \(reason)"
        case .json(let path, let reason):
            "XGBoost model, \(path.isEmpty ? "document" : path): \(reason)"
        case .section(let offset, let reason):
            "forest section, byte \(offset): \(reason); write the model file again"
        case .forest(let reason): "forest: \(reason)"
        }
    }
}
