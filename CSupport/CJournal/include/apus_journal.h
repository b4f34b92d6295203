//===-- apus_journal.h - Layout of journal segments -------------*- C -*-===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
// A journal is a folder of segments: files `NNNNNN.apj`, numbered without gaps, each up to the size
// it was preallocated with; closed ones may be `NNNNNN.apj.zst`. Everything is little-endian.
//
//     segment  = segment header (64 bytes), frame, frame, ..., zeros or the file's end
//     frame    = header (64 bytes), body (0 to 16 MiB), zeros up to a multiple of 64 bytes
//
// Frames never cross from one segment into the next. They are numbered from 1 without gaps over all
// segments. `crc32c` is over the whole frame, padding included, with 0 in its own place. The hash
// of a frame is the first 64 bits of SHA-256 over the whole frame, `crc32c` included; the next
// frame has it in `previous_hash`, 0 in the very first one. A segment's header repeats number and
// hash that its first frame will have, so that segments can be checked against each other when the
// oldest were removed.
//
// So no frame can be changed, left out, doubled, or moved without the chain breaking at it or right
// behind it, except at the journal's end, where whole frames may be missing.
//
//===----------------------------------------------------------------------===//

#ifndef APUS_JOURNAL_H
#define APUS_JOURNAL_H

#include "apus_base.h"

/// "APJ1": no byte of it is 0, so that a header cut anywhere is not taken for one.
#define APUS_JOURNAL_FRAME_MAGIC 0x314a5041u
/// "APUSJRNL".
#define APUS_JOURNAL_SEGMENT_MAGIC 0x4c4e524a53555041ull
#define APUS_JOURNAL_VERSION 1u
/// Everything begins at a multiple of this.
#define APUS_JOURNAL_ALIGNMENT 64
/// Longest body, bytes.
#define APUS_JOURNAL_BODY_MAX 16777216
/// Highest number of a segment's first frame: no number counted from it wraps.
#define APUS_JOURNAL_NUMBER_MAX 0x7fffffffffffffffull

typedef struct APUS_SWIFT_NAME(JournalHeader) apus_journal_header {
    uint32_t length; ///< Of the body, bytes.
    uint8_t kind;    ///< JournalKind; unknown ones are kept and passed over.
    uint8_t detail;  ///< As the kind says.
    uint16_t connection;
    uint64_t number;   ///< The journal's own, from 1, without gaps.
    uint64_t sequence; ///< Order of events of the path; 0: none.
    uint64_t time_ns APUS_SWIFT_NAME(timeNs);       ///< Of the record, ns since 1970.
    uint64_t written_ns APUS_SWIFT_NAME(writtenNs); ///< Of appending, by the wall clock.
    uint64_t context;                               ///< As the kind says.
    uint64_t previous_hash APUS_SWIFT_NAME(previousHash);
    uint32_t crc32c;
    uint32_t magic;
} apus_journal_header_t;
static_assert(sizeof(apus_journal_header_t) == APUS_JOURNAL_ALIGNMENT, "one line");
static_assert(offsetof(apus_journal_header_t, number) == 8, "");
static_assert(offsetof(apus_journal_header_t, time_ns) == 24, "");
static_assert(offsetof(apus_journal_header_t, previous_hash) == 48, "");
static_assert(offsetof(apus_journal_header_t, crc32c) == 56, "");
static_assert(offsetof(apus_journal_header_t, magic) == 60, "last: a cut header lacks it");
static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "the files' order is the machine's");

typedef struct APUS_SWIFT_NAME(JournalSegmentHeader) apus_journal_segment_header {
    uint64_t magic;
    uint32_t version;
    uint32_t header_size APUS_SWIFT_NAME(headerSize); ///< Frames begin behind so many bytes.
    uint64_t segment;                                 ///< As in the file's name.
    uint64_t first_number APUS_SWIFT_NAME(firstNumber);
    uint64_t previous_hash APUS_SWIFT_NAME(previousHash);
    uint64_t created_ns APUS_SWIFT_NAME(createdNs); ///< Wall clock.
    uint64_t reserved_0;
    uint32_t reserved_1;
    uint32_t crc32c; ///< Over the header, 0 here.
} apus_journal_segment_header_t;
static_assert(sizeof(apus_journal_segment_header_t) == APUS_JOURNAL_ALIGNMENT, "one line");
static_assert(offsetof(apus_journal_segment_header_t, segment) == 16, "");
static_assert(offsetof(apus_journal_segment_header_t, crc32c) == 60, "");

/// What is wrong with bytes that ought to be a frame.
typedef uint8_t apus_journal_finding_t APUS_NEWTYPE(JournalFinding);
static const apus_journal_finding_t APUS_JOURNAL_GOOD APUS_SWIFT_NAME(JournalFinding.good) = 0;
/// The header's 64 bytes are zeros.
static const apus_journal_finding_t APUS_JOURNAL_ZERO APUS_SWIFT_NAME(JournalFinding.zero) = 1;
/// It goes on behind the bytes at hand; its size is told.
static const apus_journal_finding_t APUS_JOURNAL_CUT APUS_SWIFT_NAME(JournalFinding.cut) = 2;
static const apus_journal_finding_t APUS_JOURNAL_NO_FRAME
    APUS_SWIFT_NAME(JournalFinding.noFrame) = 3;
static const apus_journal_finding_t APUS_JOURNAL_TOO_LONG
    APUS_SWIFT_NAME(JournalFinding.tooLong) = 4;
static const apus_journal_finding_t APUS_JOURNAL_BAD_CRC APUS_SWIFT_NAME(JournalFinding.badCRC) = 5;
static const apus_journal_finding_t APUS_JOURNAL_BAD_NUMBER
    APUS_SWIFT_NAME(JournalFinding.badNumber) = 6;
static const apus_journal_finding_t APUS_JOURNAL_BAD_CHAIN
    APUS_SWIFT_NAME(JournalFinding.badChain) = 7;

/// Bytes of a frame with a body of `length`.
static inline size_t apus_journal_frame_size(size_t length) {
    return APUS_JOURNAL_ALIGNMENT +
           ((length + APUS_JOURNAL_ALIGNMENT - 1) & ~(size_t)(APUS_JOURNAL_ALIGNMENT - 1));
}

/// Writes a frame: `header`, whose `crc32c` and `magic` are set here, the body and its padding.
///
/// @param to  Room for apus_journal_frame_size(header->length) bytes.
/// @return The frame's hash.
uint64_t apus_journal_seal(void *to, apus_journal_header_t const *header, void const *body);

/// Judges the frame at `bytes`.
///
/// @param available      Readable bytes there, at least 64.
/// @param number         That the frame must have.
/// @param previous_hash  That it must have.
/// @param size           Becomes the frame's size unless ZERO, NO_FRAME or TOO_LONG is returned.
/// @param hash           Becomes the frame's hash when it is GOOD; NULL: the hash is not computed
///                       and `previous_hash` not looked at.
apus_journal_finding_t apus_journal_check(void const *bytes, size_t available, uint64_t number,
                                          uint64_t previous_hash, size_t *size, uint64_t *hash);

/// Writes a segment's header of 64 bytes.
void apus_journal_segment_seal(void *to, uint64_t segment, uint64_t first_number,
                               uint64_t previous_hash, uint64_t created_ns);
/// Reads a segment's header of 64 bytes. @return 1; 0 when it is none or damaged.
int apus_journal_segment_read(void const *bytes, apus_journal_segment_header_t *header);

/// Bytes up to the last one of `length` that is not 0; 0 when all are.
size_t apus_journal_used(void const *bytes, size_t length);

#endif
