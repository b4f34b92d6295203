//===-- http.c - Blocking HTTPS requests over libcurl ---------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#include "apus_http.h"

#include <curl/curl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define HEADERS_MAX 65536u
#define CA_FILE_MAX (8u << 20)

typedef struct text {
    uint8_t *bytes;
    size_t length;
    size_t capacity;
    size_t length_max;
    int is_over;
} text_t;

struct apus_http {
    CURL *curl;
    text_t headers;
    text_t body;
    uint8_t *roots; ///< System roots and the added ones, PEM.
    size_t roots_length;
    int is_plain_allowed;
    char error[CURL_ERROR_SIZE];
};

static pthread_once_t once = PTHREAD_ONCE_INIT;
static CURLcode global_result;
static void initialise(void) { global_result = curl_global_init(CURL_GLOBAL_DEFAULT); }

/// Appends; 0 when memory or the bound forbids it.
static int append(text_t *text, void const *bytes, size_t length) {
    if (length > text->length_max - text->length) {
        text->is_over = 1;
        return 0;
    }
    if (text->length + length > text->capacity) {
        size_t capacity = text->capacity == 0 ? 16384 : text->capacity;
        while (capacity < text->length + length) capacity *= 2;
        uint8_t *const grown = realloc(text->bytes, capacity);
        if (grown == NULL) return 0;
        text->bytes = grown;
        text->capacity = capacity;
    }
    memcpy(text->bytes + text->length, bytes, length);
    text->length += length;
    return 1;
}

static size_t take_body(char *bytes, size_t size, size_t count, void *context) {
    apus_http_t *const client = context;
    return append(&client->body, bytes, size * count) ? size * count : 0;
}

static size_t take_header(char *bytes, size_t size, size_t count, void *context) {
    apus_http_t *const client = context;
    size_t const length = size * count;
    if (length >= 5 && memcmp(bytes, "HTTP/", 5) == 0) {
        client->headers.length = 0; // A new response, after 100 Continue for instance.
        return length;
    }
    return append(&client->headers, bytes, length) ? length : 0;
}

static int append_file(text_t *text, char const *path) {
    FILE *const file = fopen(path, "re");
    if (file == NULL) return 0;
    uint8_t chunk[16384];
    int is_whole = 1;
    size_t count = 0;
    while (is_whole && (count = fread(chunk, 1, sizeof chunk, file)) > 0) {
        is_whole = append(text, chunk, count);
    }
    is_whole = is_whole && !ferror(file);
    fclose(file);
    return is_whole && append(text, "\n", 1);
}

/// libcurl replaces its bundle by a given one, so the two are put together.
static int make_roots(apus_http_t *client, char const *ca_file) {
    text_t text = {.length_max = CA_FILE_MAX};
    char *bundle = NULL;
    if (curl_easy_getinfo(client->curl, CURLINFO_CAINFO, &bundle) == CURLE_OK && bundle != NULL) {
        append_file(&text, bundle); // A host without a bundle has only the added roots.
    }
    if (!append_file(&text, ca_file)) {
        free(text.bytes);
        return 0;
    }
    client->roots = text.bytes;
    client->roots_length = text.length;
    return 1;
}

static void configure(apus_http_t *client) {
    CURL *const curl = client->curl;
    curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, 1L);
    curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, 2L);
    curl_easy_setopt(curl, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR,
                     client->is_plain_allowed ? "https,http" : "https");
    curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(curl, CURLOPT_PROXY, "");
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_TCP_KEEPALIVE, 1L);
    curl_easy_setopt(curl, CURLOPT_TCP_NODELAY, 1L);
    curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, client->error);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_body);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, client);
    curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, take_header);
    curl_easy_setopt(curl, CURLOPT_HEADERDATA, client);
    if (client->roots != NULL) {
        struct curl_blob const blob = {
            .data = client->roots, .len = client->roots_length, .flags = CURL_BLOB_NOCOPY};
        curl_easy_setopt(curl, CURLOPT_CAINFO_BLOB, &blob);
    }
}

