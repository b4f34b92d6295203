//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import SeededRandom
import Testing
import Venues

@Suite("Life of a listen key")
struct ListenKeyLifeTests {
    static let minute: UInt64 = 60_000_000_000
    static let second: UInt64 = 1_000_000_000

    /// A life whose key "a" is connected at time 0.
    private func held() -> ListenKeyLife {
        var life = ListenKeyLife()
        #expect(life.act(nowNs: 0) == .request)
        #expect(life.act(nowNs: 0) == nil)
        life.received("a", nowNs: 0)
        #expect(life.act(nowNs: 0) == .connect(key: "a"))
        #expect(life.act(nowNs: 0) == nil)
        return life
    }

    @Test func `a key is kept alive every half hour, without a new connection`() {
        var life = held()
        for round in 1...20 {
            let now = UInt64(round) * 30 * Self.minute
            #expect(life.act(nowNs: now - 1) == nil)
            #expect(life.act(nowNs: now) == .keepAlive)
            #expect(life.act(nowNs: now) == nil)
            life.extended(round % 2 == 0 ? "a" : nil, nowNs: now)
        }
        #expect(life.lossCount == 0)
        #expect(life.key == "a")
    }

    @Test func `the same key again is an extension, another one a new connection`() {
        var life = held()
        life.received("a", nowNs: Self.minute)
        #expect(life.act(nowNs: Self.minute) == nil)
        // Another process deleted the key, and a third one made a new one.
        #expect(life.act(nowNs: 31 * Self.minute) == .keepAlive)
        life.extended("b", nowNs: 31 * Self.minute)
        #expect(life.act(nowNs: 31 * Self.minute) == .connect(key: "b"))
        #expect(life.lossCount == 1)
    }

    @Test func `a keep-alive refused for an unknown key leads to a new key and connection`() {
        var life = held()
        let now = 30 * Self.minute
        #expect(life.act(nowNs: now) == .keepAlive)
        life.failed(.unknownKey, nowNs: now)
        #expect(life.key == nil)
        #expect(life.act(nowNs: now) == .request)
        // The same text again is a new key all the same: the old stream is dead.
        life.received("a", nowNs: now)
        #expect(life.act(nowNs: now) == .connect(key: "a"))
        #expect(life.lossCount == 1)
    }

    @Test func `an expired key leads to a new key and connection, a late word of it to nothing`() {
        var life = held()
        life.expired("a", nowNs: Self.minute)
        #expect(life.act(nowNs: Self.minute) == .request)
        life.received("b", nowNs: Self.minute)
        #expect(life.act(nowNs: Self.minute) == .connect(key: "b"))
        life.expired("a", nowNs: 2 * Self.minute)
        #expect(life.key == "b")
        #expect(life.act(nowNs: 2 * Self.minute) == nil)
        life.expired(nowNs: 3 * Self.minute)
        #expect(life.act(nowNs: 3 * Self.minute) == .request)
        // Said again while the answer is awaited: one request is enough.
        life.expired("b", nowNs: 3 * Self.minute)
        #expect(life.act(nowNs: 3 * Self.minute) == nil)
        #expect(life.lossCount == 2)
    }

    @Test func `a failed keep-alive is tried again, and the key is given up with its hour`() {
        var life = held()
        var now = 30 * Self.minute
        var tries = 0
        while true {
            switch life.act(nowNs: now) {
            case .keepAlive:
                tries += 1
                life.failed(.transient, nowNs: now)
            case .request:
                #expect(now == 60 * Self.minute)
                #expect(tries > 30)
                #expect(tries < 60)
                #expect(life.lossCount == 1)
                return
            case .connect: Issue.record("a connection without a key")
            case nil: now += Self.second
            }
            if now > 61 * Self.minute {
                Issue.record("a key kept beyond its hour")
                return
            }
        }
    }

    @Test func `a request that fails is tried again with growing pauses`() {
        var life = ListenKeyLife()
        var now: UInt64 = 0
        var pauses: [UInt64] = []
        for _ in 0..<10 {
            #expect(life.act(nowNs: now) == .request)
            life.failed(.transient, nowNs: now)
            var pause: UInt64 = 0
            // A copy, since asking is what sends the request.
            while true {
                var copy = life
                if copy.act(nowNs: now + pause) != nil { break }
                pause += Self.second
            }
            pauses.append(pause / Self.second)
            now += pause
        }
        #expect(pauses.first == 1)
        #expect(pauses.last == 60)
        #expect(pauses == pauses.sorted())
    }

