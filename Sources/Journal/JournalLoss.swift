//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

/// What one tap lost, until the journal says so: before anything that came behind the gap, so that
/// a reader knows where to go on.
public struct JournalLoss: Sendable {
    public let kind: JournalKind
    /// Of the `lost` frame: which of several taps of the kind.
    public let connection: UInt16
    /// Lost, and the journal has not been told.
    public private(set) var untold: UInt64 = 0

    public init(of kind: JournalKind, connection: UInt16 = 0) {
        self.kind = kind
        self.connection = connection
    }

    public mutating func add(_ count: UInt64) { untold += count }

    /// Appends a `lost` frame for what is untold, if anything is.
    ///
    /// - Parameters:
    ///   - sequence: Order of events of the path; 0: none.
    ///   - timeNs: Wall clock, ns since 1970.
    /// - Returns: `false` when the journal did not take it: nothing more of the tap may be appended
    ///   before.
    public mutating func tell(_ writer: JournalWriter, sequence: UInt64, timeNs: UInt64) -> Bool {
        if untold == 0 { return true }
        let isTold = unsafe withUnsafeBytes(of: untold.littleEndian) {
            unsafe writer.append(
                kind: .lost, detail: kind.rawValue, connection: connection, sequence: sequence,
                timeNs: timeNs, writtenNs: timeNs, $0)
        }
        if isTold { untold = 0 }
        return isTold
    }
}
