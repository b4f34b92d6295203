//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

/// The venue's refusals: code and text as its clients see them.
struct VenueError: Error, Equatable {
    let code: Int
    let message: String
    /// HTTP status, and `status` of a WebSocket API reply.
    var status = 400

    init(_ code: Int, _ message: String, status: Int = 400) {
        self.code = code
        self.message = message
        self.status = status
    }

    static let invalidJSON = VenueError(-1000, "Invalid JSON request.")
    static let unknownOutcome = VenueError(
        -1007,
        "Timeout waiting for response from backend server. Send status unknown; execution status "
            + "unknown.", status: 408)
    static let tooManyOrders = VenueError(
        -1015, "Too many new orders; current limit is 300 orders per TEN_SECONDS.", status: 429)
    static let timestamp = VenueError(
        -1021, "Timestamp for this request is outside of the recvWindow.")
    static let signature = VenueError(-1022, "Signature for this request is not valid.")
    static let precision = VenueError(
        -1111, "Precision is over the maximum defined for this asset.")
    static let invalidTimeInForce = VenueError(-1115, "Invalid timeInForce.")
    static let invalidType = VenueError(-1116, "Invalid orderType.")
    static let invalidSide = VenueError(-1117, "Invalid side.")
    static let invalidSymbol = VenueError(-1121, "Invalid symbol.")
    static let noListenKey = VenueError(-1125, "This listenKey does not exist.")
    static let unknownOrder = VenueError(-2011, "Unknown order sent.")
    static let noSuchOrder = VenueError(-2013, "Order does not exist.")
    static let badKey = VenueError(-2014, "API-key format invalid.", status: 401)
    static let rejectedKey = VenueError(
        -2015, "Invalid API-key, IP, or permissions for action.", status: 401)
    static let margin = VenueError(-2019, "Margin is insufficient.")
    static let reduceOnly = VenueError(-2022, "ReduceOnly Order is rejected.")
    static let tooManyOpenOrders = VenueError(-2025, "Reach max open order limit.")
    static let quantityTooSmall = VenueError(-4003, "Quantity less than or equal to zero.")
    static let quantityBelow = VenueError(-4004, "Quantity less than min quantity.")
    static let quantityAbove = VenueError(-4005, "Quantity greater than max quantity.")
    static let priceBelow = VenueError(-4013, "Price less than min price.")
    static let priceAbove = VenueError(-4002, "Price greater than max price.")
    static let priceOffTick = VenueError(-4014, "Price not increased by tick size.")
    static let clientOrderID = VenueError(-4015, "Client order id is not valid.")
    static let priceTooHigh = VenueError(-4016, "Limit price can't be higher than the bound.")
    static let quantityOffStep = VenueError(-4023, "Quantity not increased by step size.")
    static let priceTooLow = VenueError(-4024, "Limit price can't be lower than the bound.")
    static let positionSide = VenueError(
        -4061, "Order's position side does not match user's setting.")
    static let duplicateClientOrderID = VenueError(-4116, "ClientOrderId is duplicated.")
    static let algoEndpoint = VenueError(
        -4120, "Order type not supported for this endpoint. Please use the Algo Order API.")
    static let marketBound = VenueError(
        -4131, "The counterparty's best price does not meet the PERCENT_PRICE filter limit.")
    static let halted = VenueError(-4140, "Invalid symbol status for opening position.")
    static let ed25519Only = VenueError(
        -1099, "Only Ed25519 keys may log on to a session; sign each request instead.")
    static let cannotFill = VenueError(
        -5021, "Due to the order could not be filled immediately, the FOK order has been rejected.")
    static let wouldTake = VenueError(
        -5022,
        "Due to the order could not be executed as maker, the Post Only order will be rejected.")

    static let limitOnly = VenueError(-5025, "Only limit order is supported.")
    static let tooManyModifications = VenueError(-5026, "Exceed maximum modify order limit.")
    static let nothingToModify = VenueError(-5027, "No need to modify the order.")

    static func missing(_ name: String) -> VenueError {
        VenueError(
            -1102, "Mandatory parameter '\(name)' was not sent, was empty/null, or malformed.")
    }

    static func notRequired(_ name: String) -> VenueError {
        VenueError(-1106, "Parameter '\(name)' sent when not required.")
    }

    static func minNotional(_ notional: String) -> VenueError {
        VenueError(
            -4164, "Order's notional must be no smaller than \(notional) (unless reduce only).")
    }

    func write(to writer: inout ByteWriter) {
        writer.text("{\"code\":\(code),\"msg\":")
        writer.quoted(message)
        writer.byte(UInt8(ascii: "}"))
    }
}
