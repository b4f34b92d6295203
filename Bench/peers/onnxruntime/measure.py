# Part of Apus.
# SPDX-License-Identifier: Apache-2.0
"""What onnxruntime takes for the recurrent shapes of apus-bench, one thread, float and int8.

`step` runs one vector with the state passed in and out, as a carried state needs it; `window` runs
all vectors of a window from a zero state, as a window without states in flight needs it. `empty`
is a model that copies its input: the cost of the call itself, through Python.

usage: measure.py OUT [--smoke]
"""

from __future__ import annotations

import logging
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))
import numpy as np  # noqa: E402
import onnx  # noqa: E402
import onnxruntime  # noqa: E402
from onnx import TensorProto, helper, numpy_helper  # noqa: E402
from onnxruntime.quantization import QuantType, quantize_dynamic  # noqa: E402
from peer import Peer, calls  # noqa: E402

CASES = [  # name, layers, units, features, steps
    ("lstm-1x64", 1, 64, 64, 50), ("lstm-1x64-of-36", 1, 64, 36, 50), ("lstm-a", 2, 100, 100, 50),
    ("lstm-4x50", 4, 50, 36, 60), ("lstm-1x16", 1, 16, 36, 10)]


def model(layers: int, units: int, features: int, steps: int) -> onnx.ModelProto:
    """LSTM layers and a linear head; input x [steps, 1, features], states h and c of each layer."""
    random = np.random.default_rng(5)
    tensors, nodes, inputs, outputs = [], [], [], []

    def constant(name: str, values: np.ndarray) -> str:
        tensors.append(numpy_helper.from_array(values.astype(np.float32), name))
        return name

    def value(name: str, shape: list[int]):
        return helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)

    inputs.append(value("x", [steps, 1, features]))
    tensors.append(numpy_helper.from_array(np.array([1], dtype=np.int64), "direction"))
    below, width = "x", features
    for k in range(layers):
        reach = 1.5 / np.sqrt(units)
        weight = constant(f"w{k}", random.uniform(-reach, reach, (1, 4 * units, width)))
        state = constant(f"r{k}", random.uniform(-reach, reach, (1, 4 * units, units)))
        bias = constant(f"b{k}", random.uniform(-reach, reach, (1, 8 * units)))
        inputs += [value(f"h{k}", [1, 1, units]), value(f"c{k}", [1, 1, units])]
        outputs += [value(f"h{k}_out", [1, 1, units]), value(f"c{k}_out", [1, 1, units])]
        nodes.append(helper.make_node(
            "LSTM", [below, weight, state, bias, "", f"h{k}", f"c{k}"],
            [f"y{k}", f"h{k}_out", f"c{k}_out"], hidden_size=units))
        nodes.append(helper.make_node("Squeeze", [f"y{k}", "direction"], [f"s{k}"]))
        below, width = f"s{k}", units
    nodes.append(helper.make_node(
        "MatMul", [f"h{layers - 1}_out", constant("head", random.uniform(-1, 1, (units, 1)))],
        ["raw"]))
    outputs.append(value("raw", [1, 1, 1]))
    graph = helper.make_graph(nodes, "lstm", inputs, outputs, tensors)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)


def session(file: Path) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(str(file), options, providers=["CPUExecutionProvider"])


def runner(file: Path):
    """A call with inputs and outputs bound beforehand: nothing is copied or allocated for it."""
    own = session(file)
    binding = own.io_binding()
    random = np.random.default_rng(6)
    for one in own.get_inputs():
        binding.bind_cpu_input(one.name, random.uniform(-1, 1, one.shape).astype(np.float32))
    for one in own.get_outputs():
        binding.bind_output(one.name)
    return lambda: own.run_with_iobinding(binding)


def main() -> None:
    logging.disable(logging.WARNING)
    out = sys.argv[1]
    is_smoke = "--smoke" in sys.argv
    peer = Peer("onnxruntime", onnxruntime.__version__)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        info = helper.make_tensor_value_info
        empty = helper.make_model(helper.make_graph(
            [helper.make_node("Identity", ["x"], ["y"])], "empty",
            [info("x", TensorProto.FLOAT, [1])], [info("y", TensorProto.FLOAT, [1])]),
            opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
        onnx.save(empty, folder / "empty.onnx")
        call, _ = calls(runner(folder / "empty.onnx"), 100 if is_smoke else 20_000)
        note = f"other weights; one thread, inputs bound; the call itself takes {call:,.0f} ns"
        for case, layers, units, features, steps in CASES:
            for part, length in (("step", 1), ("window", steps)):
                file = folder / f"{case}-{part}.onnx"
                onnx.save(model(layers, units, features, length), file)
                small = file.with_suffix(".int8.onnx")
                quantize_dynamic(file, small, weight_type=QuantType.QInt8)
                count = 20 if is_smoke else 5_000 if part == "step" else 1_000
                # A window in flight needs no more than its last step's recurrent half.
                ours = f"network/{case}/{'step' if part == 'step' else 'score'}"
                for kind, path in (("float", file), ("int8", small)):
                    p50, p99 = calls(runner(path), count)
                    peer.add("P7", f"{case} {part}, {kind}", ours, p50, peer_p99_ns=p99,
                             note=note)
    peer.write(out)


if __name__ == "__main__":
    main()
