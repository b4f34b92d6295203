//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CTelemetry
import Configuration
import Journal
import JSON
public import Messages
import Pipeline
import Risk
import VenueREST
import Venues

extension LiveSession {
    /// Runs a session of a journal through the production stages and keeps what it did at `venue`.
    ///
    /// - Parameter number: Of the session in the journal, from 1; `nil`: the last one.
    /// - Throws: `JournalError` for a damaged journal; `EngineError` for one without such a
    ///   session, and for a session that this program cannot replay.
    public init(folder: String, venue: Venue, number: Int? = nil) throws {
        let scans = try SessionScan.all(folder) { _ in }
        let place = (number ?? scans.count) - 1
        guard scans.indices.contains(place) else {
            let wanted = number.map { ", none is number \($0)" } ?? ""
            throw EngineError("\(folder): \(scans.count) sessions\(wanted)")
        }
        let scan = scans[place]
        let rows = scan.instruments ?? []
        let own = rows.filter { $0.venue == venue }
        guard !own.isEmpty, let last = scan.session.accounts.first(where: { $0.venue == venue })
        else { throw EngineError("\(folder): the session did not trade on \(venue.text)") }
        self.init(
            settings: try scan.session.readSettings(), instruments: own,
            startNs: Int64(clamping: scan.session.startNs), endNs: 0,
            orderIDBase: scan.session.orderIDBase)
        var reading = try SessionReading(scan, rows, own, last.venue, settings: settings)
        try reading.read(folder, into: &self)
        if scan.endText == nil { remarks.append("the session was not closed") }
        remarks += scan.changes.map { "not replayed: \($0)" }
        if roundTripsNs.isEmpty { remarks.append("no order was answered") }
    }
}

/// The reading of one session.
private struct SessionReading {
    private let scan: SessionScan
    private let venue: Venue
    private let path: SessionPath
    private let fills = FillBox()
    /// Place among the venue's instruments of each of the table's, and of their names.
    private let places: [UInt32: Int]
    private let names: [String: Int]
    /// The account's connections that are down, and those that carry answers to orders.
    private var down: Set<UInt16> = []
    private let account: Set<UInt16>
    private let entry: Set<UInt16>
    /// When orders without an answer were caused, by the request's id; and answers whose order
    /// stands behind them in the journal, which takes both from rings of their own.
    private var asked: [String: Int64] = [:]
    private var answered: [String: Int64] = [:]

    private static let answersKept = 4_096
    private var pause: (sinceNs: Int64, cause: LiveSession.Pause.Cause)?

    private final class FillBox {
        var reports: [ExecutionReport] = []
    }

    init(
        _ scan: SessionScan, _ rows: [Instrument], _ own: [Instrument], _ venue: Venue,
        settings: Settings
    ) throws {
        self.scan = scan
        self.venue = venue
        var sinks = ReplaySinks()
        unsafe sinks.fill = { [fills] in fills.reports.append(unsafe $0.pointee) }
        path = try SessionPath(
            session: scan.session, instruments: .standalone(rows), notes: scan.notes, sinks: sinks)
        let plan = ConnectionPlan(
            settings, scan.session.setups, .standalone(rows), for: .trading)
        var (account, entry): (Set<UInt16>, Set<UInt16>) = ([], [])
        for (id, role) in plan.roles.enumerated() {
            switch role {
            case .orderEntry where venue != .okx: entry.insert(UInt16(id))
            case .userStream where venue != .okx: account.insert(UInt16(id))
            case .privateStream(venue): entry.insert(UInt16(id))
            default: break
            }
        }
        self.entry = entry
        self.account = account.union(entry)
        down = self.account
        var places: [UInt32: Int] = [:]
        var names: [String: Int] = [:]
        for (place, instrument) in own.enumerated() {
            places[instrument.instrumentID] = place
            // OKX takes a code in the place of the name.
            names[venue == .okx ? "\(instrument.venueCode)" : instrument.venueSymbolText] = place
        }
        self.places = places
        self.names = names
    }

