# Part of Apus.
# SPDX-License-Identifier: Apache-2.0
"""A network as ONNX, for tests that compare it with another implementation. Needs
`requirements-oracle.txt` (tuning/models/setup --oracle)."""

from __future__ import annotations

from pathlib import Path

import torch

from .networks import Recurrent, Transformer


def export(network: Recurrent | Transformer, steps: int, features: int, file: Path) -> None:
    """Writes `network` with the input `windows` [batch, steps, features], normalised, and the
    output `raw` [batch]."""
    network.eval()
    example = torch.zeros(2, steps, features)
    batch = torch.export.Dim("batch", min=1)
    torch.onnx.export(
        network, (example,), str(file), input_names=["windows"], output_names=["raw"],
        dynamic_shapes=({0: batch},), dynamo=True, external_data=False, verbose=False)
