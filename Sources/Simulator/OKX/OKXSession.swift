//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

/// One connection of an OKX client.
final class OKXSession: OKXSubscriber {
    enum Route: String {
        case publicData = "/ws/v5/public"
        case privateData = "/ws/v5/private"
        case business = "/ws/v5/business"
    }

    static let controlsMax = 480
    static let controlWindowMs: Int64 = 3_600_000

    let route: Route
    /// Eight hexadecimal digits.
    let connectionID: String
    private let send: ([UInt8], Bool) -> Void
    let close: (UInt16, String) -> Void
    var isLoggedIn = false
    /// A log-in whose answer is still to come.
    var isLoginPending = false
    private(set) var topics: Set<OKXTopic> = []
    private(set) var arguments: [OKXPrivateArgument] = []
    private var controlWindow: Int64 = 0
    private var controlCount = 0

    /// - Parameter send: The text, and whether it is a push.
    init(
        route: Route, connectionID: String, send: @escaping ([UInt8], Bool) -> Void,
        close: @escaping (UInt16, String) -> Void
    ) {
        self.route = route
        self.connectionID = connectionID
        self.send = send
        self.close = close
    }

    func push(_ bytes: [UInt8]) { send(bytes, true) }

    func reply(_ bytes: [UInt8]) { send(bytes, false) }

    /// Counts a log-in, a subscription or its end; false when there were too many in an hour.
    func countControl(nowMs: Int64) -> Bool {
        if nowMs / Self.controlWindowMs != controlWindow {
            controlWindow = nowMs / Self.controlWindowMs
            controlCount = 0
        }
        controlCount += 1
        return controlCount <= Self.controlsMax
    }

    // MARK: - Subscriptions

    /// False when the session had it.
    func add(_ topic: OKXTopic) -> Bool { topics.insert(topic).inserted }

    func remove(_ topic: OKXTopic) { topics.remove(topic) }

    func conflicts(_ topic: OKXTopic) -> Bool {
        topics.contains {
            $0.instrument == topic.instrument && topic.channel.conflicts(with: $0.channel)
        }
    }

    /// False when the session had it.
    func add(_ argument: OKXPrivateArgument) -> Bool {
        guard !arguments.contains(argument) else { return false }
        arguments.append(argument)
        return true
    }

    func remove(_ argument: OKXPrivateArgument) { arguments.removeAll { $0 == argument } }

    // MARK: - Answers

    /// `{"event":"…","arg":{…},"connId":"…"}`
    func acknowledge(_ event: String, _ argument: JSONValue, id: String?) {
        var writer = ByteWriter(capacity: 256)
        begin(&writer, id: id)
        writer.text("\"event\":\"\(event)\",\"arg\":")
        argument.write(to: &writer)
        writer.text(",\"connId\":\"\(connectionID)\"}")
        reply(writer.bytes)
    }

    func refuse(_ error: OKXError, id: String? = nil) {
        var writer = ByteWriter(capacity: 256)
        begin(&writer, id: id)
        writer.text("\"event\":\"error\",\"code\":\"\(error.code)\",\"msg\":")
        writer.quoted(error.message)
        writer.text(",\"connId\":\"\(connectionID)\"}")
        reply(writer.bytes)
    }

    func confirmLogin() {
        reply(
            Array("{\"event\":\"login\",\"code\":\"0\",\"msg\":\"\",\"connId\":\"\(connectionID)\"}"
                .utf8))
    }

    func notify(code: Int, _ message: String) {
        var writer = ByteWriter(capacity: 256)
        writer.text("{\"event\":\"notice\",\"code\":\"\(code)\",\"msg\":")
        writer.quoted(message)
        writer.text(",\"connId\":\"\(connectionID)\"}")
        reply(writer.bytes)
    }

    /// How many connections have a limited channel; `isError` when this one is too many.
    func tellConnectionCount(_ channel: String, _ count: Int, isError: Bool) {
        let event = isError ? "channel-conn-count-error" : "channel-conn-count"
        reply(
            Array(
                ("{\"event\":\"\(event)\",\"channel\":\"\(channel)\",\"connCount\":\"\(count)\""
                    + ",\"connId\":\"\(connectionID)\"}").utf8))
    }

    private func begin(_ writer: inout ByteWriter, id: String?) {
        writer.text("{")
        guard let id else { return }
        writer.text("\"id\":")
        writer.quoted(id)
        writer.text(",")
    }
}
