//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

/// The parameters of a study and what must hold between them.
public struct Space: Sendable {
    public let parameters: [Parameter]
    let constraints: [Comparison]

    /// More grid points than this are refused.
    public static let gridMax = 100_000

    /// The values at a point of the unit cube, one place for each parameter.
    func assignments(at point: [Double]) -> [Assignment] {
        zip(parameters, point).map { Assignment(key: $0.key, value: $0.text(at: $1)) }
    }

    /// The sum of what the constraints miss; 0 where all hold.
    func violation(of assignments: [Assignment]) -> Double {
        constraints.reduce(0) { sum, constraint in
            sum + constraint.violation { name in
                guard let index = parameters.firstIndex(where: { $0.key == name }) else {
                    return nil
                }
                return parameters[index].number(assignments[index].value)
            }
        }
    }

    func isAllowed(_ point: [Double]) -> Bool {
        constraints.isEmpty || violation(of: assignments(at: point)) == 0
    }

    /// Every combination of levels that the constraints allow, the last parameter fastest.
    ///
    /// - Throws: `OptimiseError` when a parameter has no levels, or there are more combinations,
    ///   allowed or not, than `gridMax`.
    func grid() throws(OptimiseError) -> [[Double]] {
        var counts: [Int] = []
        var total = 1
        for parameter in parameters {
            guard let count = parameter.levelCount else {
                throw OptimiseError(
                    "grid: \(parameter.key) has no levels; give it step, points or choices")
            }
            let (product, overflow) = total.multipliedReportingOverflow(by: count)
            guard !overflow, product <= Self.gridMax else {
                throw OptimiseError("grid: more than \(Self.gridMax) combinations")
            }
            total = product
            counts.append(count)
        }
        var points: [[Double]] = []
        for index in 0..<total {
            var rest = index
            var point = [Double](repeating: 0, count: counts.count)
            for place in counts.indices.reversed() {
                point[place] = parameters[place].place(ofLevel: rest % counts[place])
                rest /= counts[place]
            }
            if isAllowed(point) { points.append(point) }
        }
        return points
    }
}
