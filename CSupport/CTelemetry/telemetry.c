//===-- telemetry.c - Layout and places of the telemetry page -------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#include "apus_telemetry.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

void apus_telemetry_init(apus_telemetry_t *page, char const *instance, uint64_t process_id,
                         uint64_t start_time_ns) {
    memset(page, 0, sizeof *page);
    page->size = sizeof *page;
    page->process_id = process_id;
    page->start_time_ns = start_time_ns;
    snprintf(page->instance, sizeof page->instance, "%s", instance);
    __atomic_store_n(&page->magic, APUS_TELEMETRY_MAGIC, __ATOMIC_RELEASE);
}

int apus_telemetry_validate(void const *memory, size_t segment_size) {
    apus_telemetry_t const *const page = memory;
    if (segment_size < sizeof *page) return -EINVAL;
    if (__atomic_load_n(&page->magic, __ATOMIC_ACQUIRE) != APUS_TELEMETRY_MAGIC) return -EINVAL;
    return page->size == sizeof *page ? 0 : -EINVAL;
}

/// Finds or takes a row of a table whose rows begin with a name of `name_size` bytes.
static void *row(void *table, size_t row_size, size_t count, size_t name_size, char const *name) {
    for (size_t i = 0; i < count; i++) {
        char *const row_name = (char *)table + i * row_size;
        if (row_name[0] == '\0') {
            snprintf(row_name, name_size, "%s", name);
            return row_name;
        }
        if (strncmp(row_name, name, name_size - 1) == 0) return row_name;
    }
    return NULL;
}

apus_counter_t *apus_telemetry_counter(apus_telemetry_t *page, char const *name) {
    return row(page->counters, sizeof page->counters[0], APUS_TELEMETRY_COUNTER_MAX,
               sizeof page->counters[0].name, name);
}

apus_histogram_t *apus_telemetry_histogram(apus_telemetry_t *page, char const *name) {
    return row(page->histograms, sizeof page->histograms[0], APUS_TELEMETRY_HISTOGRAM_MAX,
               sizeof page->histograms[0].name, name);
}

apus_stage_pulse_t *apus_telemetry_stage(apus_telemetry_t *page, char const *name) {
    return row(page->stages, sizeof page->stages[0], APUS_TELEMETRY_STAGE_MAX,
               sizeof page->stages[0].name, name);
}

apus_counter_t *apus_telemetry_counters(apus_telemetry_t *page) { return page->counters; }
apus_histogram_t *apus_telemetry_histograms(apus_telemetry_t *page) { return page->histograms; }
apus_stage_pulse_t *apus_telemetry_stages(apus_telemetry_t *page) { return page->stages; }
apus_instrument_status_t *apus_telemetry_instruments(apus_telemetry_t *page) {
    return page->instruments;
}
apus_feature_score_t *apus_telemetry_features(apus_telemetry_t *page) { return page->features; }
apus_model_status_t *apus_telemetry_models(apus_telemetry_t *page) { return page->models; }
apus_quality_t *apus_telemetry_quality(apus_telemetry_t *page) { return page->quality; }
apus_outlier_table_t *apus_telemetry_outliers(apus_telemetry_t *page) { return &page->outliers; }
apus_outlier_t *apus_outliers_latest(apus_outlier_table_t *table) { return table->latest; }
apus_outlier_t *apus_outliers_worst(apus_outlier_table_t *table) { return table->worst; }
uint64_t *apus_outliers_labelled(apus_outlier_table_t *table, uint8_t label) {
    return &table->labelled[label];
}
