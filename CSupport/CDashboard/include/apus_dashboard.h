//===-- apus_dashboard.h - The dashboard's files ----------------*- C -*-===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
// What is in `page/`, as it was when this was compiled: the page with two places "/*here*/", for
// its style and for its script, in that order. The script's files follow each other in one text.
//
//===----------------------------------------------------------------------===//

#ifndef APUS_DASHBOARD_H
#define APUS_DASHBOARD_H

#include "apus_base.h"

/// UTF-8 without a zero; valid for ever. `*length` is set to the number of bytes.
uint8_t const *apus_dashboard_page(size_t *length);
uint8_t const *apus_dashboard_style(size_t *length);
uint8_t const *apus_dashboard_script(size_t *length);

#endif
