//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

/// Reads several captures as one, in the order of receive time; of equal times the file that was
/// named first goes first. Within a file the order of lines is kept whatever their times say.
///
/// SAFETY: `readers` and `heads` belong to this value alone and are freed with it.
@safe
public struct CaptureMerge: ~Copyable {
    private let count: Int
    private let readers: UnsafeMutablePointer<CaptureReader>
    /// The next line of each file; meaningless where `isPending`.
    private let heads: UnsafeMutablePointer<CaptureLine?>
    /// The file's next line is still to be read.
    private let isPending: UnsafeMutablePointer<Bool>

    /// Opens all of `paths`; each costs a window of 4.3 MiB, touched only as far as lines need.
    public init(paths: [String]) throws(CaptureError) {
        let readers = UnsafeMutablePointer<CaptureReader>.allocate(capacity: max(paths.count, 1))
        var opened = 0
        do throws(CaptureError) {
            for path in paths {
                unsafe (readers + opened).initialize(
                    to: try CaptureReader(path: path, fileIndex: opened))
                opened += 1
            }
        } catch {
            unsafe readers.deinitialize(count: opened)
            unsafe readers.deallocate()
            throw error
        }
        count = opened
        unsafe self.readers = unsafe readers
        unsafe heads = .allocate(capacity: max(count, 1))
        unsafe heads.initialize(repeating: nil, count: count)
        unsafe isPending = .allocate(capacity: max(count, 1))
        unsafe isPending.initialize(repeating: true, count: count)
    }

    deinit {
        unsafe readers.deinitialize(count: count)
        unsafe readers.deallocate()
        unsafe heads.deinitialize(count: count)
        unsafe heads.deallocate()
        unsafe isPending.deallocate()
    }

    /// The oldest unread line of all files; `nil` once all are at their end. Its view is valid
    /// until the next call.
    ///
    /// - Throws: As `CaptureReader.next()`; the other files go on after any error.
    /// - Complexity: O(files).
    public mutating func next() throws(CaptureError) -> CaptureLine? {
        var first: Int?
        var time = UInt64.max
        for index in 0..<count {
            if unsafe isPending[index] {
                unsafe heads[index] = nil
                unsafe heads[index] = try unsafe readers[index].next()
                unsafe isPending[index] = false
            }
            guard let line = unsafe heads[index] else { continue }
            if first == nil || line.receiveTimeNs < time {
                first = index
                time = line.receiveTimeNs
            }
        }
        guard let chosen = first else { return nil }
        unsafe isPending[chosen] = true
        return unsafe heads[chosen]
    }
}
