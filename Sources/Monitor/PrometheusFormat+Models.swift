//===----------------------------------------------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

import CTelemetry
import Telemetry

extension PrometheusFormat {
    mutating func addModels(_ now: Observation) {
        func rows(_ value: (ModelData) -> Double) -> [Sample] {
            now.models.compactMap { row in
                let number = value(row.status)
                return number.isFinite ? ([("model", row.name)], "\(number)") : nil
            }
        }
        func info(_ row: Observation.Model) -> Sample {
            let checksum = row.status.checksumText
            return ([("model", row.name), ("kind", row.kind), ("checksum", checksum)], "1")
        }
        func states(_ row: Observation.Model) -> [Sample] {
            ["on", "off", "set aside"].map { state in
                let holds = state == row.status.stateText
                return ([("model", row.name), ("state", state)], holds ? "1" : "0")
            }
        }
        add("apus_model_info", "gauge", "Kind and file of a model.", now.models.map(info))
        add("apus_model_state", "gauge", "1 for the state that holds.",
            now.models.flatMap(states))
        add("apus_model_judged", "gauge", "Predictions judged since the model was taken in.",
            now.models.map { ([("model", $0.name)], "\($0.status.judged)") })
        add("apus_model_share", "gauge", "Share of the ensemble, 0 to 1.", rows(\.share))
        add("apus_model_score_bps", "gauge", "The last score shown, basis points.", rows(\.score))
        add("apus_model_accuracy", "gauge", "Share of signs that were right where the mid moved.",
            rows(\.accuracy))
        add("apus_model_information_coefficient", "gauge",
            "Correlation of a model's score with the mid's return over its horizon.",
            rows(\.correlation))
        add("apus_model_calibration_slope", "gauge",
            "Return for each basis point of score; 1 is calibrated.", rows(\.slope))
        add("apus_model_drift_psi", "gauge",
            "Population stability index of the scores against validation.", rows(\.drift))
    }
}
