//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

// The bytes of a quantised network, little-endian, f32 IEEE 754 binary32; a section of the model
// file, which adds the normaliser. Unnamed bytes are zero.
//
//    0  u32  1 LSTM, 2 GRU, 3 transformer
//    4  u32  features
//    8  u32  steps
//   12  u32  attention units, 0 without attention
//   16  u32  1: the state is carried
//   20  u32  layers or blocks L
//   24  u32  transformer: heads
//   28  u32  transformer: feed-forward units
//   32  u32[8]  units of each layer; transformer: its width first
// From 64 on the matrices, each with scale f32[rows], bias f32[rows], weights i8[rows][columns],
// then the vectors as f32, in the order of `QuantisedNetwork`; each run of numbers is padded to a
// multiple of 64 bytes. The sizes follow from the shape. Weights stand row after row; the order of
// the kernel is made at load, so it may change without a new file.

/// Why bytes are no network.
public struct NetworkDecodingError: Error, Equatable, CustomStringConvertible {
    public let reason: String
    public var description: String { reason }
}

extension QuantisedNetwork {
    static let headSize = 64

    public func encode() -> [UInt8] {
        var out = NetworkBytes()
        var units = [UInt32](repeating: 0, count: NetworkShape.layersMax)
        var (kind, layers, heads, within) = (UInt32(3), 0, 0, 0)
        switch shape.body {
        case .recurrent(let recurrence, let counts):
            (kind, layers) = (recurrence.rawValue, counts.count)
            for (index, count) in counts.enumerated() { units[index] = UInt32(count) }
        case .transformer(let width, let count, let feedforward, let blocks):
            (layers, heads, within) = (blocks, count, feedforward)
            units[0] = UInt32(width)
        }
        out.add([
            kind, UInt32(shape.features), UInt32(shape.steps), UInt32(shape.attentionUnits),
            shape.carriesState ? 1 : 0, UInt32(layers), UInt32(heads), UInt32(within),
        ])
        out.add(units)
        for matrix in matrices {
            out.addRun(matrix.scale)
            out.addRun(matrix.bias)
            out.addRun(matrix.weights)
        }
        for vector in vectors { out.addRun(vector) }
        return out.bytes
    }

    /// Reads what `encode` wrote. Nothing in the bytes is believed.
    public static func decode(
        _ bytes: ArraySlice<UInt8>, scale: InputScale
    ) throws(NetworkDecodingError) -> QuantisedNetwork {
        guard bytes.count >= headSize else {
            throw NetworkDecodingError(reason: "\(bytes.count) bytes are no network")
        }
        var input = NetworkBytesReader(bytes)
        let shape = try readShape(&input)
        if let problem = shape.problem { throw NetworkDecodingError(reason: problem) }
        let layout = NetworkLayout(shape)
        // The shape's bounds keep these sums small.
        let size =
            layout.matrices.reduce(headSize) { total, sizes in
                total + 2 * padded(4 * sizes.0) + padded(sizes.0 * sizes.1)
            } + layout.vectors.reduce(0) { $0 + padded(4 * $1) }
        guard bytes.count == size else {
            throw NetworkDecodingError(
                reason: "\(bytes.count) bytes where \(shape.text) takes \(size)")
        }
        var matrices: [QuantisedMatrix] = []
        for (rows, columns) in layout.matrices {
            let scale = input.floats(rows)
            let bias = input.floats(rows)
            matrices.append(
                QuantisedMatrix(
                    rows: rows, columns: columns, weights: input.integers(rows * columns),
                    scale: scale, bias: bias))
        }
        let vectors = layout.vectors.map { input.floats($0) }
        guard input.isPaddingZero else {
            throw NetworkDecodingError(reason: "the padding of a tensor is not zero")
        }
        let network = QuantisedNetwork(
            shape: shape, scale: scale, matrices: matrices, vectors: vectors)
        if let problem = network.problem { throw NetworkDecodingError(reason: problem) }
        return network
    }

    private static func readShape(
        _ input: inout NetworkBytesReader
    ) throws(NetworkDecodingError) -> NetworkShape {
        let head = input.words(8)
        let units = input.words(NetworkShape.layersMax)
        let layers = Int(head[5])
        let isTransformer = head[0] == 3
        let used = isTransformer ? 1 : layers
        guard layers >= 1, layers <= NetworkShape.layersMax, head[4] <= 1,
            units[used...].allSatisfy({ $0 == 0 }),
            isTransformer || (head[6] == 0 && head[7] == 0)
        else { throw NetworkDecodingError(reason: "the head of the network is damaged") }
        let body: NetworkShape.Body
        if let kind = NetworkShape.Recurrence(rawValue: head[0]) {
            body = .recurrent(kind, units: units[..<layers].map { Int($0) })
        } else if isTransformer {
            body = .transformer(
                width: Int(units[0]), heads: Int(head[6]), feedforward: Int(head[7]),
                blocks: layers)
        } else {
            throw NetworkDecodingError(reason: "network kind \(head[0]) is not known")
        }
        return NetworkShape(
            features: Int(head[1]), steps: Int(head[2]), body: body,
            attentionUnits: Int(head[3]), carriesState: head[4] == 1)
    }

    static func padded(_ size: Int) -> Int { (size + 63) / 64 * 64 }
}

/// Little-endian numbers in runs of whole lines.
private struct NetworkBytes {
    private(set) var bytes: [UInt8] = []

    mutating func add(_ words: [UInt32]) {
        for word in words {
            for shift in [0, 8, 16, 24] as [UInt32] {
                bytes.append(UInt8(truncatingIfNeeded: word >> shift))
            }
        }
    }

    mutating func addRun(_ values: [Float]) {
        add(values.map(\.bitPattern))
        pad()
    }

    mutating func addRun(_ values: [Int8]) {
        bytes += values.map { UInt8(bitPattern: $0) }
        pad()
    }

    private mutating func pad() {
        let size = QuantisedNetwork.padded(bytes.count)
        bytes += [UInt8](repeating: 0, count: size - bytes.count)
    }
}

/// - Precondition of every read: the bytes are there; `decode` has checked their number.
private struct NetworkBytesReader {
    private let bytes: ArraySlice<UInt8>
    private var place: Int
    private(set) var isPaddingZero = true

    init(_ bytes: ArraySlice<UInt8>) {
        self.bytes = bytes
        place = bytes.startIndex
    }

    mutating func words(_ count: Int) -> [UInt32] {
        defer { place += 4 * count }
        return (0..<count).map { index in
            (0..<4).reduce(UInt32(0)) { word, byte in
                word | UInt32(bytes[place + 4 * index + byte]) << (8 * UInt32(byte))
            }
        }
    }

    mutating func floats(_ count: Int) -> [Float] {
        let values = words(count).map { Float(bitPattern: $0) }
        skipPadding(4 * count)
        return values
    }

    mutating func integers(_ count: Int) -> [Int8] {
        let values = bytes[place..<(place + count)].map { Int8(bitPattern: $0) }
        place += count
        skipPadding(count)
        return values
    }

    private mutating func skipPadding(_ size: Int) {
        let end = place + QuantisedNetwork.padded(size) - size
        if bytes[place..<end].contains(where: { $0 != 0 }) { isPaddingZero = false }
        place = end
    }
}
