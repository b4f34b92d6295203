//===-- writer.c - Writing of zstd streams --------------------------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#include "apus_zstd.h"

#include <errno.h>
#include <stdlib.h>
#include <zstd.h>

// `apus_zstd_writer_t` is never completed: it stands for zstd's own `ZSTD_CCtx`.

int apus_zstd_writer_create(int level, apus_zstd_writer_t **stream) {
    ZSTD_CCtx *const context = ZSTD_createCCtx();
    *stream = (apus_zstd_writer_t *)context;
    if (context == NULL) return -ENOMEM;
    ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, level);
    ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1);
    return 0;
}

int apus_zstd_write(apus_zstd_writer_t *stream, void const *in, size_t *in_count, void *out,
                    size_t *out_count, int step) {
    static ZSTD_EndDirective const steps[] = {ZSTD_e_continue, ZSTD_e_flush, ZSTD_e_end};
    ZSTD_inBuffer input = {in, *in_count, 0};
    ZSTD_outBuffer output = {out, *out_count, 0};
    size_t const left =
        ZSTD_compressStream2((ZSTD_CCtx *)stream, &output, &input, steps[step]);
    *in_count = input.pos;
    *out_count = output.pos;
    if (ZSTD_isError(left)) return -EIO;
    if (step == APUS_ZSTD_GO_ON) return input.pos == input.size ? 0 : 1;
    return left == 0 ? 0 : 1;
}

void apus_zstd_writer_destroy(apus_zstd_writer_t *stream) { ZSTD_freeCCtx((ZSTD_CCtx *)stream); }
