# Part of Apus.
# SPDX-License-Identifier: Apache-2.0
#
# network_values.py FOLDER: writes one folder of the exchange format for each architecture, with
# random weights and windows, and in it what others make of the windows: `torch.f64`, PyTorch's own
# modules in double precision, and `onnxruntime.f32`, the trainer's network exported to ONNX. Lists
# the names in `names`. Runs in the environment of `tuning/models/setup --oracle`. Does nothing when
# the folder was made by these scripts and libraries: the exports take a minute or two.
import hashlib
import json
import logging
import pathlib
import sys
import warnings

import numpy
import onnxruntime
import safetensors.numpy
import torch
from torch import nn

sys.path.insert(0, str(pathlib.Path(__file__).parents[2] / "tuning/models"))
from apus_models import networks, onnx_export  # noqa: E402
from apus_models.shapes import NetworkShape  # noqa: E402

WINDOWS = 32
CLIP = 5.0
# Name, features, shape.
CASES = [
    ("lstm-4x50", 24, NetworkShape("lstm", 60, (50, 50, 50, 50))),
    ("lstm-1x16", 16, NetworkShape("lstm", 10, (16,))),
    ("lstm-a", 100, NetworkShape("lstm", 50, (100, 100))),
    ("lstm-attention", 24, NetworkShape("lstm", 50, (32,), attention_units=32)),
    ("lstm-uneven-attention", 5, NetworkShape("lstm", 7, (3, 17), attention_units=5)),
    ("gru", 24, NetworkShape("gru", 50, (32,))),
    ("gru-two-layers", 30, NetworkShape("gru", 40, (50, 21))),
    ("gru-attention", 9, NetworkShape("gru", 12, (18,), attention_units=20)),
    ("transformer", 24,
     NetworkShape("transformer", 50, blocks=2, width=32, heads=4, feedforward=64)),
    ("transformer-one-block", 11,
     NetworkShape("transformer", 19, blocks=1, width=18, heads=3, feedforward=21)),
]


def draw(random, features, shape):
    """The trainer's network with weights larger than at the usual start, so that outputs differ:
    the bias of the head, which all windows share, is small."""
    network = networks.build(features, shape).eval()
    gain = 1.5 if shape.kind == "transformer" else 3
    with torch.no_grad():
        for name, value in network.named_parameters():
            reach = 0.05 if name == "head.bias" else gain / value.shape[-1] ** 0.5
            drawn = random.uniform(-reach, reach, size=tuple(value.shape))
            if "norm" in name and name.endswith("weight"):
                drawn = random.uniform(0.5, 1.5, size=tuple(value.shape))
            value.copy_(torch.from_numpy(drawn))
    return network


