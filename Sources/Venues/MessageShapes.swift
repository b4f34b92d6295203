//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CKernels

/// The shapes that one connection's messages were found to have, by their key. A key has two
/// places; where both are taken, the shape learned last stays.
///
/// SAFETY: the memory is kept until the process ends, and one decoder alone reads and writes it.
@safe
struct MessageShapes {
    private let places: UnsafeMutablePointer<MessageShape>
    private let mask: UInt64
    /// Of the message looked at last. Not on the stack, where its address would call for a guard.
    let numbers: UnsafeMutablePointer<ShapeNumbers>

    /// Shapes of one instrument: some lengths of price and quantity for each of its streams.
    private static var instrumentShapesMax: Int { 64 }
    private static var placesMin: Int { 256 }
    private static var placesMax: Int { 4_096 }

    init(instrumentCount: Int) {
        var count = Self.placesMin
        while count < min(instrumentCount * Self.instrumentShapesMax, Self.placesMax) { count *= 2 }
        mask = UInt64(count - 1)
        unsafe numbers = .allocate(capacity: 1)
        unsafe numbers.initialize(to: ShapeNumbers())
        let memory = UnsafeMutableRawPointer.allocate(
            byteCount: count * MemoryLayout<MessageShape>.stride, alignment: 64)
        unsafe places = unsafe memory.initializeMemory(
            as: MessageShape.self, repeating: MessageShape(), count: count)
    }

    /// The shape of a message of a length that may have one; `numbers` are then the message's.
    @_noAllocation @_noLocks
    @inline(__always)
    func find(
        _ bytes: UnsafePointer<UInt8>, _ count: Int, _ path: ScanPath
    ) -> FoundShape {
        unsafe apus_shape_find(
            places, mask, bytes, UInt64(truncatingIfNeeded: count), numbers, path)
    }

    /// Where the shape of a key is to be learned.
    @_noAllocation @_noLocks
    func place(_ key: UInt64) -> UnsafeMutablePointer<MessageShape> {
        unsafe apus_shape_place(places, mask, key)
    }
}

/// A message that the scanner took, for its shape to be learned.
///
/// SAFETY: the message outlives the value, and every place lies inside of it.
@safe
struct ShapedMessage {
    typealias Integer = ScanCursor.Integer

    let start: UnsafePointer<UInt8>
    let count: Int

    @_noAllocation @_noLocks
    @inline(__always)
    init(_ start: UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>) {
        unsafe self.start = unsafe start
        count = unsafe end - start
    }

    /// Whether a message of this length has a shape at all.
    @_noAllocation @_noLocks
    @inline(__always)
    static func hasShape(_ count: Int) -> Bool {
        count >= Int(APUS_SHAPE_BYTES_MIN) && count <= Int(APUS_SHAPE_BYTES_MAX)
    }

    @_noAllocation @_noLocks
    @inline(__always)
    private func offset(_ at: UnsafePointer<UInt8>) -> UInt64 {
        unsafe UInt64(truncatingIfNeeded: at - start)
    }

    /// Whether the decimals of a pair convert without rescaling, eight digits each.
    @_noAllocation @_noLocks
    private func isUsual(_ pair: PricedPair, _ scale: UnsafePointer<InstrumentScale>) -> Bool {
        let (price, quantity) = (pair.price.found, pair.quantity.found)
        return unsafe price.decimals == scale.pointee.priceDecimals
            && quantity.decimals == scale.pointee.quantityDecimals
            && price.whole &+ price.decimals <= 8 && quantity.whole &+ quantity.decimals <= 8
    }

    /// Learns the shape of a message of one or two pairs, the time and the identifier; `passed`
    /// are integers that nothing is made from. Leaves a message of an unusual form alone.
    @_noAllocation @_noLocks
    func learn(
        _ shape: UnsafeMutablePointer<MessageShape>, key: UInt64, kind: UInt64, side: UInt64,
        scale: UnsafePointer<InstrumentScale>, time: Integer, id: Integer, first: PricedPair,
        second: PricedPair? = nil, passed: (Integer?, Integer?, Integer?),
        text: ScanCursor.Text? = nil
    ) -> Bool {
        guard unsafe isUsual(first, scale) else { return false }
        if let second, unsafe !isUsual(second, scale) { return false }
        var net: ScannedDecimal?
        if let text {
            let found = unsafe apus_scan_decimal(text.at)
            guard found.length == UInt64(truncatingIfNeeded: text.length) else { return false }
            net = found
        }
        unsafe apus_shape_begin(shape, start, UInt64(truncatingIfNeeded: count))
        if let text, let net {
            unsafe apus_shape_pass_decimal(shape, offset(text.at), net)
        }
        unsafe pass(shape, passed.0)
        unsafe pass(shape, passed.1)
        unsafe pass(shape, passed.2)
        let timeUnit = unsafe apus_shape_take_integer(
            shape, 2, offset(time.at), UInt64(truncatingIfNeeded: time.length))
        let idUnit = unsafe apus_shape_take_integer(
            shape, 3, offset(id.at), UInt64(truncatingIfNeeded: id.length))
        unsafe take(shape, first, 0)
        if let second { unsafe take(shape, second, 4) }
        let timeUnitNs = timeUnit &* 1_000_000
        unsafe shape.pointee.timeBaseNs = time.value &- time.value % timeUnitNs
        unsafe shape.pointee.idBase = id.value &- id.value % idUnit
        unsafe shape.pointee.scaleAddress = UInt64(UInt(bitPattern: scale))
        unsafe shape.pointee.kind = kind
        unsafe shape.pointee.side = side
        return unsafe apus_shape_end(shape, key) != 0
    }

    @_noAllocation @_noLocks
    private func pass(_ shape: UnsafeMutablePointer<MessageShape>, _ integer: Integer?) {
        guard let integer else { return }
        _ = unsafe apus_shape_pass_integer(
            shape, offset(integer.at), UInt64(truncatingIfNeeded: integer.length))
    }

    @_noAllocation @_noLocks
    private func take(
        _ shape: UnsafeMutablePointer<MessageShape>, _ pair: PricedPair, _ index: UInt64
    ) {
        unsafe apus_shape_take_decimal(shape, index, offset(pair.price.at), pair.price.found)
        unsafe apus_shape_take_decimal(
            shape, index &+ 1, offset(pair.quantity.at), pair.quantity.found)
    }
}
