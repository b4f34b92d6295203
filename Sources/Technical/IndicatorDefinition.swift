//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

/// What an indicator is called, what it takes and what it answers.
public struct IndicatorDefinition: Sendable {
    public struct Parameter: Sendable {
        public let name: String
        public let standard: Double
        public let range: ClosedRange<Double>
        /// Whole numbers alone.
        public let isWhole: Bool
    }

    /// As in `rsi(14)`.
    public let name: String
    public let parameters: [Parameter]
    /// Whether `source=` chooses what it is made from; otherwise it takes the whole bar.
    public let hasSource: Bool
    /// Names of its numbers; a single one has the indicator's name alone.
    public let outputs: [String]
    /// What its numbers are in, each.
    public let unit: String
    /// Formula, conventions and cost in one line.
    public let summary: String
    /// The function of TA-Lib that it agrees with, if there is one.
    public let reference: String?
    let make: @Sendable (inout StateLayout, IndicatorArguments) -> Indicator

    init(
        _ name: String, _ parameters: [Parameter], hasSource: Bool = false,
        outputs: [String] = [""], unit: String, summary: String, reference: String? = nil,
        make: @escaping @Sendable (inout StateLayout, IndicatorArguments) -> Indicator
    ) {
        self.name = name
        self.parameters = parameters
        self.hasSource = hasSource
        self.outputs = outputs
        self.unit = unit
        self.summary = summary
        self.reference = reference
        self.make = make
    }
}

extension IndicatorDefinition.Parameter {
    /// A number of bars.
    static func bars(
        _ standard: Int, _ name: String = "period", in range: ClosedRange<Int> = 2...10_000
    ) -> Self {
        Self(
            name: name, standard: Double(standard),
            range: Double(range.lowerBound)...Double(range.upperBound), isWhole: true)
    }

    static func factor(_ name: String, _ standard: Double, _ range: ClosedRange<Double>) -> Self {
        Self(name: name, standard: standard, range: range, isWhole: false)
    }
}

/// The parameters of one indicator, complete and in range.
public struct IndicatorArguments: Equatable, Sendable {
    public let values: [Double]
    public let source: PriceSource

    func bars(_ index: Int) -> Int { Int(values[index]) }
    func factor(_ index: Int) -> Double { values[index] }
}
