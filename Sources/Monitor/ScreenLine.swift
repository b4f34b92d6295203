//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

/// One line of the screen and how it is shown where the terminal can.
struct ScreenLine: Equatable {
    enum Style { case plain, title, alarm }

    var text: String
    var style: Style = .plain
}
