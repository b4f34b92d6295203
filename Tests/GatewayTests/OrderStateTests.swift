//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CMessages
import SeededRandom
import Gateway
import Pipeline
import Testing

@Suite("Order state")
struct OrderStateTests {
    struct Message: Sendable {
        let execution: Execution
        var quantity: Int64 = 0
        var stated: Int64 = 0
    }

    private func apply(_ message: Message, _ state: inout OrderState) -> OrderState.Change {
        state.apply(
            message.execution, filled: QuantityLots(rawValue: message.quantity),
            statedCumulative: QuantityLots(rawValue: message.stated))
    }

    /// Goal: I6, and no fill is lost, whatever the order of messages. Method: all permutations of
    /// a life with a partial fill and a cancel; everything but fills comes twice.
    @Test func `no order of messages moves a status back or loses a fill`() {
        let messages = [
            Message(execution: .accepted), Message(execution: .accepted),
            Message(execution: .fill, quantity: 3, stated: 3),
            Message(execution: .fill, quantity: 2, stated: 5),
            Message(execution: .canceled, stated: 5), Message(execution: .cancelRejected),
            Message(execution: .unknown),
        ]
        for order in permutations(Array(messages.indices)) {
            var state = OrderState(quantity: QuantityLots(rawValue: 10))
            var filled: Int64 = 0
            for index in order {
                for _ in 0..<(messages[index].execution == .fill ? 1 : 2) {
                    let before = state
                    _ = apply(messages[index], &state)
                    #expect(state.status.rawValue >= before.status.rawValue)
                    #expect(state.cumulative.rawValue >= before.cumulative.rawValue)
                    #expect(!before.isEnded || state.status == before.status)
                    #expect(state.leaves.rawValue >= 0)
                }
                filled += messages[index].quantity
                #expect(state.cumulative.rawValue == filled)
            }
            #expect(state.status == .canceled)
            #expect(state.cumulative.rawValue == 5)
            #expect(state.leaves.rawValue == 0)
        }
    }

    @Test func `three fills that complete an order fill it in any order`() {
        let fills = [
            Message(execution: .fill, quantity: 1, stated: 1),
            Message(execution: .fill, quantity: 4, stated: 5),
            Message(execution: .fill, quantity: 5, stated: 10),
        ]
        for order in permutations(fills + [Message(execution: .accepted)]) {
            var state = OrderState(quantity: QuantityLots(rawValue: 10))
            for message in order { _ = apply(message, &state) }
            #expect(state.status == .filled)
            #expect(state.cumulative.rawValue == 10)
            #expect(state.leaves.rawValue == 0)
        }
    }

    /// Goal: I6 with a change of quantity under way. Method: all permutations of a life whose
    /// quantity grows, shrinks or stays while it fills, with what has come late or twice; all end
    /// equal.
    @Test(arguments: [(Int64(12), true), (12, false), (7, false), (5, false), (10, true)])
    func `a change and its fills end equal in any order`(total: Int64, isCanceled: Bool) {
        var messages = [
            Message(execution: .accepted), Message(execution: .accepted),
            Message(execution: .fill, quantity: 3, stated: 3),
            Message(execution: .fill, quantity: 2, stated: 5),
            Message(execution: .modified, quantity: total, stated: 0),
            Message(execution: .modified, quantity: total, stated: 5),
        ]
        if isCanceled { messages.append(Message(execution: .canceled, stated: 5)) }
        var ends: [OrderState] = []
        for order in permutations(Array(messages.indices)) {
            var state = OrderState(quantity: QuantityLots(rawValue: 10))
            state.expect(QuantityLots(rawValue: total))
            for index in order {
                let before = state
                _ = apply(messages[index], &state)
                #expect(state.status.rawValue >= before.status.rawValue)
                #expect(state.cumulative.rawValue >= before.cumulative.rawValue)
                #expect(state.leaves.rawValue >= 0)
            }
            if !ends.contains(state) { ends.append(state) }
        }
        #expect(ends.count == 1)
        let wanted: OrderStatus = isCanceled ? .canceled : total == 5 ? .filled : .partiallyFilled
        #expect(ends.first?.status == wanted)
        #expect(ends.first?.cumulative.rawValue == 5)
        #expect(ends.first?.quantity.rawValue == total)
        #expect(ends.first?.leaves.rawValue == (isCanceled ? 0 : total - 5))
    }

