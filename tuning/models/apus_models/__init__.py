# Part of Apus.
# SPDX-License-Identifier: Apache-2.0
"""Trains models on the core's own features of recorded captures, judges them on later data and
exports them for `apus model convert`."""
