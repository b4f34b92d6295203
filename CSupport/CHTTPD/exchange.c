//===-- exchange.c - Requests and their answers -------------------*- C -*-===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#include "httpd_internal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void *apus_httpd_begin_exchange(
    void *context, char const *target, struct MHD_Connection *connection) {
    apus_httpd_t *const httpd = context;
    apus_httpd_exchange_t *const exchange = calloc(1, sizeof *exchange);
    if (exchange == NULL) return NULL;
    exchange->httpd = httpd;
    exchange->connection = connection;
    exchange->path = strdup(target);
    if (exchange->path == NULL) {
        free(exchange);
        return NULL;
    }
    char *const mark = strchr(exchange->path, '?');
    exchange->query = "";
    if (mark != NULL) {
        *mark = 0;
        exchange->query = mark + 1;
    }
    exchange->next = httpd->exchanges;
    httpd->exchanges = exchange;
    return exchange;
}

void apus_httpd_end_exchange(
    void *context, struct MHD_Connection *connection, void **state,
    enum MHD_RequestTerminationCode code) {
    (void)code;
    apus_httpd_t *const httpd = context;
    apus_httpd_restart_connection(httpd, connection);
    apus_httpd_exchange_t *const exchange = *state;
    if (exchange == NULL) return;
    for (apus_httpd_exchange_t **link = &httpd->exchanges; *link != NULL; link = &(*link)->next) {
        if (*link == exchange) {
            *link = exchange->next;
            break;
        }
    }
    if (exchange->response != NULL) MHD_destroy_response(exchange->response);
    free(exchange->body);
    free(exchange->path);
    free(exchange);
    *state = NULL;
}

static enum MHD_Result send_response(apus_httpd_exchange_t *exchange) {
    enum MHD_Result const result =
        MHD_queue_response(exchange->connection, exchange->status, exchange->response);
    MHD_destroy_response(exchange->response);
    exchange->response = NULL;
    return result;
}

/// Keeps the body within its bound; the rest of a longer one is read and forgotten.
static enum MHD_Result collect(apus_httpd_exchange_t *exchange, char const *bytes, size_t *length) {
    size_t const total = exchange->body_length + *length;
    if (exchange->httpd->body_max == 0) {
        // Read and forgotten: nobody looks at it.
    } else if (total > exchange->httpd->body_max) {
        exchange->is_too_long = 1;
    } else {
        uint8_t *const grown = realloc(exchange->body, total);
        if (grown == NULL) return MHD_NO;
        memcpy(grown + exchange->body_length, bytes, *length);
        exchange->body = grown;
        exchange->body_length = total;
    }
    *length = 0;
    return MHD_YES;
}

enum MHD_Result apus_httpd_continue_exchange(
    void *context, struct MHD_Connection *connection, char const *url, char const *method,
    char const *version, char const *upload, size_t *upload_length, void **state) {
    (void)url;
    (void)version;
    apus_httpd_t *const httpd = context;
    apus_httpd_exchange_t *const exchange = *state;
    if (exchange == NULL) return MHD_NO;
    if (exchange->response != NULL) return send_response(exchange);
    if (!exchange->has_begun) {
        exchange->has_begun = 1;
        exchange->method = method;
        return MHD_YES;
    }
    if (*upload_length != 0) return collect(exchange, upload, upload_length);
    if (!exchange->is_handled) {
        exchange->is_handled = 1;
        exchange->is_in_handler = 1;
        if (exchange->is_too_long) {
            static char const text[] = "{\"code\":-1000,\"msg\":\"Request body too long.\"}";
            apus_httpd_reply(exchange, 413, (uint8_t const *)text, sizeof text - 1, 0, 0);
        } else {
            httpd->handler(httpd->context, exchange);
        }
        exchange->is_in_handler = 0;
    }
    if (exchange->response != NULL) return send_response(exchange);
    exchange->is_suspended = 1;
    MHD_suspend_connection(connection);
    return MHD_YES;
}

char const *apus_httpd_method(apus_httpd_exchange_t const *exchange) { return exchange->method; }

char const *apus_httpd_path(apus_httpd_exchange_t const *exchange) { return exchange->path; }

char const *apus_httpd_query(apus_httpd_exchange_t const *exchange) { return exchange->query; }

char const *apus_httpd_header(apus_httpd_exchange_t const *exchange, char const *name) {
    return MHD_lookup_connection_value(exchange->connection, MHD_HEADER_KIND, name);
}

char const *apus_httpd_argument(apus_httpd_exchange_t const *exchange, char const *name) {
    return MHD_lookup_connection_value(exchange->connection, MHD_GET_ARGUMENT_KIND, name);
}

uint8_t const *apus_httpd_body(apus_httpd_exchange_t const *exchange) { return exchange->body; }

size_t apus_httpd_body_length(apus_httpd_exchange_t const *exchange) {
    return exchange->body_length;
}

int apus_httpd_begin_reply(apus_httpd_exchange_t *exchange, uint8_t const *bytes, size_t length) {
    if (exchange->response != NULL) return -EBUSY;
    exchange->response =
        MHD_create_response_from_buffer(length, (void *)(uintptr_t)bytes, MHD_RESPMEM_MUST_COPY);
    return exchange->response == NULL ? -ENOMEM : 0;
}

void apus_httpd_add_header(apus_httpd_exchange_t *exchange, char const *name, char const *value) {
    MHD_add_response_header(exchange->response, name, value);
}

void apus_httpd_send_reply(apus_httpd_exchange_t *exchange, uint32_t status) {
    exchange->status = status;
    if (!exchange->is_in_handler && exchange->is_suspended) {
        exchange->is_suspended = 0;
        MHD_resume_connection(exchange->connection);
    }
}

void apus_httpd_reply(
    apus_httpd_exchange_t *exchange, uint32_t status, uint8_t const *bytes, size_t length,
    uint32_t used_weight, uint32_t retry_after_s) {
    if (apus_httpd_begin_reply(exchange, bytes, length) != 0) return;
    char number[16];
    apus_httpd_add_header(exchange, "Content-Type", "application/json;charset=UTF-8");
    if (used_weight > 0) {
        snprintf(number, sizeof number, "%u", used_weight);
        apus_httpd_add_header(exchange, "X-MBX-USED-WEIGHT-1M", number);
    }
    if (retry_after_s > 0) {
        snprintf(number, sizeof number, "%u", retry_after_s);
        apus_httpd_add_header(exchange, "Retry-After", number);
    }
    apus_httpd_send_reply(exchange, status);
}
