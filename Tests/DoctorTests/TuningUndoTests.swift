//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Foundation
import Testing

/// What was there comes back also after what no clean run of apply and revert meets.
@Suite("Undoing")
struct TuningUndoTests {
    @Test(arguments: 1...3 as ClosedRange<UInt64>)
    func `applied again for other cores, all goes back to before the first time`(
        _ seed: UInt64
    ) throws {
        let tree = try TuningTests.machine(seed: seed)
        let before = tree.contents()
        let tuning = Tuning(tree: tree)
        for cores in ["4-7", "6,7", "5"] {
            let outcome = try tuning.run("apply", ["--cores", cores, "--boot"])
            #expect(outcome.status == 0, "seed \(seed): \(outcome.text)")
            #expect(outcome.text.contains("boot: takes effect"), "\(outcome.text)")
            let grub = tree.text("/etc/default/grub") ?? ""
            #expect(grub.contains("nohz_full=\(cores)\""), "seed \(seed): \(grub)")
        }
        let back = try tuning.run("revert", [])
        #expect(back.status == 0, "seed \(seed): \(back.text)")
        #expect(tree.contents() == before, "seed \(seed): \(back.text)")
    }

    @Test func `sets of cores that are right, however the kernel prints them, are left alone`()
        throws
    {
        let tree = try TuningTests.machine(seed: 1)
        try tree.put("/sys/devices/virtual/workqueue/cpumask", "00000000,0000000f")
        try tree.put("/proc/irq/default_smp_affinity", "0f")
        for (number, cores) in [1: "3", 11: "0-3", 111: "0,2"] {
            try tree.put("/proc/irq/\(number)/smp_affinity_list", cores)
        }
        let outcome = try Tuning(tree: tree).run(
            "apply", ["--cores", "4-7", "--only", "workqueues,irq-affinity"])
        #expect(outcome.status == 0)
        for knob in ["workqueues", "irq-affinity"] {
            #expect(outcome.text.contains("\(knob): as it should be"), "\(outcome.text)")
        }
        #expect(tree.text("/proc/irq/1/smp_affinity_list") == "3\n")
        #expect(tree.text("/proc/irq/11/smp_affinity_list") == "0-3\n")
    }

    @Test func `a driver that takes another value than asked gets its former one back`() throws {
        let tree = try TuningTests.machine(seed: 1)
        let environment = try TuningTests.ethtool(in: tree)
        let script = tree.text("/ethtool") ?? ""
        // Its least delay is 8 us.
        try Data(script.replacing("echo \"$4\"", with: "echo \"${4/#0/8}\"").utf8)
            .write(to: URL(filePath: tree.path + "/ethtool"))
        let before = tree.text("/ethtool.rx-usecs")
        let tuning = Tuning(tree: tree)
        let outcome = try tuning.run(
            "apply", ["--only", "nic-coalescing"], environment: environment)
        #expect(outcome.status == 1)
        #expect(outcome.text.contains("refused 0 for eth0:rx-usecs"), "\(outcome.text)")
        #expect(tree.text("/ethtool.rx-usecs") == before)
        #expect(tree.text("/ethtool.adaptive-rx") == "off\n")
        #expect(try tuning.run("revert", [], environment: environment).status == 0)
        #expect(tree.text("/ethtool.adaptive-rx") == "on\n")
    }

    @Test func `what cannot be set back is told, and kept for the next time`() throws {
        let tree = try TuningTests.machine(seed: 1)
        try tree.put("/proc/sys/vm/swappiness", "60")
        let tuning = Tuning(tree: tree)
        #expect(try tuning.run("apply", ["--only", "swappiness"]).status == 0)
        let file = tree.path + "/proc/sys/vm/swappiness"
        try FileManager.default.removeItem(atPath: file)
        try tree.put("/proc/sys/vm/swappiness/gone", "")
        let outcome = try tuning.run("revert", [])
        #expect(outcome.status == 1)
        #expect(outcome.text.contains("could not be set back to 60"), "\(outcome.text)")
        try FileManager.default.removeItem(atPath: file)
        try tree.put("/proc/sys/vm/swappiness", "10")
        #expect(try tuning.run("revert", []).status == 0)
        #expect(tree.text("/proc/sys/vm/swappiness") == "60\n")
    }

    @Test(arguments: ["apply", "revert"])
    func `a file that holds no such state is refused and stays`(_ script: String) throws {
        let tree = try TuningTests.machine(seed: 1)
        try tree.put("/notes", "file\tof\tanother kind")
        let before = tree.contents()
        let outcome = try Tuning(tree: tree).run(script, ["--state", tree.path + "/notes"])
        #expect(outcome.status == 1)
        #expect(outcome.text.contains("is no state file"), "\(outcome.text)")
        #expect(tree.contents() == before)
    }

    @Test func `a state file that was named and is not there is no success`() throws {
        let tree = try TuningTests.machine(seed: 1)
        let outcome = try Tuning(tree: tree).run("revert", ["--state", tree.path + "/none"])
        #expect(outcome.status == 2)
        #expect(outcome.text.contains("no file"), "\(outcome.text)")
    }

    @Test func `limits are for everybody to read, what was there before for root`() throws {
        let tree = try TuningTests.machine(seed: 1)
        #expect(try Tuning(tree: tree).run("apply", ["--only", "memlock"]).status == 0)
        func mode(_ file: String) throws -> Int? {
            try FileManager.default.attributesOfItem(atPath: tree.path + file)[.posixPermissions]
                as? Int
        }
        #expect(try mode("/etc/security/limits.d/90-apus-memlock.conf") == 0o644)
        #expect(try mode("/var/lib/apus/tuning.state") == 0o600)
    }
}
