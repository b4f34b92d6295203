//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

/// OKX's refusals: code and text as its clients see them. Source: the venue's list of error codes.
struct OKXError: Error, Equatable {
    let code: Int
    let message: String
    /// HTTP status; most refusals of OKX come with 200.
    var status = 200

    init(_ code: Int, _ message: String, status: Int = 200) {
        self.code = code
        self.message = message
        self.status = status
    }

    // MARK: - Sessions

    static let badTimestamp = OKXError(60004, "Invalid timestamp")
    static let badKey = OKXError(60005, "Invalid apiKey")
    static let expiredTimestamp = OKXError(60006, "Timestamp request expired")
    static let wrongSignature = OKXError(60007, "Invalid sign")
    static let loginFailed = OKXError(60009, "Login failed.")
    static let notLoggedIn = OKXError(60011, "Please log in")
    static let badArguments = OKXError(60013, "Invalid args")
    static let tooFrequent = OKXError(60014, "Requests too frequent")
    static let badOperation = OKXError(60019, "Invalid op")
    static let multipleLogin = OKXError(60021, "Multiple accounts are not supported")
    static let wrongPassphrase = OKXError(60024, "Wrong passphrase")
    static let wrongURL = OKXError(60028, "The current operation is not supported by this URL.")
    static let repeatedLogin = OKXError(
        60031, "The WebSocket endpoint does not allow repeat logins")
    static let unknownKey = OKXError(60032, "API key doesn't exist.")
    static let familyInsteadOfULY = OKXError(
        64000, "Subscription parameter uly is unavailable anymore, please replace uly with "
            + "instFamily.")
    static let movedToBusiness = OKXError(
        64001, "This channel has been migrated to the '/business' URL.")
    static let notOnBusiness = OKXError(64002, "This channel is not supported by '/business' URL.")
    static let tierTooLow = OKXError(
        64003, "Your trading fee tier doesn't meet the requirement to access this channel")
    static let conflictingBooks = OKXError(
        64004, "Subscribe to both books-l2-tbt and books50-l2-tbt or books is not allowed.")

    static func illegal(_ request: [UInt8]) -> OKXError {
        OKXError(
            60012, "Invalid request: \(String(decoding: request.prefix(200), as: UTF8.self))")
    }

    static func noChannel(_ argument: String) -> OKXError {
        OKXError(
            60018, "Wrong URL or \(argument) doesn't exist. Please use the correct URL, channel "
                + "and parameters referring to API document.")
    }

    // MARK: - Requests

    static let rateLimit = OKXError(50011, "Rate limit reached. Please refer to API documentation "
        + "and throttle requests accordingly.")
    static let accountRateLimit = OKXError(
        50061, "You've reached the maximum order rate limit for this account.")
    static let unknownOutcome = OKXError(
        50004, "Endpoint request timeout (does not indicate success or failure of order, please "
            + "check order status)")
    static let expired = OKXError(50036, "The expTime can't be earlier than the current system "
        + "time.")
    static let noInstrument = OKXError(
        51001, "Instrument ID, Instrument ID code or Spread ID doesn't exist.")
    static let noOrderID = OKXError(51003, "Either client order ID or order ID is required.")
    static let priceOutsideLimit = OKXError(
        51006, "Order price is not within the price limit.")
    static let balance = OKXError(51008, "Order failed. Insufficient balance or margin.")
    static let duplicateClientOrderID = OKXError(51016, "Client order ID already exists.")
    static let belowMinimum = OKXError(
        51020, "The order amount should be greater than or equal to the minimum order size.")
    static let suspended = OKXError(51022, "Contract suspended.")
    static let tooManyPending = OKXError(
        51025, "The number of pending orders reached the maximum.")
    static let tooManyPlaced = OKXError(51111, "Maximum 20 orders can be placed in bulk.")
    static let offLot = OKXError(51121, "Order quantity must be a multiple of the lot size.")
    static let buyTooHigh = OKXError(
        51137, "The highest price limit for buy orders is exceeded.")
    static let sellTooLow = OKXError(51138, "The lowest price limit for sell orders is exceeded.")
    static let pricePrecision = OKXError(51150, "The precision of the number of trades or the "
        + "price exceeds the limit.")
    static let noPosition = OKXError(51169, "Order failed because you don't have any positions in "
        + "this direction for this contract to reduce or close.")
    static let wrongSide = OKXError(
        51170, "Reduce-only order failed: the order's side is the same as the position's.")
    static let tooManyOfSymbol = OKXError(
        51174, "The number of pending orders of this instrument reached the maximum.")
    static let marketTooBig = OKXError(
        51202, "Market order amount exceeds the maximum amount.")
    static let limitTooBig = OKXError(51203, "Order size exceeds the maximum size of a limit "
        + "order.")
    static let priceMissing = OKXError(51204, "The price for a limit order cannot be empty.")
    static let cancelFailed = OKXError(
        51400, "Cancellation failed as the order has been filled, canceled or does not exist.")
    static let tooManyCanceled = OKXError(51406, "Maximum 20 orders can be canceled in bulk.")
    static let nothingToAmend = OKXError(51500, "You must enter a price, quantity, or SL/TP.")
    static let tooManyAmended = OKXError(51501, "Maximum 20 orders can be amended in bulk.")
    static let amendFailed = OKXError(
        51503, "Order modification failed as the order has been filled, canceled or does not "
            + "exist.")
    static let amendType = OKXError(51506, "Order modification unavailable for the order type.")
    static let amendWouldTake = OKXError(
        51511, "Operation failed as the order price doesn't meet the requirement for Post Only "
            + "orders.")
    static let noOrder = OKXError(51603, "Order does not exist.")

    static func empty(_ name: String) -> OKXError {
        OKXError(50014, "Parameter \(name) can not be empty")
    }

    static func parameter(_ name: String) -> OKXError {
        OKXError(51000, "Parameter \(name) error")
    }
}
