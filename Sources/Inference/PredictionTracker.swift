//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

/// Judges every model's scores by what the mid did afterwards, in record time: a replay gives the
/// same records and the same consequences.
///
/// Samples of an instrument wait in a ring until each model's horizon has passed; a vector later
/// than twice the horizon (at least a second later) judges nothing. Samples are taken at most
/// every 64th part of the longest horizon, 10 ms at least.
///
/// SAFETY: memory is made in `init` and freed by `deallocate`.
@safe
struct PredictionTracker {
    private static var capacity: Int {
        @_noAllocation @_noLocks
        @inline(__always)
        get { 128 }
    }

    private struct Sample {
        var timeNs: UInt64 = 0
        /// Bid and ask added, ticks.
        var mid: Int64 = 0
        /// Bit i: model i gave a score.
        var given: UInt32 = 0
    }

    private struct Waiting {
        var count: UInt64 = 0
        var lastSampleNs: UInt64 = 0
    }

    private let samples: UnsafeMutablePointer<Sample>
    /// Of each sample and model.
    private let scores: UnsafeMutablePointer<Float>
    private let waiting: UnsafeMutablePointer<Waiting>
    /// Of each instrument and model: the oldest sample not judged yet.
    private let next: UnsafeMutablePointer<UInt64>
    private let tenths: UnsafeMutablePointer<Double>
    let records: UnsafeMutablePointer<PredictionRecord>
    private let modelCount: Int
    private var sampleNs: UInt64 = 10_000_000

    init(models: Int, instruments: Int) {
        modelCount = models
        let places = max(instruments, 1)
        let models = EnsembleLimits.modelCountMax
        unsafe scores = .allocate(capacity: places * Self.capacity * models)
        unsafe scores.initialize(repeating: 0, count: places * Self.capacity * models)
        unsafe next = .allocate(capacity: places * models)
        unsafe next.initialize(repeating: 0, count: places * models)
        unsafe tenths = .allocate(capacity: 10 * models)
        unsafe samples = .allocate(capacity: places * Self.capacity)
        unsafe samples.initialize(repeating: Sample(), count: places * Self.capacity)
        unsafe waiting = .allocate(capacity: places)
        unsafe waiting.initialize(repeating: Waiting(), count: places)
        unsafe records = .allocate(capacity: models)
        for model in 0..<models {
            unsafe (records + model).initialize(to: PredictionRecord(tenths: tenths + 10 * model))
        }
    }

    func deallocate() {
        unsafe samples.deallocate()
        unsafe scores.deallocate()
        unsafe next.deallocate()
        unsafe tenths.deallocate()
        unsafe waiting.deallocate()
        unsafe records.deallocate()
    }

    /// The longest horizon of the models as they are now.
    @_noAllocation @_noLocks
    mutating func setHorizon(longestNs: UInt64) {
        sampleNs = longestNs / 64 > 10_000_000 ? longestNs / 64 : 10_000_000
    }

    /// Begins a model's record anew: another model stands in its place.
    @_noAllocation @_noLocks
    func forget(_ model: Int) {
        unsafe records[model] = unsafe PredictionRecord(tenths: tenths + 10 &* model)
    }

    /// Takes an instrument's vector: judges what has come of age, and samples the scores.
    ///
    /// - Parameters:
    ///   - scores: Of all models, basis points; `given`: bit i, model i has one.
    ///   - members: The models' horizons and tenths.
    /// - Returns: Bit i: model i has judged a round number of predictions.
    @_noAllocation @_noLocks
    func observe(
        instrument: UInt32, timeNs: UInt64, mid: Int64, scores newScores: UnsafePointer<Float>,
        given: UInt32, members: UnsafePointer<EnsemblePlace>
    ) -> UInt32 {
        let state = unsafe waiting + Int(instrument)
        var rounds: UInt32 = 0
        if unsafe state.pointee.lastSampleNs > timeNs { return 0 }
        for model in 0..<modelCount {
            if unsafe judge(
                model, state, instrument, timeNs, mid, members[model].record.pointee)
            {
                rounds |= 1 << UInt32(model)
            }
        }
        let isDue = unsafe timeNs &- state.pointee.lastSampleNs >= sampleNs
        if given == 0 || mid <= 0 || !isDue { return rounds }
        // A ring that is full forgets its oldest sample.
        let count = unsafe state.pointee.count
        let index = Self.index(instrument, count)
        let place = unsafe samples + index
        unsafe place.pointee.timeNs = timeNs
        unsafe place.pointee.mid = mid
        unsafe place.pointee.given = given
        for model in 0..<modelCount {
            unsafe scores[index &* EnsembleLimits.modelCountMax &+ model] = unsafe newScores[model]
        }
        unsafe state.pointee.count = count &+ 1
        unsafe state.pointee.lastSampleNs = timeNs
        return rounds
    }

    /// Judges a model's samples that have come of age; true when its record has a round number.
    @_noAllocation @_noLocks
    private func judge(
        _ model: Int, _ state: UnsafeMutablePointer<Waiting>, _ instrument: UInt32,
        _ timeNs: UInt64, _ mid: Int64, _ member: ServedRecord
    ) -> Bool {
        let models = EnsembleLimits.modelCountMax
        let next = unsafe self.next + (Int(instrument) &* models &+ model)
        let count = unsafe state.pointee.count
        if unsafe count &- next.pointee > UInt64(Self.capacity) {
            unsafe next.pointee = count &- UInt64(Self.capacity)
        }
        let lateMax = member.horizonNs > 1_000_000_000 ? member.horizonNs : 1_000_000_000
        var isRound = false
        while unsafe next.pointee < count {
            let index = unsafe Self.index(instrument, next.pointee)
            let sample = unsafe samples + index
            let age = unsafe timeNs &- sample.pointee.timeNs
            if age < member.horizonNs { break }
            unsafe next.pointee &+= 1
            guard unsafe sample.pointee.given & (1 << UInt32(model)) != 0,
                age &- member.horizonNs <= lateMax, mid > 0
            else { continue }
            let score = unsafe scores[index &* models &+ model]
            let before = unsafe Double(sample.pointee.mid)
            unsafe records[model].add(
                predicted: score, actual: (Double(mid) / before - 1) * 1e4,
                tenth: member.tenth(of: score))
            if unsafe records[model].judged & 63 == 0 { isRound = true }
        }
        return isRound
    }

    /// Where an instrument's sample `number` lies.
    @_noAllocation @_noLocks
    @inline(__always)
    private static func index(_ instrument: UInt32, _ number: UInt64) -> Int {
        Int(instrument) &* capacity &+ Int(number % UInt64(capacity))
    }
}

extension ServedRecord {
    /// Which tenth of validation the score lies in; nil where they are not known.
    @_noAllocation @_noLocks
    func tenth(of score: Float) -> Int? {
        if !hasDeciles { return nil }
        var tenth = 0
        for index in 0..<9 { unsafe tenth &+= score > deciles.unsafelyUnwrapped[index] ? 1 : 0 }
        return tenth
    }
}
