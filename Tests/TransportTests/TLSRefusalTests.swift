//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Testing

/// What differs from a server without fault, and what the client says of it.
struct TLSRefusal: Sendable, CustomTestStringConvertible {
    let name: String
    let host: String
    /// Part of the reason; empty: the handshake succeeds.
    let reason: String
    let change: @Sendable (inout HostileServer) -> Void
    var testDescription: String { name }

    init(
        _ name: String, host: String = "localhost", _ reason: String,
        _ change: @escaping @Sendable (inout HostileServer) -> Void
    ) {
        self.name = name
        self.host = host
        self.reason = reason
        self.change = change
    }
}

/// The production client's session against servers that it must not talk to, in one thread.
@Suite("TLS refusals")
struct TLSRefusalTests {
    private static let day: Int64 = 86_400

    static let accepted: [TLSRefusal] = [
        TLSRefusal("a name", "") { _ in },
        TLSRefusal("an IPv4 address", host: "127.0.0.1", "") { _ in },
        TLSRefusal("an IPv6 address", host: "::1", "") { _ in },
        TLSRefusal("TLS 1.2 alone", "") { $0.versionMax = 0x0303 },
        TLSRefusal("TLS 1.3 alone", "") { $0.versionMin = 0x0304 },
        TLSRefusal("RSA of 2048 bits", "") { $0.leaf.rsaBits = 2_048 },
        TLSRefusal("a wildcard for one label", host: "a.example.com", "") {
            $0.leaf.alternativeNames = "DNS:*.example.com"
        },
        TLSRefusal("the name the server is asked for", "") {
            $0.serverName = "localhost"
        },
        TLSRefusal("a name inside of its constraints", "") {
            $0.intermediate.nameConstraints = "permitted;DNS:localhost"
            $0.leaf.alternativeNames = "DNS:localhost"
        },
    ]

    static let dates: [TLSRefusal] = [
        TLSRefusal("expired", "certificate expired") { $0.leaf.notAfterOffsetS = -1 },
        TLSRefusal("not yet valid", "certificate not yet valid") {
            $0.leaf.notBeforeOffsetS = day
        },
        TLSRefusal("intermediate expired", "certificate expired") {
            $0.intermediate.notAfterOffsetS = -1
        },
        TLSRefusal("intermediate not yet valid", "certificate not yet valid") {
            $0.intermediate.notBeforeOffsetS = day
        },
        TLSRefusal("root expired", "certificate expired") { $0.root.notAfterOffsetS = -1 },
    ]

    static let names: [TLSRefusal] = [
        TLSRefusal("wrong host", "wrong host name: certificate is not for localhost") {
            $0.leaf.alternativeNames = "DNS:other.example"
        },
        TLSRefusal("wrong host with the right common name", "wrong host name") {
            $0.leaf.commonName = "localhost"
            $0.leaf.alternativeNames = "DNS:other.example"
        },
        TLSRefusal("wrong address", host: "127.0.0.2", "wrong host name") { _ in },
        TLSRefusal("an address written as a DNS name", host: "127.0.0.1", "wrong host name") {
            $0.leaf.alternativeNames = "DNS:127.0.0.1"
        },
        TLSRefusal("an address as common name alone", host: "127.0.0.1", "wrong host name") {
            $0.leaf.commonName = "127.0.0.1"
            $0.leaf.alternativeNames = nil
        },
        TLSRefusal("a common name alone", "wrong host name") {
            $0.leaf.alternativeNames = nil
        },
        TLSRefusal("a common name beside an address", "wrong host name") {
            $0.leaf.alternativeNames = "IP:127.0.0.1"
        },
        TLSRefusal("wildcard for two labels", host: "a.b.example.com", "wrong host name") {
            $0.leaf.alternativeNames = "DNS:*.example.com"
        },
        TLSRefusal("wildcard for no label", host: "example.com", "wrong host name") {
            $0.leaf.alternativeNames = "DNS:*.example.com"
        },
        TLSRefusal("bare wildcard", "wrong host name") {
            $0.leaf.alternativeNames = "DNS:*"
        },
        TLSRefusal("wildcard for a top-level domain", host: "example.com", "wrong host name") {
            $0.leaf.alternativeNames = "DNS:*.com"
        },
        TLSRefusal("partial wildcard", host: "api.example.com", "wrong host name") {
            $0.leaf.alternativeNames = "DNS:a*.example.com"
        },
        TLSRefusal("wildcard inside", host: "a.b.example.com", "wrong host name") {
            $0.leaf.alternativeNames = "DNS:a.*.example.com"
        },
        TLSRefusal("a longer name that begins alike", host: "localhost.example", "wrong host name")
        { _ in },
        TLSRefusal("names that its issuer may not give", "permitted subtree violation") {
            $0.intermediate.nameConstraints = "permitted;DNS:example.com"
        },
        TLSRefusal("names that its issuer is denied", "excluded subtree violation") {
            $0.intermediate.nameConstraints = "excluded;DNS:localhost"
        },
    ]

