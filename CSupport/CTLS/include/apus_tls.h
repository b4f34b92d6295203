//===-- apus_tls.h - TLS client session -------------------------*- C -*-===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
// A session never touches a socket. Ciphertext comes in as a window over the receive buffer
// (`feed`), is decrypted straight into the caller's memory (`read`), and goes out through a send
// buffer of fixed size that the session owns (`write`, `output`, `consume`). A session belongs to
// one thread at a time; handing it over needs a release/acquire pair, nothing else.
//
// Verification of the chain and of the host name or address is always on. A name must be among the
// certificate's alternative names; revocation is not looked up.
//
// Memory. After `apus_tls_initialise` OpenSSL allocates from size-classed free lists over arenas
// that are mapped and touched at start, one list per thread and class. A block freed by another
// thread than its allocator joins the list of the thread that frees it; lists longer than their
// bound give half to a shared stack, which any thread takes as a whole (one exchange, so there is
// no ABA), and a thread that ends gives back everything.
//
//===----------------------------------------------------------------------===//

#ifndef APUS_TLS_H
#define APUS_TLS_H

#include "apus_base.h"
#include "apus_test_authority.h"

/// Bytes of a session's send buffer.
#define APUS_TLS_OUTPUT_CAPACITY 131072
/// Bytes of an error text, the zero included.
#define APUS_TLS_ERROR_MAX 256

typedef struct apus_tls_context apus_tls_context_t;
typedef struct apus_tls_session apus_tls_session_t;

// MARK: - Process

/// Maps and touches the first arena and sets OpenSSL up. OpenSSL was given its allocator before
/// main. Call before threads that use TLS start; idempotent and thread-safe.
///
/// @return 0; -EBUSY when another library made OpenSSL allocate even earlier (everything works, but
///         sessions then use malloc); -ENOMEM.
int apus_tls_initialise(void);
/// Bytes of arenas mapped so far; grows only when the free lists and the arenas are exhausted.
uint64_t apus_tls_arena_bytes(void);
/// The allocator OpenSSL was given, for its tests.
void *apus_tls_allocate(size_t size, char const *file, int line);
void *apus_tls_reallocate(void *memory, size_t size, char const *file, int line);
void apus_tls_free(void *memory, char const *file, int line);

// MARK: - Context

/// TLS 1.2 or later, the system's trust store, and `ca_file` (PEM) in addition when not NULL.
///
/// @param error APUS_TLS_ERROR_MAX bytes; one line that names the reason.
/// @return NULL on failure.
apus_tls_context_t *apus_tls_context_create(char const *ca_file, char *error);
void apus_tls_context_destroy(apus_tls_context_t *context);

// MARK: - Session

/// A session that accepts only a certificate for `host`, a name or an IP address.
apus_tls_session_t *
apus_tls_session_create(apus_tls_context_t *context, char const *host, char *error);
void apus_tls_session_destroy(apus_tls_session_t *session);
/// Two sessions of this process that have shaken hands: a client as above and the server it talks
/// to. What one puts out is fed to the other by the caller, without a socket. For benchmarks, and
/// for messages that keep the path warm. Allocates; both are to be destroyed.
///
/// @return 0, or -EPROTO with a line in `error`.
int apus_tls_pair_create(apus_test_authority_t const *authority, apus_tls_session_t **client,
                         apus_tls_session_t **server, char *error);

/// The session's next input: `length` bytes at `bytes`, which stay in place until consumed.
/// Precondition: the previous window is consumed.
APUS_HOT void
apus_tls_session_feed(apus_tls_session_t *session, uint8_t const *bytes, size_t length);
/// Bytes of the window not consumed yet.
APUS_HOT size_t apus_tls_session_unread(apus_tls_session_t const *session);

/// Advances the handshake with the window's bytes; output may be due afterwards.
///
/// @return 1 complete, 0 needs more input, -1 failed: see `apus_tls_session_error`.
int apus_tls_session_handshake(apus_tls_session_t *session);
/// Why the session failed, in one line; empty when it has not.
char const *apus_tls_session_error(apus_tls_session_t const *session);
/// Whether the failure is about the peer's certificate, so that trying again will not help.
int apus_tls_session_refused_certificate(apus_tls_session_t const *session);
/// Version, cipher suite, and whose records: "TLSv1.3 TLS_AES_128_GCM_SHA256 (own records, EVP)".
void apus_tls_session_describe(apus_tls_session_t const *session, char *text, size_t size);

/// Decrypts into `out`, at most one record. Bytes behind those returned may be overwritten.
///
/// @param capacity Greater than 0.
/// @return Bytes written; 0 needs more input; -ENOTCONN the peer closed; -EPROTO failed.
/// Cost: bench `tls/open-180B`, `tls/open-500B`.
APUS_HOT int apus_tls_session_read(apus_tls_session_t *session, uint8_t *out, int capacity);

/// Encrypts `length` bytes into the send buffer: all of them or none.
///
/// @return 0; -ENOBUFS when the send buffer lacks room; -EPROTO when the session has failed, after
///         which no further output appears.
/// Cost: bench `tls/seal-300B`.
APUS_HOT int
apus_tls_session_write(apus_tls_session_t *session, uint8_t const *bytes, size_t length);
/// Writes close_notify into the send buffer. 0 or -ENOBUFS.
APUS_HOT int apus_tls_session_close(apus_tls_session_t *session);

/// The oldest contiguous output and its length; stays in place until consumed.
APUS_HOT uint8_t const *
apus_tls_session_output(apus_tls_session_t const *session, size_t *length);
/// Bytes waiting to be sent.
APUS_HOT size_t apus_tls_session_output_length(apus_tls_session_t const *session);
/// Forgets the oldest `length` bytes of output.
APUS_HOT void apus_tls_session_consume(apus_tls_session_t *session, size_t length);

#endif
