//===-- apus_outliers.h - Samples beyond the threshold ----------*- C -*-===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
// Each order whose way from the frame's arrival to its encryption took longer than the threshold
// leaves a sample: hop by hop, with the frame's place in a recording. The hot thread writes the
// sample into a ring; a cold thread adds what the host did in the meantime, judges it, and shows it
// in the table of the telemetry page. Each row has a version that is odd while it is being written;
// an observer that meets one, or two different ones, takes the row another time.
//
//===----------------------------------------------------------------------===//

#ifndef APUS_OUTLIERS_H
#define APUS_OUTLIERS_H

#include "apus_base.h"
#include "apus_hops.h"

/// The latest, one after the other round and round.
#define APUS_OUTLIER_LATEST_COUNT 64
/// The longest since the start, in no order.
#define APUS_OUTLIER_WORST_COUNT 16
/// No frame of that sequence was found any more.
#define APUS_OUTLIER_NO_CONNECTION UINT16_MAX

/// One order's way. Times in nanoseconds; the hops add up to the whole.
typedef struct APUS_SWIFT_NAME(OutlierSample) apus_outlier_sample {
    uint64_t sequence;   ///< Of the frame, in the order of events.
    uint64_t ingress_time_ns APUS_SWIFT_NAME(ingressTimeNs); ///< Its time in a recording.
    uint64_t frame_position APUS_SWIFT_NAME(framePosition); ///< Byte of its connection's stream.
    uint64_t hop_ns[APUS_HOP_COUNT] APUS_SWIFT_NAME(hopNs);
    uint16_t hop_work[APUS_HOP_COUNT] APUS_SWIFT_NAME(hopWork); ///< Records of the poll; saturates.
    uint32_t frame_length APUS_SWIFT_NAME(frameLength);         ///< Bytes.
    uint32_t instrument_id APUS_SWIFT_NAME(instrumentID);
    uint32_t is_watched APUS_SWIFT_NAME(isWatched); ///< 1: `preempted_hops` is told at all.
    uint16_t connection_id APUS_SWIFT_NAME(connectionID);
    uint8_t known_hops APUS_SWIFT_NAME(knownHops); ///< Bit i: hop i was seen to end.
    uint8_t preempted_hops APUS_SWIFT_NAME(preemptedHops); ///< Bit i: off its core meanwhile.
} apus_outlier_sample_t;
static_assert(sizeof(apus_outlier_sample_t) == 120, "with a ring's sequence word, two lines");

/// Looks up when the record of `sequence` left each stage and fills in the hops from `ingress_ns`
/// to `sent_ns`, with their work and what was seen of preemption. A stage that let it go in a poll
/// whose mark is missing has no part; its time counts for the hop behind it.
///
/// @param logs  One for each hop but the last; NULL: no such stage.
/// @param work, preemption  Of the last hop.
APUS_HOT void apus_outlier_sample_fill(apus_outlier_sample_t *sample,
                                       apus_hop_log_t *const logs[APUS_HOP_COUNT - 1],
                                       uint64_t sequence, uint64_t ingress_ns, uint64_t sent_ns,
                                       uint32_t work, apus_preemption_t preemption);
APUS_HOT_INLINE uint64_t apus_outlier_sample_hop(apus_outlier_sample_t const *sample, int hop) {
    return sample->hop_ns[hop];
}

/// Whose fault it was.
typedef uint8_t apus_outlier_label_t APUS_NEWTYPE(OutlierLabel);
static const apus_outlier_label_t APUS_OUTLIER_UNKNOWN APUS_SWIFT_NAME(OutlierLabel.unknown) = 0;
static const apus_outlier_label_t APUS_OUTLIER_OURS APUS_SWIFT_NAME(OutlierLabel.ours) = 1;
static const apus_outlier_label_t APUS_OUTLIER_HOST APUS_SWIFT_NAME(OutlierLabel.host) = 2;
#define APUS_OUTLIER_LABEL_COUNT 3

/// Why it is said; `OutlierRule` defines each.
typedef uint8_t apus_outlier_reason_t APUS_NEWTYPE(OutlierReason);
static const apus_outlier_reason_t
    APUS_OUTLIER_NO_EVIDENCE APUS_SWIFT_NAME(OutlierReason.noEvidence) = 0;
static const apus_outlier_reason_t
    APUS_OUTLIER_OWN_WORK APUS_SWIFT_NAME(OutlierReason.ownWork) = 1;