    static let chains: [TLSRefusal] = [
        TLSRefusal("self-signed", "unknown issuer: self-signed") { $0.isSelfSigned = true },
        TLSRefusal("intermediate missing", "unknown issuer") { $0.omitsIntermediate = true },
        TLSRefusal("intermediate that is no authority", "invalid CA certificate") {
            $0.intermediate.basicConstraints = "critical,CA:FALSE"
        },
        TLSRefusal("intermediate without basic constraints", "invalid CA certificate") {
            $0.intermediate.basicConstraints = nil
            $0.intermediate.keyUsage = nil
        },
        TLSRefusal("intermediate that may not sign", "invalid CA certificate") {
            $0.intermediate.keyUsage = "critical,digitalSignature"
        },
        TLSRefusal("path longer than the root allows", "path length constraint exceeded") {
            $0.root.basicConstraints = "critical,CA:TRUE,pathlen:0"
        },
        TLSRefusal("signature that does not fit", "certificate signature failure") {
            $0.leaf.hasBadSignature = true
        },
        TLSRefusal("intermediate's signature that does not fit", "certificate signature failure") {
            $0.intermediate.hasBadSignature = true
        },
        TLSRefusal("for clients alone", "unsuitable certificate purpose") {
            $0.leaf.extendedKeyUsage = "clientAuth"
        },
        TLSRefusal("intermediate for clients alone", "unsuitable certificate purpose") {
            $0.intermediate.extendedKeyUsage = "clientAuth"
        },
        TLSRefusal("a key that may only sign certificates", "unsuitable certificate purpose") {
            $0.leaf.keyUsage = "critical,keyCertSign,cRLSign"
        },
        TLSRefusal("unknown critical extension", "unhandled critical extension") {
            $0.leaf.hasUnknownCritical = true
        },
        TLSRefusal("a chain over 100 KiB", "excessive message size") {
            $0.certificateCopies = 400
        },
    ]

    static let weak: [TLSRefusal] = [
        TLSRefusal("signed with SHA-1", "digest algorithm too weak") { $0.leaf.digest = "SHA1" },
        TLSRefusal("signed with MD5", "digest algorithm too weak") {
            // No MD5 is defined for elliptic curves.
            $0.intermediate.rsaBits = 2_048
            $0.leaf.digest = "MD5"
        },
        TLSRefusal("intermediate signed with SHA-1", "digest algorithm too weak") {
            $0.intermediate.digest = "SHA1"
        },
        TLSRefusal("RSA of 1024 bits", "certificate key too weak") { $0.leaf.rsaBits = 1_024 },
        TLSRefusal("intermediate with RSA of 1024 bits", "certificate key too weak") {
            $0.intermediate.rsaBits = 1_024
        },
        TLSRefusal("TLS 1.0", "protocol version") {
            $0.versionMin = 0x0301
            $0.versionMax = 0x0301
        },
        TLSRefusal("TLS 1.1", "protocol version") {
            $0.versionMin = 0x0302
            $0.versionMax = 0x0302
        },
        TLSRefusal("no encryption", "handshake failure") {
            $0.versionMax = 0x0303
            $0.ciphers = "eNULL:@SECLEVEL=0"
        },
        TLSRefusal("no authentication", "handshake failure") {
            $0.versionMax = 0x0303
            $0.ciphers = "aNULL:@SECLEVEL=0"
        },
        TLSRefusal("encryption without authentication of records", "handshake failure") {
            $0.versionMax = 0x0303
            $0.ciphers = "ECDHE-ECDSA-AES128-SHA256:@SECLEVEL=0"
        },
        TLSRefusal("a key exchange by RSA", "handshake failure") {
            $0.versionMax = 0x0303
            $0.leaf.rsaBits = 2_048
            $0.leaf.keyUsage = "critical,digitalSignature,keyEncipherment"
            $0.ciphers = "AES128-GCM-SHA256:@SECLEVEL=0"
        },
        TLSRefusal("a server that answers to another name", "unrecognized name") {
            $0.serverName = "other.example"
        },
    ]

