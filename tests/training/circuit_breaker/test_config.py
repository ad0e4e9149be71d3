"""Defaults of the paper, and the layers that they mean for models of other depths."""

from __future__ import annotations

import pytest

from training.circuit_breaker.config import CircuitBreakerConfig, resolve_layers


def test_defaults_are_the_papers() -> None:
    config = CircuitBreakerConfig()
    assert (config.lora_r, config.lora_alpha, config.lora_dropout) == (16, 16, 0.05)
    assert config.lora_modules == ("q_proj", "k_proj", "v_proj", "o_proj")
    assert (config.lorra_alpha, config.steps, config.batch, config.rate, config.max_tokens) == (10, 150, 4, 1e-4, 512)
    assert (config.retain_rows, config.break_rows) == (10_000, 3_000)


@pytest.mark.parametrize(
    ("depth", "targets", "kept"),
    [(32, (10, 20), 21), (30, (9, 19), 20), (16, (5, 10), 11), (4, (1, 2), 3), (2, (1,), 2)],
)
def test_layers_scale_with_the_depth(depth: int, targets: tuple[int, ...], kept: int) -> None:
    layers = resolve_layers(CircuitBreakerConfig(), depth)
    assert layers.targets == targets
    assert layers.transform == tuple(range(targets[-1] + 1))
    assert layers.kept == kept


def test_without_dropping_every_layer_is_kept() -> None:
    assert resolve_layers(CircuitBreakerConfig(drop_layers=False), 32).kept == 32


def test_layers_outside_the_model_are_refused() -> None:
    with pytest.raises(ValueError, match=r"target_layers \[10, 40\]: the model has blocks 0–31"):
        resolve_layers(CircuitBreakerConfig(target_layers=(10, 40)), 32)
    with pytest.raises(ValueError, match="no adapter at or below target layer 10"):
        resolve_layers(CircuitBreakerConfig(target_layers=(10, 20), transform_layers=(11, 12)), 32)


@pytest.mark.parametrize("field", [{"steps": 0}, {"batch": 0}, {"retain_batch": -1}, {"blank_prompt": 1.5}])
def test_senseless_values_are_refused(field: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=next(iter(field))):
        CircuitBreakerConfig(**field)  # type: ignore[arg-type]


def test_lists_become_tuples() -> None:
    assert CircuitBreakerConfig(target_layers=[1, 2]).target_layers == (1, 2)  # type: ignore[arg-type]
