//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CBase
public import CMessages

/// What is known of one order's life: pure, and the same whatever order its messages arrive in.
///
/// Three numbers only grow: the status, the quantity of the fills counted here, and the cumulative
/// quantity the venue has stated. A status that ends a life is never left, and never replaced by
/// another one: the first evidence of the end stands. Fills count whenever they come, also behind
/// the end, because a cancel's answer and a fill travel on different connections.
///
///     evidence          pending  unknown  open     partly   (an ended one stays)
///     accepted          open     open     open     partly
///     rejected          rejected rejected open     partly   the last two contradict
///     fill, some left   partly   partly   partly   partly
///     fill, none left   filled   filled   filled   filled
///     canceled          canceled canceled canceled canceled
///     expired           expired  expired  expired  expired
///     modified          open     open     open     partly   filled when nothing is left
///     restated          open     open     open     partly   filled when nothing is left
///     modify rejected   as fill, when nothing is left; otherwise -
///     cancel rejected   -        -        -        -
///     outcome unknown   unknown  unknown  open     partly
///
/// A change of quantity is asked for (`expect`) before it is told. Until it is decided, the order
/// counts for the larger of the two quantities: fills up to that are possible, and an order filled
/// for its old quantity may live on. So no order of fills and decision loses the order's end.
/// A change that nobody here asked for (`restated`) decides nothing: ours may still come.
public struct OrderState: BitwiseCopyable, Equatable, Sendable {
    /// As the venue confirmed it last.
    public private(set) var quantity: QuantityLots
    /// The most that can fill: `quantity`, or what it may have become.
    public private(set) var ceiling: QuantityLots
    /// The total quantity that an undecided change asked for; 0: there is none.
    public private(set) var asked = QuantityLots(rawValue: 0)
    /// Sum of the fills counted so far, at most `ceiling`.
    public private(set) var cumulative = QuantityLots(rawValue: 0)
    /// The largest cumulative quantity the venue has stated, at most `ceiling`.
    public private(set) var stated = QuantityLots(rawValue: 0)
    public private(set) var status = OrderStatus.pending

    @_noAllocation @_noLocks
    public init(quantity: QuantityLots) {
        self.quantity = quantity
        ceiling = quantity
    }

    /// An order that the venue lists open.
    ///
    /// - Parameter executed: What had filled by then, 0..<quantity: counted elsewhere.
    @_noAllocation @_noLocks
    public init(quantity: QuantityLots, executed: QuantityLots) {
        self.init(quantity: quantity)
        cumulative = executed
        stated = executed
        status = executed.rawValue > 0 ? .partiallyFilled : .open
    }

    /// A change to this total quantity, above 0, was sent, and is not decided.
    @_noAllocation @_noLocks
    public mutating func expect(_ total: QuantityLots) {
        asked = total
        ceiling = QuantityLots(rawValue: max(ceiling.rawValue, total.rawValue))
    }

    /// What a piece of evidence did.
    public enum Change: UInt8, Sendable {
        /// Told nothing new: late, or a repetition.
        case none
        /// Moved the status or the quantities forward.
        case advanced
        /// A fill of an order that had already ended; counted.
        case lateFill
        /// A fill beyond the order's quantity, or of nothing; not counted.
        case impossibleFill
        /// Evidence that the order lives although it was refused, or the other way round.
        case contradiction
    }

    /// Filled, canceled, expired or rejected: nothing can rest at the venue any more.
    public var isEnded: Bool {
        @_noAllocation @_noLocks
        get { status.rawValue >= OrderStatus.filled.rawValue }
    }

    /// What may still become position: of a live order what is not filled; of an ended one the
    /// fills that the venue has stated and not yet delivered, usually none.
    public var leaves: QuantityLots {
        @_noAllocation @_noLocks
        get {
            let end = isEnded ? stated.rawValue : ceiling.rawValue
            return QuantityLots(rawValue: end &- cumulative.rawValue)
        }
    }

    /// The status after `evidence`, by the table above; four bits for each status, from bit 0. A
    /// status is never another than those.
    @_noAllocation @_noLocks
    static func next(
        _ status: OrderStatus, _ evidence: Execution, isComplete: Bool
    ) -> OrderStatus {
        let row: UInt64
#if APUS_PLANTED_BUGS
        if apus_is_planted(6) != 0, evidence == .accepted { return .open }
#endif
        switch evidence {
        case .accepted: row = 0x8_7654_3330
        case .modified, .restated: row = isComplete ? 0x8_7655_5550 : 0x8_7654_3330
        case .modifyRejected: row = isComplete ? 0x8_7655_5550 : 0x8_7654_3210
        case .rejected: row = 0x8_7654_3880
        case .fill: row = isComplete ? 0x8_7655_5550 : 0x8_7654_4440
        case .canceled: row = 0x8_7656_6660
        case .expired: row = 0x8_7657_7770
        case .unknown: row = 0x8_7654_3220
        default: row = 0x8_7654_3210
        }
        return OrderStatus(
            rawValue: UInt8(truncatingIfNeeded: row &>> (UInt64(status.rawValue) &* 4)) & 15)
    }

    /// Takes in what the venue said.
    ///
    /// - Parameter filled: Of a fill, its own quantity; of `modified` and `restated`, the new
    ///   total; otherwise not looked at. The caller has made sure that no fill is a repetition.
    /// - Parameter statedCumulative: As the message states it; 0 when it does not.
    @_noAllocation @_noLocks
    public mutating func apply(
        _ evidence: Execution, filled: QuantityLots, statedCumulative: QuantityLots
    ) -> Change {
        let before = self
        var change = Change.none
        switch evidence {
        case .fill:
            let left = ceiling.rawValue &- cumulative.rawValue  // 0...ceiling, no overflow.
            if filled.rawValue < 1 || filled.rawValue > left { return .impossibleFill }
            cumulative = QuantityLots(rawValue: cumulative.rawValue &+ filled.rawValue)
            if status == .rejected {
                change = .contradiction
            } else if isEnded {
                change = .lateFill
            }
        case .modified, .restated:
            if evidence == .modified { asked = QuantityLots(rawValue: 0) }
            // No venue makes it less than what has filled.
            quantity = QuantityLots(rawValue: max(max(filled.rawValue, stated.rawValue), 1))
            ceiling = QuantityLots(rawValue: max(quantity.rawValue, asked.rawValue))
            // Rejected, or filled for less: it lives all the same.
            if status == .rejected || (status == .filled && quantity.rawValue > stated.rawValue) {
                change = .contradiction
            }
        case .modifyRejected:
            asked = QuantityLots(rawValue: 0)
            quantity = QuantityLots(rawValue: max(quantity.rawValue, stated.rawValue))
            ceiling = quantity
        case .accepted: if status == .rejected { change = .contradiction }
        case .rejected:
            if status == .open || status == .partiallyFilled { change = .contradiction }
        default: break
        }
        let clamped = min(max(statedCumulative.rawValue, cumulative.rawValue), ceiling.rawValue)
        if clamped > stated.rawValue { stated = QuantityLots(rawValue: clamped) }
        status = Self.next(
            status, evidence, isComplete: stated.rawValue == ceiling.rawValue)
        if change == .none && self != before { change = .advanced }
        return change
    }
}
