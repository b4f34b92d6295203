//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#if !APUS_PLANTED_BUGS
    import Testing
    import Torture

    @Suite("Deterministic fault simulation")
    struct TortureTests {
        @Test(arguments: Array(1...10) as [UInt64])
        func `a seed keeps every promise`(seed: UInt64) throws {
            let report = try Torture().run(seed: seed, hours: 3)
            #expect(report.violations.map(\.text) == [])
            #expect(report.orders > 0)
            #expect(report.fills > 0)
        }

        @Test func `the same seed does the same twice`() throws {
            let first = try Torture().run(seed: 7, hours: 2)
            let second = try Torture().run(seed: 7, hours: 2)
            #expect(first.hash == second.hash)
            #expect(first.events == second.events)
        }

        @Test func `a run stops before the event that is asked for`() throws {
            var torture = Torture()
            torture.settings.untilEvent = 500
            let report = try torture.run(seed: 7, hours: 2)
            #expect(report.events == 500)
        }
    }
#endif
