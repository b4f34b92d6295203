//===-- apus_hostile_tls.h - TLS servers to be refused ----------*- C -*-===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
// Makes a chain of certificates as described, wrong in whatever way, and a server that presents
// it. Like the client's session the server never touches a socket: bytes go in, bytes come out.
// Texts are in OpenSSL's configuration syntax; NULL leaves the extension out.
//
//===----------------------------------------------------------------------===//

#ifndef APUS_HOSTILE_TLS_H
#define APUS_HOSTILE_TLS_H

#include "apus_base.h"

/// One certificate of the chain.
typedef struct APUS_SWIFT_NAME(HostileCertificate) apus_hostile_certificate {
    int64_t not_before_offset_s APUS_SWIFT_NAME(notBeforeOffsetS); ///< Relative to now.
    int64_t not_after_offset_s APUS_SWIFT_NAME(notAfterOffsetS);   ///< Relative to now.
    char const *common_name APUS_SWIFT_NAME(commonName);
    char const *alternative_names APUS_SWIFT_NAME(alternativeNames);
    char const *basic_constraints APUS_SWIFT_NAME(basicConstraints);
    char const *key_usage APUS_SWIFT_NAME(keyUsage);
    char const *extended_key_usage APUS_SWIFT_NAME(extendedKeyUsage);
    char const *name_constraints APUS_SWIFT_NAME(nameConstraints);
    /// What its issuer signs it with: "SHA256", "SHA1", "MD5".
    char const *digest;
    /// 0: EC P-256; otherwise the bits of an RSA key.
    uint64_t rsa_bits APUS_SWIFT_NAME(rsaBits);
    uint64_t has_bad_signature APUS_SWIFT_NAME(hasBadSignature);
    /// Carries a critical extension that nobody knows.
    uint64_t has_unknown_critical APUS_SWIFT_NAME(hasUnknownCritical);
} apus_hostile_certificate_t;

/// A server: root, intermediate and leaf, and how it speaks.
typedef struct APUS_SWIFT_NAME(HostilePlan) apus_hostile_plan {
    apus_hostile_certificate_t root;
    apus_hostile_certificate_t intermediate;
    apus_hostile_certificate_t leaf;
    uint64_t is_self_signed APUS_SWIFT_NAME(isSelfSigned);           ///< The leaf signs itself.
    uint64_t omits_intermediate APUS_SWIFT_NAME(omitsIntermediate);
    uint64_t certificate_copies APUS_SWIFT_NAME(certificateCopies);  ///< Sent after the chain.
    uint64_t version_min APUS_SWIFT_NAME(versionMin); ///< 0x0301 is TLS 1.0, 0x0304 TLS 1.3.
    uint64_t version_max APUS_SWIFT_NAME(versionMax);
    char const *ciphers; ///< Of TLS 1.2 and before; NULL: the library's.
    char const *server_name APUS_SWIFT_NAME(serverName); ///< The only one it answers to, or NULL.
} apus_hostile_plan_t;

typedef struct apus_hostile_server apus_hostile_server_t;

/// Makes the chain and the server. NULL when OpenSSL fails.
apus_hostile_server_t *apus_hostile_server_create(apus_hostile_plan_t const *plan);
/// The root, PEM, terminated by zero. Owned by the server.
char const *apus_hostile_server_root_pem(apus_hostile_server_t const *server);
/// Forgets the connection and waits for the next one. 0 or -1.
int apus_hostile_server_restart(apus_hostile_server_t *server);
/// Takes `length` bytes from the client and goes on with the handshake.
/// @return 1 done, 0 waits for more, -1 failed.
int apus_hostile_server_feed(apus_hostile_server_t *server, uint8_t const *bytes, size_t length);
/// Moves up to `capacity` bytes for the client to `out`.
size_t apus_hostile_server_take(apus_hostile_server_t *server, uint8_t *out, size_t capacity);
void apus_hostile_server_destroy(apus_hostile_server_t *server);

#endif
