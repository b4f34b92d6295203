//===-- hmac_base64.c - Signatures as base64 ------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
// OKX asks for base64 where Binance asks for hexadecimal digits. Only log-in and REST requests are
// signed so, on cold threads: the one signing routine is used, and its digits are turned back.
//
//===----------------------------------------------------------------------===//

#include "apus_digest.h"
#include "apus_hmac.h"

/// The value of a lower-case hexadecimal digit, as apus_hmac_sign writes them.
static unsigned digit(uint8_t character) {
    return character <= '9' ? character - (unsigned)'0' : character - (unsigned)'a' + 10u;
}

void apus_hmac_sign_base64(apus_hmac_t const *hmac, uint8_t const *bytes, size_t length,
                           char out[APUS_HMAC_BASE64_LENGTH + 1]) {
    uint8_t hex[APUS_HMAC_HEX_LENGTH];
    uint8_t digest[APUS_HMAC_HEX_LENGTH / 2];
    apus_hmac_sign(hmac, bytes, length, hex);
    for (size_t i = 0; i < sizeof digest; i++) {
        digest[i] = (uint8_t)(digit(hex[2 * i]) << 4 | digit(hex[2 * i + 1]));
    }
    apus_base64_encode(digest, sizeof digest, out);
}
