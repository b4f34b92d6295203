# Part of Apus.
# SPDX-License-Identifier: Apache-2.0
"""Every architecture, with short windows, on random weights and inputs against onnxruntime."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from apus_models import networks
from apus_models.shapes import SHAPES

onnxruntime = pytest.importorskip(
    "onnxruntime", reason="tuning/models/setup --oracle installs onnxruntime")
pytest.importorskip("onnxscript", reason="tuning/models/setup --oracle installs onnxscript")


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", ["lstm-attention", "lstm-4x50", "gru", "transformer"])
def test_torch_and_onnxruntime_agree(name, tmp_path):
    from apus_models import onnx_export

    torch.manual_seed(5)
    shape = replace(SHAPES[name], steps=12)
    network = networks.build(36, shape).eval()
    file = tmp_path / "model.onnx"
    onnx_export.export(network, shape.steps, 36, file)
    inputs = np.random.default_rng(6).normal(size=(5, shape.steps, 36)).astype(np.float32)
    made, = onnxruntime.InferenceSession(str(file)).run(["raw"], {"windows": inputs})
    with torch.no_grad():
        expected = network(torch.from_numpy(inputs)).numpy()
    assert made.shape == (5,)
    assert np.abs(made - expected).max() < 2e-6
