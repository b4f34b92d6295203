//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Configuration
import Journal

/// When an order may leave.
enum JournalPolicy: String, CaseIterable {
    /// Written, never made durable by us: what the kernel had not written yet is lost with power.
    case none
    /// Made durable every so often: an order leaves at once.
    case group
    /// A new order or a change leaves only once it is durable.
    case beforeSend = "before-send"
}

/// What the section `journal` of a configuration says; `nil` without a path.
struct JournalPlan {
    let folder: String
    let policy: JournalPolicy
    let lagMaxNs: UInt64
    let writer: JournalConfiguration

    init?(_ settings: Settings) throws(EngineError) {
        guard let folder = settings.optionalText("journal.path"), !folder.isEmpty else {
            return nil
        }
        self.folder = folder
        policy = JournalPolicy(rawValue: settings.text("journal.policy")) ?? .group
        lagMaxNs = settings.durationNs("journal.lag_max")
        let segment = settings.bytes("journal.segment_size")
        guard (1 << 20...1 << 30).contains(segment) else {
            throw EngineError("journal.segment_size: 1MiB to 1GiB")
        }
        writer = JournalConfiguration(
            segmentBytes: UInt64(segment), stagingBytes: 32 << 20,
            syncIntervalNs: policy == .none ? .max : settings.durationNs("journal.sync_interval"),
            compresses: settings.boolean("journal.compress"),
            retentionBytes: UInt64(settings.bytes("journal.retention_size")),
            retentionNs: settings.durationNs("journal.retention"))
    }

    /// The last frame that is as safe as the policy wants frames to be.
    func reached(_ writer: JournalWriter) -> UInt64 {
        policy == .none ? writer.writtenNumber : writer.durableNumber
    }
}

extension EngineSchema {
    static let journal = [
        Key("journal.path", .text, "", "folder of the journal, for one engine alone; none: off"),
        Key("journal.policy", .word(JournalPolicy.allCases.map(\.rawValue)), "group",
            "before-send: an order leaves once it is on disk; group: on disk within "
                + "sync_interval; none: when the kernel likes"),
        Key("journal.sync_interval", .duration, "100ms",
            "of policy group: at most so much is lost"),
        Key("journal.lag_max", .duration, "2s",
            "control 31: no new order while the disk is further behind"),
        Key("journal.segment_size", .size, "64MiB", "bytes of a file, 1MiB to 1GiB"),
        Key("journal.compress", .boolean, "true", "full files become zstd"),
        Key("journal.retention_size", .size, "0",
            "the oldest files go while all take more; 0: never"),
        Key("journal.retention", .duration, "0s", "files that are older go; 0s: never"),
    ]
}
