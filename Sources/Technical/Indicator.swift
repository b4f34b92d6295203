//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

/// Where an indicator writes its numbers.
///
/// SAFETY: leads to as many places as the indicator has outputs.
@safe
public struct IndicatorOutput: BitwiseCopyable {
    private let places: UnsafeMutablePointer<Double>

    @_noAllocation @_noLocks
    @inline(__always)
    init(_ places: UnsafeMutablePointer<Double>) { unsafe self.places = unsafe places }

    @_noAllocation @_noLocks
    @inline(__always)
    func set(_ index: Int, _ value: Double) { unsafe places[index] = value }
}

/// One indicator with its parameters, for any number of states.
enum Indicator: BitwiseCopyable {
    case simpleAverage(SimpleAverage)
    case exponentialAverage(ExponentialAverage)
    case relativeStrength(RelativeStrengthIndex)

    @_noAllocation @_noLocks
    @inline(__always)
    func update(_ bar: BarValues, _ cells: StateCells, _ out: IndicatorOutput) {
        switch self {
        case .simpleAverage(let one): one.update(bar, cells, out)
        case .exponentialAverage(let one): one.update(bar, cells, out)
        case .relativeStrength(let one): one.update(bar, cells, out)
        }
    }
}
