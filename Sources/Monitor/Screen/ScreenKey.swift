//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

/// What a person does to the live view.
enum ScreenKey: Equatable {
    case character(Character)
    case up, down, left, right, pageUp, pageDown, home, end, erase, enter, escape, tab
    /// The window has another size.
    case resize
    /// A key without a meaning.
    case other
}
