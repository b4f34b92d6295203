//===-- frame.c - Frames and headers of journals --------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#include "apus_journal.h"

#include "apus_crc32c.h"
#include "apus_digest.h"

#include <string.h>

/// The checksum of a frame whose own field may hold anything.
static uint32_t frame_crc(uint8_t const *bytes, size_t size) {
    static uint8_t const zeros[sizeof(uint32_t)];
    size_t const place = offsetof(apus_journal_header_t, crc32c);
    uint32_t value = apus_crc32c(0, bytes, place);
    value = apus_crc32c(value, zeros, sizeof zeros);
    size_t const behind = place + sizeof zeros;
    return apus_crc32c(value, bytes + behind, size - behind);
}

uint64_t apus_journal_seal(void *to, apus_journal_header_t const *header, void const *body) {
    uint8_t *const frame = to;
    size_t const size = apus_journal_frame_size(header->length);
    apus_journal_header_t sealed = *header;
    sealed.magic = APUS_JOURNAL_FRAME_MAGIC;
    sealed.crc32c = 0;
    memcpy(frame, &sealed, sizeof sealed);
    size_t const end = sizeof sealed + header->length;
    if (header->length > 0) memcpy(frame + sizeof sealed, body, header->length);
    memset(frame + end, 0, size - end);
    sealed.crc32c = apus_crc32c(0, frame, size);
    memcpy(frame + offsetof(apus_journal_header_t, crc32c), &sealed.crc32c, sizeof sealed.crc32c);
    return apus_sha256_head(frame, size);
}

apus_journal_finding_t apus_journal_check(void const *bytes, size_t available, uint64_t number,
                                          uint64_t previous_hash, size_t *size, uint64_t *hash) {
    apus_journal_header_t header;
    memcpy(&header, bytes, sizeof header);
    if (header.magic != APUS_JOURNAL_FRAME_MAGIC) {
        return apus_journal_used(bytes, sizeof header) == 0 ? APUS_JOURNAL_ZERO
                                                            : APUS_JOURNAL_NO_FRAME;
    }
    if (header.length > APUS_JOURNAL_BODY_MAX) return APUS_JOURNAL_TOO_LONG;
    *size = apus_journal_frame_size(header.length);
    if (*size > available) return APUS_JOURNAL_CUT;
    if (frame_crc(bytes, *size) != header.crc32c) return APUS_JOURNAL_BAD_CRC;
    if (header.number != number) return APUS_JOURNAL_BAD_NUMBER;
    if (hash == NULL) return APUS_JOURNAL_GOOD;
    if (header.previous_hash != previous_hash) return APUS_JOURNAL_BAD_CHAIN;
    *hash = apus_sha256_head(bytes, *size);
    return APUS_JOURNAL_GOOD;
}

void apus_journal_segment_seal(void *to, uint64_t segment, uint64_t first_number,
                               uint64_t previous_hash, uint64_t created_ns) {
    apus_journal_segment_header_t header = {
        .magic = APUS_JOURNAL_SEGMENT_MAGIC,
        .version = APUS_JOURNAL_VERSION,
        .header_size = sizeof header,
        .segment = segment,
        .first_number = first_number,
        .previous_hash = previous_hash,
        .created_ns = created_ns,
    };
    header.crc32c = apus_crc32c(0, &header, sizeof header);
    memcpy(to, &header, sizeof header);
}

int apus_journal_segment_read(void const *bytes, apus_journal_segment_header_t *header) {
    memcpy(header, bytes, sizeof *header);
    apus_journal_segment_header_t copy = *header;
    copy.crc32c = 0;
    return header->magic == APUS_JOURNAL_SEGMENT_MAGIC &&
           header->version == APUS_JOURNAL_VERSION && header->header_size == sizeof *header &&
           header->first_number > 0 && header->first_number <= APUS_JOURNAL_NUMBER_MAX &&
           header->crc32c == apus_crc32c(0, &copy, sizeof copy);
}

size_t apus_journal_used(void const *bytes, size_t length) {
    uint8_t const *const from = bytes;
    for (; length >= sizeof(uint64_t); length -= sizeof(uint64_t)) {
        uint64_t word;
        memcpy(&word, from + length - sizeof word, sizeof word);
        if (word != 0) break;
    }
    while (length > 0 && from[length - 1] == 0) --length;
    return length;
}
