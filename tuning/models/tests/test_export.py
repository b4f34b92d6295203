# Part of Apus.
# SPDX-License-Identifier: Apache-2.0
import json
import shutil

import numpy as np
import pytest
import torch
from apus_models import networks
from apus_models.errors import TrainingError
from apus_models.export import growing
from apus_models.registry import TrialRegistry
from apus_models.shapes import SHAPES, NetworkShape
from safetensors.numpy import load_file


GATES = {"lstm": 4, "gru": 3}


def expected_shapes(shape: NetworkShape, features: int) -> dict[str, tuple[int, ...]]:
    """Names and shapes of the exchange format."""
    made: dict[str, tuple[int, ...]] = {}
    if shape.kind == "transformer":
        width, up = shape.width, shape.feedforward
        made |= {"input.weight": (width, features), "input.bias": (width,),
                 "position": (shape.steps, width)}
        for block in range(shape.blocks):
            for name, out, inside in (
                ("qkv", 3 * width, width), ("out", width, width), ("up", up, width),
                ("down", width, up)):
                made[f"blocks.{block}.{name}.weight"] = (out, inside)
                made[f"blocks.{block}.{name}.bias"] = (out,)
            for name in ("norm1", "norm2"):
                made[f"blocks.{block}.{name}.weight"] = (width,)
                made[f"blocks.{block}.{name}.bias"] = (width,)
        made |= {"norm.weight": (width,), "norm.bias": (width,)}
        last = width
    else:
        inside = features
        for layer, units in enumerate(shape.units):
            rows = GATES[shape.kind] * units
            made |= {f"layers.{layer}.weight_ih": (rows, inside),
                     f"layers.{layer}.weight_hh": (rows, units),
                     f"layers.{layer}.bias_ih": (rows,), f"layers.{layer}.bias_hh": (rows,)}
            inside = units
        last = inside
        if attention := shape.attention_units:
            made |= {"attention.weight": (attention, last), "attention.bias": (attention,),
                     "attention.vector": (attention,)}
    return made | {"head.weight": (1, last), "head.bias": (1,)}


@pytest.mark.parametrize("name", sorted(SHAPES))
def test_tensors_have_the_names_and_shapes_of_the_exchange_format(name):
    network = networks.build(36, SHAPES[name])
    found = {key: tuple(tensor.shape) for key, tensor in network.tensors().items()}
    assert found == expected_shapes(SHAPES[name], 36)


def test_the_published_shape_has_its_number_of_parameters():
    # LSTM_A of STAC-ML, 100 features: 160,901 with one bias a gate; PyTorch's layers have two.
    network = networks.build(100, SHAPES["lstm-a"])
    assert networks.parameter_count(list(network.parameters())) == 160_901 + 2 * 4 * 100


@pytest.mark.parametrize("name", ["ridge", "tiny", "lightgbm"])
def test_model_json_holds_what_the_core_asks_for(name, trained, dataset, settings):
    out, _, _ = trained
    tree = json.loads((out / name / "model.json").read_text())
    assert (tree["format"], tree["version"], tree["name"]) == ("apus-model", 1, name)
    assert tree["kind"] == {"ridge": "linear", "tiny": "network"}.get(name, "lightgbm")
    assert tree["schema_hash"] == dataset.schema.hash
    assert [one["name"] for one in tree["features"]] == list(dataset.schema.names)
    count = len(dataset.schema.names)
    assert len(tree["normaliser"]["mean"]) == len(tree["normaliser"]["inverse_sigma"]) == count
    assert tree["steps"] == settings.steps(name)
    assert tree["output"] == "return_bps" and tree["horizon_ns"] == settings.horizon_ns
    assert tree["residual_sigma_bps"] > 0 and tree["output_scale"] > 0
    assert tree["thresholds"]["buy_above_bps"] >= tree["thresholds"]["sell_below_bps"]
    edges = tree["score_deciles"]
    assert len(edges) == 9 and all(a < b for a, b in zip(edges, edges[1:]))
    if name == "tiny":
        assert tree["serving_mode"] == "window"
        assert tree["network"] == {
            "layers": [{"kind": "lstm", "units": 6}], "pooling": "attention",
            "attention_units": 4}


@pytest.mark.parametrize("name", ["ridge", "tiny"])
def test_exported_tensors_are_float32_of_the_right_shape(name, trained, settings):
    tensors = load_file(trained[0] / name / "model.safetensors")
    assert {tensor.dtype for tensor in tensors.values()} == {np.dtype(np.float32)}
    expected = {"weight": (5,), "bias": (1,)} if name == "ridge" \
        else expected_shapes(settings.shapes["tiny"], 5)
    assert {key: tensor.shape for key, tensor in tensors.items()} == expected


def normalised(tree: dict, values: np.ndarray) -> np.ndarray:
    """The exchange format's normaliser, in its own words."""
    rule = tree["normaliser"]
    scaled = (values - np.float32(rule["mean"])) * np.float32(rule["inverse_sigma"])
    return np.clip(scaled, -rule["clip"], rule["clip"])


