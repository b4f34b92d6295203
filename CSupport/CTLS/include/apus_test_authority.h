//===-- apus_test_authority.h - Test certificate authority -*- C -*-===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
// A simulated venue has no public certificate. It makes a root and a server certificate when it
// starts (EC P-256, SHA-256) and hands the root to its clients, so that the client's verification
// stays on. Private keys live in memory unless a simulator is told to keep them. The same functions
// make the bad certificates that a client has to refuse. Cold code; not thread safe.
//
//===----------------------------------------------------------------------===//

#ifndef APUS_TEST_AUTHORITY_H
#define APUS_TEST_AUTHORITY_H

#include "apus_base.h"

/// What the server certificate states. Start from `apus_test_certificate_default()`.
typedef struct APUS_SWIFT_NAME(TestCertificate) apus_test_certificate {
    int64_t not_before_offset_s APUS_SWIFT_NAME(notBeforeOffsetS); ///< Relative to now.
    int64_t not_after_offset_s APUS_SWIFT_NAME(notAfterOffsetS);   ///< Relative to now.
    /// Subject and DNS name; at most 63 bytes. NULL means "localhost".
    char const *dns_name APUS_SWIFT_NAME(dnsName);
    /// 1 adds the addresses 127.0.0.1 and ::1 as names of the server.
    uint64_t names_loopback APUS_SWIFT_NAME(namesLoopback);
    /// 1 signs with another root than the one that `apus_test_authority_ca_pem` returns.
    uint64_t signed_by_unknown_root APUS_SWIFT_NAME(signedByUnknownRoot);
} apus_test_certificate_t;

/// A root certificate, one server certificate and the server's key, as PEM text in memory.
typedef struct apus_test_authority apus_test_authority_t;

/// Valid from one hour ago for 30 days, for `localhost`, 127.0.0.1 and ::1, signed by the root.
apus_test_certificate_t apus_test_certificate_default(void)
    APUS_SWIFT_NAME(TestCertificate.standard());

/// Makes a fresh root and a server certificate as described; `certificate` NULL is the default.
///
/// @return NULL when OpenSSL fails or a name is too long. Cost: about 1 ms.
apus_test_authority_t *apus_test_authority_create(apus_test_certificate_t const *certificate);

/// The root certificate that a client trusts, PEM, terminated by zero. Owned by the authority.
char const *apus_test_authority_ca_pem(apus_test_authority_t const *authority);
/// The server certificate, PEM.
char const *apus_test_authority_certificate_pem(apus_test_authority_t const *authority);
/// The server's private key, PKCS#8 PEM. Written to a file, mode 0600, only where a simulator is
/// told to keep its certificates across restarts.
char const *apus_test_authority_key_pem(apus_test_authority_t const *authority);

/// Writes the root certificate to `path`: a temporary file of mode 0600 beside it, then a rename,
/// so that a reader sees all of it or none.
/// @return 0 or -errno.
int apus_test_authority_write_ca(apus_test_authority_t const *authority, char const *path);

/// Clears the key and frees everything. NULL is allowed.
void apus_test_authority_destroy(apus_test_authority_t *authority);

#endif
