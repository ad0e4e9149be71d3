"""The deployed graphs, in PyTorch and through ONNX Runtime, against the model whose weights they were given."""

from __future__ import annotations

import copy
import hashlib
from pathlib import Path

import numpy as np
import onnx
import onnxruntime as ort
import pytest
import torch

from tests.training.model.conftest import small
from tests.training.toys import FFN, WIDTH, with_int8_weights
from tinyguard import ops
from training.deploy.export import DEEP, FAST, PLAIN_DEEP, PLAIN_FAST, WEIGHTS, export
from training.deploy.graphs import DeepGraph, FastGraph
from training.deploy.operators import DeployedLayer
from training.deploy.weights_file import ALIGNMENT, SMALLEST
from training.model.dual import DualBranch, attention_bias
from training.model.heads import Answer
from training.model.ngrams import Ngrams

MAX_TOKENS = 80
#: Mean error of a pooled vector or an answer by activations of 8 bits, relative to its mean magnitude.
ROUNDING_BUDGET = 0.05
GRAPHS = (FAST, DEEP, PLAIN_FAST, PLAIN_DEEP)
#: Padded lengths of a batch's texts: alone, the shortest there is, whole and broken runs of the pooling's scales.
LENGTHS = ([1], [2], [17], [64], [80], [21, 9, 2], [16, 4, 5], [33, 33])
VARIANTS = ({}, {"experts": 1, "experts_per_token": 1}, {"characters": False, "detectors": False, "patterns": False},
            {"hierarchical_pooling": False}, {"separate_deep": True},
            {"separate_deep": True, "deep_locator": True}, {"fast_locator": True})  # fmt: skip


def deployable(**switches: object) -> DualBranch:
    model = small(width=WIDTH, ffn=FFN, **switches)
    with torch.no_grad():
        model.router.routes.weight.mul_(30)  # so that routes differ
    return model


def lengths_for(model: DualBranch) -> list[list[int]]:
    """A locator reads texts with both of their special tokens, as every window has them."""
    locator = model.config.fast_locator or model.config.deep_locator
    return [lengths for lengths in LENGTHS if not locator or max(lengths) > 1]


def batch(lengths: list[int]) -> dict[str, torch.Tensor]:
    generator = torch.Generator().manual_seed(sum(lengths))
    counts = torch.tensor(lengths)
    ids = torch.randint(3, 50, (len(lengths), max(lengths)), generator=generator)
    ids[torch.arange(ids.shape[1]) >= counts[:, None]] = 1
    return {"ids": ids, "lengths": counts, "features": torch.rand(len(lengths), 5, generator=generator)}


def flat(answer: Answer) -> torch.Tensor:
    parts = (answer.classes, answer.code, answer.severity.unsqueeze(-1), answer.harmful.unsqueeze(-1))
    return torch.cat(parts, -1)


def for_deep(
    deep: ort.InferenceSession, asked: dict[str, torch.Tensor], fast: list[np.ndarray]
) -> dict[str, np.ndarray]:
    """What the deep graph takes, of what the fast one took and gave (hidden, pooled, answer, routes)."""
    known = {name: value.numpy() for name, value in asked.items()}
    known |= dict(zip(("hidden", "pooled", "fast_answer", "routes"), fast, strict=True))
    return {item.name: known[item.name] for item in deep.get_inputs()}


@torch.no_grad()
def wanted(model: DualBranch, asked: dict[str, torch.Tensor]) -> tuple[torch.Tensor, ...]:
    """hidden, pooled, fast answer, routes, and the answer of the deep graph, as the model has them."""
    mask = asked["ids"] != 1
    out = model(asked["ids"], mask, asked["features"])
    routes = out.fast.routes.softmax(-1)
    both = (routes[:, 2] > routes[:, 1]).unsqueeze(-1)
    deep = torch.where(both, flat(out.fused), flat(out.deep.answer))
    fast = flat(out.fast.answer)
    unsuspected = 1 - out.fast.answer.harmful.sigmoid() / 2
    routes = torch.cat([torch.minimum(routes[:, 0], unsuspected).unsqueeze(-1), routes[:, 1:]], 1)
    return out.fast.hidden * mask.unsqueeze(-1), out.fast.pooled, fast, routes, deep


