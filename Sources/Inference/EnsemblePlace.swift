//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CTelemetry
import Telemetry

/// A member as the hot thread keeps it.
///
/// SAFETY: the record is one of a `ServedModel` that `EnsembleControl` keeps; the row is the
/// telemetry page's.
@safe
struct EnsemblePlace {
    var record: UnsafeMutablePointer<ServedRecord>
    private let row: UnsafeMutablePointer<ModelData>
    let weight: Float
    let isReference: Bool
    /// The switch as last seen; odd: on.
    var wish: UInt32
    var isSetAside = false
    /// The last vector brought a score.
    var hasScore = false
    var output = ModelOutput(score: 0, confidence: 0, isFinite: false)

    init(
        _ member: EnsembleMember, record: UnsafeMutablePointer<ServedRecord>,
        row: UnsafeMutablePointer<ModelData>
    ) {
        unsafe self.record = record
        unsafe self.row = row
        weight = member.weight
        isReference = member.isReference
        wish = member.isOn ? 1 : 0
    }

    /// Takes part in the score.
    var speaks: Bool {
        @_noAllocation @_noLocks
        @inline(__always)
        get { wish & 1 == 1 && !isSetAside }
    }

    /// Shows what its predictions were worth.
    @_noAllocation @_noLocks
    func show(_ record: PredictionRecord) {
        unsafe apus_word_store(&row.pointee.judged, record.judged)
        unsafe apus_word_store(&row.pointee.accuracyBits, record.accuracy.bitPattern)
        unsafe apus_word_store(&row.pointee.correlationBits, record.correlation.bitPattern)
        unsafe apus_word_store(&row.pointee.slopeBits, record.slope.bitPattern)
        unsafe apus_word_store(&row.pointee.driftBits, record.drift.bitPattern)
        unsafe apus_word_store(&row.pointee.scoreBits, Double(output.score).bitPattern)
    }

    /// Shows whether and with what share it takes part.
    @_noAllocation @_noLocks
    func show(share: Float) {
        let state: ModelState = wish & 1 == 0 ? .off : isSetAside ? .setAside : .on
        let shown = state == .on ? Double(share) : 0
        unsafe apus_word_store(&row.pointee.state, state.rawValue)
        unsafe apus_word_store(&row.pointee.checksum, record.pointee.checksum)
        unsafe apus_word_store(&row.pointee.shareBits, shown.bitPattern)
    }
}
