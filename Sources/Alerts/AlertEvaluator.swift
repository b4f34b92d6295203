//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

/// Judges every rule on every observation. Deterministic: the same observations give the same
/// notices, whatever the clock says.
struct AlertEvaluator: Sendable {
    /// What became of one rule.
    struct RuleCount: Sendable, Equatable {
        /// Alerts that fire, and that wait to fire, now.
        var firing = 0
        var pending = 0
        /// The rule's quantity had no value at the last look.
        var isWithoutData = false
        var begun: UInt64 = 0
        var ended: UInt64 = 0
        /// Firings that another rule kept quiet, in part or in whole.
        var silenced: UInt64 = 0
        /// Firings told later than they began, because of the cooldown.
        var delayed: UInt64 = 0
    }

    let rules: [AlertRule]
    /// Between two looks; after a longer time nothing is known to have held meanwhile.
    private let pauseNs: UInt64
    private(set) var counts: [RuleCount]
    private(set) var evaluations: UInt64 = 0
    private var meters: [RuleMeter]
    private var series: [[[String]: AlertSeries]]
    private var values: [[[String]: String]]
    private var lastTimeNs: UInt64?
    private var startTimeNs: UInt64?
    private var noticeCount: UInt64 = 0

    /// - Parameter pauseNs: Longest time between two looks that is no pause.
    init(_ rules: [AlertRule], pauseNs: UInt64) {
        self.rules = rules
        self.pauseNs = pauseNs
        counts = Array(repeating: RuleCount(), count: rules.count)
        meters = rules.map(RuleMeter.init)
        series = Array(repeating: [:], count: rules.count)
        values = Array(repeating: [:], count: rules.count)
    }

    /// - Returns: What is to be told, with the indices of the actions to tell it to.
    mutating func evaluate(_ now: AlertInput) -> [(notice: AlertNotice, actions: [Int])] {
        evaluations += 1
        noticeBreaks(now)
        var ended: [(rule: Int, key: [String], sinceNs: UInt64)] = []
        for index in rules.indices { step(index, now, &ended) }
        var told: [(notice: AlertNotice, actions: [Int])] = []
        for end in ended where series[end.rule][end.key]?.isTold == true {
            series[end.rule][end.key]?.isTold = false
            guard rules[end.rule].tellsEnd else { continue }
            told.append(notice(.resolved, end.rule, end.key, end.sinceNs, now, isRepeated: false))
        }
        for index in rules.indices { tell(index, now, &told) }
        for index in rules.indices { forget(index, now.timeNs) }
        return told
    }

    // MARK: - Breaks in time

    private mutating func noticeBreaks(_ now: AlertInput) {
        defer {
            lastTimeNs = now.timeNs
            startTimeNs = now.startTimeNs
        }
        guard let lastTimeNs else { return }
        let isNewRun = startTimeNs != now.startTimeNs
        if isNewRun {
            for index in meters.indices { meters[index].resetPeaks() }
        }
        let isPause = now.timeNs < lastTimeNs || now.timeNs - lastTimeNs > pauseNs
        guard isNewRun || isPause else { return }
        for index in meters.indices { meters[index].reset() }
        guard isPause else { return }
        for index in series.indices {
            for key in series[index].keys { series[index][key]?.restart(at: now.timeNs) }
        }
    }

    // MARK: - One rule

    private mutating func step(
        _ index: Int, _ now: AlertInput,
        _ ended: inout [(rule: Int, key: [String], sinceNs: UInt64)]
    ) {
        let rule = rules[index]
        let readings = meters[index].readings(now)
        counts[index].isWithoutData = readings.isEmpty
        var seen: Set<[String]> = []
        func advance(_ key: [String], _ verdict: (isBreached: Bool, isClear: Bool), _ held: Bool) {
            let sinceNs = series[index][key]?.sinceNs ?? now.timeNs
            let change = series[index][key, default: AlertSeries()].step(
                at: now.timeNs, isBreached: verdict.isBreached, isClear: verdict.isClear,
                isHeld: held, rule)
            if change == .began { counts[index].begun += 1 }
            guard change == .ended else { return }
            counts[index].ended += 1
            ended.append((index, key, sinceNs))
        }
        for reading in readings where seen.insert(reading.labels).inserted {
            values[index][reading.labels] = Self.text(reading.value, rule)
            advance(reading.labels, rule.judge(reading.value), false)
        }
        for key in series[index].keys.sorted(by: Self.isBefore) where !seen.contains(key) {
            advance(key, (false, true), rule.absence == .hold)
        }
        counts[index].firing = series[index].values.count { $0.isFiring }
        counts[index].pending = series[index].values.count { $0.isPending }
    }

