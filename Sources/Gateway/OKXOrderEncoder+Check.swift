//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

public import CMessages

extension OKXOrderEncoder {
    /// True when the place encoded last says what `intent` says: the text is read back, number by
    /// number, and its template compared field by field. The last check before an order leaves.
    ///
    /// - Parameter index: Of the order within a batch.
    @_noAllocation @_noLocks
    public mutating func isPlace(_ intent: UnsafePointer<OrderIntent>, at index: Int = 0) -> Bool {
        if index < 0 || index >= itemCount || (usedHead != 0 && usedHead != 3) { return false }
        let item = unsafe items + index
        let template = unsafe templates + item.pointee.template
        guard unsafe template.pointee.instrumentID == intent.pointee.instrumentID,
            unsafe template.pointee.side == intent.pointee.side,
            unsafe template.pointee.type == intent.pointee.type,
            unsafe template.pointee.isReduceOnly == intent.pointee.isReduceOnly,
            unsafe isNamed(intent.pointee.orderID, item, isFirst: index == 0),
            unsafe isQuantity(intent.pointee.quantity.rawValue, item)
        else { return false }
        if unsafe template.pointee.type == .market {
            return unsafe intent.pointee.limitPrice.rawValue == 0
        }
        return unsafe template.pointee.timeInForce
            == OrderTemplate.sent(intent.pointee.timeInForce)
            && isPrice(intent.pointee.limitPrice.rawValue, item)
    }

    /// As `isPlace`, for the amend encoded last.
    @_noAllocation @_noLocks
    public mutating func isAmend(
        orderID: UInt64, instrumentID: UInt32, price: PriceTicks, quantity: QuantityLots
    ) -> Bool {
        if itemCount != 1 || usedHead != 2 { return false }
        let item = unsafe items
        guard unsafe templates[item.pointee.template].instrumentID == instrumentID,
            unsafe isNamed(orderID, item, isFirst: true)
        else { return false }
        let isQuantity =
            unsafe item.pointee.quantityLength == 0
            ? quantity.rawValue == 0 : isQuantity(quantity.rawValue, item)
        let isPrice =
            unsafe item.pointee.priceLength == 0
            ? price.rawValue == 0 : isPrice(price.rawValue, item)
        return isQuantity && isPrice
    }

    /// The id of the request names the first of its orders.
    @_noAllocation @_noLocks
    private mutating func isNamed(
        _ orderID: UInt64, _ item: UnsafePointer<OKXEncodedItem>, isFirst: Bool
    ) -> Bool {
        if isFirst, unsafe TextWriter.parseHex16(text + heads[usedHead].idAt) != orderID {
            return false
        }
        return unsafe TextWriter.parseHex16(text + item.pointee.clientIDAt) == orderID
    }

    @_noAllocation @_noLocks
    private func isQuantity(_ lots: Int64, _ item: UnsafePointer<OKXEncodedItem>) -> Bool {
        let template = unsafe templates + item.pointee.template
        guard
            let quantity = unsafe TextWriter.parseMinimalDecimal(
                text + item.pointee.quantityAt, length: item.pointee.quantityLength,
                decimals: Int(template.pointee.quantityDecimals))
        else { return false }
        return unsafe OrderTemplate.isProduct(quantity, lots, template.pointee.lotMantissa)
    }

    @_noAllocation @_noLocks
    private func isPrice(_ ticks: Int64, _ item: UnsafePointer<OKXEncodedItem>) -> Bool {
        let template = unsafe templates + item.pointee.template
        guard
            let price = unsafe TextWriter.parseMinimalDecimal(
                text + item.pointee.priceAt, length: item.pointee.priceLength,
                decimals: Int(template.pointee.priceDecimals))
        else { return false }
        return unsafe OrderTemplate.isProduct(price, ticks, template.pointee.tickMantissa)
    }
}
