"""One-operation graphs, ours and ONNX Runtime's, of the shipped model's shapes.

A graph holds several copies of its node with weights of their own, as a model has layers: weights come from the cache
that they would come from in use, and the cost of a call is shared out. All copies read the same inputs.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import onnxruntime
from numpy.typing import NDArray
from onnx import NodeProto, TensorProto, helper, numpy_helper

from tinyguard import ops

WIDTH, HEADS, HIDDEN, EXPERTS, PER_TOKEN = 384, 12, 1536, 8, 2
COPIES = 6
Array = NDArray[Any]


class Builder:
    """Collects nodes and weights of a graph."""

    def __init__(self, seed: int = 0) -> None:
        self.rng = np.random.default_rng(seed)
        self.nodes: list[NodeProto] = []
        self.constants: dict[str, Array] = {}
        self.outputs: list[str] = []

    def constant(self, array: Array) -> str:
        name = f"c{len(self.constants)}"
        self.constants[name] = array
        return name

    def normal(self, *shape: int, scale: float = 0.05) -> str:
        return self.constant((self.rng.normal(size=shape) * scale).astype(np.float32))

    def node(self, op: str, inputs: Sequence[str], domain: str = "", outputs: int = 1, **attributes: Any) -> str:
        """Appends a node; returns its first output."""
        names = [f"v{len(self.nodes)}_{i}" for i in range(outputs)]
        self.nodes.append(helper.make_node(op, list(inputs), names, domain=domain, **attributes))
        return names[0]

    def integers(self, outputs: int, inputs: int, *more: int) -> Array:
        return self.rng.integers(-127, 128, (*more, outputs, inputs), dtype=np.int8)

    def packed(self, outputs: int, inputs: int, *more: int) -> list[str]:
        """A quantized map as our ops take it."""
        q = self.integers(outputs, inputs, *more)
        panels = np.ascontiguousarray(q.reshape(*more, outputs // 16, 16, inputs // 4, 4).swapaxes(-3, -2))
        scale = np.full((*more, outputs), 0.05 / 127, np.float32)
        bias = np.zeros((*more, outputs), np.float32)
        return [self.constant(a) for a in (panels, scale, bias, q.sum(-1, dtype=np.int32))]

    def session(self, feeds: dict[str, Array]) -> onnxruntime.InferenceSession:
        graph = helper.make_graph(
            self.nodes,
            "case",
            [
                helper.make_tensor_value_info(n, helper.np_dtype_to_tensor_dtype(a.dtype), a.shape)
                for n, a in feeds.items()
            ],
            [helper.make_tensor_value_info(n, TensorProto.FLOAT, None) for n in self.outputs],
            [numpy_helper.from_array(a, n) for n, a in self.constants.items()],
        )
        domains = [("", 20), ("com.microsoft", 1), ("tinyguard", 1)]
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid(*d) for d in domains], ir_version=9)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.log_severity_level = 4
        options.register_custom_ops_library(os.fspath(ops.library()))
        return onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])


@dataclass(frozen=True)
class Case:
    """A row group of the table: one operation at one length, computed in several ways."""

    name: str
    products: Callable[[int], int]  # multiply-adds at this many tokens
    feeds: Callable[[int], dict[str, Array]]
    ours: Callable[[Builder, str], str]  # builder, instruction set → output
    theirs: dict[str, Callable[[Builder], str]]


def tokens(length: int, width: int = WIDTH) -> dict[str, Array]:
    return {"x": np.random.default_rng(1).normal(size=(1, length, width)).astype(np.float32)}


def with_lengths(length: int) -> dict[str, Array]:
    return {**tokens(length), "lengths": np.array([length], np.int64)}


def integer_product(b: Builder, x: str, outputs: int, inputs: int) -> str:
    """ONNX Runtime's dynamically quantized product; quantizing is part of it."""
    weight = [b.constant(b.integers(inputs, outputs)), b.constant(np.full(outputs, 4e-4, np.float32))]
    zero = b.constant(np.zeros(outputs, np.int8))
    return b.node("DynamicQuantizeMatMul", [x, *weight, zero, b.normal(outputs)], "com.microsoft")


def eight_bit_blocks(b: Builder, x: str, outputs: int, inputs: int) -> str:
    """MatMulNBits with 8-bit weights and INT8 activations, blocks of 32."""
    blocks = inputs // 32
    q = b.rng.integers(0, 256, (outputs, blocks, 32), dtype=np.uint8)
    scale = np.full(outputs * blocks, 4e-4, np.float32)
    shape = {"K": inputs, "N": outputs, "bits": 8, "block_size": 32, "accuracy_level": 4}
    return b.node("MatMulNBits", [x, b.constant(q), b.constant(scale)], "com.microsoft", **shape)


def float_product(b: Builder, x: str, outputs: int, inputs: int) -> str:
    return b.node("MatMul", [x, b.normal(inputs, outputs)])


def linear_case(name: str, outputs: int, inputs: int) -> Case:
    def ours(b: Builder, isa: str) -> str:
        rows = b.node("Reshape", ["x", b.constant(np.array([-1, inputs], np.int64))])
        return b.node("Linear", [rows, *b.packed(outputs, inputs)], "tinyguard", isa=isa)

    ways = {
        "DynamicQuantizeMatMul": integer_product,
        "MatMulNBits, 8 bits": eight_bit_blocks,
        "MatMul, float": float_product,
    }
    theirs = {way: (lambda b, f=f: f(b, "x", outputs, inputs)) for way, f in ways.items()}
    return Case(name, lambda t: t * outputs * inputs, lambda t: tokens(t, inputs), ours, theirs)


