//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

/// The hops of an order's way, from the frame that caused it to the encrypted order: one for each
/// stage, named after the records between which it lies.
///
/// | hop | stage | begins | ends |
/// |---|---|---|---|
/// | `hop_receive_to_frame` | reader | the bytes came out of the socket | the frame was handed on |
/// | `hop_frame_to_event` | parser | … | its events were |
/// | `hop_event_to_feature` | kernel | … | its feature vector was |
/// | `hop_feature_to_signal` | inference | … | the signal was |
/// | `hop_signal_to_intent` | strategy | … | the order was wanted |
/// | `hop_intent_to_child` | execution | … | worked orders: the part to send now was chosen |
/// | `hop_intent_to_command` | risk | … | the order was approved |
/// | `hop_command_to_encrypted` | gateway | … | the order was encrypted |
///
/// Each begins where the one before ends, so they add up to `receive_to_encrypted`, order by order;
/// waiting in a ring, and whatever else the thread did in between, is part of the hop that it
/// delays. A hop ends with the poll that handled the record: in a batch with the batch. A stage
/// that had no part has no sample. On several threads a later stage may have gone on before the
/// mark of an earlier one was written: the earlier hop is then short or missing and the later one
/// longer; the sum stays.
public enum Hop: Int, CaseIterable, Sendable {
    case frame, event, feature, signal, intent, child, command, encrypted

    /// Of the histogram.
    public var name: String {
        switch self {
        case .frame: "hop_receive_to_frame"
        case .event: "hop_frame_to_event"
        case .feature: "hop_event_to_feature"
        case .signal: "hop_feature_to_signal"
        case .intent: "hop_signal_to_intent"
        case .child: "hop_intent_to_child"
        case .command: "hop_intent_to_command"
        case .encrypted: "hop_command_to_encrypted"
        }
    }

    /// Whose work it is.
    public var stage: String {
        switch self {
        case .frame: "reader"
        case .event: "parser"
        case .feature: "kernel"
        case .signal: "inference"
        case .intent: "strategy"
        case .child: "execution"
        case .command: "risk"
        case .encrypted: "gateway"
        }
    }
}
