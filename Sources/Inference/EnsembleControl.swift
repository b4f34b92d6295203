//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CRing

/// The cold side of the ensemble: puts models into the hot thread's hands and switches them.
///
/// One cold thread at a time. A model that was replaced is kept for going back, and what that one
/// replaced is freed once the hot thread has let go of it.
///
/// SAFETY: the places are made in `init` and live as long as this object, which outlives the
/// stage; their words are atomic.
@safe
public final class EnsembleControl: @unchecked Sendable {
    public static let countMax = EnsembleLimits.modelCountMax

    let places: UnsafeMutablePointer<Offer>
    public private(set) var members: [EnsembleMember]
    public let limits: EnsembleLimits
    let instrumentCount: Int
    private var served: [ServedModel]
    private var previous: [ServedModel?]
    /// Replaced, perhaps still in the hot thread's hands.
    private var retired: [[ServedModel]]

    /// - Precondition: at most `countMax` members of one number of features, with names of their
    ///   own, weights greater than 0 and at most one reference.
    public init(
        _ members: [EnsembleMember], instrumentCount: Int, limits: EnsembleLimits = EnsembleLimits()
    ) {
        precondition(members.count <= Self.countMax, "at most \(Self.countMax) models")
        precondition(Set(members.map(\.name)).count == members.count, "names of their own")
        precondition(members.count { $0.isReference } <= 1, "at most one reference")
        for member in members {
            precondition(member.weight > 0 && member.weight.isFinite, "a weight greater than 0")
            precondition(
                member.model.featureCount == members[0].model.featureCount, "models of one schema")
        }
        self.members = members
        self.limits = limits
        self.instrumentCount = instrumentCount
        served = members.map { ServedModel($0.model, instruments: instrumentCount) }
        previous = members.map { _ in nil }
        retired = members.map { _ in [] }
        unsafe places = .allocate(capacity: Self.countMax)
        unsafe places.initialize(repeating: Offer(), count: Self.countMax)
        for (index, model) in served.enumerated() {
            unsafe apus_offer_make(places + index, model.record)
            unsafe apus_offer_switch(places + index, members[index].isOn ? 1 : 0)
        }
    }

    deinit { unsafe places.deallocate() }

    public func index(of name: String) -> Int? { members.firstIndex { $0.name == name } }

    /// Puts `model` in the member's place from the hot thread's next vector on. Its windows are
    /// empty: until they are full the others speak alone.
    ///
    /// - Precondition: a member; a model of the ensemble's schema.
    public func load(_ model: LoadedModel, at index: Int) {
        precondition(model.featureCount == members[index].model.featureCount, "of one schema")
        replace(index, by: ServedModel(model, instruments: instrumentCount))
    }

    /// Goes back to the model that the last load replaced, or forward again.
    ///
    /// - Returns: False when there is none.
    public func rollBack(at index: Int) -> Bool {
        guard let old = previous[index] else { return false }
        // Its windows stopped where it was replaced: it begins anew.
        replace(index, by: ServedModel(old.model, instruments: instrumentCount))
        return true
    }

    private func replace(_ index: Int, by next: ServedModel) {
        if let old = previous[index] { retired[index].append(old) }
        previous[index] = served[index]
        served[index] = next
        members[index].model = next.model
        unsafe apus_offer_make(places + index, next.record)
        collect()
    }

    /// Switches a member; on again also takes it back after it was set aside.
    public func setOn(_ isOn: Bool, at index: Int) {
        members[index].isOn = isOn
        // Growing in steps of two, so that "on" said again is news, too.
        let before = unsafe apus_offer_is_on(places + index)
        unsafe apus_offer_switch(places + index, ((before | 1) &+ 1) | (isOn ? 1 : 0))
    }

    /// Frees what the hot thread no longer uses.
    public func collect() {
        for index in members.indices
        where unsafe !retired[index].isEmpty && apus_offer_is_taken(places + index) != 0 {
            retired[index].removeAll()
        }
    }
}