    @Test func `a lost connection is opened again with the key at hand`() {
        var life = held()
        life.disconnected()
        #expect(life.act(nowNs: Self.minute) == .connect(key: "a"))
        var empty = ListenKeyLife()
        empty.disconnected()
        #expect(empty.act(nowNs: 0) == .request)
    }

    /// Goal: whatever happens in whatever order, at most one request is on its way, no key is used
    /// beyond its hour, and a key is always won back. Method: random events in virtual time.
    @Test(arguments: [UInt64(1), 2, 3, 4])
    func `random events never lose the key for good`(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        var life = ListenKeyLife()
        var now: UInt64 = 0
        var pending: ListenKeyLife.Action?
        var connected: String?
        var lastSeen: UInt64 = 0
        for step in 0..<20_000 {
            now += random.next() % (5 * Self.minute)
            if let action = life.act(nowNs: now) {
                if case .connect(let key) = action {
                    #expect(key == life.key)
                    connected = key
                    lastSeen = now
                } else {
                    #expect(pending == nil, "seed \(seed)")
                    pending = action
                }
            }
            if let action = pending, random.next() % 4 != 0 {
                pending = nil
                switch random.next() % 5 {
                case 0: life.failed(.unknownKey, nowNs: now)
                case 1: life.failed(.transient, nowNs: now)
                default:
                    let key = "k\(random.next() % 3 == 0 ? step : 0)"
                    if action == .request {
                        life.received(key, nowNs: now)
                    } else {
                        life.extended(random.next() % 2 == 0 ? key : nil, nowNs: now)
                    }
                }
            }
            if random.next() % 50 == 0 { life.disconnected() }
            // Nothing is on its way, as the one thread that asks waits for each answer.
            if pending == nil, random.next() % 40 == 0 { life.expired(nowNs: now) }
        }
        #expect(connected != nil)
        #expect(now - lastSeen < 300 * 60 * Self.minute)
        #expect(life.lossCount > 10)
    }
}

@Suite("Rotation of a connection")
struct ConnectionRotationTests {
    static let second: UInt64 = 1_000_000_000
    static let hour: UInt64 = 3_600 * second

    @Test func `the replacement is open and has delivered before the old one is dropped`() {
        var rotation = ConnectionRotation(seed: 0)
        #expect(rotation.act(nowNs: 0) == nil)
        rotation.opened(nowNs: 0)
        let due = 24 * Self.hour - 1_200 * Self.second
        #expect(rotation.dueNs == due)
        #expect(rotation.act(nowNs: due - 1) == nil)
        #expect(rotation.act(nowNs: due) == .openReplacement)
        #expect(rotation.act(nowNs: due + Self.hour) == nil)
        rotation.replacementOpened(nowNs: due + Self.second)
        #expect(rotation.act(nowNs: due + 100 * Self.second) == nil)
        rotation.replacementDelivered(nowNs: due + 2 * Self.second)
        #expect(rotation.act(nowNs: due + 6 * Self.second) == nil)
        #expect(rotation.act(nowNs: due + 7 * Self.second) == .dropOld)
        // A day from the replacement's own opening.
        #expect(rotation.dueNs == due + Self.second + due)
    }

    @Test func `connections of one start are replaced at different times, all before the cut`() {
        var dues: Set<UInt64> = []
        for seed in 0..<50 as Range<UInt64> {
            var rotation = ConnectionRotation(seed: seed &* 0x9e37_79b9_7f4a_7c15)
            rotation.opened(nowNs: 0)
            guard let due = rotation.dueNs else { continue }
            #expect(due <= 24 * Self.hour - 1_200 * Self.second)
            #expect(due >= 23 * Self.hour)
            dues.insert(due / Self.second)
        }
        #expect(dues.count > 40)
    }

