//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

/// OKX's WebSocket protocol: log-in, subscriptions, order operations, keep-alive.
final class OKXStreams: StreamVenue {
    static let idleNs: UInt64 = 30_000_000_000
    static let ping = Array("ping".utf8)
    static let pong = Array("pong".utf8)

    private let market: OKXMarket
    private let entry: OKXOrderEntry
    private let feed: OKXPrivateFeed
    private let credentials: OKXCredentials
    private let options: OKXOptions
    private let clock: VenueClock
    private let faults: FaultInjector
    private let delays: Delays
    private var sessions: [UInt64: (session: OKXSession, connection: StreamConnection)] = [:]
    private var openedSecond: UInt64 = 0
    private var openedCount = 0

    init(
        market: OKXMarket, entry: OKXOrderEntry, feed: OKXPrivateFeed,
        credentials: OKXCredentials, options: OKXOptions, context: SimulatorContext
    ) {
        self.market = market
        self.entry = entry
        self.feed = feed
        self.credentials = credentials
        self.options = options
        clock = context.clock
        faults = context.faults
        delays = context.delays
    }

    // MARK: - Connections

    func opened(_ connection: StreamConnection, target: String) -> String? {
        let path = target.split(separator: "?", maxSplits: 1).first.map(String.init) ?? ""
        guard let route = OKXSession.Route(rawValue: path) else { return "404 Not Found" }
        let second = clock.nowNs / 1_000_000_000
        if second != openedSecond {
            openedSecond = second
            openedCount = 0
        }
        openedCount += 1
        guard openedCount <= options.connectionsPerSecondMax else {
            return "429 Too Many Requests"
        }
        let session = OKXSession(
            route: route, connectionID: randomHex(bytes: 4),
            send: { [unowned connection] in connection.sendText($0, isPush: $1) },
            close: { [unowned connection] in connection.close(code: $0, reason: $1) })
        sessions[connection.id] = (session, connection)
        return nil
    }

    func closed(_ connection: StreamConnection) {
        guard let one = sessions.removeValue(forKey: connection.id) else { return }
        forget(one.session)
    }

    func forget(_ session: OKXSession) {
        market.hub.unsubscribeAll(session)
        feed.remove(session)
    }

    /// About once a second: notices and slow consumers, when faults want them.
    func tick() {
        guard !faults.isEmpty else { return }
        entry.desk.injectFaults()
        for (id, one) in sessions.sorted(by: { $0.key < $1.key }) {
            if let notice = faults.fires(.upgradeNotice, .okx) {
                one.session.notify(
                    code: 64008, "The connection will soon be closed for a service upgrade. "
                        + "Please reconnect.")
                delays.add(notice.durationNs) { [weak self] in
                    self?.sessions[id]?.connection.close(code: 1001, reason: "service upgrade")
                }
            }
            if faults.fires(.slowConsumer, .okx) != nil {
                one.session.close(4005, "Buffer full, cannot write")
            }
        }
    }

    /// Ends connections on which nothing went either way; every 100 ms.
    func closeIdle() {
        for one in sessions.values where one.connection.state == .open {
            let last = max(one.connection.lastReceivedNs, one.connection.lastSentNs)
            if clock.nowNs - min(last, clock.nowNs) >= Self.idleNs {
                one.session.close(4004, "No data received in 30s.")
            }
        }
    }

    func received(_ connection: StreamConnection, _ bytes: [UInt8]) {
        guard let session = sessions[connection.id]?.session else { return }
        received(session, bytes)
    }

    // MARK: - Messages

    /// One text message of a client.
    func received(_ session: OKXSession, _ bytes: [UInt8]) {
        if bytes == Self.ping { return session.reply(Self.pong) }
        guard let request = JSONValue.parse(bytes), case .object = request,
            let name = request["op"]?.text
        else { return session.refuse(.illegal(bytes)) }
        let id = request["id"]?.text
        if let id, !OKXOrderRequest.isPlain(id, max: 32) {
            return session.refuse(.badArguments)
        }
        if let (operation, isBatch) = OKXOperation.named(name) {
            return order(session, request, name, operation, isBatch: isBatch)
        }
        guard ["login", "subscribe", "unsubscribe"].contains(name) else {
            return session.refuse(.badOperation, id: id)
        }
        guard session.countControl(nowMs: clock.nowMs) else {
            return session.refuse(.tooFrequent, id: id)
        }
        guard case .array(let arguments) = request["args"], !arguments.isEmpty else {
            return session.refuse(.badArguments, id: id)
        }
        switch name {
        case "login": logIn(session, arguments)
        case "subscribe": for argument in arguments { subscribe(session, argument, id: id) }
        default: for argument in arguments { unsubscribe(session, argument, id: id) }
        }
    }

