//===-- dashboard.c - The dashboard's files ------------------------*- C -*-===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#include "apus_dashboard.h"

// C17 with one word of C23, which clang has had since version 19.
#pragma clang diagnostic ignored "-Wc23-extensions"

static uint8_t const page[] = {
#embed "page/dashboard.html"
};

static uint8_t const style[] = {
#embed "page/dashboard.css"
};

static uint8_t const script[] = {
#embed "page/text.js"
    ,
#embed "page/table.js"
    ,
#embed "page/chart.js"
    ,
#embed "page/heat.js"
    ,
#embed "page/latency.js"
    ,
#embed "page/trading.js"
    ,
#embed "page/engine.js"
    ,
#embed "page/main.js"
};

uint8_t const *apus_dashboard_page(size_t *length) {
    *length = sizeof page;
    return page;
}

uint8_t const *apus_dashboard_style(size_t *length) {
    *length = sizeof style;
    return style;
}

uint8_t const *apus_dashboard_script(size_t *length) {
    *length = sizeof script;
    return script;
}
