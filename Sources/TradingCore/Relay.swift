//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

public import Messages
import Rings

/// Stands between two stages in replay: shows every record to a sink and passes it on, watermark
/// included, so that what the stages see stays the same.
///
/// SAFETY: `message` is valid during the call of the sink, which copies what it keeps.
@safe
final class Relay<Message: BitwiseCopyable> {
    private var input: RingConsumer<Message>
    private var output: RingProducer<Message>
    private let sink: (UnsafePointer<Message>) -> Void

    init(
        input: consuming RingConsumer<Message>, output: consuming RingProducer<Message>,
        sink: @escaping (UnsafePointer<Message>) -> Void
    ) {
        self.input = input
        self.output = output
        unsafe self.sink = unsafe sink
    }

    /// Passes on what there is; returns the number of records.
    func poll() -> Int {
        let watermark = input.watermark()
        var count = 0
        while let message = unsafe input.peek() {
            guard let slot = unsafe output.claim() else { return count }
            unsafe sink(message)
            unsafe slot.pointee = unsafe message.pointee
            output.publish()
            input.release()
            count += 1
        }
        output.advanceWatermark(to: watermark)
        return count
    }
}

/// What a replay wants to see on the way. Every sink is called on the thread of the stage that
/// consumes the record.
///
/// SAFETY: as for Relay.
@safe
public struct ReplaySinks {
    public var event: ((UnsafePointer<MarketEvent>) -> Void)?
    public var feature: ((UnsafePointer<FeatureVector>) -> Void)?
    public var signal: ((UnsafePointer<Signal>) -> Void)?
    public var intent: ((UnsafePointer<OrderIntent>) -> Void)?
    public var verdict: ((UnsafePointer<RiskVerdict>) -> Void)?
    /// Orders of the execution stage.
    public var child: ((UnsafePointer<OrderIntent>) -> Void)?
    public var childVerdict: ((UnsafePointer<RiskVerdict>) -> Void)?
    public var bar: ((UnsafePointer<Bar>) -> Void)?
    public var indicators: ((UnsafePointer<IndicatorValues>) -> Void)?
    public var fill: ((UnsafePointer<ExecutionReport>) -> Void)?
    /// A book that waits for a snapshot.
    public var snapshot: ((UnsafePointer<SnapshotRequest>) -> Void)?

    public init() {}
}
