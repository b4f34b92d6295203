//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Rendering

/// How well orders were executed, in the engine's own tables.
enum QualityPage {
    static func lines(_ view: ScreenView) -> [ScreenLine] {
        let tables = QualityText.tables(view.now.quality).filter { !$0.isEmpty }
        if tables.isEmpty { return [ScreenLine(text: "no order was sent yet")] }
        return tables.enumerated().flatMap { place, table in
            (place == 0 ? [] : [ScreenLine()])
                + table.lines.enumerated().map { index, line in
                    ScreenLine(text: line, style: index == 0 ? .title : .plain)
                }
        }
    }
}
