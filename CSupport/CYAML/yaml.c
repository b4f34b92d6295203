//===-- yaml.c - YAML events over libyaml ---------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#include "apus_yaml.h"

#include <errno.h>
#include <stdio.h>
#include <yaml.h>

/// The kind the handler is told, or 0 for events that carry nothing.
static int kind_of(yaml_event_type_t type) {
    switch (type) {
    case YAML_SCALAR_EVENT: return APUS_YAML_SCALAR;
    case YAML_MAPPING_START_EVENT: return APUS_YAML_MAPPING_START;
    case YAML_MAPPING_END_EVENT: return APUS_YAML_MAPPING_END;
    case YAML_SEQUENCE_START_EVENT: return APUS_YAML_SEQUENCE_START;
    case YAML_SEQUENCE_END_EVENT: return APUS_YAML_SEQUENCE_END;
    default: return 0;
    }
}

static int has_anchor(yaml_event_t const *event) {
    switch (event->type) {
    case YAML_ALIAS_EVENT: return 1;
    case YAML_SCALAR_EVENT: return event->data.scalar.anchor != NULL;
    case YAML_MAPPING_START_EVENT: return event->data.mapping_start.anchor != NULL;
    case YAML_SEQUENCE_START_EVENT: return event->data.sequence_start.anchor != NULL;
    default: return 0;
    }
}

static int handle(yaml_event_t const *event, int *documents, apus_yaml_handler_t handler,
                  void *context, char *error, size_t error_size) {
    size_t const line = event->start_mark.line + 1;
    if (has_anchor(event)) {
        snprintf(error, error_size, "line %zu: anchors and aliases are not supported", line);
        return -EINVAL;
    }
    if (event->type == YAML_DOCUMENT_START_EVENT && ++*documents > 1) {
        snprintf(error, error_size, "line %zu: a second document", line);
        return -EINVAL;
    }
    int const kind = kind_of(event->type);
    if (kind == 0) return 0;
    int stop;
    if (kind == APUS_YAML_SCALAR) {
        stop = handler(context, kind, (char const *)event->data.scalar.value,
                       event->data.scalar.length,
                       event->data.scalar.style != YAML_PLAIN_SCALAR_STYLE, line);
    } else {
        stop = handler(context, kind, NULL, 0, 0, line);
    }
    return stop != 0 ? -ECANCELED : 0;
}

int apus_yaml_parse(char const *bytes, size_t length, apus_yaml_handler_t handler, void *context,
                    char *error, size_t error_size) {
    yaml_parser_t parser;
    if (!yaml_parser_initialize(&parser)) return -ENOMEM;
    yaml_parser_set_input_string(&parser, (unsigned char const *)bytes, length);
    int result = 0;
    int documents = 0;
    int is_done = 0;
    while (result == 0 && !is_done) {
        yaml_event_t event;
        if (!yaml_parser_parse(&parser, &event)) {
            snprintf(error, error_size, "line %zu: %s", parser.problem_mark.line + 1,
                     parser.problem != NULL ? parser.problem : "not YAML");
            result = -EINVAL;
            break;
        }
        is_done = event.type == YAML_STREAM_END_EVENT;
        result = handle(&event, &documents, handler, context, error, error_size);
        yaml_event_delete(&event);
    }
    yaml_parser_delete(&parser);
    return result;
}