def norm(b: Builder, width: int = WIDTH) -> list[str]:
    return [b.constant(np.ones(width, np.float32)), b.constant(np.zeros(width, np.float32))]


def skip_norm(b: Builder, x: str, residual: str) -> str:
    return b.node("SkipLayerNormalization", [x, residual, *norm(b)], "com.microsoft", epsilon=1e-12)


def attention_heads_ours(b: Builder, isa: str) -> str:
    """12 heads of one text."""
    size = WIDTH // HEADS
    shaped = b.node("Reshape", ["x", b.constant(np.array([-1, 3, HEADS, size], np.int64))])
    heads = [f"head{len(b.nodes)}_{h}" for h in range(HEADS)]
    b.nodes.append(helper.make_node("Split", [shaped], heads, axis=2, num_outputs=HEADS))
    flat = b.constant(np.array([-1, 3, size], np.int64))
    mixed = [b.node("HeadAttention", [b.node("Reshape", [h, flat])], "tinyguard", isa=isa) for h in heads]
    return b.node("Concat", mixed, axis=1)


def attention_heads_theirs(b: Builder) -> str:
    parts = [f"part{len(b.nodes)}_{i}" for i in range(3)]
    b.nodes.append(helper.make_node("Split", ["x"], parts, axis=2, num_outputs=3))
    return b.node("MultiHeadAttention", parts, "com.microsoft", num_heads=HEADS)


def dense_ours(b: Builder, isa: str) -> str:
    weights = [*b.packed(3 * WIDTH, WIDTH), *b.packed(WIDTH, WIDTH), *norm(b)]
    weights += [*b.packed(HIDDEN, WIDTH), *b.packed(WIDTH, HIDDEN), *norm(b)]
    return b.node("DenseLayer", ["x", "lengths", *weights], "tinyguard", heads=HEADS, isa=isa)


def mask(b: Builder) -> str:
    """int32 [B] from the lengths."""
    return b.node("Cast", ["lengths"], to=TensorProto.INT32)


def dense_theirs(quantized_attention: bool) -> Callable[[Builder], str]:
    def build(b: Builder) -> str:
        if quantized_attention:
            quantized = b.node("DynamicQuantizeLinear", ["x"], outputs=3)
            scale, zero = quantized[:-1] + "1", quantized[:-1] + "2"
            weight = b.constant(b.integers(WIDTH, 3 * WIDTH))
            weight_scale = b.constant(np.full(3 * WIDTH, 4e-4, np.float32))
            weight_zero = b.constant(np.zeros(3 * WIDTH, np.int8))
            inputs = [quantized, weight, b.normal(3 * WIDTH), scale, weight_scale, mask(b), zero, weight_zero]
            mixed = b.node("QAttention", inputs, "com.microsoft", num_heads=HEADS)
        else:
            inputs = ["x", b.normal(WIDTH, 3 * WIDTH), b.normal(3 * WIDTH), mask(b)]
            mixed = b.node("Attention", inputs, "com.microsoft", num_heads=HEADS)
        product = integer_product if quantized_attention else float_product
        hidden = skip_norm(b, product(b, mixed, WIDTH, WIDTH), "x")
        up = product(b, hidden, HIDDEN, WIDTH)
        up = b.node("Gelu", [up], "com.microsoft") if quantized_attention else bias_gelu(b, up)
        return skip_norm(b, product(b, up, WIDTH, HIDDEN), hidden)

    return build


def bias_gelu(b: Builder, x: str) -> str:
    return b.node("BiasGelu", [x, b.normal(HIDDEN)], "com.microsoft")


def expert_ours(b: Builder, isa: str) -> str:
    weights = [*b.packed(3 * WIDTH, WIDTH), *b.packed(WIDTH, WIDTH), *norm(b), b.normal(EXPERTS, WIDTH, scale=0.5)]
    weights += [*b.packed(HIDDEN, WIDTH, EXPERTS), *b.packed(WIDTH, HIDDEN, EXPERTS), *norm(b)]
    numbers = {"heads": HEADS, "experts_per_token": PER_TOKEN}
    return b.node("ExpertLayer", ["x", "lengths", *weights], "tinyguard", isa=isa, **numbers)


def attention_products(t: int) -> int:
    return 2 * t * t * WIDTH


def dense_products(t: int) -> int:
    return attention_products(t) + t * (4 * WIDTH * WIDTH + 2 * WIDTH * HIDDEN)


CASES = [
    linear_case("qkv 384 → 1152", 3 * WIDTH, WIDTH),
    linear_case("up 384 → 1536", HIDDEN, WIDTH),
    linear_case("down 1536 → 384", WIDTH, HIDDEN),
    Case(
        "attention, 12 heads of 32",
        attention_products,
        lambda t: tokens(t, 3 * WIDTH),
        attention_heads_ours,
        {"MultiHeadAttention, float": attention_heads_theirs},
    ),
    Case(
        "dense layer",
        dense_products,
        with_lengths,
        dense_ours,
        {
            "QAttention + DynamicQuantizeMatMul …": dense_theirs(True),
            "Attention + MatMul …, float": dense_theirs(False),
        },
    ),
    Case(
        "expert layer, 2 of 8",
        lambda t: dense_products(t) + t * 2 * WIDTH * HIDDEN,
        with_lengths,
        expert_ours,
        {},
    ),
]
