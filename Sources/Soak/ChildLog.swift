//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Glibc
import Platform

/// The output of a child process, kept in two files of a bounded size and searched for secrets.
///
/// The child writes into a named pipe, which this process empties: `NAME.log` is the newest,
/// `NAME.log.1` what came before. A secret that is cut between two reads is found as well.
final class ChildLog {
    let pipe: String
    private let path: String
    private let secrets: [[UInt8]]
    private let fileSizeMax: Int
    private var input: Int32
    private var output: Int32 = -1
    private var written = 0
    private var tail: [UInt8] = []
    private(set) var secretsSeen = 0
    private var block = [UInt8](repeating: 0, count: 64 << 10)
    /// F_SETPIPE_SZ, which Glibc's module does not show.
    private static let setPipeSize: Int32 = 1031
    private static let pipeSize: Int32 = 1 << 20

    /// - Throws: `SoakError` when the pipe or the file cannot be made.
    init(
        _ name: String, in folder: String, secrets: [String], fileSizeMax: Int = 16 << 20
    ) throws(SoakError) {
        self.fileSizeMax = fileSizeMax
        path = "\(folder)/\(name).log"
        pipe = "\(folder)/\(name).pipe"
        self.secrets = secrets.filter { !$0.isEmpty }.map { Array($0.utf8) }
        unsafe unlink(pipe)
        guard unsafe mkfifo(pipe, 0o600) == 0 else { throw SoakError("cannot make \(pipe)") }
        input = unsafe open(pipe, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
        guard input >= 0 else { throw SoakError("cannot read \(pipe)") }
        _ = fcntl(input, Self.setPipeSize, Self.pipeSize)
        try openOutput(O_APPEND)
    }

    deinit {
        if input >= 0 { close(input) }
        if output >= 0 { close(output) }
        unsafe unlink(pipe)
    }

    private func openOutput(_ flag: Int32) throws(SoakError) {
        output = unsafe open(path, O_WRONLY | O_CREAT | O_CLOEXEC | flag, 0o600)
        guard output >= 0 else { throw SoakError("cannot write \(path)") }
        var status = stat()
        written = unsafe fstat(output, &status) == 0 ? Int(status.st_size) : 0
    }

    /// Takes what has come; never waits.
    func pump() throws(SoakError) {
        while true {
            let count = unsafe block.withUnsafeMutableBytes {
                unsafe read(input, $0.baseAddress!, $0.count)
            }
            if count <= 0 { return }
            let bytes = block[..<count]
            search(bytes)
            try keep(bytes)
        }
    }

    private func search(_ bytes: ArraySlice<UInt8>) {
        let text = tail + bytes
        let longest = secrets.map(\.count).max() ?? 0
        for secret in secrets {
            if !tail.contains(secret), text.contains(secret) { secretsSeen += 1 }
        }
        tail = Array(text.suffix(max(0, longest - 1)))
    }

    private func keep(_ bytes: ArraySlice<UInt8>) throws(SoakError) {
        if written + bytes.count > fileSizeMax {
            close(output)
            unsafe rename(path, path + ".1")
            try openOutput(O_TRUNC)
        }
        let isWritten = unsafe bytes.withUnsafeBytes { unsafe TextFile.append($0, to: output) }
        if !isWritten { throw SoakError("cannot write \(path)") }
        written += bytes.count
    }
}