apus_http_t *apus_http_create(char const *ca_file, char error[APUS_HTTP_ERROR_MAX]) {
    pthread_once(&once, initialise);
    error[0] = 0;
    apus_http_t *const client = calloc(1, sizeof *client);
    if (client != NULL && global_result == CURLE_OK) client->curl = curl_easy_init();
    if (client == NULL || client->curl == NULL) {
        snprintf(error, APUS_HTTP_ERROR_MAX, "libcurl cannot be set up");
        free(client);
        return NULL;
    }
    client->headers.length_max = HEADERS_MAX;
    if (ca_file != NULL && !make_roots(client, ca_file)) {
        snprintf(error, APUS_HTTP_ERROR_MAX, "CA file %.200s cannot be read", ca_file);
        apus_http_destroy(client);
        return NULL;
    }
    return client;
}

void apus_http_allow_plain(apus_http_t *client) { client->is_plain_allowed = 1; }

static void wipe(text_t *text) {
    if (text->bytes != NULL) explicit_bzero(text->bytes, text->capacity);
    free(text->bytes);
}

void apus_http_destroy(apus_http_t *client) {
    if (client == NULL) return;
    curl_easy_cleanup(client->curl);
    wipe(&client->headers);
    wipe(&client->body);
    free(client->roots);
    free(client);
}

static int classify(CURLcode result, apus_http_t const *client) {
    if (client->body.is_over || client->headers.is_over) return 3;
    switch (result) {
    case CURLE_OPERATION_TIMEDOUT: return 1;
    case CURLE_PEER_FAILED_VERIFICATION: return 2;
    case CURLE_FILESIZE_EXCEEDED: return 3;
    default: return 4;
    }
}

static void describe(CURLcode result, int kind, apus_http_t const *client, char *error) {
    char const *text = client->error[0] != 0 ? client->error : curl_easy_strerror(result);
    if (kind == 1) text = "timed out";
    if (kind == 3) text = "response too large";
    if (strstr(text, "expired") != NULL) text = "certificate expired";
    if (strstr(text, "subject name") != NULL) text = "wrong host name in the certificate";
    if (strstr(text, "issuer certificate") != NULL || strstr(text, "self-signed") != NULL) {
        text = "unknown issuer of the certificate";
    }
    snprintf(error, APUS_HTTP_ERROR_MAX, "%s", text);
}

int apus_http_request(apus_http_t *client, char const *method, char const *url,
                      char const *const headers[], uint8_t const *body, size_t body_length,
                      uint64_t timeout_ms, size_t size_max, apus_http_reply_t *reply) {
    CURL *const curl = client->curl;
    memset(reply, 0, sizeof *reply);
    client->headers.length = 0;
    client->headers.is_over = 0;
    client->body.length = 0;
    client->body.is_over = 0;
    client->body.length_max = size_max;
    client->error[0] = 0;
    // Options are set anew; the connection stays.
    curl_easy_reset(curl);
    configure(client);
    struct curl_slist *lines = NULL;
    // Without it libcurl waits for a 100 Continue before a large body.
    lines = curl_slist_append(lines, "Expect:");
    for (size_t i = 0; headers[i] != NULL; ++i) lines = curl_slist_append(lines, headers[i]);
    curl_easy_setopt(curl, CURLOPT_URL, url);
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, lines);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, (long)timeout_ms);
    curl_easy_setopt(curl, CURLOPT_MAXFILESIZE_LARGE, (curl_off_t)size_max);
    if (body == NULL && (strcmp(method, "POST") == 0 || strcmp(method, "PUT") == 0)) {
        body = (uint8_t const *)""; // Says Content-Length: 0, which servers insist on.
        body_length = 0;
    }
    if (body != NULL) {
        curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)body_length);
        curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body);
    }
    curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, method);
    CURLcode const result = curl_easy_perform(curl);
    curl_slist_free_all(lines);
    if (result != CURLE_OK) {
        int const kind = classify(result, client);
        describe(result, kind, client, reply->error);
        return kind;
    }
    long status = 0;
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
    reply->status = status;
    reply->headers = client->headers.bytes;
    reply->headers_length = client->headers.length;
    reply->body = client->body.bytes;
    reply->body_length = client->body.length;
    return 0;
}
