//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

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
///     cancel rejected   -        -        -        -
///     outcome unknown   unknown  unknown  open     partly
public struct OrderState: BitwiseCopyable, Equatable, Sendable {
    public private(set) var quantity: QuantityLots
    /// Sum of the fills counted so far, at most `quantity`.
    public private(set) var cumulative = QuantityLots(rawValue: 0)
    /// The largest cumulative quantity the venue has stated, at most `quantity`.
    public private(set) var stated = QuantityLots(rawValue: 0)
    public private(set) var status = OrderStatus.pending

    @_noAllocation @_noLocks
    public init(quantity: QuantityLots) { self.quantity = quantity }

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
            let end = isEnded ? max(stated.rawValue, cumulative.rawValue) : quantity.rawValue
            return QuantityLots(rawValue: end &- cumulative.rawValue)
        }
    }

    /// The status after `evidence`, by the table above; four bits for each status, from bit 0.
    @_noAllocation @_noLocks
    static func next(
        _ status: OrderStatus, _ evidence: Execution, isComplete: Bool
    ) -> OrderStatus {
        let row: UInt64
        switch evidence {
        case .accepted: row = 0x8_7654_3330
        case .rejected: row = 0x8_7654_3880
        case .fill: row = isComplete ? 0x8_7655_5550 : 0x8_7654_4440
        case .canceled: row = 0x8_7656_6660
        case .expired: row = 0x8_7657_7770
        case .unknown: row = 0x8_7654_3220
        default: row = 0x8_7654_3210
        }
        if status.rawValue > OrderStatus.rejected.rawValue { return status }
        return OrderStatus(
            rawValue: UInt8(truncatingIfNeeded: row &>> (UInt64(status.rawValue) &* 4)) & 15)
    }

    /// Takes in what the venue said.
    ///
    /// - Parameter filled: Of a fill, its own quantity; otherwise not looked at. The caller has
    ///   made sure that the fill is not a repetition.
    /// - Parameter statedCumulative: As the message states it; 0 when it does not.
    @_noAllocation @_noLocks
    public mutating func apply(
        _ evidence: Execution, filled: QuantityLots, statedCumulative: QuantityLots
    ) -> Change {
        let before = self
        var change = Change.none
        if evidence == .fill {
            let left = quantity.rawValue &- cumulative.rawValue  // 0...quantity, no overflow.
            if filled.rawValue < 1 || filled.rawValue > left { return .impossibleFill }
            cumulative = QuantityLots(rawValue: cumulative.rawValue &+ filled.rawValue)
            if status == .rejected {
                change = .contradiction
            } else if isEnded {
                change = .lateFill
            }
        }
        let clamped = min(max(statedCumulative.rawValue, cumulative.rawValue), quantity.rawValue)
        if clamped > stated.rawValue { stated = QuantityLots(rawValue: clamped) }
        let isComplete = stated.rawValue == quantity.rawValue
        if evidence == .rejected && (status == .open || status == .partiallyFilled)
            || evidence == .accepted && status == .rejected
        {
            change = .contradiction
        }
        status = Self.next(status, evidence, isComplete: isComplete)
        if change == .none && self != before { change = .advanced }
        return change
    }
}
