//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import JSON

/// Tensors of a safetensors file: a length, a JSON table, numbers. Nothing in it is believed.
///
/// Source: github.com/huggingface/safetensors, README, "Format".
public struct Safetensors {
    public struct Tensor: Equatable {
        public let shape: [Int]
        fileprivate let range: Range<Int>
    }

    static let tableSizeMax = 1 << 20
    static let tensorCountMax = 4_096

    public let tensors: [String: Tensor]
    private let bytes: [UInt8]

    /// - Throws: `ModelImportError` with what is wrong.
    public init(_ bytes: [UInt8]) throws(ModelImportError) {
        func refusal(_ reason: String) -> ModelImportError {
            ModelImportError("safetensors: \(reason)")
        }
        guard bytes.count >= 8 else { throw refusal("\(bytes.count) bytes are no file") }
        let size = (0..<8).reduce(UInt64(0)) { $0 | UInt64(bytes[$1]) << (8 * UInt64($1)) }
        guard size <= UInt64(min(Self.tableSizeMax, bytes.count - 8)) else {
            throw refusal("a table of \(size) bytes in a file of \(bytes.count)")
        }
        let start = 8 + Int(size)
        guard case .object(let members)? = JSONDocument(Array(bytes[8..<start])) else {
            throw refusal("the table is no JSON object")
        }
        guard members.count <= Self.tensorCountMax else {
            throw refusal("\(members.count) tensors; at most \(Self.tensorCountMax)")
        }
        var tensors: [String: Tensor] = [:]
        for member in members where member.name != "__metadata__" {
            guard member.value["dtype"]?.text == "F32" else {
                throw refusal("\(member.name) is not of dtype F32")
            }
            let shape = member.value["shape"]?.elements?.map { $0.integer ?? -1 } ?? [-1]
            let offsets = member.value["data_offsets"]?.elements?.map { $0.integer ?? -1 } ?? []
            var count: Int64 = 1
            for size in shape {
                let (product, overflows) = count.multipliedReportingOverflow(by: size)
                guard size >= 0, !overflows, product <= Int64(bytes.count) else {
                    throw refusal("\(member.name) has a shape beyond the file")
                }
                count = product
            }
            guard offsets.count == 2, offsets[0] >= 0, offsets[0] <= offsets[1],
                offsets[1] <= Int64(bytes.count - start), offsets[1] - offsets[0] == 4 * count
            else { throw refusal("\(member.name) does not lie in the file") }
            tensors[member.name] = Tensor(
                shape: shape.map { Int($0) },
                range: (start + Int(offsets[0]))..<(start + Int(offsets[1])))
        }
        self.tensors = tensors
        self.bytes = bytes
    }

    /// The numbers of a tensor, row after row; all are finite.
    public func floats(_ name: String, shape: [Int]) throws(ModelImportError) -> [Float] {
        guard let tensor = tensors[name] else {
            throw ModelImportError("tensor \(name) is missing")
        }
        guard tensor.shape == shape else {
            throw ModelImportError("tensor \(name) has shape \(tensor.shape), not \(shape)")
        }
        var values: [Float] = []
        values.reserveCapacity(tensor.range.count / 4)
        for place in stride(from: tensor.range.lowerBound, to: tensor.range.upperBound, by: 4) {
            let word = (0..<4).reduce(UInt32(0)) {
                $0 | UInt32(bytes[place + $1]) << (8 * UInt32($1))
            }
            values.append(Float(bitPattern: word))
        }
        guard values.allSatisfy(\.isFinite) else {
            throw ModelImportError("tensor \(name) holds a number that is not finite")
        }
        return values
    }
}

/// Why a trained model was not taken over.
public struct ModelImportError: Error, Equatable, CustomStringConvertible {
    public let description: String
    public init(_ description: String) { self.description = description }
}
