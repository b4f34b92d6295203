//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Accounts
import Configuration
import Inference
import JSON
import Journal
import Messages
import Options
import Rendering

/// What the journal says first of a session: all that its frames do not tell and a replay needs.
struct JournalSession {
    static let format = "apus-session"
    static let version: Int64 = 1

    struct Account: Equatable {
        let venue: Venue
        /// What kind of account it is, where the venue has kinds.
        let mode: Int64
        /// Its orders carry neither key nor signature.
        let isAuthenticated: Bool
    }

    struct Model: Equatable {
        let file: String
        let checksum: UInt32
    }

    let instance: String
    /// As `Settings.text` writes it.
    let settings: String
    let fingerprint: UInt64
    let startNs: UInt64
    let orderIDBase: UInt64
    let maskSeed: UInt64
    let accounts: [Account]
    let models: [Model]
    let placement: String

    init(
        _ settings: Settings, setups: [VenueSetup], ensemble: EnsembleControl, startNs: UInt64,
        orderIDBase: UInt64, maskSeed: UInt64, placement: String
    ) {
        instance = settings.text("system.instance")
        self.settings = settings.text
        fingerprint = settings.fingerprint
        self.startNs = startNs
        self.orderIDBase = orderIDBase
        self.maskSeed = maskSeed
        accounts = setups.map {
            Account(
                venue: $0.venue, mode: $0.accountMode,
                isAuthenticated: $0.credentials.privateKey != nil)
        }
        models = zip(settings.items("models"), ensemble.members).compactMap { item, member in
            item.optionalText("file").map { Model(file: $0, checksum: member.model.checksum) }
        }
        self.placement = placement
    }

    /// Of market data alone: nothing in it decides or sends.
    init(marketOf settings: Settings, setups: [VenueSetup], startNs: UInt64) {
        instance = settings.text("system.instance")
        self.settings = settings.text
        fingerprint = settings.fingerprint
        self.startNs = startNs
        orderIDBase = 0
        maskSeed = 0
        accounts = setups.map { Account(venue: $0.venue, mode: 0, isAuthenticated: false) }
        models = []
        placement = Self.marketPlacement
    }

    /// Whether its stages were not there: nothing of it can be compared.
    var isMarketOnly: Bool { placement == Self.marketPlacement }
    private static let marketPlacement = "market"

    var text: String {
        var json = JSONWriter()
        json.object { json in
            json.add("format", Self.format)
            json.add("version", Self.version)
            json.add("instance", instance)
            json.add("fingerprint", Self.hex(fingerprint))
            json.add("start_ns", Self.hex(startNs))
            json.add("order_id_base", Self.hex(orderIDBase))
            json.add("mask_seed", Self.hex(maskSeed))
            json.add("placement", placement)
            json.array("accounts") { json in
                for account in accounts {
                    json.object { json in
                        json.add("venue", account.venue.text)
                        json.add("mode", account.mode)
                        json.add("authenticated", account.isAuthenticated)
                    }
                }
            }
            json.array("models") { json in
                for model in models {
                    json.object { json in
                        json.add("file", model.file)
                        json.add("checksum", model.checksum)
                    }
                }
            }
            json.add("settings", settings)
        }
        return json.text
    }

    /// - Throws: `EngineError` for a text that is no session of this format and version.
    init(text: [UInt8]) throws(EngineError) {
        guard let document = JSONDocument(text),
            document["format"]?.text == Self.format
        else { throw EngineError("the journal's first frame is no session") }
        guard document["version"]?.integer == Self.version else {
            throw EngineError("a session of another version")
        }
        func number(_ key: String) throws(EngineError) -> UInt64 {
            if let text = document[key]?.text, text.hasPrefix("0x"),
                let value = UInt64(text.dropFirst(2), radix: 16)
            {
                return value
            }
            throw EngineError("the session has no \(key)")
        }
        guard let settings = document["settings"]?.text, let instance = document["instance"]?.text,
            let accounts = document["accounts"]?.elements, let models = document["models"]?.elements
        else { throw EngineError("the session is not whole") }
        self.settings = settings
        self.instance = instance
        fingerprint = try number("fingerprint")
        startNs = try number("start_ns")
        orderIDBase = try number("order_id_base")
        maskSeed = try number("mask_seed")
        placement = document["placement"]?.text ?? ""
        var known: [Account] = []
        for account in accounts {
            guard let venue = account["venue"]?.text.flatMap({ Venue(text: $0) }),
                let mode = account["mode"]?.integer,
                let isAuthenticated = account["authenticated"]?.boolean
            else { throw EngineError("the session names an account that is none") }
            known.append(Account(venue: venue, mode: mode, isAuthenticated: isAuthenticated))
        }
        self.accounts = known
        var files: [Model] = []
        for model in models {
            guard let file = model["file"]?.text,
                let checksum = model["checksum"]?.integer.flatMap({ UInt32(exactly: $0) })
            else { throw EngineError("the session names a model that is none") }
            files.append(Model(file: file, checksum: checksum))
        }
        self.models = files
    }

    /// The frames that describe the session: its first, and again at the begin of each segment.
    func heads(_ instruments: InstrumentTable, timeNs: UInt64) -> [JournalHead] {
        [
            JournalHead(.session, timeNs: timeNs, body: Array(text.utf8)),
            JournalHead(
                .instruments, timeNs: timeNs, context: UInt64(instruments.count),
                body: instruments.bytes),
        ]
    }

    private static func hex(_ value: UInt64) -> String { "0x" + String(value, radix: 16) }
}