@pytest.mark.parametrize("name", ["ridge", "tiny", "lightgbm"])
def test_outputs_follow_from_the_exported_files_alone(name, trained, settings):
    folder = trained[0] / name
    tree = json.loads((folder / "model.json").read_text())
    rows = load_file(folder / "evaluation.safetensors")
    count, steps = settings.evaluation_windows, settings.steps(name)
    assert rows["windows"].shape == (count, steps, 5)
    assert rows["targets"].shape == rows["outputs"].shape == (count,)
    inputs = normalised(tree, rows["windows"])
    if name == "lightgbm":
        import lightgbm
        raw = lightgbm.Booster(model_file=str(folder / tree["trees"]["file"])).predict(
            inputs[:, 0])
    elif name == "ridge":
        tensors = load_file(folder / "model.safetensors")
        raw = inputs[:, 0] @ tensors["weight"] + tensors["bias"]
    else:
        raw = attention_lstm(load_file(folder / "model.safetensors"), inputs)
    score = raw * tree["output_scale"] + tree["output_offset"]
    assert np.allclose(score, rows["outputs"], rtol=1e-5, atol=1e-5)


def attention_lstm(tensors: dict[str, np.ndarray], inputs: np.ndarray) -> np.ndarray:
    """The exchange format's equations, in double precision."""
    def sigmoid(x):
        return 1 / (1 + np.exp(-x))

    weights = {name: tensor.astype(np.float64) for name, tensor in tensors.items()}
    hidden = cell = np.zeros((len(inputs), weights["layers.0.weight_hh"].shape[1]))
    states = []
    for step in range(inputs.shape[1]):
        gates = (inputs[:, step] @ weights["layers.0.weight_ih"].T + weights["layers.0.bias_ih"]
                 + hidden @ weights["layers.0.weight_hh"].T + weights["layers.0.bias_hh"])
        i, f, g, o = np.split(gates, 4, axis=1)
        cell = sigmoid(f) * cell + sigmoid(i) * np.tanh(g)
        hidden = sigmoid(o) * np.tanh(cell)
        states.append(hidden)
    stack = np.stack(states, axis=1)
    scores = np.tanh(
        stack @ weights["attention.weight"].T + weights["attention.bias"]
    ) @ weights["attention.vector"]
    share = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    pooled = (share[..., None] * stack).sum(axis=1)
    return (pooled @ weights["head.weight"].T + weights["head.bias"])[:, 0]


def test_evaluation_rows_are_out_of_sample(trained, dataset):
    out, made, _ = trained
    tree = json.loads((out / "tiny" / "model.json").read_text())
    rows = load_file(out / "tiny" / "evaluation.safetensors")
    known = {dataset.values[row].tobytes(): dataset.times[row]
             for row in range(len(dataset.times))}
    first = [known[window[0].tobytes()] for window in rows["windows"]]
    assert min(first) > tree["metadata"]["cut_ns"] + tree["metadata"]["embargo_ns"]


def test_every_trial_is_appended_and_counted(trained, settings, tmp_path):
    registry = TrialRegistry(tmp_path / "trials.jsonl")
    shutil.copy(trained[2].file, registry.file)
    trials = registry.trials()
    assert [trial["model"] for trial in trials] == list(settings.models)
    assert registry.candidates() == 2 * (len(settings.penalties) + 1 + 1)
    for trial in trials:
        assert {"config", "seed", "data_hash", "metrics", "time", "seconds"} <= set(trial)
    registry.append(trials[0])
    assert len(registry.trials()) == len(trials) + 1


def test_a_damaged_registry_is_refused(tmp_path):
    file = tmp_path / "trials.jsonl"
    file.write_text('{"candidates": 1}\n{"cand')
    with pytest.raises(TrainingError, match="trials.jsonl:2"):
        TrialRegistry(file).trials()


def test_equal_decile_edges_are_moved_apart():
    edges = growing(np.array([0.0, 0.0, 0.0, 1.0, 1.0, 1.0, 1.0, 2.0, 3.0]))
    assert all(np.float32(a) < np.float32(b) for a, b in zip(edges, edges[1:]))
    assert edges[0] == 0 and edges[8] == 3 and edges[2] < 1e-40


@pytest.mark.parametrize("tree", [
    {"kind": "lstm", "steps": 10, "units": [513]}, {"kind": "lstm", "steps": 10, "units": []},
    {"kind": "transformer", "steps": 5, "blocks": 1, "width": 10, "heads": 3, "feedforward": 8},
    {"kind": "cnn", "steps": 5}, {"kind": "lstm", "steps": 0, "units": [4]},
    {"kind": "lstm", "units": [4]}, {"kind": "lstm", "steps": 5, "units": [4], "colour": 1}])
def test_shapes_that_the_core_cannot_serve_are_refused(tree):
    with pytest.raises(TrainingError):
        NetworkShape.parse(tree)


def test_a_token_of_the_transformer_sees_nothing_after_it():
    torch.manual_seed(1)
    shape = NetworkShape("transformer", 6, blocks=2, width=8, heads=2, feedforward=8)
    block = networks.build(3, shape).eval().blocks[0]
    tokens = torch.randn(1, 6, 8)
    changed = tokens.clone()
    changed[0, 4:] += 1
    mask = torch.full((6, 6), float("-inf")).triu(1)
    assert torch.equal(block(tokens, mask)[0, :4], block(changed, mask)[0, :4])
