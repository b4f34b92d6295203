//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

/// The parameters of a request, by name, as text.
struct Parameters {
    private let values: [(name: String, value: String)]

    init(_ values: [(name: String, value: String)]) { self.values = values }

    subscript(name: String) -> String? { values.first { $0.name == name }?.value }

    func required(_ name: String) throws(VenueError) -> String {
        guard let value = self[name], !value.isEmpty else { throw .missing(name) }
        return value
    }

    func requiredInteger(_ name: String) throws(VenueError) -> Int64 {
        guard let value = Int64(try required(name)) else { throw .missing(name) }
        return value
    }

    /// All parameters but the signature, sorted by name: what a WebSocket request signs.
    var sortedPayload: String {
        values.filter { $0.name != "signature" }.sorted { $0.name < $1.name }
            .map { "\($0.name)=\($0.value)" }.joined(separator: "&")
    }
}
