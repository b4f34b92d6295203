//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

public import CTelemetry

/// What a person asks of a running engine's models.
public struct ModelOrder: Equatable, Sendable {
    public static let fileLengthMax = 511

    public var request: ModelRequest
    /// Of the member, at most 32 bytes.
    public var name: String
    /// Absolute, at most `fileLengthMax` bytes; empty: the file it was loaded from last.
    public var file: String

    public init(_ request: ModelRequest, name: String, file: String = "") {
        self.init(request: request, name: name, file: file)
    }

    init(request: ModelRequest, name: String, file: String) {
        self.request = request
        self.name = name
        self.file = file
    }
}
