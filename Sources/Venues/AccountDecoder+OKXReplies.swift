//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CBase
import CKernels
import JSON
import Messages
import Telemetry

/// The orders that a request's id names: "p", "c" or "m" and an order id as 16 hexadecimal digits;
/// "P" or "C" for a batch, with two digits more: of how many orders, by consecutive ids from there.
struct OKXRequestName {
    var orderID: UInt64 = 0
    var count = 0

    /// Names none for an id of any other form.
    @_noAllocation @_noLocks
    init(_ text: UnsafeBufferPointer<UInt8>?) {
        guard let text = unsafe text, let start = text.baseAddress, text.count >= 17 else { return }
        var named = 1
        switch unsafe start[0] {
        case UInt8(ascii: "p"), UInt8(ascii: "c"), UInt8(ascii: "m"):
            if text.count != 17 { return }
        case UInt8(ascii: "P"), UInt8(ascii: "C"):
            guard text.count == 19, let stated = unsafe JSONText.unsigned(start + 17, count: 2),
                stated > 0, stated <= UInt64(AccountDecoder.okxItemsMax)
            else { return }
            named = Int(stated)
        default: return
        }
        var isHex: Int32 = 0
        let value = unsafe apus_hex16(start + 1, &isHex)
        guard isHex != 0, value != 0 else { return }
        orderID = value
        count = named
    }
}

extension AccountDecoder {
    /// `{"id":…,"op":…,"code":…,"msg":…,"data":[…]}`, the members in any order. What happened to an
    /// order its item tells; where there is no item, the code of the whole is that of every order
    /// that the request's id names.
    @_noAllocation @_noLocks
    mutating func okxReply() -> Outcome {
        guard let operation = okxOperation(), let code = Self.okxCode(outer, "code") else {
            return .malformed
        }
        let name = unsafe OKXRequestName(outer.text(outer.field("id")))
        if let data = outer.field("data"), data.kind != .null {
            var elements = unsafe JSONElements(outer.bytes, data)
            guard let count = elements.remaining() else { return .malformed }
            if count > Self.okxItemsMax { return .oversized }
            if count > 0 {
                return unsafe okxItems(outer.bytes, data, operation, name)
            }
        }
        if name.count == 0 {
            counters.unmatchedReplies.increment()
            if code != 0 { counters.venueErrors.increment() }
            return .passed
        }
        // Taken, and nothing said of the order: nobody knows.
        let outcome = code == 0 ? RequestOutcome.unknown : VenueCode.outcome(code, of: operation)
        for index in 0..<name.count {
            var report = blank(.unknown)
            report.orderID = name.orderID &+ UInt64(index)
            report.venueCode = code
            writeOKXReply(&report, operation, outcome)
        }
        return .done
    }

    @_noAllocation @_noLocks
    private func okxOperation() -> RequestKind? {
        if outer.has("op", "order") || outer.has("op", "batch-orders") { return .place }
        if outer.has("op", "cancel-order") || outer.has("op", "batch-cancel-orders") {
            return .cancel
        }
        if outer.has("op", "amend-order") || outer.has("op", "batch-amend-orders") {
            return .modify
        }
        return nil
    }

    /// The code that a string member writes.
    @_noAllocation @_noLocks
    static func okxCode(_ fields: JSONFields, _ key: StaticString) -> Int32? {
        guard let code = fields.signedText(key) else { return nil }
        return Int32(exactly: Int64(bitPattern: code))
    }

    @_noAllocation @_noLocks
    private mutating func okxItems(
        _ bytes: UnsafePointer<UInt8>, _ data: JSONField, _ operation: RequestKind,
        _ name: OKXRequestName
    ) -> Outcome {
        var elements = unsafe JSONElements(bytes, data)
        var position = 0
        while let element = elements.next() {
            guard unsafe nested.read(bytes, from: element.start, count: element.end) else {
                count(.malformed)
                continue
            }
            var orderID = unsafe Self.orderID(nested.text(nested.field("clOrdId")))
            if orderID == 0, name.count == 1, position == 0 { orderID = name.orderID }
            okxItem(orderID, operation)
            nested.know("tag sMsg subCode reqId")
            counters.unknownKeys.add(nested.unknownCount)
            position &+= 1
        }
        return .done
    }

    /// One item of a reply, in `nested`.
    @_noAllocation @_noLocks
    private mutating func okxItem(_ orderID: UInt64, _ operation: RequestKind) {
        let code = Self.okxCode(nested, "sCode")
        if code == nil { counters.malformed.increment() }
        let venueOrderID = nested.unsignedText("ordId")
        let venueTimeNs = nested.timeText("ts")
        if orderID == 0 {
            counters.unmatchedReplies.increment()
            if let code, code != 0 { counters.venueErrors.increment() }
            return
        }
        var report = blank(.unknown)
        report.orderID = orderID
        report.venueCode = code ?? 0
        report.venueOrderID = venueOrderID ?? 0
        report.venueTimeNs = venueTimeNs ?? 0
        var outcome = RequestOutcome.unknown
        if let code { outcome = VenueCode.outcome(code, of: operation) }
        writeOKXReply(&report, operation, outcome)
    }

    /// Makes of an outcome what the gateway is to do with the order. That a cancel or amend was
    /// taken on says nothing about the order yet: a push will.
    @_noAllocation @_noLocks
    private mutating func writeOKXReply(
        _ report: inout ExecutionReport, _ operation: RequestKind, _ outcome: RequestOutcome
    ) {
        if VenueCode.isClockRefusal(report.venueCode) {
            counters.okxAccount.clockRefusals.increment()
        } else if outcome == .retry {
            counters.okxAccount.throttledReplies.increment()
        }
        report.isReply = 1
        switch (operation, outcome) {
        case (_, .unknown): report.execution = .unknown
        case (.place, .accepted): report.execution = .accepted
        case (.place, _): report.execution = .rejected
        case (.cancel, .accepted):
            counters.okxAccount.cancelAcks.increment()
            return
        case (.cancel, _): report.execution = .cancelRejected
        case (.modify, .accepted):
            counters.okxAccount.amendAcks.increment()
            return
        case (.modify, _):
            counters.okxAccount.amendRejects.increment()
            report.execution = .modifyRejected
        case (.query, _): return
        }
        write(report)
    }
}
