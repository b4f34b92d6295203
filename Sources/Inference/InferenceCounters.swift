//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import Telemetry

/// What the inference stage counts.
struct InferenceCounters {
    let signals: Counter
    /// Vectors without their features' full history.
    let cold: Counter
    /// Vectors of a book that nothing was heard of for too long.
    let stale: Counter
    let notFinite: Counter
    /// Vectors of another schema, or of an instrument that is not known.
    let mismatches: Counter
    let noModel: Counter
    /// A network without a whole window behind it; once for each member and vector.
    let filling: Counter
    /// Vectors that no member had a score for.
    let silent: Counter
    let stalls: Counter
    /// Models taken over while trading.
    let loads: Counter
    /// Models set aside by their record.
    let setAside: Counter

    init(_ telemetry: TelemetryWriter) {
        signals = telemetry.counter("inference_signals_total")
        cold = telemetry.counter("inference_cold_total")
        stale = telemetry.counter("inference_stale_total")
        notFinite = telemetry.counter("inference_not_finite_total")
        mismatches = telemetry.counter("inference_schema_mismatch_total")
        noModel = telemetry.counter("inference_no_model_total")
        filling = telemetry.counter("inference_filling_total")
        silent = telemetry.counter("inference_silent_total")
        stalls = telemetry.counter("inference_ring_full_total")
        loads = telemetry.counter("inference_loads_total")
        setAside = telemetry.counter("inference_set_aside_total")
    }
}
