//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Technical

/// A state with its program.
final class Series {
    private let program: IndicatorProgram
    private let state: IndicatorState

    init(_ program: IndicatorProgram) {
        self.program = program
        state = IndicatorState(program)
    }

    func take(_ bar: BarValues, isFinal: Bool = true) -> Bool {
        program.update(state, bar, isFinal: isFinal)
    }

    func value(_ index: Int) -> Double { state.value(index) }
    /// Bit for bit, so that not a number equals itself.
    var bits: [UInt64] { (0..<program.outputCount).map { state.value($0).bitPattern } }
    var snapshot: [UInt64] { state.snapshot() }
    func restore(_ snapshot: [UInt64]) -> Bool { state.restore(snapshot) }
}