@pytest.mark.parametrize("experts", [False, True])
def test_a_layer_computes_what_the_model_s_does(experts: bool) -> None:
    model = deployable()
    layer = copy.deepcopy(model.deep_layers[1 if experts else 0])
    asked = batch([21, 9, 2])
    mask = asked["ids"] != 1
    x = torch.randn(3, 21, WIDTH, generator=torch.Generator().manual_seed(0))
    deployed = [DeployedLayer(layer, native)(x, asked["lengths"]) for native in (False, True)]
    with_int8_weights(model)
    exact, gating = model.deep_layers[1 if experts else 0](x, mask, attention_bias(mask, x.dtype))
    assert (gating is not None) == experts
    for found in deployed:
        torch.testing.assert_close(found[mask], exact[mask], atol=2e-5, rtol=2e-5)


@pytest.mark.parametrize("switches", VARIANTS, ids=lambda s: "+".join(s) or "whole")
def test_the_exported_graphs_compute_what_the_model_does(switches: dict[str, object], tmp_path: Path) -> None:
    model = deployable(**switches)
    export(model, tmp_path, MAX_TOKENS)
    fast, deep = (ort.InferenceSession(str(tmp_path / name)) for name in (PLAIN_FAST, PLAIN_DEEP))
    with_int8_weights(model)
    for lengths in lengths_for(model):
        asked = batch(lengths)
        names = ["hidden", "pooled", "answer", "routes"]
        found = fast.run(names, {name: value.numpy() for name, value in asked.items()})
        *exact, answer = (part.numpy() for part in wanted(model, asked))
        found[0] = np.where((asked["ids"] != 1).unsqueeze(-1).numpy(), found[0], 0)
        for name, one, other in zip(names, found, exact, strict=True):
            np.testing.assert_allclose(one, other, atol=5e-5, rtol=5e-5, err_msg=f"{name} of {lengths}")
        (whole,) = deep.run(["answer"], for_deep(deep, asked, found))
        np.testing.assert_allclose(whole, answer, atol=5e-5, rtol=5e-5, err_msg=f"deep answer of {lengths}")


@pytest.mark.skipif(ops.library() is None, reason="a build without the operators")
@pytest.mark.parametrize("switches", VARIANTS, ids=lambda s: "+".join(s) or "whole")
def test_the_native_graphs_compute_what_the_plain_ones_do(switches: dict[str, object], tmp_path: Path) -> None:
    """Within what rounding activations to 8 bits does in a few layers."""
    model = deployable(**switches)
    export(model, tmp_path, MAX_TOKENS)
    options = ort.SessionOptions()
    options.register_custom_ops_library(str(ops.library()))
    names = ["hidden", "pooled", "answer", "routes"]
    sessions = [[ort.InferenceSession(str(tmp_path / name), options) for name in pair] for pair in
                ((FAST, DEEP), (PLAIN_FAST, PLAIN_DEEP))]  # fmt: skip
    errors = []
    for lengths in lengths_for(model):
        given = batch(lengths)
        asked = {name: value.numpy() for name, value in given.items()}
        wanted = sessions[1][0].run(names, asked)
        errors += [np.abs(sessions[0][0].run(["pooled"], asked)[0] - wanted[1]).mean() / np.abs(wanted[1]).mean()]
        deep, plain = (pair[1].run(["answer"], for_deep(pair[1], given, wanted))[0] for pair in sessions)
        errors += [np.abs(deep - plain).mean() / np.abs(plain).mean()]
    assert max(errors) < ROUNDING_BUDGET