    mutating func read(_ folder: String, into live: inout LiveSession) throws {
        pause = (live.startNs, .state)
        live.endNs = live.startNs
        var reader = try JournalReader(folder: folder, verification: .checksums)
        frames: while let frame = try reader.next() {
            if frame.number <= scan.first { continue }
            if frame.number > scan.last { break }
            switch frame.kind {
            case .orderOut where frame.connection == UInt16(venue.rawValue):
                note(order: frame, &live)
            case .lost:
                live.remarks.append(
                    "\(scan.lost) frames are not in the journal: read up to the first of them")
                break frames
            case .frameIn:
                while !path.feed(frame) { drain() }
                drain()
                note(frame: frame, &live)
            default: break
            }
        }
        drain()
        live.endNs += 1
        endPause(live.endNs, &live)
        live.fills = fills.reports.compactMap(fill)
    }

    private func drain() {
        path.path.drain()
        while path.nextOrder() != nil {}
    }

    private mutating func note(order frame: JournalFrame, _ live: inout LiveSession) {
        guard frame.detail == OutboundKind.place.rawValue else { return }
        let text = unsafe String(decoding: frame.body.dropFirst(4), as: UTF8.self)
        let fields = ReplayVenue.fields(of: text)
        let causedNs = Int64(clamping: frame.timeNs)
        if let id = fields["id"] {
            if let answerNs = answered.removeValue(forKey: id) {
                live.roundTripsNs.append(max(0, answerNs - causedNs))
            } else {
                asked[id] = causedNs
            }
        }
        guard let clientID = fields["newClientOrderId"] ?? fields["clOrdId"],
            let place = names[fields["symbol"] ?? fields["instIdCode"] ?? ""]
        else { return }
        let instrument = live.instruments[place]
        live.orders.append(
            LiveSession.Order(
                clientID: clientID, instrument: place,
                side: fields["side"]?.lowercased() == "sell" ? .sell : .buy,
                price: Self.steps(
                    fields["price"] ?? fields["px"], Int(instrument.priceDecimals),
                    instrument.tickMantissa),
                quantity: Self.steps(
                    fields["quantity"] ?? fields["sz"], Int(instrument.quantityDecimals),
                    instrument.lotMantissa), placedNs: causedNs))
    }

    /// 0 for what is not there or no decimal.
    private static func steps(_ text: String?, _ decimals: Int, _ step: Int64) -> Int64 {
        guard let text, step > 0 else { return 0 }
        return (Decimals.mantissa(text, decimals: decimals) ?? 0) / step
    }

    private mutating func note(frame: JournalFrame, _ live: inout LiveSession) {
        let nowNs = Int64(clamping: frame.timeNs)
        live.endNs = max(live.endNs, nowNs)
        let kind = FrameKind(rawValue: frame.detail)
        if account.contains(frame.connection) {
            if kind == .connected { down.remove(frame.connection) }
            if kind == .disconnected { down.insert(frame.connection) }
        }
        if kind == .text, entry.contains(frame.connection),
            let id = unsafe JSONDocument(Array(frame.body))?["id"]?.text
        {
            if let causedNs = asked.removeValue(forKey: id) {
                live.roundTripsNs.append(max(0, nowNs - causedNs))
            } else {
                if answered.count >= Self.answersKept { answered = [:] }
                answered[id] = nowNs
            }
        }
        let cause = cause
        if cause == pause?.cause { return }
        endPause(nowNs, &live)
        pause = cause.map { (nowNs, $0) }
    }

    /// Why nothing is opened now; `nil`: it may be.
    private var cause: LiveSession.Pause.Cause? {
        if unsafe path.path.stages.risk.pointee.control.state != .ready { return .state }
        if !down.isEmpty { return .connection }
        let guards = unsafe path.path.stages.risk.pointee.guardsRefusing(venue)
        return guards.isEmpty ? nil : .guard
    }

    private mutating func endPause(_ nowNs: Int64, _ live: inout LiveSession) {
        if let (sinceNs, cause) = pause, sinceNs < nowNs {
            live.pauses.append(
                LiveSession.Pause(sinceNs: sinceNs, untilNs: nowNs, cause: cause))
        }
        pause = nil
    }

    private func fill(_ report: ExecutionReport) -> LiveSession.Fill? {
        guard let place = places[report.instrumentID] else { return nil }
        return LiveSession.Fill(
            clientID: ClientOrderID.text(report.orderID), instrument: place, side: report.side,
            price: report.lastPrice.rawValue, quantity: report.lastQuantity.rawValue,
            feeE8: report.feeE8, isMaker: report.isMaker != 0,
            receivedNs: Int64(clamping: report.ingressTimeNs),
            venueNs: Int64(clamping: report.venueTimeNs))
    }
}
