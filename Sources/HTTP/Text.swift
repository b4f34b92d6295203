//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

/// Calls `body` with the strings as a NULL-terminated array of C strings.
func withCStrings<Result>(
    _ strings: [String], _ body: (UnsafePointer<UnsafePointer<CChar>?>) -> Result
) -> Result {
    var storage: [CChar] = []
    var offsets: [Int] = []
    for string in strings {
        offsets.append(storage.count)
        storage.append(contentsOf: string.utf8CString)
    }
    return unsafe storage.withUnsafeBufferPointer { characters in
        var pointers: [UnsafePointer<CChar>?] = unsafe offsets.map {
            unsafe characters.baseAddress! + $0
        }
        unsafe pointers.append(nil)
        return unsafe pointers.withUnsafeBufferPointer { unsafe body($0.baseAddress!) }
    }
}

/// Calls `body` with the bytes, or with `nil` when there are none.
func withOptionalBytes<Result>(
    _ bytes: [UInt8]?, _ body: (UnsafePointer<UInt8>?, Int) -> Result
) -> Result {
    guard let bytes else { return body(nil, 0) }
    return unsafe bytes.withUnsafeBufferPointer { unsafe body($0.baseAddress, $0.count) }
}
