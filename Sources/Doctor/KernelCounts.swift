//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

/// Counts of one moment that the kernel keeps for each core.
///
/// Sources: proc(5), /proc/interrupts, /proc/softirqs, /proc/stat.
public struct KernelCounts: Sendable {
    /// By "LOC Local timer interrupts" or "36 virtio0-req.0", then by core.
    public let interrupts: [String: [Int: UInt64]]
    /// By "NET_RX", then by core.
    public let softInterrupts: [String: [Int: UInt64]]
    /// Hundredths of a second that the host took away, by core.
    public let stolenTicks: [Int: UInt64]

    public init(interrupts: String, softInterrupts: String, stat: String) {
        self.interrupts = Self.table(interrupts, named: true)
        self.softInterrupts = Self.table(softInterrupts, named: false)
        stolenTicks = Self.stolen(stat)
    }

    static func read(_ files: HostFiles) -> KernelCounts {
        KernelCounts(
            interrupts: files.text("/proc/interrupts") ?? "",
            softInterrupts: files.text("/proc/softirqs") ?? "",
            stat: files.text("/proc/stat") ?? "")
    }

    /// What grew since `earlier` on `core`, largest first; each at least once.
    public func interrupts(since earlier: KernelCounts, core: Int) -> [(String, UInt64)] {
        Self.growth(interrupts, earlier.interrupts, core)
    }

    public func softInterrupts(since earlier: KernelCounts, core: Int) -> [(String, UInt64)] {
        Self.growth(softInterrupts, earlier.softInterrupts, core)
    }

    /// Local timer interrupts of `core`; `nil` when the kernel does not count them by that name.
    func timerInterrupts(since earlier: KernelCounts, core: Int) -> UInt64? {
        let name = "LOC Local timer interrupts"
        guard let now = interrupts[name]?[core], let before = earlier.interrupts[name]?[core]
        else { return nil }
        return now >= before ? now - before : nil
    }

    /// Milliseconds that the host took from `core`, as the kernel was told; in steps of 10 ms.
    public func stolenMs(since earlier: KernelCounts, core: Int) -> UInt64? {
        guard let now = stolenTicks[core], let before = earlier.stolenTicks[core] else {
            return nil
        }
        return now >= before ? (now - before) * 10 : 0
    }

    private static func growth(
        _ now: [String: [Int: UInt64]], _ before: [String: [Int: UInt64]], _ core: Int
    ) -> [(String, UInt64)] {
        now.compactMap { name, counts -> (String, UInt64)? in
            let grown = (counts[core] ?? 0) &- (before[name]?[core] ?? 0)
            return grown > 0 && grown < UInt64.max / 2 ? (name, grown) : nil
        }.sorted { ($1.1, $0.0) < ($0.1, $1.0) }
    }

    /// A head line "CPU0 CPU1 …", without cores that are offline, then rows "NAME: n n …".
    private static func table(_ text: String, named: Bool) -> [String: [Int: UInt64]] {
        var lines = text.split(separator: "\n").makeIterator()
        let cores = (lines.next() ?? "").split(separator: " ").compactMap {
            $0.hasPrefix("CPU") ? Int($0.dropFirst(3)) : nil
        }
        var rows: [String: [Int: UInt64]] = [:]
        if cores.isEmpty { return rows }
        while let line = lines.next() {
            let words = line.split(separator: " ")
            guard let head = words.first, head.hasSuffix(":") else { continue }
            let counts = words.dropFirst().prefix(cores.count).compactMap { UInt64($0) }
            guard counts.count == cores.count else { continue }
            let rest = words.dropFirst(1 + cores.count)
            let title = head.dropLast()
            let isNumber = Int(title) != nil
            let tail = isNumber ? rest.suffix(1) : rest
            let name = named ? ([title] + tail).joined(separator: " ") : String(title)
            rows[name] = Dictionary(zip(cores, counts)) { first, _ in first }
        }
        return rows
    }

    private static func stolen(_ text: String) -> [Int: UInt64] {
        var stolen: [Int: UInt64] = [:]
        for line in text.split(separator: "\n") where line.hasPrefix("cpu") {
            let words = line.split(separator: " ")
            guard let core = Int(words[0].dropFirst(3)), words.count > 8,
                let ticks = UInt64(words[8])
            else { continue }
            stolen[core] = ticks
        }
        return stolen
    }
}