    private func logIn(_ session: OKXSession, _ arguments: [JSONValue]) {
        guard !session.isLoggedIn, !session.isLoginPending else {
            return session.refuse(.repeatedLogin)
        }
        do throws(OKXError) {
            guard arguments.count == 1 else { throw .multipleLogin }
            try credentials.checkLogin(arguments[0], nowMs: clock.nowMs)
            if faults.fires(.loginRefused, .okx) != nil { throw .loginFailed }
        } catch {
            session.refuse(error)
            return session.close(4001, "Login failed")
        }
        guard let slow = faults.fires(.loginSlow, .okx) else {
            session.isLoggedIn = true
            return session.confirmLogin()
        }
        session.isLoginPending = true
        delays.add(slow.durationNs) { [weak session] in
            session?.isLoggedIn = true
            session?.isLoginPending = false
            session?.confirmLogin()
        }
    }

    // MARK: - Subscriptions

    private func subscribe(_ session: OKXSession, _ argument: JSONValue, id: String?) {
        do throws(OKXError) {
            if faults.fires(.subscribeRefused, .okx) != nil { throw unknown(argument) }
            if let wanted = OKXPrivateArgument(argument), session.route == .privateData {
                try subscribePrivate(session, wanted, id: id)
            } else {
                try subscribePublic(session, argument, id: id)
            }
        } catch {
            session.refuse(error, id: id)
        }
    }

    private func unknown(_ argument: JSONValue) -> OKXError {
        guard case .object(let members) = argument else { return .badArguments }
        return .noChannel(
            members.compactMap { member in member.value.text.map { "\(member.name):\($0)" } }
                .joined(separator: ","))
    }

    /// The public topic that an argument names, when this connection may have it.
    private func topic(
        _ session: OKXSession, _ argument: JSONValue
    ) throws(OKXError) -> OKXTopic {
        guard case .object = argument else { throw .badArguments }
        if argument["uly"] != nil { throw .familyInsteadOfULY }
        guard let word = argument["channel"]?.text, let channel = OKXChannel(rawValue: word) else {
            throw unknown(argument)
        }
        switch session.route {
        case .publicData: if channel.isBusiness { throw .movedToBusiness }
        case .business: if !channel.isBusiness { throw .notOnBusiness }
        case .privateData: throw unknown(argument)
        }
        guard channel.hasInstrument else {
            let kinds = ["SPOT", "SWAP", "FUTURES", "OPTION", "MARGIN", "EVENTS"]
            guard channel == .instruments else { return OKXTopic(channel: channel, instrument: 0) }
            guard let kind = argument["instType"]?.text, let place = kinds.firstIndex(of: kind)
            else { throw unknown(argument) }
            return OKXTopic(channel: channel, instrument: place)
        }
        guard let name = argument["instId"]?.text, let index = market.index(named: name) else {
            throw unknown(argument)
        }
        if channel == .fundingRate, market.instruments[index].isSpot { throw unknown(argument) }
        return OKXTopic(channel: channel, instrument: index)
    }

    private func subscribePublic(
        _ session: OKXSession, _ argument: JSONValue, id: String?
    ) throws(OKXError) {
        let topic = try topic(session, argument)
        if topic.channel.needsTier {
            guard session.isLoggedIn else { throw .notLoggedIn }
            guard options.vipLevel >= 4 else { throw .tierTooLow }
        }
        if session.conflicts(topic) { throw .conflictingBooks }
        if faults.fires(.subscribeSilent, .okx) != nil {
            return session.acknowledge("subscribe", argument, id: id)
        }
        let isFirst = faults.fires(.dataBeforeACK, .okx) != nil
        if !isFirst { session.acknowledge("subscribe", argument, id: id) }
        // A second subscription is acknowledged again and brings no second snapshot.
        if session.add(topic) {
            let feed = topic.channel.hasInstrument ? market.feeds[topic.instrument] : nil
            feed?.prepare(topic.channel)
            market.hub.subscribe(session, to: topic)
            if let bytes = feed?.first(topic.channel) {
                session.push(bytes)
                market.hub.noteMessage()
            }
        }
        if isFirst { session.acknowledge("subscribe", argument, id: id) }
    }

