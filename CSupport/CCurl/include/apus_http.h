//===-- apus_http.h - Blocking HTTPS requests over libcurl ------*- C -*-===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
// For cold threads. HTTPS only, unless plain HTTP is allowed by name; the chain and the host name
// are always verified; redirects are not followed and no proxy is used. A client keeps its
// connection alive and serves one thread at a time.
//
//===----------------------------------------------------------------------===//

#ifndef APUS_HTTP_H
#define APUS_HTTP_H

#include "apus_base.h"

#define APUS_HTTP_ERROR_MAX 256

typedef struct apus_http apus_http_t;

typedef struct APUS_SWIFT_NAME(HTTPReply) apus_http_reply {
    int64_t status;
    /// Response header lines, "Name: value\r\n" each, of the final response.
    uint8_t const *headers;
    size_t headers_length APUS_SWIFT_NAME(headersLength);
    uint8_t const *body;
    size_t body_length APUS_SWIFT_NAME(bodyLength);
    char error[APUS_HTTP_ERROR_MAX]; ///< When the request failed: why, without the URL.
} apus_http_reply_t;

/// @param ca_file PEM of trust roots to add to the system's, or NULL.
/// @return NULL when libcurl or the CA file fails; `error` says why.
apus_http_t *apus_http_create(char const *ca_file, char error[APUS_HTTP_ERROR_MAX]);
/// Lets the client speak http:// too: for a server on this machine, which the caller checks.
void apus_http_allow_plain(apus_http_t *client);
void apus_http_destroy(apus_http_t *client);

/// @param headers "Name: value" lines, NULL-terminated array.
/// @param body    May be NULL.
/// @param size_max Bytes of the largest response body taken.
/// @return 0 with a reply, whose memory stays until the next request; 1 timed out; 2 the server's
///         certificate was refused; 3 the response is too large; 4 anything else.
int apus_http_request(apus_http_t *client, char const *method, char const *url,
                      char const *const headers[], uint8_t const *body, size_t body_length,
                      uint64_t timeout_ms, size_t size_max, apus_http_reply_t *reply);

#endif
