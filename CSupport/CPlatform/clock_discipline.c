//===-- clock_discipline.c - What the kernel knows of its clock ----------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#include "apus_platform.h"

#include <errno.h>
#include <sys/timex.h>

int apus_clock_discipline(int64_t *offset_ns, uint64_t *max_error_ns) {
    struct timex state = {.modes = 0};
    int const status = adjtimex(&state);
    if (status < 0) return -errno;
    int64_t const unit = (state.status & STA_NANO) != 0 ? 1 : 1000;
    *offset_ns = state.offset * unit;
    *max_error_ns = (uint64_t)state.maxerror * 1000u;
    return status == TIME_ERROR || (state.status & STA_UNSYNC) != 0 ? 1 : 0;
}
