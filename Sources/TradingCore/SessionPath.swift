//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Accounts
import CTelemetry
import Configuration
import Execution
import Gateway
import Inference
import Journal
import Messages
import Options
import Pipeline
import Risk
import Telemetry
import Venues

/// The path of one session of a journal: made of what the session's first frames say, fed with its
/// frames, shown at each stage what that stage saw of the control page.
///
/// SAFETY: as `ReplayPath`.
@safe
final class SessionPath: @unchecked Sendable {
    let session: JournalSession
    let path: ReplayPath
    let instruments: InstrumentTable
    private let taps: JournalTaps
    private let scratch: UnsafeMutableRawPointer

    private static let scratchSize = 1 << 20

    /// - Parameters:
    ///   - notes: Of the whole session, as the stages made them.
    ///   - sinks: As of any replay.
    /// - Throws: `EngineError` when a path cannot be made of it here: another layout of records, a
    ///   model that is not there or is another one.
    init(
        session: JournalSession, instruments: InstrumentTable, notes: [ControlNote],
        sinks: ReplaySinks
    ) throws(EngineError) {
        self.session = session
        self.instruments = instruments
        let settings = try session.readSettings()
        let setups = session.setups
        var configuration = try PathSettings.trading(
            settings, setups, instruments: instruments, orderIDBase: session.orderIDBase,
            maskSeed: session.maskSeed)
        configuration.gateway.isSessionAuthenticated = session.accounts.contains {
            $0.venue == .binanceUSDM && $0.isAuthenticated
        }
        try Self.checkModels(configuration, session, settings)
        let plan = ConnectionPlan(settings, setups, instruments, for: .trading)
        do {
            path = try ReplayPath(
                configuration, instruments: instruments, sinks: sinks, roles: plan.roles,
                control: .standalone(state: .notReady), symbolsVenue: nil)
            taps = try JournalTaps()
            try taps.tap(path.stages, holds: false)
        } catch { throw EngineError("\(error)") }
        func own(_ stage: StageSet) -> [ControlNote] {
            notes.filter { $0.stage == stage.rawValue }
        }
        unsafe path.stages.execution.pointee.control.follow(own(.execution))
        unsafe path.stages.risk.pointee.control.follow(own(.risk))
        unsafe path.stages.gateway.pointee.control.follow(own(.gateway))
        unsafe scratch = .allocate(byteCount: Self.scratchSize, alignment: 64)
    }

    deinit { unsafe scratch.deallocate() }

    private static func checkModels(
        _ configuration: PathConfiguration, _ session: JournalSession, _ settings: Settings
    ) throws(EngineError) {
        var found: [JournalSession.Model] = []
        for (item, member) in zip(settings.items("models"), configuration.models) {
            if let file = item.optionalText("file") {
                found.append(.init(file: file, checksum: member.model.checksum))
            }
        }
        for (was, now) in zip(session.models, found) where was != now {
            throw EngineError("model \(was.file) is not the one of the session")
        }
    }

    /// Hands one frame of the journal over; `false` when the stages must be polled first.
    func feed(_ frame: JournalFrame) -> Bool {
        unsafe path.feed(
            connectionID: frame.connection, kind: FrameKind(rawValue: frame.detail),
            context: frame.context, timeNs: frame.timeNs, bytes: frame.body)
    }

    /// The next frame that the gateway wrote, as the journal has them; `nil`: there is none.
    func nextOrder() -> WrittenOrder? {
        guard let frame = unsafe taps.order(to: scratch, capacity: Self.scratchSize) else {
            return nil
        }
        defer { taps.releaseOrder() }
        let bytes = unsafe UnsafeRawBufferPointer(start: scratch, count: Int(frame.length))
        return unsafe WrittenOrder(
            number: frame.number, sequence: frame.sequence, timeNs: frame.ingressTimeNs,
            venue: frame.venue.rawValue, kind: frame.kind.rawValue,
            bytes: OrderBytes.text(of: bytes))
    }

    /// How the stages stand; nobody may poll them meanwhile.
    var stateText: String { PathState.text(path.stages, instruments) }
}

extension JournalSession {
    /// The configuration as this program reads it.
    func readSettings() throws(EngineError) -> Settings {
        var read = Settings(schema: EngineSchema.keys)
        do throws(ConfigurationError) {
            try read.read(yaml: settings, source: "the session's configuration")
        } catch { throw EngineError("\(error)") }
        guard read.fingerprint == fingerprint else {
            throw EngineError("this program reads the session's configuration in another way")
        }
        return read
    }

    /// Its venues, at addresses that nobody is asked for.
    var setups: [VenueSetup] {
        accounts.map { account in
            var setup = VenueSetup(
                venue: account.venue,
                endpoints: Endpoints(
                    rest: "https://localhost", stream: "wss://localhost",
                    userStream: "wss://localhost", api: "wss://localhost"),
                credentials: .replay, symbols: [])
            setup.accountMode = account.mode
            return setup
        }
    }
}

/// One frame to a venue.
struct WrittenOrder: Equatable {
    let number: UInt64
    let sequence: UInt64
    let timeNs: UInt64
    let venue: UInt8
    let kind: UInt8
    /// See `OrderBytes`.
    let bytes: [UInt8]
}

extension WrittenOrder {
    /// The order that a journal's frame of kind `orderOut` tells.
    init(_ frame: JournalFrame) {
        number = frame.context
        sequence = frame.sequence
        timeNs = frame.timeNs
        venue = UInt8(truncatingIfNeeded: frame.connection)
        kind = frame.detail
        bytes = unsafe Array(frame.body)
    }

    /// For people: the text without its mask.
    var text: String {
        let shown = String(decoding: bytes.dropFirst(4), as: UTF8.self)
        return "frame \(number) of record \(sequence) at \(timeNs): \(shown)"
    }
}