    static let all = accepted + dates + names + chains + weak + used
    /// For the tests of one concern; a server is used by one test at a time.
    static let used: [TLSRefusal] = [
        TLSRefusal("changed, TLS 1.2", "") { $0.versionMax = 0x0303 },
        TLSRefusal("changed, TLS 1.3", "") { $0.versionMin = 0x0304 },
        TLSRefusal("cut", "") { _ in }, TLSRefusal("not TLS, plain HTTP", "") { _ in },
        TLSRefusal("not TLS, an SMTP greeting", "") { _ in },
        TLSRefusal("not TLS, zeros", "") { _ in },
    ]

    @Test(arguments: accepted + dates + names + chains + weak)
    func `a server without fault is accepted, any other refused with the reason`(
        refusal: TLSRefusal
    ) throws {
        let meeting = try TLSMeeting(refusal)
        #expect(meeting.shakeHands() == refusal.reason.isEmpty)
        if refusal.reason.isEmpty {
            #expect(meeting.reason == "")
        } else {
            #expect(meeting.reason.contains(refusal.reason), "said: \(meeting.reason)")
        }
        let isCertificate = (Self.dates + Self.names + Self.chains.dropLast())
            .contains { $0.name == refusal.name }
        if isCertificate { #expect(meeting.hasRefusedCertificate) }
    }

    @Test func `an authority that is not trusted is refused`() throws {
        let meeting = try TLSMeeting(
            TLSRefusal("unknown root", "") { _ in }, in: HostileWorld.stranger)
        #expect(!meeting.shakeHands())
        #expect(meeting.reason.contains("unknown issuer"), "said: \(meeting.reason)")
        #expect(meeting.hasRefusedCertificate)
    }

    @Test(arguments: [
        ("plain HTTP", "HTTP/1.1 400 Bad Request\r\n\r\n"), ("an SMTP greeting", "220 ready\r\n"),
        ("zeros", String(repeating: "\0", count: 64)),
    ])
    func `an answer that is not TLS is refused`(name: String, text: String) throws {
        let meeting = try TLSMeeting(TLSRefusal("not TLS, \(name)", "") { _ in })
        #expect(meeting.answer(Array(text.utf8)) == -1)
        #expect(meeting.reason.hasPrefix("TLS: "), "said: \(meeting.reason)")
        #expect(!meeting.hasRefusedCertificate)
    }

    /// Goal: no handshake completes over bytes that were changed. Method: one bit of the server's
    /// flight turned over, at every byte.
    @Test(arguments: ["TLS 1.2", "TLS 1.3"])
    func `a handshake with any bit changed does not complete`(version: String) throws {
        let plan = TLSRefusal("changed, \(version)", "") { _ in }
        let length = try TLSMeeting(plan).firstFlight().count
        #expect(length > 500)
        for place in stride(from: 0, to: length, by: 7) {
            let meeting = try TLSMeeting(plan)
            var flight = meeting.firstFlight()
            guard place < flight.count else { continue }
            flight[place] ^= 1 << UInt8(place % 8)
            let isDone = meeting.answer(flight) == 1 || meeting.shakeHands()
            #expect(!isDone, "byte \(place)")
        }
    }

    @Test func `a handshake cut anywhere waits and does not complete`() throws {
        let plan = TLSRefusal("cut", "") { _ in }
        for step in 0..<40 {
            let meeting = try TLSMeeting(plan)
            let flight = meeting.firstFlight()
            let cut = flight.count * step / 40
            #expect(meeting.answer(Array(flight[..<cut])) == 0, "cut at \(cut)")
            #expect(meeting.reason == "")
        }
    }
}