static const apus_outlier_reason_t
    APUS_OUTLIER_PREEMPTED APUS_SWIFT_NAME(OutlierReason.preempted) = 2;
static const apus_outlier_reason_t
    APUS_OUTLIER_PAGE_FAULTS APUS_SWIFT_NAME(OutlierReason.pageFaults) = 3;
static const apus_outlier_reason_t
    APUS_OUTLIER_RUN_DELAY APUS_SWIFT_NAME(OutlierReason.runDelay) = 4;
static const apus_outlier_reason_t APUS_OUTLIER_STOLEN APUS_SWIFT_NAME(OutlierReason.stolen) = 5;
static const apus_outlier_reason_t
    APUS_OUTLIER_IDLE_HOLE APUS_SWIFT_NAME(OutlierReason.idleHole) = 6;
static const apus_outlier_reason_t APUS_OUTLIER_ON_CORE APUS_SWIFT_NAME(OutlierReason.onCore) = 7;
static const apus_outlier_reason_t
    APUS_OUTLIER_AMBIGUOUS APUS_SWIFT_NAME(OutlierReason.ambiguous) = 8;

/// What the host did to the thread of the longest hop, from the last look before the frame came to
/// the first look after its order left. Times in nanoseconds.
typedef struct APUS_SWIFT_NAME(OutlierEvidence) apus_outlier_evidence {
    uint64_t window_ns APUS_SWIFT_NAME(windowNs); ///< Between the looks; 0: there is no evidence.
    uint64_t cpu_ns APUS_SWIFT_NAME(cpuNs);       ///< That the thread was on a core.
    uint64_t run_delay_ns APUS_SWIFT_NAME(runDelayNs); ///< That it waited for one.
    uint64_t steal_ns APUS_SWIFT_NAME(stealNs); ///< Of its core, by the hypervisor; in steps.
    uint64_t idle_gap_ns APUS_SWIFT_NAME(idleGapNs); ///< Longest round without work in the window.
    uint64_t idle_gap_minute_ns APUS_SWIFT_NAME(idleGapMinuteNs); ///< As above, last minute.
    uint32_t switches;     ///< Times that it was put on a core.
    uint32_t minor_faults APUS_SWIFT_NAME(minorFaults);
    uint32_t major_faults APUS_SWIFT_NAME(majorFaults);
    int32_t core;          ///< Pinned, or -1.
} apus_outlier_evidence_t;
static_assert(sizeof(apus_outlier_evidence_t) == 64, "one line");

/// A judged sample.
typedef struct APUS_SWIFT_NAME(OutlierData) apus_outlier {
    uint64_t version; ///< 0: never written; odd: being written.
    apus_outlier_sample_t sample;
    apus_outlier_evidence_t evidence;
    uint64_t excess_ns APUS_SWIFT_NAME(excessNs); ///< Over the usual cost of the same work.
    apus_outlier_label_t label;
    apus_outlier_reason_t reason;
    uint8_t hop; ///< The one with most of the excess.
    uint8_t reserved_0[5];
    uint64_t reserved_1[6];
} apus_outlier_t;
static_assert(sizeof(apus_outlier_t) == 256, "four lines");
static_assert(offsetof(apus_outlier_t, evidence) == 128, "a line of its own");

typedef struct APUS_SWIFT_NAME(OutlierTable) apus_outlier_table {
    uint64_t threshold_ns APUS_SWIFT_NAME(thresholdNs); ///< 0: none are kept.
    uint64_t count; ///< Judged since the start.
    uint64_t labelled[APUS_OUTLIER_LABEL_COUNT]; ///< Of them, by label.
    uint64_t reserved_0[3];
    apus_outlier_t latest[APUS_OUTLIER_LATEST_COUNT];
    apus_outlier_t worst[APUS_OUTLIER_WORST_COUNT];
} apus_outlier_table_t;
static_assert(offsetof(apus_outlier_table_t, latest) == APUS_CACHE_LINE, "rows begin on a line");

/// Writer. Replaces all of a row but its version. One thread.
void apus_outlier_store(apus_outlier_t *row, apus_outlier_t const *value);
/// Observer. Copies a row whole. 1; 0 for one that was never written, or was being written at
/// each of a few tries.
int apus_outlier_load(apus_outlier_t const *row, apus_outlier_t *value);

#endif
