//===-- apus_test_authority.h - Test certificate authority -*- C -*-===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#ifndef APUS_TEST_AUTHORITY_H
#define APUS_TEST_AUTHORITY_H

#endif
