//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CTelemetry
public import Configuration
import Messages
import Pipeline
public import Telemetry
import TradingCore
import VenueModel

/// The part of the data that a run trades, ns since 1970; `untilNs` belongs to it no more.
public struct BacktestRange: Sendable {
    public var sinceNs: Int64
    public var untilNs: Int64

    public init(sinceNs: Int64 = .min, untilNs: Int64 = .max) {
        self.sinceNs = sinceNs
        self.untilNs = untilNs
    }
}

/// What a run shows of itself while it goes on, and what it is told; by default nobody looks.
public struct RunSurroundings {
    public var control: ControlHandle
    public var telemetry: TelemetryWriter
    /// Called with the instrument whose book waits for a snapshot.
    public var snapshotWanted: ((UInt32) -> Void)?

    public init(
        control: ControlHandle = .standalone(), telemetry: TelemetryWriter = .standalone()
    ) {
        self.control = control
        self.telemetry = telemetry
    }
}

/// One run of the production stages against the venue model.
///
/// Four streams are merged by time: frames to the engine, the venue's answers to it, what happened
/// at the venue, requests to the venue; at one time, in this order. One thread, no clock.
public final class BacktestRun {
    /// One sample of the account, 1e-12 of the quote currency.
    public struct Sample: Sendable {
        public let timeNs: Int64
        public let equityE12: Int128
        public let positionE12: Int128
    }

    public let configuration: BacktestConfiguration
    /// Trading begins at its first frame; those before bring books and features up.
    public let range: BacktestRange
    public let source: any MarketSource
    public private(set) var venue: ModelVenue
    public private(set) var samples: [Sample] = []
    public private(set) var marks: MarketMarks
    public private(set) var startNs: Int64 = 0
    public private(set) var endNs: Int64 = 0
    /// What the latency model gave out, by leg.
    public private(set) var delaysNs: [[Int64]] = [[], [], []]
    /// Times in the order of their begins in which nothing is opened, as a session had them.
    public var pauses: [BacktestRange] = []
    /// Called before each event with its time.
    var willHandle: ((Int64) -> Void)?
    /// Called with the number of frames the engine has seen, every few thousand.
    public var progress: ((Int) -> Void)?
    /// Called with each sample of the account.
    public var sampled: ((Sample) -> Void)?

    private let path: ReplayPath
    private let window: FrameWindow
    private var latency: LatencyModel
    private var requests = Arrivals<(text: String, placedNs: Int64)>()
    private var answers = Arrivals<VenueAnswer>()
    private var there = OrderedLink()
    private var back = OrderedLink()
    private var nextSampleNs: Int64?
    private var framesSeen = 0
    private var pauseIndex = 0

    private static let progressFrames = 4_096

    /// - Parameter orderIDBase: The ids of its orders follow this one; `nil`: those of a replay.
    /// - Throws: `EngineError`, what the source throws.
    public init(
        _ settings: Settings, configuration: BacktestConfiguration, source: any MarketSource,
        range: BacktestRange = BacktestRange(), orderIDBase: UInt64? = nil,
        surroundings: RunSurroundings = RunSurroundings()
    ) throws {
        guard let timeframe = Timeframe("1s") else { throw EngineError("no time frame 1s") }
        guard source.instruments.allSatisfy({ $0.isInverse == 0 }) else {
            throw EngineError("inverse contracts cannot be backtested")
        }
        self.configuration = configuration
        self.range = range
        self.source = source
        let table = InstrumentTable.standalone(source.instruments)
        venue = ModelVenue(instruments: source.instruments, configuration: configuration)
        var sinks = ReplaySinks()
        if let wanted = surroundings.snapshotWanted {
            unsafe sinks.snapshot = { unsafe wanted($0.pointee.instrumentID) }
        }
        var stages = try PathSettings.replay(settings, instruments: table, timeframe: timeframe)
        stages.orderIDBase = orderIDBase ?? stages.orderIDBase
        marks = MarketMarks(
            instrumentCount: source.instruments.count, intervalNs: configuration.intervalNs)
        path = try ReplayPath(
            stages, instruments: table, sinks: sinks, control: surroundings.control,
            telemetry: surroundings.telemetry)
        window = try FrameWindow(source, untilNs: range.untilNs, instruments: table)
        latency = LatencyModel(
            own: configuration.own, entry: configuration.entry, response: configuration.response,
            seed: configuration.seed)
    }

    public var framesRead: Int { window.framesRead }
    public var clockOffsetNs: Int64 { window.clockOffsetNs }

    /// Runs to the end of the data. Requests and answers that were on their way then are carried
    /// out; the market stands still for them.
    public func run() throws {
        try window.measure()
        venue.clockOffsetNs = window.clockOffsetNs
        guard let firstNs = try window.engineNs() else {
            throw EngineError("no market data")
        }
        // What the venue did first it did before anybody heard of it.
        startNs = min(firstNs, try window.venueNs() ?? firstNs)
        endNs = startNs
        if range.sinceNs > startNs {
            path.control.setEngineState(.halted)
            startNs = range.sinceNs
        }
        for frame in ReplayPath.allConnected(timeNs: UInt64(clamping: firstNs)) { feed(frame) }
        var isOver = false
        while !isOver { isOver = try !step() }
        endNs = max(endNs, startNs)
        sample(endNs)
        progress?(framesSeen)
    }

