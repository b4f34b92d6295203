//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

/// The pages of the live view, by the digit that opens each.
enum ScreenPage: Int, CaseIterable {
    case overview = 1, latency, stages, account, models, quality, counters

    var title: String {
        switch self {
        case .overview: "overview"
        case .latency: "latency"
        case .stages: "stages"
        case .account: "books"
        case .models: "models"
        case .quality: "quality"
        case .counters: "counters"
        }
    }

    /// Whether its arrow keys choose a row; on others they scroll.
    var hasSelection: Bool { self == .latency }

    /// The page's lines: as many as there are, or what fits `view.height` where it has a selection.
    func lines(_ view: ScreenView) -> [ScreenLine] {
        switch self {
        case .overview: OverviewPage.lines(view)
        case .latency: LatencyPage.lines(view)
        case .stages: StagesPage.lines(view)
        case .account: AccountPage.lines(view)
        case .models: ModelsPage.lines(view)
        case .quality: QualityPage.lines(view)
        case .counters: CountersPage.lines(view)
        }
    }
}
