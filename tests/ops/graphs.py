"""Graphs of one custom op, run through ONNX Runtime, and weights in the form that the ops take."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import onnxruntime
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from tinyguard import ops
from training.quantization.reference import quantize_weight

Floats = NDArray[np.float32]
Arrays = Sequence[NDArray[Any]]


def _isas() -> list[str]:
    """The instruction sets whose kernels this machine runs, slowest first: what the error for a wrong name lists."""
    try:
        run("Quantize", [np.zeros((1, 16), np.float32)], outputs=3, isa="none")
    except Exception as error:
        return str(error).rpartition("runs ")[2].split()
    raise AssertionError("a wrong name was accepted")


def session(op: str, inputs: Arrays, constants: Arrays = (), outputs: int = 1, **attributes: Any) -> Any:
    """A session of one node: `inputs` (types and ranks are taken from them), then `constants` as initializers."""
    names = [f"x{i}" for i in range(len(inputs))]
    fixed = [numpy_helper.from_array(np.ascontiguousarray(c), f"c{i}") for i, c in enumerate(constants)]
    kinds = [TensorProto.FLOAT] * outputs
    if outputs >= 3:
        kinds[:3] = [TensorProto.UINT8, TensorProto.FLOAT, TensorProto.INT32]
    results = [f"y{i}" for i in range(outputs)]
    node = helper.make_node(op, names + [c.name for c in fixed], results, domain="tinyguard", **attributes)
    graph = helper.make_graph(
        [node],
        op,
        [
            helper.make_tensor_value_info(n, helper.np_dtype_to_tensor_dtype(a.dtype), [None] * a.ndim)
            for n, a in zip(names, inputs, strict=True)
        ],
        [helper.make_tensor_value_info(n, k, None) for n, k in zip(results, kinds, strict=True)],
        fixed,
    )
    model = helper.make_model(
        graph, opset_imports=[helper.make_opsetid("", 17), helper.make_opsetid("tinyguard", 1)], ir_version=9
    )
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 4
    options.register_custom_ops_library(os.fspath(ops.library()))
    return onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])


def call(session: Any, inputs: Arrays) -> list[NDArray[Any]]:
    return list(session.run(None, {f"x{i}": a for i, a in enumerate(inputs)}))


def run(op: str, inputs: Arrays, constants: Arrays = (), outputs: int = 1, **attributes: Any) -> list[NDArray[Any]]:
    """The outputs of one op; `isa` among the attributes chooses the kernels."""
    return call(session(op, inputs, constants, outputs, **attributes), inputs)


def pack(q: NDArray[np.int8]) -> NDArray[np.int8]:
    """int8 [..., N, K] to [..., N/16, K/4, 16, 4]."""
    n, k = q.shape[-2:]
    return np.ascontiguousarray(q.reshape(*q.shape[:-2], n // 16, 16, k // 4, 4).swapaxes(-3, -2))


@dataclass
class Map:
    """A linear map: float weight [N, K] (or [E, N, K]) and bias, and what they quantize to."""

    weight: Floats
    bias: Floats

    def quantized(self) -> tuple[NDArray[np.int8], Floats]:
        rows, scale = quantize_weight(self.weight.reshape(-1, self.weight.shape[-1]))
        return rows.reshape(self.weight.shape), scale.reshape(self.bias.shape)

    def inputs(self) -> list[NDArray[Any]]:
        """Weight, scale, bias and sums as the ops take them."""
        q, scale = self.quantized()
        return [pack(q), scale, self.bias, q.sum(-1, dtype=np.int32)]


ISAS = _isas()
