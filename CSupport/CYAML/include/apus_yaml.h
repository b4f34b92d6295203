//===-- apus_yaml.h - YAML events over libyaml -*- C -*-===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#ifndef APUS_YAML_H
#define APUS_YAML_H

#endif
