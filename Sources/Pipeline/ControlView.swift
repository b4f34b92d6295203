//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

public import CTelemetry
public import Rings
public import Telemetry

/// What one stage sees of the control page.
///
/// People, the watchdog and other stages write the page at any time, and decisions go by it. So a
/// stage looks at it between two records only, and notes what changed with the number of records
/// it has taken by then. With these notes a replay shows the stage the same words before the same
/// records, and the stage does the same.
///
/// Cost: three loads of one line a look, bench `risk/evaluate`.
public struct ControlView: ~Copyable, Sendable {
    @usableFromInline let page: ControlHandle
    @usableFromInline var words = ControlWords()
    /// The worst of what the operator wants and what the engine finds.
    public private(set) var state: TradingState
    /// Records taken so far.
    public private(set) var taken: UInt64 = 0
    /// Uses of order channels so far.
    private var uses: UInt64 = 0
    /// Where changes are noted; `nil`: nowhere. Full policy: drop and count.
    private var notes: RingProducer<ControlNote>?
    /// Notes that found no room: what follows cannot be replayed.
    public private(set) var notesLost: UInt64 = 0
    private let stage: StageSet
    private var script = ControlScript()

    public init(_ page: ControlHandle, of stage: StageSet) {
        self.page = page
        self.stage = stage
        state = .notReady
        _ = page.look(&words)
        state = Self.worst(words)
    }

    public var isStopRequested: Bool {
        @_noAllocation @_noLocks get { words.stopRequested != 0 }
    }
    /// Grows when every open order is to be cancelled.
    public var cancelAllEpoch: UInt32 { @_noAllocation @_noLocks get { words.cancelAllEpoch } }
    /// Grows when every position is to be brought to zero.
    public var flattenEpoch: UInt32 { @_noAllocation @_noLocks get { words.flattenEpoch } }
    /// Grows when a person resumes trading.
    public var resumeEpoch: UInt32 { @_noAllocation @_noLocks get { words.resumeEpoch } }

    /// Looks at the page, between two records.
    ///
    /// - Returns: Whether anything changed.
    @_noAllocation @_noLocks
    @inline(__always)
    public mutating func look() -> Bool {
        if script.isSet { return follow() }
        if !page.look(&words) { return false }
        change()
        return true
    }

    /// Counts a record as taken.
    @_noAllocation @_noLocks
    @inline(__always)
    public mutating func took() { taken &+= 1 }

    /// Counts a use of an order channel, and notes one that failed.
    ///
    /// - Returns: Whether it succeeded: as `isGood` says, or, where notes are followed, as they do.
    @_noAllocation @_noLocks
    @inline(__always)
    public mutating func used(_ isGood: Bool) -> Bool {
        uses &+= 1
        if script.isSet { return !script.hasFailure(uses &- 1) }
        if !isGood { note(.channel, uses &- 1) }
        return isGood
    }

    /// Lowers the operator's state from within the stage, which sees it at once.
    @_noAllocation @_noLocks
    public mutating func lower(to state: TradingState, because reason: StaticString) {
        page.lower(to: state, because: reason)
        if words.operatorState.rawValue < state.rawValue { words.operatorState = state }
        self.state = Self.worst(words)
    }

    @_noAllocation @_noLocks
    public func cancelAll() { page.cancelAll() }
    /// Asks for every position to be brought to zero; the state is to be REDUCING by then.
    @_noAllocation @_noLocks
    public func flatten() { page.flatten() }

    /// Notes what changes from now on, beginning with how it stands. Cold; before the start.
    public mutating func note(into ring: consuming RingProducer<ControlNote>) {
        notes = consume ring
        note(.words, taken)
    }

    /// Goes by `notes` instead of the page from now on. Cold; before the start.
    ///
    /// - Parameter notes: Of this stage, as it made them.
    public mutating func follow(_ notes: [ControlNote]) {
        script = ControlScript(notes)
        _ = follow()
    }

    // MARK: - Rare

    @_noAllocation @_noLocks
    @inline(never)
    private mutating func change() {
        state = Self.worst(words)
        note(.words, taken)
    }

    @_noAllocation @_noLocks
    @inline(never)
    private mutating func note(_ kind: ControlNoteKind, _ count: UInt64) {
        if notes == nil { return }
        guard let note = unsafe notes!.claim() else {
            notesLost &+= 1
            return
        }
        unsafe note.pointee = ControlNote()
        unsafe note.pointee.count = count
        unsafe note.pointee.words = words
        unsafe note.pointee.stage = stage.rawValue
        unsafe note.pointee.kind = kind
        notes!.publish()
    }

    @_noAllocation @_noLocks
    @inline(never)
    private mutating func follow() -> Bool {
        var isChanged = false
        while let next = script.next(upTo: taken) {
            words = next
            isChanged = true
        }
        if isChanged { state = Self.worst(words) }
        return isChanged
    }

    @_noAllocation @_noLocks
    private static func worst(_ words: ControlWords) -> TradingState {
        words.operatorState.rawValue > words.engineState.rawValue
            ? words.operatorState : words.engineState
    }
}

/// Notes to go by, in memory that is kept until the process ends.
///
/// SAFETY: both lists have as many elements as their counts say and are never freed.
@safe
struct ControlScript: @unchecked Sendable {
    private var words: UnsafeMutablePointer<ControlNote>?
    private var wordsCount = 0
    private var wordsIndex = 0
    private var failures: UnsafeMutablePointer<UInt64>?
    private var failuresCount = 0
    private var failuresIndex = 0

    init() {
        unsafe words = nil
        unsafe failures = nil
    }

    init(_ notes: [ControlNote]) {
        let changes = notes.filter { $0.kind == .words }
        unsafe words = .allocate(capacity: max(1, changes.count))
        wordsCount = changes.count
        for (index, note) in changes.enumerated() {
            unsafe (words! + index).initialize(to: note)
        }
        let failed = notes.filter { $0.kind == .channel }
        unsafe failures = .allocate(capacity: max(1, failed.count))
        failuresCount = failed.count
        for (index, note) in failed.enumerated() {
            unsafe (failures! + index).initialize(to: note.count)
        }
    }

    var isSet: Bool {
        @_noAllocation @_noLocks
        @inline(__always)
        get { unsafe words != nil }
    }

    /// The words of the next note, when it is due with `taken` records.
    @_noAllocation @_noLocks
    mutating func next(upTo taken: UInt64) -> ControlWords? {
        guard let words = unsafe words, wordsIndex < wordsCount,
            unsafe words[wordsIndex].count <= taken
        else { return nil }
        wordsIndex &+= 1
        return unsafe words[wordsIndex &- 1].words
    }

    /// Whether use number `use` of a channel failed. To be asked for each in turn.
    @_noAllocation @_noLocks
    mutating func hasFailure(_ use: UInt64) -> Bool {
        guard let failures = unsafe failures, failuresIndex < failuresCount,
            unsafe failures[failuresIndex] == use
        else { return false }
        failuresIndex &+= 1
        return true
    }
}