    private func subscribePrivate(
        _ session: OKXSession, _ argument: OKXPrivateArgument, id: String?
    ) throws(OKXError) {
        guard session.isLoggedIn else { throw .notLoggedIn }
        if argument.channel == .fills, options.vipLevel < 4 { throw .tierTooLow }
        session.acknowledge("subscribe", argument.value, id: id)
        if faults.fires(.subscribeSilent, .okx) != nil { return }
        let name = argument.channel.rawValue
        let hasChannel = session.arguments.contains { $0.channel == argument.channel }
        let others = feed.connectionCount(argument.channel)
        if argument.channel.isCounted, !hasChannel, others >= OKXPrivateFeed.connectionsMax {
            return session.tellConnectionCount(name, others, isError: true)
        }
        guard session.add(argument) else { return }
        feed.add(session)
        if argument.channel.isCounted {
            session.tellConnectionCount(
                name, feed.connectionCount(argument.channel), isError: false)
        }
        feed.sendSnapshot(argument, to: session)
    }

    /// What was not subscribed to is acknowledged too.
    private func unsubscribe(_ session: OKXSession, _ argument: JSONValue, id: String?) {
        if let had = OKXPrivateArgument(argument), session.route == .privateData {
            session.remove(had)
            return session.acknowledge("unsubscribe", argument, id: id)
        }
        do throws(OKXError) {
            let topic = try topic(session, argument)
            session.remove(topic)
            market.hub.unsubscribe(session, from: topic)
            session.acknowledge("unsubscribe", argument, id: id)
        } catch {
            session.refuse(error, id: id)
        }
    }

    // MARK: - Orders

    private func order(
        _ session: OKXSession, _ request: JSONValue, _ name: String, _ operation: OKXOperation,
        isBatch: Bool
    ) {
        let id = request["id"]?.text ?? ""
        guard session.route == .privateData else { return session.refuse(.wrongURL, id: id) }
        guard session.isLoggedIn else { return session.refuse(.notLoggedIn, id: id) }
        let inTime = clock.nowMicroseconds
        guard !id.isEmpty, case .array(let items) = request["args"] else {
            return answer(
                session, id, name,
                OKXOrderEntry.Outcome(
                    code: "60013", message: OKXError.badArguments.message, rows: [],
                    isRefused: true), inTime)
        }
        feed.hold()
        let late = operation == .cancel ? fillBeforeCancel(items) : nil
        let outcome = entry.perform(
            operation, isBatch: isBatch, items, expiry: request["expTime"]?.text, byCode: true)
        guard !faults.isEmpty else {
            answer(session, id, name, outcome, inTime)
            return feed.release()
        }
        answerFaulty(session, id, name, outcome, inTime)
        feed.release()
        if let late { delays.add(late.durationNs, feed.takeLateFills()) }
    }

    /// Fills a lot of the first order that is about to be cancelled; the push waits.
    private func fillBeforeCancel(_ items: [JSONValue]) -> Fault? {
        guard !faults.isEmpty, let item = items.first, let code = item["instIdCode"]?.text,
            let index = Int64(code).flatMap({ market.index(code: $0) }),
            let order = try? entry.desk.find(item, instrument: index), order.state.isOpen,
            order.leaves > 1, let late = faults.fires(.fillAfterCancel, .okx)
        else { return nil }
        feed.isDelayingFills = true
        entry.desk.fillOneLot(order)
        return late
    }

    /// The answer as a fault wants it: never, later, after the pushes, or without knowledge.
    private func answerFaulty(
        _ session: OKXSession, _ id: String, _ name: String, _ outcome: OKXOrderEntry.Outcome,
        _ inTime: Int64
    ) {
        if faults.fires(.ackLost, .okx) != nil { return }
        let late = faults.fires(outcome.isRefused ? .rejectLate : .ackLate, .okx)
        if let late {
            return delays.add(late.durationNs) { [weak self, weak session] in
                guard let self, let session else { return }
                answer(session, id, name, outcome, inTime)
            }
        }
        if faults.fires(.fillBeforeACK, .okx) != nil { feed.release() }
        guard faults.fires(.unknownOutcome, .okx) != nil else {
            return answer(session, id, name, outcome, inTime)
        }
        answer(
            session, id, name,
            OKXOrderEntry.Outcome(
                code: "\(OKXError.unknownOutcome.code)", message: OKXError.unknownOutcome.message,
                rows: [], isRefused: true), inTime)
    }

    private func answer(
        _ session: OKXSession, _ id: String, _ name: String, _ outcome: OKXOrderEntry.Outcome,
        _ inTime: Int64
    ) {
        session.reply(entry.reply(id: id, name: name, outcome, inTime: inTime))
    }
}
