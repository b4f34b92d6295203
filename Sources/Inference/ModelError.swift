//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Glibc

/// Why a model was not loaded or written. Each text says what to do.
public enum ModelError: Error, Equatable, CustomStringConvertible {
    case cannotOpen(path: String, code: Int32)
    case cannotWrite(path: String, code: Int32)
    case tooLarge(size: UInt64, sizeMax: UInt64)
    case tooShort(size: Int)
    case notAModel(magic: UInt64)
    case unsupportedVersion(UInt32)
    case unsupportedArchitecture(UInt32)
    case sizeMismatch(stated: UInt64, actual: Int)
    case checksumMismatch(stated: UInt32, computed: UInt32)
    case schemaMismatch(model: UInt64, engine: UInt64)
    case damagedSection(String, String)
    case invalidParameter(String)
    case goldenMismatch(index: Int, expected: Float, computed: Float)

    public var description: String {
        switch self {
        case .cannotOpen(let path, let code):
            "model \(path): \(Self.text(code)); check the path and that this user may read it"
        case .cannotWrite(let path, let code):
            "model \(path): \(Self.text(code)); check free space and that this user may write there"
        case .tooLarge(let size, let sizeMax):
            "model file of \(size) bytes is over \(sizeMax); it is no model file of this engine"
        case .tooShort(let size):
            "model file of \(size) bytes is cut short; copy or fit it again"
        case .notAModel(let magic):
            "no model file (magic \(Self.hex(magic))); give one written by `apus model`"
        case .unsupportedVersion(let version):
            "model file of version \(version), this engine reads \(ModelFile.version); fit it again"
        case .unsupportedArchitecture(let number):
            "architecture \(number) is not known to this engine; use a newer engine"
        case .sizeMismatch(let stated, let actual):
            "model file says \(stated) bytes and has \(actual); copy or fit it again"
        case .checksumMismatch(let stated, let computed):
            "model file is damaged (checksum \(Self.hex(UInt64(stated))), computed "
                + "\(Self.hex(UInt64(computed)))); copy or fit it again"
        case .schemaMismatch(let model, let engine):
            "model was fitted on feature schema \(Self.hex(model)), this engine computes "
                + "\(Self.hex(engine)); fit it again with this engine"
        case .damagedSection(let section, let reason):
            "model file, section \(section): \(reason); fit it again"
        case .invalidParameter(let reason):
            "model parameters: \(reason); fit it again"
        case .goldenMismatch(let index, let expected, let computed):
            "golden vector \(index) gives \(computed) here and \(expected) where the model was "
                + "written; fit it again on this kind of machine"
        }
    }

    static func hex(_ value: UInt64) -> String { "0x" + String(value, radix: 16) }
    private static func text(_ code: Int32) -> String { unsafe String(cString: strerror(code)) }
}
