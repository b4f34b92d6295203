//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#if APUS_PLANTED_BUGS
    import CBase
    import Testing
    import Torture

    /// Goal: the simulator finds what it is there for. Method: one bug after the other is put in
    /// force, and seeds are tried until a promise breaks.
    @Suite("Planted bugs", .serialized)
    struct PlantedBugTests {
        static let names: [String] = [
            "a fill behind the end is dropped", "the same fill counts twice",
            "a late end has no counter", "a time-out is taken for a rejection",
            "one answer \"unknown order\" ends an order", "a late NEW revives a filled order",
            "only the first fill of an order counts", "a lost cancel forgets the fills",
            "a kill cancels nothing", "an order is sent twice", "HALTED stops nothing",
            "cumulative quantity is taken for the fill's", "fills of other clients are ignored",
            "a change by the venue is forgotten", "a sale from flat is ignored",
            "a restart drops working orders", "a restart takes the account for flat",
            "open orders do not count against the limit", "no position limit",
            "REDUCING looks at the side alone", "orders leave without the account's stream",
            "open sales do not count", "UNKNOWN orders do not count", "missed fills stay missed",
            "no request budget", "orders meet our own", "what a change adds does not count",
        ]
        static let seedsMax: UInt64 = 40

        @Test func `every planted bug is found, and the median of seeds is told`() throws {
            defer { apus_plant(0) }
            var tries: [Int] = []
            for (place, name) in Self.names.enumerated() {
                apus_plant(Int32(place + 1))
                var found: TortureViolation?
                var seed: UInt64 = 0
                while found == nil, seed < Self.seedsMax {
                    seed += 1
                    found = try Torture().run(seed: seed, hours: 2).violations.first
                }
                if found != nil { tries.append(Int(seed)) }
                let what = found.map { "\($0.invariant) \($0.message)" } ?? "not found"
                print("planted \(place + 1) \(name): seed \(seed) \(what)")
                #expect(found != nil, "\(name)")
            }
            let median = try #require(tries.sorted().dropFirst(tries.count / 2).first)
            print("planted \(Self.names.count) found \(tries.count) median seeds \(median)")
        }
    }
#endif
