//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

/// What an order request does.
enum OKXOperation: Equatable {
    case place, cancel, amend

    var kind: OKXRateLimits.Kind {
        switch self {
        case .place: .place
        case .cancel: .cancel
        case .amend: .amend
        }
    }

    var tooMany: OKXError {
        switch self {
        case .place: .tooManyPlaced
        case .cancel: .tooManyCanceled
        case .amend: .tooManyAmended
        }
    }

    /// The operations of the WebSocket, by name, and whether they take several orders.
    static func named(_ name: String) -> (operation: OKXOperation, isBatch: Bool)? {
        switch name {
        case "order": (.place, false)
        case "batch-orders": (.place, true)
        case "cancel-order": (.cancel, false)
        case "batch-cancel-orders": (.cancel, true)
        case "amend-order": (.amend, false)
        case "batch-amend-orders": (.amend, true)
        default: nil
        }
    }
}

/// Order requests of WebSocket and REST alike: one row of the answer for each order.
final class OKXOrderEntry {
    struct Outcome {
        var code: String
        var message: String
        /// The rows of `data`, separated by commas.
        var rows: [UInt8]
        var isRefused: Bool
    }

    static let batchMax = 20

    let desk: OKXDesk
    private let clock: VenueClock

    init(desk: OKXDesk, clock: VenueClock) {
        self.desk = desk
        self.clock = clock
    }

    /// - Parameters:
    ///   - expiry: `expTime` as sent; past it nothing is done.
    ///   - byCode: The instrument is named by `instIdCode`, as on WebSocket since 2026-03.
    func perform(
        _ operation: OKXOperation, isBatch: Bool, _ items: [JSONValue], expiry: String?,
        byCode: Bool
    ) -> Outcome {
        do throws(OKXError) {
            guard !items.isEmpty, isBatch || items.count == 1 else { throw .badArguments }
            guard items.count <= Self.batchMax else { throw operation.tooMany }
            try checkExpiry(expiry, operation)
        } catch {
            return Outcome(
                code: "\(error.code)", message: error.message, rows: [], isRefused: true)
        }
        var writer = ByteWriter(capacity: 512)
        var refused = 0
        for (place, item) in items.enumerated() {
            if place > 0 { writer.text(",") }
            do throws(OKXError) {
                let order = try desk.counted { () throws(OKXError) in
                    try carryOut(operation, item, isBatch: items.count > 1, byCode: byCode)
                }
                write(operation, item, order, nil, to: &writer)
            } catch {
                refused += 1
                write(operation, item, nil, error, to: &writer)
            }
        }
        let code = refused == 0 ? "0" : refused == items.count ? "1" : "2"
        let message = refused == 0 ? "" : refused == items.count ? "All operations failed" : "Bulk "
            + "operation partially succeeded"
        return Outcome(
            code: code, message: message, rows: writer.bytes, isRefused: refused == items.count)
    }

    /// The answer to a request, as the client sees it.
    func reply(id: String, name: String, _ outcome: Outcome, inTime: Int64) -> [UInt8] {
        var writer = ByteWriter(capacity: outcome.rows.count + 160)
        writer.text("{\"id\":\"\(id)\",\"op\":\"\(name)\",\"code\":\"\(outcome.code)\",\"msg\":")
        writer.quoted(outcome.message)
        writer.text(",\"data\":[")
        writer.text(outcome.rows)
        writer.text("],\"inTime\":\"\(inTime)\",\"outTime\":\"\(clock.nowMicroseconds)\"}")
        return writer.bytes
    }

    /// Cancels know no expiry.
    private func checkExpiry(_ text: String?, _ operation: OKXOperation) throws(OKXError) {
        guard let text, !text.isEmpty, operation != .cancel else { return }
        guard let expiryMs = Int64(text) else { throw .parameter("expTime") }
        guard expiryMs >= clock.nowMs else { throw .expired }
    }

    private func carryOut(
        _ operation: OKXOperation, _ item: JSONValue, isBatch: Bool, byCode: Bool
    ) throws(OKXError) -> OKXOrder {
        let index = try instrument(item, byCode: byCode)
        try desk.count(operation.kind, index, isBatch: isBatch)
        if operation == .place { return try desk.place(item, instrument: index) }
        guard let order = try desk.find(item, instrument: index) else {
            throw operation == .cancel ? .cancelFailed : .amendFailed
        }
        if operation == .cancel {
            guard desk.cancel(order, .user) else { throw .cancelFailed }
        } else {
            do throws(OKXError) {
                try desk.amend(order, item)
            } catch {
                if item["cxlOnFail"]?.text == "true" { _ = desk.cancel(order, .user) }
                throw error
            }
        }
        return order
    }

    private func instrument(_ item: JSONValue, byCode: Bool) throws(OKXError) -> Int {
        if byCode || item["instId"] == nil {
            guard let text = item["instIdCode"]?.text, !text.isEmpty else {
                throw .empty(byCode ? "instIdCode" : "instId")
            }
            guard let code = Int64(text), let index = desk.market.index(code: code) else {
                throw .noInstrument
            }
            return index
        }
        guard let index = desk.market.index(named: item["instId"]?.text ?? "") else {
            throw .noInstrument
        }
        return index
    }

    private func write(
        _ operation: OKXOperation, _ item: JSONValue, _ order: OKXOrder?, _ error: OKXError?,
        to writer: inout ByteWriter
    ) {
        let name = order?.request.clientOrderID ?? item["clOrdId"]?.text ?? ""
        writer.text("{")
        if operation == .place {
            writer.text("\"tag\":")
            writer.quoted(order?.request.tag ?? "")
            writer.text(",")
        }
        writer.text("\"ts\":\"\(clock.nowMs)\",\"ordId\":\"")
        if let order {
            writer.integer(order.orderID)
        } else if operation != .place {
            writer.text((item["ordId"]?.text).flatMap { Int64($0) }.map { "\($0)" } ?? "")
        }
        writer.text("\",\"clOrdId\":")
        writer.quoted(name)
        if operation == .amend {
            writer.text(",\"reqId\":")
            writer.quoted(item["reqId"]?.text ?? "")
        }
        writer.text(",\"sCode\":\"\(error?.code ?? 0)\",\"sMsg\":")
        let success = operation == .place ? "Order successfully placed." : ""
        writer.quoted(error?.message ?? success)
        if operation != .cancel { writer.text(",\"subCode\":\"\"") }
        writer.text("}")
    }
}