    @Test func `an order filled for its old quantity ends once its change is refused`() {
        var state = OrderState(quantity: QuantityLots(rawValue: 10))
        state.expect(QuantityLots(rawValue: 12))
        #expect(state.leaves.rawValue == 12)
        _ = apply(Message(execution: .fill, quantity: 10, stated: 10), &state)
        #expect(state.status == .partiallyFilled)
        var other = state
        #expect(apply(Message(execution: .modifyRejected), &state) == .advanced)
        #expect(state.status == .filled)
        #expect(state.leaves.rawValue == 0)
        #expect(apply(Message(execution: .modified, quantity: 12), &other) == .advanced)
        #expect(other.status == .partiallyFilled)
        #expect(other.leaves.rawValue == 2)
        #expect(apply(Message(execution: .fill, quantity: 2, stated: 12), &other) == .advanced)
        #expect(other.status == .filled)
    }

    @Test func `a restatement leaves a change under way, whichever of the two is larger`() {
        for (restated, ceiling) in [(Int64(9), Int64(13)), (13, 13), (15, 15)] {
            var state = OrderState(quantity: QuantityLots(rawValue: 20))
            state.expect(QuantityLots(rawValue: 13))
            #expect(state.ceiling.rawValue == 20)
            let restatement = Message(execution: .restated, quantity: restated)
            #expect(apply(restatement, &state) == .advanced)
            #expect(state.quantity.rawValue == restated)
            #expect(state.ceiling.rawValue == ceiling)
            #expect(state.asked.rawValue == 13)
            #expect(state.status == .open)
            var refused = state
            _ = apply(Message(execution: .modifyRejected), &refused)
            #expect(refused.ceiling.rawValue == restated)
            #expect(refused.asked.rawValue == 0)
            #expect(apply(Message(execution: .modified, quantity: 13), &state) == .advanced)
            #expect(state.ceiling.rawValue == 13)
            #expect(state.asked.rawValue == 0)
        }
    }

    @Test func `a restatement to what has filled ends the order, unless a change is under way`() {
        for isAsked in [true, false] {
            var state = OrderState(quantity: QuantityLots(rawValue: 10))
            _ = apply(Message(execution: .fill, quantity: 4, stated: 4), &state)
            if isAsked { state.expect(QuantityLots(rawValue: 6)) }
            _ = apply(Message(execution: .restated, quantity: 4, stated: 4), &state)
            #expect(state.status == (isAsked ? .partiallyFilled : .filled))
            #expect(state.leaves.rawValue == (isAsked ? 2 : 0))
        }
    }

    @Test func `a refused change is told, and moves no status of an order that nothing filled`() {
        var state = OrderState(quantity: QuantityLots(rawValue: 10))
        state.expect(QuantityLots(rawValue: 4))
        #expect(state.ceiling.rawValue == 10)
        #expect(apply(Message(execution: .modifyRejected), &state) == .advanced)
        #expect(apply(Message(execution: .modifyRejected), &state) == .none)
        #expect(state.status == .pending)
        #expect(state.quantity.rawValue == 10)
    }

    @Test func `a change of an order that had ended by all we knew contradicts`() {
        for end in [Message(execution: .fill, quantity: 10), Message(execution: .rejected)] {
            var state = OrderState(quantity: QuantityLots(rawValue: 10))
            _ = apply(end, &state)
            let status = state.status
            #expect(apply(Message(execution: .modified, quantity: 12), &state) == .contradiction)
            #expect(state.status == status)
        }
        var canceled = OrderState(quantity: QuantityLots(rawValue: 10))
        _ = apply(Message(execution: .canceled), &canceled)
        #expect(apply(Message(execution: .modified, quantity: 12), &canceled) == .advanced)
        #expect(canceled.status == .canceled)
        #expect(canceled.leaves.rawValue == 0)
    }