def recurrent(tensors, shape, inputs):
    """The last layer's states [batch, steps, units], by torch's own recurrent modules."""
    make = {"lstm": nn.LSTM, "gru": nn.GRU}[shape.kind]
    for index, units in enumerate(shape.units):
        layer = make(inputs.shape[-1], units, batch_first=True).double()
        layer.load_state_dict({
            f"{name}_l0": tensors[f"layers.{index}.{name}"]
            for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")})
        inputs = layer(inputs)[0]
    return inputs


def pooled(tensors, shape, states):
    if not shape.attention_units:
        return states[:, -1]
    keys = torch.tanh(states @ tensors["attention.weight"].T + tensors["attention.bias"])
    shares = torch.softmax(keys @ tensors["attention.vector"], dim=1)
    return torch.einsum("bt,btu->bu", shares, states)


def transformer(tensors, shape, inputs):
    """The last token, by torch's own encoder layers."""
    theirs = {
        "self_attn.in_proj_weight": "qkv.weight", "self_attn.in_proj_bias": "qkv.bias",
        "self_attn.out_proj.weight": "out.weight", "self_attn.out_proj.bias": "out.bias",
        "linear1.weight": "up.weight", "linear1.bias": "up.bias",
        "linear2.weight": "down.weight", "linear2.bias": "down.bias"}
    theirs |= {name: name for name in ("norm1.weight", "norm1.bias", "norm2.weight", "norm2.bias")}
    tokens = inputs @ tensors["input.weight"].T + tensors["input.bias"] + tensors["position"]
    mask = nn.Transformer.generate_square_subsequent_mask(shape.steps, dtype=torch.float64)
    for index in range(shape.blocks):
        layer = nn.TransformerEncoderLayer(
            shape.width, shape.heads, shape.feedforward, dropout=0.0, activation="relu",
            layer_norm_eps=1e-5, batch_first=True, norm_first=True).double()
        layer.load_state_dict({
            name: tensors[f"blocks.{index}.{ours}"] for name, ours in theirs.items()})
        tokens = layer(tokens, src_mask=mask, is_causal=True)
    norm = nn.LayerNorm(shape.width, eps=1e-5).double()
    norm.load_state_dict({"weight": tensors["norm.weight"], "bias": tensors["norm.bias"]})
    return norm(tokens[:, -1])


def torch_values(tensors, shape, inputs):
    """Double precision throughout; nothing of the trainer's own networks."""
    tensors = {name: torch.from_numpy(value).double() for name, value in tensors.items()}
    inputs = torch.from_numpy(inputs).double()
    with torch.no_grad():
        if shape.kind == "transformer":
            state = transformer(tensors, shape, inputs)
        else:
            state = pooled(tensors, shape, recurrent(tensors, shape, inputs))
        return (state @ tensors["head.weight"].T + tensors["head.bias"])[:, 0].numpy()


def write(folder, name, features, shape, seed):
    random = numpy.random.default_rng(seed)
    network = draw(random, features, shape)
    tensors = {
        key: value.detach().numpy().astype(numpy.float32)
        for key, value in network.tensors().items()}
    mean = random.uniform(-2, 2, size=features).astype(numpy.float32)
    inverse = (1 / random.uniform(0.25, 20, size=features)).astype(numpy.float32)
    size = (WINDOWS, shape.steps, features)
    # A tail of Student's t lies beyond the clip.
    windows = (mean + random.standard_t(4, size=size) / inverse).astype(numpy.float32)
    clip = numpy.float32(CLIP)
    inputs = numpy.clip((windows - mean) * inverse, -clip, clip)

    file = folder / "model.onnx"
    onnx_export.export(network, shape.steps, features, file)
    session = onnxruntime.InferenceSession(str(file), providers=["CPUExecutionProvider"])
    ours, = session.run(["raw"], {"windows": inputs})
    theirs = torch_values(tensors, shape, inputs)
    assert theirs.dtype == numpy.float64 and ours.dtype == numpy.float32

    theirs.tofile(folder / "torch.f64")
    ours.tofile(folder / "onnxruntime.f32")
    scores = theirs.astype(numpy.float32)
    (folder / "model.safetensors").write_bytes(safetensors.numpy.save(tensors))
    (folder / "evaluation.safetensors").write_bytes(safetensors.numpy.save(
        {"windows": windows, "targets": scores, "outputs": scores}))
    (folder / "model.json").write_text(json.dumps({
        "format": "apus-model", "version": 1, "name": name, "kind": "network",
        "schema_hash": f"0x{seed:016x}",
        "features": [{"name": f"feature_{place}", "unit": "one"} for place in range(features)],
        "normaliser": {"mean": mean.tolist(), "inverse_sigma": inverse.tolist(), "clip": CLIP},
        "steps": shape.steps, "serving_mode": "window", "output": "return_bps",
        "output_scale": 1.0, "output_offset": 0.0, "move_bps": 0.0, "horizon_ns": 500_000_000,
        "residual_sigma_bps": 1.0,
        "thresholds": {"buy_above_bps": 0.5, "sell_below_bps": -0.5, "minimum_confidence": 0.0},
        "score_deciles": [], "network": shape.describe(), "metadata": {}}))


def origin():
    """Of what the values are made, as a hash."""
    made = hashlib.sha256(f"{torch.__version__} {onnxruntime.__version__}".encode())
    for file in (__file__, networks.__file__, onnx_export.__file__):
        made.update(pathlib.Path(file).read_bytes())
    return made.hexdigest()


def main():
    root = pathlib.Path(sys.argv[1])
    mark = root / "complete"
    if mark.exists() and mark.read_text() == origin():
        return
    logging.disable(logging.WARNING)
    warnings.filterwarnings("ignore")
    torch.set_num_threads(1)
    for place, (name, features, shape) in enumerate(CASES):
        folder = root / name
        folder.mkdir(parents=True, exist_ok=True)
        write(folder, name, features, shape, seed=100 + place)
    (root / "names").write_text("".join(f"{name}\n" for name, _, _ in CASES))
    mark.write_text(origin())


main()
