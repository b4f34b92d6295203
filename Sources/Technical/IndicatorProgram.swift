//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

/// A list of indicators put together: what is computed of every bar, for any number of states of
/// the same layout.
///
/// SAFETY: the memory is written in `init` alone and kept until the process ends.
@safe
public final class IndicatorProgram: @unchecked Sendable {
    public let specifications: [IndicatorSpecification]
    /// Of every number, in order.
    public let columnNames: [String]
    public let layout: StateLayout
    public let outputCount: Int
    private let indicators: UnsafeMutablePointer<Indicator>
    private let offsets: UnsafeMutablePointer<Int>
    private let count: Int

    public init(_ specifications: [IndicatorSpecification]) {
        self.specifications = specifications
        columnNames = specifications.flatMap(\.columnNames)
        count = specifications.count
        unsafe indicators = .allocate(capacity: max(1, count))
        unsafe offsets = .allocate(capacity: max(1, count))
        var layout = StateLayout()
        var offset = 0
        for (index, one) in specifications.enumerated() {
            unsafe (indicators + index).initialize(
                to: one.definition.make(&layout, one.arguments))
            unsafe (offsets + index).initialize(to: offset)
            offset += one.definition.outputs.count
        }
        self.layout = layout
        outputCount = offset
    }

    public convenience init(_ texts: [String]) throws(IndicatorTextError) {
        var specifications: [IndicatorSpecification] = []
        for text in texts { specifications.append(try IndicatorSpecification(text)) }
        self.init(specifications)
    }

    /// Takes in a bar: on `state`'s own registers when it is final, on a copy of them otherwise.
    /// A bar that is not sound changes nothing.
    ///
    /// - Returns: Whether it was taken in.
    @_noAllocation @_noLocks
    public func update(_ state: borrowing IndicatorState, _ bar: BarValues, isFinal: Bool) -> Bool {
        guard bar.isSound else { return false }
        let cells = state.cells(isFinal: isFinal)
        for index in 0..<count {
            let out = state.output(unsafe offsets[index])
            unsafe indicators[index].update(bar, cells, out)
        }
        return true
    }
}
