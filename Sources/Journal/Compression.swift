//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CZlib
import CZstd

/// How a capture is compressed.
public enum Compression: String, Sendable, CaseIterable {
    case none, gzip, zstd

    /// What the name of such a file ends with, the dot included.
    public var suffix: String {
        switch self {
        case .none: ".txt"
        case .gzip: ".gz"
        case .zstd: ".zst"
        }
    }
}

/// A stream of one kind of compression, into memory of the caller.
///
/// SAFETY: the C handle belongs to this value alone and is freed with it.
@safe
struct Compressor: ~Copyable {
    /// What a call is to bring about; the raw values are those of both libraries' wrappers.
    enum Step: Int32 {
        case goOn = 0
        /// Everything so far can be read from what was put out.
        case flush = 1
        /// The stream ends; the next call begins another.
        case finish = 2
    }

    private let kind: Compression
    private let stream: OpaquePointer?
    private static let gzipLevel: Int32 = 6
    private static let zstdLevel: Int32 = 3

    /// `nil` without memory.
    init?(_ kind: Compression) {
        self.kind = kind
        var stream: OpaquePointer?
        let result: Int32
        switch kind {
        case .none: result = 0
        case .gzip: result = unsafe apus_gzip_writer_create(Self.gzipLevel, &stream)
        case .zstd: result = unsafe apus_zstd_writer_create(Self.zstdLevel, &stream)
        }
        unsafe self.stream = unsafe stream
        if result != 0 { return nil }
    }

    deinit {
        switch kind {
        case .none: break
        case .gzip: unsafe apus_gzip_writer_destroy(stream)
        case .zstd: unsafe apus_zstd_writer_destroy(stream)
        }
    }

    /// What one call did.
    struct Progress {
        var taken: Int
        var put: Int
        /// The step is done; otherwise more room is needed.
        var isDone: Bool
    }

    /// Takes from `input` and puts into `output`; `nil` when the library failed.
    ///
    /// - Precondition: `output` has room.
    mutating func run(
        _ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer, _ step: Step
    ) -> Progress? {
        var taken = input.count
        var put = output.count
        let result: Int32
        switch kind {
        case .none:
            let count = min(input.count, output.count)
            if count > 0 {
                unsafe apus_bytes_move(output.baseAddress!, input.baseAddress!, count)
            }
            return Progress(taken: count, put: count, isDone: count == input.count)
        case .gzip:
            result = unsafe apus_gzip_write(
                stream, input.baseAddress, &taken, output.baseAddress, &put, step.rawValue)
        case .zstd:
            result = unsafe apus_zstd_write(
                stream, input.baseAddress, &taken, output.baseAddress, &put, step.rawValue)
        }
        return result < 0 ? nil : Progress(taken: taken, put: put, isDone: result == 0)
    }
}
