//===-- apus_yaml.h - YAML events over libyaml ------------------*- C -*-===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#ifndef APUS_YAML_H
#define APUS_YAML_H

#include "apus_base.h"

typedef enum APUS_SWIFT_NAME(YAMLEventKind) apus_yaml_event_kind {
    APUS_YAML_SCALAR = 1,
    APUS_YAML_MAPPING_START = 2,
    APUS_YAML_MAPPING_END = 3,
    APUS_YAML_SEQUENCE_START = 4,
    APUS_YAML_SEQUENCE_END = 5,
} apus_yaml_event_kind_t;

/// Called for each event of the document, in order. `text` is set for scalars only and is valid
/// during the call. `line` counts from 1. Returns 0 to go on, anything else to stop.
typedef int (*apus_yaml_handler_t)(void *context, int kind, char const *text, size_t length,
                                   int is_quoted, size_t line);

/// Parses one document. Aliases, anchors and a second document are refused.
///
/// @return 0; -EINVAL with `error` filled with one line naming the line; -ECANCELED when the
///         handler stopped.
int apus_yaml_parse(char const *bytes, size_t length, apus_yaml_handler_t handler, void *context,
                    char *error, size_t error_size);

#endif
