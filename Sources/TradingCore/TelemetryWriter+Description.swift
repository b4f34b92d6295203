//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CTelemetry
public import Messages
public import Telemetry

extension TelemetryWriter {
    /// Writes what an observer needs to know before anything runs: instruments, placement, mode.
    public func describe(_ instruments: InstrumentTable, placement: String, mode: String) {
        func store(_ text: String, _ bytes: UnsafeMutableRawBufferPointer) {
            for (index, byte) in text.utf8.prefix(bytes.count - 1).enumerated() {
                unsafe bytes[index] = byte
            }
        }
        unsafe withUnsafeMutableBytes(of: &page.pointee.placement) { unsafe store(placement, $0) }
        unsafe withUnsafeMutableBytes(of: &page.pointee.mode) { unsafe store(mode, $0) }
        for id in 0..<UInt32(instruments.count) {
            let source = instruments[id]
            let row = unsafe instrument(id)
            unsafe row.pointee.tickLotValueE12 = source.tickLotValueE12
            unsafe row.pointee.priceDecimals = source.priceDecimals
            unsafe row.pointee.quantityDecimals = source.quantityDecimals
            unsafe row.pointee.tickMantissa = source.tickMantissa
            unsafe row.pointee.lotMantissa = source.lotMantissa
            unsafe withUnsafeMutableBytes(of: &row.pointee.venue) {
                unsafe store(source.venue.text, $0)
            }
            unsafe withUnsafeMutableBytes(of: &row.pointee.symbol) {
                unsafe store(source.symbolText, $0)
            }
        }
    }
}