@pytest.mark.skipif(ops.library() is None, reason="a build without the operators")
def test_n_grams_speak_through_the_benign_logit_alone(tmp_path: Path) -> None:
    model = deployable()
    model.router.follow_answer()
    table = torch.randint(-127, 128, (4096,), dtype=torch.int8, generator=torch.Generator().manual_seed(3))
    ngrams = Ngrams(table, 0.05)
    export(model, tmp_path / "without", MAX_TOKENS)
    export(model, tmp_path / "with", MAX_TOKENS, ngrams)
    options = ort.SessionOptions()
    options.register_custom_ops_library(str(ops.library()))
    asked = batch([21, 9, 2])
    given = {name: value.numpy() for name, value in asked.items()}
    for name in (FAST, PLAIN_FAST):
        before, after = (
            ort.InferenceSession(str(tmp_path / kind / name), options).run(["answer", "routes"], given)
            for kind in ("without", "with")
        )
        said = ngrams(asked["ids"], asked["lengths"]).numpy()[:, :1]
        assert np.abs(said[:2]).min() > 0.1
        assert said[2] == 0.0  # a text of no tokens
        np.testing.assert_allclose(after[0][:, :1], before[0][:, :1] - said, atol=1e-5)
        np.testing.assert_array_equal(after[0][:, 1:], before[0][:, 1:])
        # The router sees what they say.
        assert (np.sign(after[1][:2, 0] - before[1][:2, 0]) == -np.sign(said[:2, 0])).all()


def test_both_kinds_of_answers_come_out_of_the_deep_graph() -> None:
    """What the test above compares is not all of one route."""
    model = with_int8_weights(deployable())
    routes = torch.cat([wanted(model, batch(lengths))[3] for lengths in LENGTHS])
    assert 0 < int((routes[:, 2] > routes[:, 1]).sum()) < len(routes)


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("exported")
    export(deployable(), folder, MAX_TOKENS)
    return folder


def external(folder: Path, name: str) -> dict[str, tuple[int, int]]:
    """Tensor → offset and length in the weights file."""
    found = {}
    for tensor in onnx.load(str(folder / name), load_external_data=False).graph.initializer:
        places = {entry.key: entry.value for entry in tensor.external_data}
        if places:
            assert places["location"] == WEIGHTS
            found[tensor.name] = int(places["offset"]), int(places["length"])
        else:
            assert len(tensor.raw_data) < SMALLEST
    return found


def test_weights_are_stored_once_and_aligned(exported: Path) -> None:
    used = {name: set(external(exported, name).values()) for name in GRAPHS}
    everywhere = set().union(*used.values())
    content = (exported / WEIGHTS).read_bytes()
    assert all(offset % ALIGNMENT == 0 and offset + length <= len(content) for offset, length in everywhere)
    digests = [hashlib.sha256(content[offset : offset + length]).digest() for offset, length in everywhere]
    assert len(set(digests)) == len(digests)
    end = 0
    for offset, length in sorted(everywhere):
        assert 0 <= offset - end < ALIGNMENT  # nothing overlaps, nothing is left over
        end = offset + length
    assert end == len(content)
    # The matrices of both kinds of graphs are the same bytes.
    for native, plain in ((FAST, PLAIN_FAST), (DEEP, PLAIN_DEEP)):
        assert sum(length for _, length in used[native] & used[plain]) > 0.9 * sum(n for _, n in used[native])


def test_the_native_graphs_are_made_of_the_package_s_operators(exported: Path) -> None:
    model = deployable()
    kinds = {}
    for name in GRAPHS:
        nodes = onnx.load(str(exported / name), load_external_data=False).graph.node
        kinds[name] = [node.op_type for node in nodes if node.domain == "tinyguard"]
    heads = ["Pool", "FineLinear", "HighestCosines", "Router"]
    assert kinds[FAST] == ["Embedding"] + ["DenseLayer"] * model.config.fast_layers + heads
    assert kinds[DEEP] == ["DenseLayer", "ExpertLayer"] * (model.config.deep_layers // 2) + ["PoolScales", "FineLinear"]
    assert kinds[PLAIN_FAST] == kinds[PLAIN_DEEP] == []


@pytest.mark.parametrize("switches", [{"routing": False}, {"deep_branch": False}, {"fast_branch": False}])
def test_a_model_without_a_router_is_refused(switches: dict[str, object], tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="both branches and a router"):
        export(small(width=WIDTH, ffn=FFN, **switches), tmp_path)


def test_graphs_do_not_change_the_model() -> None:
    model = deployable()
    before = {name: value.clone() for name, value in model.state_dict().items()}
    FastGraph(model, False, MAX_TOKENS)
    DeepGraph(model, False, MAX_TOKENS)
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())
