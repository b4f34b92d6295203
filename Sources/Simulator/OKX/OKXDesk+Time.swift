//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

/// What happens with time: dead man's switches, reduce-only orders.
extension OKXDesk {
    /// Starts, renews or with 0 stops a dead man's switch. Returns its instant, milliseconds.
    func setSwitch(tag: String, seconds: Int64) throws(OKXError) -> Int64 {
        guard seconds == 0 || (10...120).contains(seconds) else { throw .parameter("timeOut") }
        guard seconds > 0 else {
            switches[tag] = nil
            return 0
        }
        if !tag.isEmpty, switches[tag] == nil {
            guard switches.keys.count(where: { !$0.isEmpty }) < Self.tagSwitchesMax else {
                throw OKXError(51071, "The number of tag-level countdowns reached the maximum.")
            }
        }
        switches[tag] = clock.nowNs + UInt64(seconds) * 1_000_000_000
        return clock.nowMs + seconds * 1_000
    }

    /// Switches that are due, the next order that one of them cancels, reduce-only orders that the
    /// position no longer covers. Every 10 ms.
    func tick() {
        for (tag, due) in switches where due <= clock.nowNs {
            switches[tag] = nil
            switched += openOrders.values.filter { tag.isEmpty || $0.request.tag == tag }
                .map(\.orderID).sorted()
        }
        while !switched.isEmpty {
            let id = switched.removeFirst()
            if let order = openOrders[id], cancel(order, .cancelAllAfter) { break }
        }
        if isReduceCheckDue {
            isReduceCheckDue = false
            checkReduceOnly()
        }
    }

    private func checkReduceOnly() {
        for order in openOrders.values.sorted(by: { $0.orderID < $1.orderID })
        where order.request.isReduceOnly {
            let position = account.positions[order.instrument].lots
            let isReducing = order.side == .bid ? position < 0 : position > 0
            if !isReducing {
                _ = cancel(order, .positionClosed)
            } else if order.leaves > abs(position) {
                _ = market.reduce(
                    order.orderID, to: abs(position), instrument: order.instrument)
                order.lots = order.filledLots + abs(position)
                order.updateMs = clock.nowMs
                onOrder(
                    order,
                    OKXOrderEvent(
                        state: order.state, amendResult: "0", amendSource: "4",
                        filledLots: order.filledLots))
            }
        }
    }
}