    /// One event of the earliest of the four streams; `false` when all have ended.
    private func step() throws -> Bool {
        let engineNs = try window.engineNs() ?? .max
        let venueNs = try window.venueNs() ?? .max
        let answerNs = answers.nextNs
        let requestNs = requests.nextNs
        let nowNs = min(engineNs, answerNs, venueNs, requestNs)
        if nowNs == .max { return false }
        willHandle?(nowNs)
        sampleBefore(nowNs)
        endNs = max(endNs, nowNs)
        if engineNs == nowNs {
            show(window.takeForEngine())
        } else if answerNs == nowNs {
            hear(answers.take(), nowNs)
        } else if venueNs == nowNs {
            for event in window.takeForVenue() {
                send(venue.market(event, timeNs: nowNs), nowNs)
            }
        } else {
            let request = requests.take()
            send(venue.request(request.text, placedNs: request.placedNs, timeNs: nowNs), nowNs)
        }
        if nowNs >= startNs { marks.note(venue, nowNs: nowNs) }
        return true
    }

    // MARK: The engine

    private func show(_ frame: RecordedFrame) {
        framesSeen += 1
        if framesSeen % Self.progressFrames == 0 { progress?(framesSeen) }
        let state: TradingState = mayTrade(Int64(clamping: frame.timeNs)) ? .ready : .halted
        if path.control.engineState != state { path.control.setEngineState(state) }
        feed(frame)
        takeOrders(Int64(clamping: frame.timeNs))
    }

    private func mayTrade(_ timeNs: Int64) -> Bool {
        while pauseIndex < pauses.count, pauses[pauseIndex].untilNs <= timeNs { pauseIndex += 1 }
        let isPaused = pauseIndex < pauses.count && pauses[pauseIndex].sinceNs <= timeNs
        return timeNs >= range.sinceNs && !isPaused
    }

    private func hear(_ answer: VenueAnswer, _ nowNs: Int64) {
        feed(
            RecordedFrame(
                connectionID: answer.isReply ? ConnectionID.orderEntry : ConnectionID.userStream,
                kind: .text, timeNs: UInt64(clamping: nowNs), bytes: Array(answer.text.utf8)))
        takeOrders(nowNs)
    }

    private func feed(_ frame: RecordedFrame) {
        while !path.feed(frame) { path.drain() }
        path.drain()
    }

    /// What the gateway wrote goes on its way: own computing first, then the line to the venue.
    private func takeOrders(_ nowNs: Int64) {
        let frames = path.takeOrderFrames()
        if frames.isEmpty { return }
        for text in OrderFrameText.decode(frames) {
            let placedNs = nowNs + draw(.own)
            let arrivalNs = there.arrivalNs(sentNs: placedNs, delayNs: draw(.entry))
            requests.add((text, placedNs), at: arrivalNs)
        }
    }

    private func send(_ told: [VenueAnswer], _ nowNs: Int64) {
        // What one event causes goes out in one packet.
        if told.isEmpty { return }
        let arrivalNs = back.arrivalNs(sentNs: nowNs, delayNs: draw(.response))
        for answer in told { answers.add(answer, at: arrivalNs) }
    }

    private func draw(_ leg: LatencyModel.Leg) -> Int64 {
        let ns = latency.drawNs(leg)
        delaysNs[leg.rawValue].append(ns)
        return ns
    }

    // MARK: Samples

    /// The account as it stood before an event, once in each interval that has one.
    private func sampleBefore(_ nowNs: Int64) {
        if nowNs < startNs { return }
        let interval = configuration.intervalNs
        guard let dueNs = nextSampleNs else {
            nextSampleNs = (nowNs / interval + 1) * interval
            sample(nowNs)
            return
        }
        guard nowNs >= dueNs else { return }
        nextSampleNs = (nowNs / interval + 1) * interval
        sample(nowNs / interval * interval)
    }

    private func sample(_ timeNs: Int64) {
        if let last = samples.last, last.timeNs >= timeNs { samples.removeLast() }
        let (profitE12, positionE12) = venue.worth()
        let sample = Sample(
            timeNs: timeNs, equityE12: configuration.initialEquityE12 + profitE12,
            positionE12: positionE12)
        samples.append(sample)
        sampled?(sample)
    }
}

/// What arrives at times that never fall.
struct Arrivals<Element> {
    private var items: [(timeNs: Int64, element: Element)] = []
    private var first = 0

    /// Of the next one; `.max`: none.
    var nextNs: Int64 { first < items.count ? items[first].timeNs : .max }

    mutating func add(_ element: Element, at timeNs: Int64) { items.append((timeNs, element)) }

    /// - Precondition: there is one.
    mutating func take() -> Element {
        defer {
            first += 1
            if first == items.count {
                items.removeAll(keepingCapacity: true)
                first = 0
            }
        }
        return items[first].element
    }
}
