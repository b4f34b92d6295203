//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

public import Configuration

/// Where the venues are, as a configuration says it; the same words for engine and watchdog.
public enum EndpointKeys {
    public static let all = [
        Key("endpoints.*.rest", .text, nil, "base address of the venue's REST service"),
        Key("endpoints.*.stream", .text, nil, "base address of its market data streams"),
        Key("endpoints.*.private", .text, nil, "base address of its user stream; default: stream"),
        Key("endpoints.*.api", .text, nil,
            "address of its WebSocket order entry; OKX has none of its own"),
        Key("endpoints.*.sbe", .text, nil, "Spot: base address of its binary streams"),
        Key("endpoints.*.ca_file", .text, nil, "PEM file with an additional trust root"),
    ]

    /// The file of an instance's directory in which the engine tells where its venues are. No
    /// secret is in it.
    public static let fileName = "endpoints.yaml"

    /// A configuration that leads to the REST services of `venues`.
    public static func yaml(_ venues: [(name: String, endpoints: Endpoints)]) -> String {
        var text = "endpoints:\n"
        for (name, endpoints) in venues {
            text += "  \(name):\n    rest: \(quoted(endpoints.rest))\n"
            if let caFile = endpoints.caFile { text += "    ca_file: \(quoted(caFile))\n" }
        }
        return text
    }

    /// As a YAML string in single quotes.
    private static func quoted(_ text: String) -> String {
        "'" + text.replacing("'", with: "''") + "'"
    }
}