    private mutating func tell(
        _ index: Int, _ now: AlertInput, _ told: inout [(notice: AlertNotice, actions: [Int])]
    ) {
        let rule = rules[index]
        let isSilenced = rule.inhibitors.contains { counts[$0].firing > 0 }
        for key in series[index].keys.sorted(by: Self.isBefore) {
            guard var alert = series[index][key], alert.isFiring else { continue }
            defer { series[index][key] = alert }
            let sinceToldNs = alert.lastToldNs.map { now.timeNs - $0 }
            if isSilenced {
                if !alert.isCountedSilenced { counts[index].silenced += 1 }
                alert.isCountedSilenced = true
                continue
            }
            if alert.isTold {
                guard rule.repeatNs > 0, let sinceToldNs, sinceToldNs >= rule.repeatNs else {
                    continue
                }
            } else if let sinceToldNs, sinceToldNs < rule.cooldownNs {
                if !alert.isCountedDelayed { counts[index].delayed += 1 }
                alert.isCountedDelayed = true
                continue
            }
            told.append(
                notice(
                    .firing, index, key, alert.sinceNs ?? now.timeNs, now,
                    isRepeated: alert.isTold))
            alert.isTold = true
            alert.lastToldNs = now.timeNs
        }
    }

    /// Lets go of alerts that are over and whose cooldown is: a name that comes and goes leaves
    /// nothing behind.
    private mutating func forget(_ index: Int, _ timeNs: UInt64) {
        let cooldownNs = rules[index].cooldownNs
        for (key, alert) in series[index] where alert.phase == .quiet {
            if let toldNs = alert.lastToldNs, timeNs - toldNs < cooldownNs { continue }
            series[index][key] = nil
        }
        values[index] = values[index].filter { series[index][$0.key] != nil }
    }

    // MARK: - Words

    private mutating func notice(
        _ status: AlertNotice.Status, _ index: Int, _ key: [String], _ sinceNs: UInt64,
        _ now: AlertInput, isRepeated: Bool
    ) -> (notice: AlertNotice, actions: [Int]) {
        let rule = rules[index]
        let value = values[index][key] ?? "-"
        let labels = Array(zip(rule.quantity.subject.labels, key)).map { (name: $0, value: $1) }
        let message = rule.message.text { name in
            switch name {
            case "rule": rule.name
            case "severity": rule.severity.rawValue
            case "status": status.rawValue
            case "instance": now.instance
            case "value": value
            case "threshold": rule.threshold
            case "condition": rule.conditionWords
            default: labels.first { $0.name == name }?.value ?? ""
            }
        }
        noticeCount += 1
        let notice = AlertNotice(
            status: status, isRepeated: isRepeated, rule: rule.name, severity: rule.severity,
            instance: now.instance, labels: labels, value: value, threshold: rule.threshold,
            message: message, sinceNs: sinceNs, timeNs: now.timeNs, number: noticeCount)
        return (notice, rule.actions)
    }

    private static func text(_ value: Reading.Value, _ rule: AlertRule) -> String {
        switch value {
        case .condition(let holds): holds ? "true" : "false"
        case .word(let word): word
        case .number(let number): rule.quantity.unit.text(number)
        }
    }

    private static func isBefore(_ left: [String], _ right: [String]) -> Bool {
        left.lexicographicallyPrecedes(right)
    }
}
