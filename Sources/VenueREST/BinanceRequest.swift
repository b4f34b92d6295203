//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

/// One REST request to Binance: what is sent, and what it costs.
///
/// Source: protocol sheet of Binance, sections 4.1 to 4.3.
public struct BinanceRequest: Equatable, Sendable {
    public enum Method: String, Sendable {
        case get = "GET"
        case post = "POST"
        case put = "PUT"
        case delete = "DELETE"
    }

    public enum Security: Sendable {
        case open
        /// The key as a header.
        case key
        /// The key as a header, a time stamp and a signature.
        case signed
    }

    /// What the request is for, to the weight budget.
    public enum Purpose: Sendable {
        case ordinary
        /// New and changed orders: counted against the order limits too.
        case order
        /// What an engine must be able to send last: cancels, and the fate of an order.
        case vital
    }

    /// The header that carries the key of an account.
    public static let keyHeader = "X-MBX-APIKEY"

    public let method: Method
    public let path: String
    public private(set) var parameters: [Parameter]
    public let security: Security
    public let purpose: Purpose
    /// Of the IP's request weight.
    public let weight: Int
    /// Of the account's order count in ten seconds, and in a minute.
    public let orders: (tenSeconds: Int, minute: Int)

    public struct Parameter: Equatable, Sendable {
        public let name: String
        public let value: String
    }

    /// Parameters without a value are left out: the venue refuses empty ones.
    public init(
        _ method: Method, _ path: String, _ parameters: [(String, String?)] = [],
        security: Security = .signed, purpose: Purpose = .ordinary, weight: Int,
        orders: (tenSeconds: Int, minute: Int) = (0, 0)
    ) {
        self.method = method
        self.path = path
        self.parameters = parameters.compactMap { name, value in
            guard let value, !value.isEmpty else { return nil }
            return Parameter(name: name, value: value)
        }
        self.security = security
        self.purpose = purpose
        self.weight = weight
        self.orders = orders
    }

    public static func == (a: Self, b: Self) -> Bool {
        a.method == b.method && a.path == b.path && a.parameters == b.parameters
            && a.security == b.security && a.purpose == b.purpose && a.weight == b.weight
            && a.orders == b.orders
    }

    /// The query as it is sent and signed, percent-encoded; the signature is put behind it.
    public var query: String { Self.encoded(parameters) }

    /// The whole query of a signed request.
    ///
    /// - Parameters:
    ///   - timeMs: By the venue's clock.
    ///   - sign: The signature of a payload: hexadecimal or base64.
    public func signedQuery(
        timeMs: Int64, recvWindowMs: Int = 5_000, sign: (String) -> String
    ) -> String {
        let payload = Self.encoded(
            parameters + [
                Parameter(name: "recvWindow", value: "\(recvWindowMs)"),
                Parameter(name: "timestamp", value: "\(timeMs)"),
            ])
        return payload + "&signature=" + Self.percentEncoded(sign(payload))
    }

    private static func encoded(_ parameters: [Parameter]) -> String {
        parameters.map { "\(percentEncoded($0.name))=\(percentEncoded($0.value))" }
            .joined(separator: "&")
    }

    /// RFC 3986, section 2.1: everything but unreserved characters.
    public static func percentEncoded(_ text: String) -> String {
        var result: [UInt8] = []
        let digits = Array("0123456789ABCDEF".utf8)
        for byte in text.utf8 {
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x5F, 0x7E:
                result.append(byte)
            default:
                result += [0x25, digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
        return String(decoding: result, as: UTF8.self)
    }
}
