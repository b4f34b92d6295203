//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

/// What can be wrong with a REST reply.
public enum BinanceError: Error, Equatable, CustomStringConvertible {
    case notJSON
    case missing(String)
    /// The venue's own error: `{"code":…,"msg":…}`.
    case venue(code: Int, message: String)
    case unknownSymbol(String)
    case notTrading(symbol: String, status: String)
    case notPerpetual(symbol: String, type: String)
    case badFilter(symbol: String, filter: String, field: String)

    public var description: String {
        switch self {
        case .notJSON: "the reply is not JSON"
        case .missing(let name): "the reply has no usable \(name)"
        case .venue(let code, let message): "the venue answered \(code): \(message)"
        case .unknownSymbol(let symbol): "the venue does not list \(symbol)"
        case .notTrading(let symbol, let status):
            "\(symbol) does not trade: its status is \(status)"
        case .notPerpetual(let symbol, let type): "\(symbol) is no perpetual contract: \(type)"
        case .badFilter(let symbol, let filter, let field):
            "\(symbol): filter \(filter) has no usable \(field)"
        }
    }
}
