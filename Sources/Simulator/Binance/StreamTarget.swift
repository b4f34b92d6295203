//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

/// What a stream URL asks for.
struct StreamTarget: Equatable {
    var route: Route
    var isCombined: Bool
    /// Spot's binary form, which the venue has on another host and the simulator under `/sbe`.
    var isBinary = false
    /// Streams named in the URL; for the private route unused.
    var streams: [String] = []
    var listenKeys: [String] = []
    /// User events asked for by name; all when empty.
    var events: [String] = []

    /// - Parameters:
    ///   - target: Path and query. `nil` for a path the venue does not have.
    ///   - hasRoutes: Spot has none, and its orders have a host of their own.
    init?(_ target: String, hasRoutes: Bool = true) {
        let halves = target.split(separator: "?", maxSplits: 1)
        guard let path = halves.first else { return nil }
        let query = halves.count > 1 ? halves[1].split(separator: "&") : []
        var parts = path.split(separator: "/").map(String.init)
        guard !parts.isEmpty else { return nil }
        if !hasRoutes, parts[0] == "sbe", parts.count > 1 {
            isBinary = true
            parts.removeFirst()
        }
        guard hasRoutes || parts[0] == "ws" || parts[0] == "stream" else { return nil }
        if parts[0] == "ws-fapi" {
            guard parts.count == 2, parts[1] == "v1" else { return nil }
            route = .orderEntry
            isCombined = false
            return
        }
        switch parts[0] {
        case "public": route = .publicData
        case "market": route = .marketData
        case "private": route = .privateData
        // Without a route a connection only ever receives public data.
        case "ws", "stream": route = .publicData
        default: return nil
        }
        if parts[0] != "ws", parts[0] != "stream" { parts.removeFirst() }
        guard let form = parts.first, form == "ws" || form == "stream" else { return nil }
        isCombined = form == "stream"
        let rest = Array(parts.dropFirst())
        if route == .privateData { listenKeys = rest } else { streams = rest }
        for pair in query {
            let sides = pair.split(separator: "=", maxSplits: 1).map(String.init)
            guard sides.count == 2 else { continue }
            let values = sides[1].split(separator: "/").map(String.init)
            switch sides[0] {
            case "streams": streams += values
            case "listenKey": listenKeys += values
            case "events": events += values
            default: break
            }
        }
    }
}