    @Test func `an adopted order has what it filled behind it`() {
        let none = QuantityLots(rawValue: 0)
        #expect(OrderState(quantity: QuantityLots(rawValue: 5), executed: none).status == .open)
        var state = OrderState(
            quantity: QuantityLots(rawValue: 5), executed: QuantityLots(rawValue: 2))
        #expect(state.status == .partiallyFilled)
        #expect(state.leaves.rawValue == 3)
        _ = apply(Message(execution: .fill, quantity: 3), &state)
        #expect(state.status == .filled)
    }

    @Test func `every status and every evidence, even without meaning, never moves back`() {
        for first in UInt8.min...UInt8.max {
            for second in Array(UInt8(0)...20) + [200, 255] {
                var state = OrderState(quantity: QuantityLots(rawValue: 2))
                _ = apply(Message(execution: Execution(rawValue: first), quantity: 1), &state)
                let before = state.status.rawValue
                _ = apply(Message(execution: Execution(rawValue: second), quantity: 1), &state)
                #expect(state.status.rawValue >= before)
            }
        }
    }

    @Test func `a fill beyond the quantity is refused and changes nothing`() {
        for quantity in [Int64.min, -1, 0, 11, .max] {
            var state = OrderState(quantity: QuantityLots(rawValue: 10))
            let before = state
            #expect(
                apply(Message(execution: .fill, quantity: quantity), &state) == .impossibleFill)
            #expect(state == before)
        }
    }

    @Test func `a fill after the cancel counts and leaves the order canceled`() {
        var state = OrderState(quantity: QuantityLots(rawValue: 10))
        #expect(apply(Message(execution: .canceled, stated: 4), &state) == .advanced)
        #expect(state.leaves.rawValue == 4)
        #expect(apply(Message(execution: .fill, quantity: 4, stated: 4), &state) == .lateFill)
        #expect(state.status == .canceled)
        #expect(state.leaves.rawValue == 0)
    }

    @Test func `a rejection cannot end an order that is known to live`() {
        var state = OrderState(quantity: QuantityLots(rawValue: 10))
        _ = apply(Message(execution: .accepted), &state)
        #expect(apply(Message(execution: .rejected), &state) == .contradiction)
        #expect(state.status == .open)
    }

    @Test func `a stated quantity outside its range is clamped`() {
        for stated in [Int64.min, -1, 11, .max] {
            var state = OrderState(quantity: QuantityLots(rawValue: 10))
            _ = apply(Message(execution: .canceled, stated: stated), &state)
            #expect(state.leaves.rawValue >= 0)
            #expect(state.leaves.rawValue <= 10)
        }
    }
}

@Suite("Order index")
struct OrderIndexTests {
    /// Method: a long random life of inserts and removals against a dictionary.
    @Test(arguments: [UInt64(1), 2, 3])
    func `the index agrees with a dictionary`(_ seed: UInt64) {
        var random = SplitMix64(seed: seed)
        var index = OrderIndex(capacity: 64)
        var oracle: [UInt64: UInt32] = [:]
        for step in 0..<5_000 {
            let id = UInt64(random.below(200)) << (seed == 2 ? 56 : 0)
            if random.below(2) == 0 {
                if oracle[id] == nil {
                    let isStored = index.insert(id, place: UInt32(step))
                    #expect(isStored == (id != 0 && oracle.count < 64), "seed \(seed)")
                    if isStored { oracle[id] = UInt32(step) }
                }
            } else {
                index.remove(id)
                oracle[id] = nil
            }
            #expect(index.count == oracle.count)
            let probe = UInt64(random.below(200)) << (seed == 2 ? 56 : 0)
            #expect(index.find(probe) == oracle[probe], "seed \(seed), step \(step)")
        }
    }
}
