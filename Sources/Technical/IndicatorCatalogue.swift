//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

/// Every indicator there is; a topic has its own in an extension.
public enum IndicatorCatalogue {
    public static let all: [IndicatorDefinition] =
        averages + oscillators + volumes + ranges + trends

    public static func find(_ name: some StringProtocol) -> IndicatorDefinition? {
        all.first { $0.name == name }
    }
}
