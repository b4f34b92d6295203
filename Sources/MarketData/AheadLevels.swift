//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

/// The few levels of one side that are better than its tick window reaches, best first.
struct AheadLevels: BitwiseCopyable {
    /// Levels there is room for.
    static var countMax: Int {
        @_noAllocation @_noLocks
        get { 8 }
    }
    private typealias Eight = (Int64, Int64, Int64, Int64, Int64, Int64, Int64, Int64)

    private var keys: Eight = (0, 0, 0, 0, 0, 0, 0, 0)
    private var quantities: Eight = (0, 0, 0, 0, 0, 0, 0, 0)
    private(set) var count = 0

    @_noAllocation @_noLocks
    init() {}

    @_noAllocation @_noLocks
    private static func get(_ eight: Eight, _ index: Int) -> Int64 {
        switch index {
        case 0: eight.0
        case 1: eight.1
        case 2: eight.2
        case 3: eight.3
        case 4: eight.4
        case 5: eight.5
        case 6: eight.6
        default: eight.7
        }
    }

    @_noAllocation @_noLocks
    private static func put(_ eight: inout Eight, _ index: Int, _ value: Int64) {
        switch index {
        case 0: eight.0 = value
        case 1: eight.1 = value
        case 2: eight.2 = value
        case 3: eight.3 = value
        case 4: eight.4 = value
        case 5: eight.5 = value
        case 6: eight.6 = value
        default: eight.7 = value
        }
    }

    @_noAllocation @_noLocks
    func key(_ index: Int) -> Int64 { Self.get(keys, index) }

    @_noAllocation @_noLocks
    func quantity(_ index: Int) -> Int64 { Self.get(quantities, index) }

    /// The place of the first level that is not better than `key`.
    @_noAllocation @_noLocks
    private func place(_ key: Int64) -> Int {
        var index = 0
        while index < count, Self.get(keys, index) > key { index &+= 1 }
        return index
    }

    /// Puts a level in or changes its quantity; `false` when there is no room.
    @_noAllocation @_noLocks
    mutating func set(_ key: Int64, _ quantity: Int64) -> Bool {
        let place = place(key)
        if place < count, Self.get(keys, place) == key {
            Self.put(&quantities, place, quantity)
            return true
        }
        if count == Self.countMax { return false }
        var index = count
        while index > place {
            Self.put(&keys, index, Self.get(keys, index &- 1))
            Self.put(&quantities, index, Self.get(quantities, index &- 1))
            index &-= 1
        }
        Self.put(&keys, place, key)
        Self.put(&quantities, place, quantity)
        count &+= 1
        return true
    }

    /// Takes a level out; `false` when there is none.
    @_noAllocation @_noLocks
    mutating func remove(_ key: Int64) -> Bool {
        var index = place(key)
        if index == count || Self.get(keys, index) != key { return false }
        count &-= 1
        while index < count {
            Self.put(&keys, index, Self.get(keys, index &+ 1))
            Self.put(&quantities, index, Self.get(quantities, index &+ 1))
            index &+= 1
        }
        return true
    }
}
