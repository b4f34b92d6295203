//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

/// Why a request about an account, or to its venue, was not carried out, in one line without a
/// secret.
public struct AccountError: Error, CustomStringConvertible {
    public let description: String
    public init(_ description: String) { self.description = description }
}
