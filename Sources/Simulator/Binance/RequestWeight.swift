//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

/// What a request costs of the weight that an address has in a minute.
///
/// Source: protocol sheet of Binance, sections 3, 4.3 and 7; depth of Spot: its public REST
/// documentation, 2025.
enum RequestWeight {
    /// Of opening a connection of the WebSocket API.
    static let handshake = 5

    static func futures(_ request: RESTRequest) -> Int {
        let hasSymbol = request.parameters["symbol"] != nil
        switch "\(request.method) \(request.path)" {
        case let name where name.contains(" /apus/"): return 0
        case "GET /fapi/v1/depth":
            return switch Int(request.parameters["limit"] ?? "500") ?? 500 {
            case ...50: 2
            case ...100: 5
            case ...500: 10
            default: 20
            }
        case "GET /fapi/v1/premiumIndex": return hasSymbol ? 1 : 10
        case "GET /fapi/v1/ticker/bookTicker": return hasSymbol ? 2 : 5
        case "GET /fapi/v1/openOrders": return hasSymbol ? 1 : 40
        case "POST /fapi/v1/order", "PUT /fapi/v1/order": return 0
        case "POST /fapi/v1/countdownCancelAll": return 10
        case "GET /fapi/v1/income": return 30
        case "GET /fapi/v1/allOrders", "GET /fapi/v1/userTrades", "GET /fapi/v3/balance",
            "GET /fapi/v2/balance", "GET /fapi/v3/positionRisk", "GET /fapi/v2/positionRisk":
            return 5
        default: return 1
        }
    }

    static func spot(_ request: RESTRequest) -> Int {
        switch request.path {
        case let path where path.hasPrefix("/apus/"): return 0
        case "/api/v3/exchangeInfo": return 20
        case "/api/v3/depth":
            return switch Int(request.parameters["limit"] ?? "100") ?? 100 {
            case ...100: 5
            case ...500: 25
            case ...1_000: 50
            default: 250
            }
        default: return 1
        }
    }

    /// Of a method of the WebSocket API.
    static func method(_ name: String) -> Int {
        switch name {
        case "order.place", "order.modify": 0
        case "session.logon", "session.status", "session.logout": 2
        default: 1
        }
    }
}
