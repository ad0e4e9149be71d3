from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tinyguard import ROLES, Policy, text_hash
from tinyguard.policy import PRESETS
from tinyguard.verdict import ACTION_CODES

THRESHOLDS = {"strict": 0.2, "balanced": 0.6, "permissive": 0.9}


@given(st.floats(0.001, 1.0), st.floats(0, 1), st.floats(0, 1))
def test_a_higher_score_never_gets_a_milder_action(threshold: float, first: float, second: float) -> None:
    bands = Policy.custom(threshold).bands("user")
    low, high = sorted((first, second))
    assert ACTION_CODES[bands.action(low)] <= ACTION_CODES[bands.action(high)]
    assert (bands.action(first) == "allow") == (first < threshold)


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_takes_the_model_s_threshold(name: str) -> None:
    policy = Policy.preset(name, THRESHOLDS)
    assert policy.name == name
    assert {policy.bands(role).threshold for role in ROLES} == {THRESHOLDS[name]}
    assert policy.bands("user").action(1.0) == "block"


def test_presets_differ_on_text_that_cannot_be_recovered_whole() -> None:
    actions = [Policy.preset(name, THRESHOLDS).overflow_action for name in PRESETS]
    assert actions == ["review", "flag", "allow"]


def test_bands_stand_at_twice_and_four_times_the_odds() -> None:
    bands = Policy.custom(0.5).bands("user")
    assert bands.review == pytest.approx(2 / 3)
    assert bands.block == pytest.approx(4 / 5)


def test_bands_can_be_given() -> None:
    bands = Policy.custom(0.3, review=0.4, block=0.5).bands("user")
    actions = [bands.action(score) for score in (0.29, 0.3, 0.4, 0.5)]
    assert actions == ["allow", "flag", "review", "block"]


def test_a_threshold_above_a_given_band_leaves_that_band_out() -> None:
    bands = Policy.custom(0.3, block=0.5, role_thresholds={"tool": 0.8}).bands("tool")
    assert [bands.action(score) for score in (0.6, 0.8)] == ["allow", "block"]


def test_a_role_has_its_own_threshold() -> None:
    policy = Policy.custom(0.5, role_thresholds={"tool": 0.9, "system": 0.1})
    assert [policy.bands(role).threshold for role in ROLES] == [0.5, 0.9, 0.5, 0.1]


def test_an_uncertain_score_goes_to_review() -> None:
    bands = Policy.custom(0.5, uncertain_band=0.2).bands("user")
    assert [bands.action(score) for score in (0.2, 0.35, 0.5)] == ["allow", "review", "flag"]


@pytest.mark.parametrize(
    "fields",
    [
        {"threshold": 1.1},
        {"threshold": -0.1},
        {"threshold": 0},
        {"threshold": float("nan")},
        {"threshold": 0.5, "review": 0.9, "block": 0.8},
        {"threshold": 0.5, "role_thresholds": {"stranger": 0.5}},
        {"threshold": 0.5, "role_thresholds": {"tool": 2}},
        {"threshold": 0.5, "role_thresholds": {"tool": 0}},
        {"threshold": 0.5, "overflow_action": "shout"},
        {"threshold": 0.5, "allow_list": ["not a hash"]},
        {"threshold": 0.5, "name": ""},
        {"threshold": 0.5, "thresold": 0.5},
        {},
    ],
)
def test_a_policy_that_makes_no_sense_is_refused(fields: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        Policy.from_dict(fields)


@pytest.mark.parametrize(
    "fields",
    [
        {"threshold": "0.5"},
        {"threshold": True},
        {"threshold": 0.5, "allow_list": "abc"},
        {"threshold": 0.5, "allow_list": [1]},
        {"threshold": 0.5, "role_thresholds": ["tool"]},
        {"threshold": 0.5, "role_thresholds": 5},
        {"threshold": 0.5, "role_thresholds": {"tool": None}},
        {"threshold": 0.5, "role_thresholds": {"tool": "0.5"}},
        {"threshold": 0.5, "allow_list": 5},
        {"threshold": 0.5, "overflow_action": ["flag"]},
    ],
)
def test_a_policy_of_wrong_types_is_refused(fields: dict[str, object]) -> None:
    with pytest.raises(TypeError, match=r"must be|unhashable"):
        Policy.from_dict(fields)


@pytest.mark.parametrize("texts", ["abc", b"abc", [b"abc"], [5], 5])
def test_only_a_collection_of_texts_is_allowed(texts: object) -> None:
    with pytest.raises(TypeError, match=r"must be|not iterable"):
        Policy.custom(0.5).allowing(texts)  # type: ignore[arg-type]


def test_a_policy_survives_its_file(tmp_path: Path) -> None:
    policy = Policy.custom(0.4, review=0.5, role_thresholds={"tool": 0.3}, uncertain_band=0.1).allowing(["hello"])
    path = tmp_path / "policy.json"
    path.write_text(json.dumps(policy.to_dict()))
    assert Policy.from_file(path) == policy


@pytest.mark.parametrize("content", ["", "[]", "{", '{"threshold": 7}', '{"threshold": "x"}', "[" * 100_000])
def test_a_bad_policy_file_is_named(tmp_path: Path, content: str) -> None:
    path = tmp_path / "policy.json"
    path.write_text(content)
    with pytest.raises(ValueError, match=r"policy\.json"):
        Policy.from_file(path)


@given(st.text(st.characters(exclude_categories=())))
def test_any_text_has_a_hash(text: str) -> None:
    assert Policy.custom(0.5).allowing([text]).allow_list == {text_hash(text)}


def test_an_unknown_role_is_refused() -> None:
    with pytest.raises(ValueError, match="stranger"):
        Policy.custom(0.5).bands("stranger")
