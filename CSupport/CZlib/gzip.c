// Part of Apus.
// SPDX-License-Identifier: Apache-2.0

#include "apus_gzip.h"
