"""Which part learns at which rate."""

from __future__ import annotations

import pytest

from tests.training.model.conftest import SMALL
from training.loop.options import RunOptions
from training.loop.schedule import parameter_groups
from training.model.dual import DualBranch


def test_rates_fall_towards_the_embeddings_and_only_new_heads_are_fast() -> None:
    options = RunOptions(model=SMALL, rate=1e-4, head_rate=1e-2, layer_decay=0.9)
    rates = {group["name"]: group["peak"] for group in parameter_groups(DualBranch(SMALL), options)}
    depth = SMALL.fast_layers + SMALL.deep_layers
    lowest = options.rate * options.layer_decay**depth
    # What shifts the base's input (characters, detector features) moves no faster than the input itself.
    assert {round(rate / lowest, 9) for name, rate in rates.items() if name.startswith("embedding.")} == {1.0}
    assert rates["deep_layers.3.norm.weight"] == pytest.approx(options.rate)
    assert rates["fast_layers.0.norm.weight"] == pytest.approx(lowest / options.layer_decay)
    assert rates["fast_heads.classes.weight"] == rates["fusion.gate.weight"] == options.head_rate
    assert rates["deep_layers.1.feed.gate.weight"] == options.head_rate