    @Test func `a replacement that fails is tried again with growing pauses until the cut`() {
        var rotation = ConnectionRotation(seed: 0)
        rotation.opened(nowNs: 0)
        var now = 24 * Self.hour - 1_200 * Self.second
        var tries: [UInt64] = []
        while now < 24 * Self.hour {
            if rotation.act(nowNs: now) == .openReplacement {
                tries.append(now / Self.second)
                if tries.count % 2 == 0 { rotation.replacementOpened(nowNs: now) }
                rotation.replacementFailed(nowNs: now)
            }
            now += Self.second
        }
        #expect(tries.count > 10)
        let pauses = zip(tries.dropFirst(), tries).map { $0 - $1 }
        #expect(pauses.first == 5)
        #expect(pauses.max() == 120)
        #expect(pauses == pauses.sorted())
    }

    @Test func `a cut of the old one hands its place to an open replacement`() {
        for hasDelivered in [false, true] {
            var rotation = ConnectionRotation(seed: 0)
            rotation.opened(nowNs: 0)
            let due = rotation.dueNs ?? 0
            #expect(rotation.act(nowNs: due) == .openReplacement)
            rotation.replacementOpened(nowNs: due + 1)
            if hasDelivered { rotation.replacementDelivered(nowNs: due + 2) }
            rotation.lost(nowNs: due + 3)
            #expect(rotation.act(nowNs: due + Self.hour) == nil)
            #expect(rotation.dueNs == due + 1 + due)
        }
        var early = ConnectionRotation(seed: 0)
        early.opened(nowNs: 0)
        #expect(early.act(nowNs: early.dueNs ?? 0) == .openReplacement)
        early.lost(nowNs: 24 * Self.hour)
        #expect(early.act(nowNs: 48 * Self.hour) == nil)
        early.opened(nowNs: 48 * Self.hour)
        #expect((early.dueNs ?? 0) > 71 * Self.hour)
    }

    @Test func `an announced end brings the replacement at once, and only one`() {
        var rotation = ConnectionRotation(seed: 0)
        rotation.opened(nowNs: 0)
        rotation.announced(nowNs: Self.hour)
        #expect(rotation.act(nowNs: Self.hour) == .openReplacement)
        rotation.announced(nowNs: Self.hour)
        #expect(rotation.act(nowNs: Self.hour) == nil)
        rotation.replacementOpened(nowNs: Self.hour + 1)
        rotation.replacementDelivered(nowNs: Self.hour + 2)
        #expect(rotation.act(nowNs: Self.hour + 2 + 5 * Self.second) == .dropOld)
        #expect((rotation.dueNs ?? 0) > 23 * Self.hour)
    }
}

@Suite("Log-on of a session")
struct BinanceLogonTests {
    @Test func `the request says what its payload signs`() {
        #expect(
            BinanceLogon.payload(apiKey: "TESTKEY", timeMs: 1_649_729_878_532)
                == "apiKey=TESTKEY&recvWindow=5000&timestamp=1649729878532")
        #expect(
            BinanceLogon.message(apiKey: "TESTKEY", timeMs: 1_649_729_878_532, signature: "ab==")
                == #"{"id":"logon","method":"session.logon","params":{"apiKey":"TESTKEY","#
                + #""recvWindow":5000,"signature":"ab==","timestamp":1649729878532}}"#)
    }

    @Test(arguments: [
        (
            #"{"id":"logon","status":200,"result":{"apiKey":"x","authorizedSince":1649729878532}}"#,
            BinanceLogon.Answer.accepted(sinceMs: 1_649_729_878_532)
        ),
        (
            #"{"id":"logon","status":400,"error":{"code":-1022,"msg":"Signature"}}"#,
            .refused(code: -1022, message: "Signature")
        ),
        (
            #"{"id":null,"status":401,"error":{"code":-2015,"msg":"Invalid API-key"}}"#,
            .refused(code: -2015, message: "Invalid API-key")
        ),
        (
            #"{"id":"logon","status":200,"result":{"authorizedSince":null}}"#,
            .refused(code: 0, message: "not authorised")
        ),
        (#"{"id":"p0","status":200,"result":{}}"#, .other), ("x", .other), ("{}", .other),
    ])
    func `only a session that says since when is logged on`(
        text: String, answer: BinanceLogon.Answer
    ) {
        #expect(BinanceLogon.answer(Array(text.utf8)) == answer)
    }
}
