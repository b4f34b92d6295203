//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

public import CKernels

/// A quantised network ready to be served: its packed weights and what the kernel reads.
///
/// Cold to make; the hot path holds its `code`. Lives as long as anything evaluates it.
///
/// SAFETY: everything is written in `init` and only read afterwards; windows and scratch, which
/// the kernel writes, belong to whoever evaluates.
@safe
public final class Network: @unchecked Sendable {
    public let shape: NetworkShape
    /// What `NetworkWindowSet` and the kernel's functions take.
    public let code: UnsafePointer<NetworkCode>
    private let writableCode: UnsafeMutablePointer<NetworkCode>
    private let image: UnsafeMutableRawPointer
    /// Whose image it is, if not its own.
    private let owner: Network?

    /// - Parameter path: One this machine can run.
    /// - Precondition: `network.problem` is `nil`.
    public init(_ network: QuantisedNetwork, path: NetworkPath = .best()) {
        precondition(network.problem == nil, network.problem ?? "")
        precondition(path.runs != 0, "a path of this machine")
        shape = network.shape
        owner = nil
        unsafe writableCode = .allocate(capacity: 1)
        unsafe writableCode.initialize(to: NetworkCode())
        unsafe code = unsafe UnsafePointer(writableCode)
        var builder = NetworkImage()
        let layers = Self.place(network, &builder)
        unsafe image = unsafe builder.allocate()
        unsafe writableCode.pointee.path = path
        unsafe Self.fill(writableCode, network, layers, image)
        unsafe writableCode.pointee.arrange()
    }

    /// The same weights in the same memory, with one state that is carried: a step costs no more
    /// than a window's. For keeping weights warm, not for scores.
    public init(warming network: Network) {
        shape = network.shape
        owner = network
        unsafe image = unsafe network.image
        unsafe writableCode = .allocate(capacity: 1)
        unsafe writableCode.initialize(to: network.code.pointee)
        unsafe code = unsafe UnsafePointer(writableCode)
        unsafe writableCode.pointee.carries = 1
        unsafe writableCode.pointee.arrange()
    }

    deinit {
        if owner == nil { unsafe image.deallocate() }
        unsafe writableCode.deallocate()
    }

    /// Bytes of one instrument's windows.
    public var windowsSize: Int { unsafe Int(code.pointee.windowsSize) }
    public var scratchSize: Int { unsafe Int(code.pointee.scratchSize) }

    /// Where everything lies in the image.
    private struct Places {
        var matrices: [NetworkImage.Matrix] = []
        var vectors: [Int] = []
        var normaliser = 0
        var norms: [Int] = []
        var finalNorm = 0
    }

    private static func place(
        _ network: QuantisedNetwork, _ image: inout NetworkImage
    ) -> Places {
        var places = Places()
        let shape = network.shape
        var gates = 1
        if case .recurrent(let kind, _) = shape.body { gates = kind.gates }
        for (index, matrix) in network.matrices.enumerated() {
            let isAttention = shape.attentionUnits > 0 && index == network.matrices.count - 1
            places.matrices.append(image.add(matrix, gates: isAttention ? 1 : gates))
        }
        for (index, vector) in network.vectors.enumerated() {
            if index == 2, case .transformer(let width, _, _, _) = shape.body {
                places.vectors.append(image.addRows(vector, width: width))
            } else {
                places.vectors.append(image.addRows(vector, width: vector.count))
            }
        }
        if case .transformer(_, _, _, let blocks) = shape.body {
            for block in 0..<blocks {
                let first = 3 + 4 * block
                places.norms.append(
                    image.addRows(
                        Array(network.vectors[first..<(first + 4)].joined()),
                        width: shape.outputUnits))
            }
            let first = 3 + 4 * blocks
            places.finalNorm = image.addRows(
                Array(network.vectors[first..<(first + 2)].joined()), width: shape.outputUnits)
        }
        let room = NetworkImage.featureRoom
        let zeros = [Float](repeating: 0, count: room - shape.features)
        places.normaliser = image.addRows(
            network.scale.mean + zeros + network.scale.inverseSigma + zeros, width: room)
        return places
    }

    private static func fill(
        _ code: UnsafeMutablePointer<NetworkCode>, _ network: QuantisedNetwork, _ places: Places,
        _ image: UnsafeMutableRawPointer
    ) {
        let shape = network.shape
        // The layers are the code's first field.
        let layers = unsafe UnsafeMutableRawPointer(code).assumingMemoryBound(
            to: NetworkLayer.self)
        func matrix(_ index: Int) -> NetworkMatrix { unsafe places.matrices[index].code(in: image) }
        func floats(_ offset: Int) -> UnsafePointer<Float> {
            unsafe UnsafePointer((image + offset).assumingMemoryBound(to: Float.self))
        }
        switch shape.body {
        case .recurrent(let kind, let units):
            unsafe code.pointee.kind = kind == .lstm ? .lstm : .gru
            unsafe code.pointee.layerCount = UInt32(units.count)
            for (index, unit) in units.enumerated() {
                unsafe layers[index].input = unsafe matrix(2 * index)
                unsafe layers[index].state = unsafe matrix(2 * index + 1)
                unsafe layers[index].width = UInt32(NetworkImage.padded(unit))
            }
            if shape.attentionUnits > 0 {
                unsafe code.pointee.attends = 1
                unsafe code.pointee.attention = unsafe matrix(2 * units.count)
                unsafe code.pointee.attentionVector = unsafe floats(places.vectors[2])
            }
        case .transformer(let width, let heads, _, let blocks):
            unsafe code.pointee.kind = .transformer
            unsafe code.pointee.layerCount = UInt32(blocks)
            unsafe code.pointee.embedding = unsafe matrix(0)
            unsafe code.pointee.positions = unsafe floats(places.vectors[2])
            unsafe code.pointee.finalNorm = unsafe floats(places.finalNorm)
            for index in 0..<blocks {
                let first = 1 + 4 * index
                unsafe layers[index].input = unsafe matrix(first)
                unsafe layers[index].state = unsafe matrix(first + 1)
                unsafe layers[index].up = unsafe matrix(first + 2)
                unsafe layers[index].down = unsafe matrix(first + 3)
                unsafe layers[index].norms = unsafe floats(places.norms[index])
                unsafe layers[index].width = UInt32(width)
                unsafe layers[index].heads = UInt32(heads)
            }
        }
        unsafe code.pointee.units = UInt32(shape.outputUnits)
        unsafe code.pointee.features = UInt32(shape.features)
        unsafe code.pointee.steps = UInt32(shape.steps)
        unsafe code.pointee.carries = shape.carriesState ? 1 : 0
        unsafe code.pointee.clip = network.scale.clip
        unsafe code.pointee.headBias = network.vectors[1][0]
        unsafe code.pointee.normaliser = unsafe floats(places.normaliser)
        unsafe code.pointee.head = unsafe floats(places.vectors[0])
    }
}
