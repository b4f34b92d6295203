//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

public import CKernels

/// The windows in flight of some instruments, each apart from the others, and a scratch.
///
/// One thread's. Memory: `windowsSize` bytes an instrument, touched in `init`.
///
/// SAFETY: the memory is made in `init` and freed in `deinit`; the network is kept alive.
@safe
public final class NetworkWindowSet {
    public let network: Network
    public let count: Int
    public let memory: UnsafeMutableRawPointer
    public let scratch: UnsafeMutableRawPointer

    public init(_ network: Network, count: Int) {
        self.network = network
        self.count = count
        let size = network.windowsSize * max(count, 1)
        unsafe memory = .allocate(byteCount: size, alignment: 64)
        unsafe memory.initializeMemory(as: UInt8.self, repeating: 0, count: size)
        unsafe scratch = .allocate(byteCount: network.scratchSize, alignment: 64)
        unsafe scratch.initializeMemory(as: UInt8.self, repeating: 0, count: network.scratchSize)
    }

    deinit {
        unsafe memory.deallocate()
        unsafe scratch.deallocate()
    }

    /// The windows of one instrument.
    ///
    /// - Precondition: `index < count`.
    public subscript(index: Int) -> UnsafeMutablePointer<NetworkWindows> {
        unsafe (memory + index * network.windowsSize).assumingMemoryBound(to: NetworkWindows.self)
    }

    /// The head's output for a whole window from a zero state, or from what was carried before it.
    /// Cold: for golden vectors, reports and tests.
    ///
    /// - Parameter window: Shape [steps][features].
    /// - Returns: `nil` for a window with a value that is not finite.
    public func evaluate(_ window: [[Float]]) -> Float? {
        unsafe apus_network_reset(network.code, self[0])
        var raw: Float = 0
        var outcome: Int32 = 0
        for vector in window {
            let padded = vector + [Float](repeating: 0, count: NetworkImage.featureRoom)
            outcome = unsafe apus_network_take(network.code, self[0], padded, scratch, &raw)
            if outcome < 0 { return nil }
        }
        return outcome == 1 ? raw : nil
    }
}
