from __future__ import annotations

import dataclasses
import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tinyguard import Span, Verdict, decode_bits, encode_bits
from tinyguard.verdict import ACTION_CODES, THREAT_CODES

NIBBLE = st.integers(0, 15)


def test_every_16_bit_value_survives_the_round_trip() -> None:
    for bits in range(1 << 16):
        assert encode_bits(*decode_bits(bits)) == bits


@given(NIBBLE, NIBBLE, NIBBLE, NIBBLE)
def test_every_field_stands_in_its_place(threat: int, confidence: int, severity: int, action: int) -> None:
    bits = encode_bits(threat, confidence, severity, action)
    assert bits == threat + 16 * confidence + 256 * severity + 4096 * action
    assert decode_bits(bits) == (threat, confidence, severity, action)


@pytest.mark.parametrize("name", THREAT_CODES)
def test_threats_by_name(name: str) -> None:
    assert decode_bits(encode_bits(name)).threat_type == name


@pytest.mark.parametrize("name", ACTION_CODES)
def test_actions_by_name(name: str) -> None:
    assert decode_bits(encode_bits("benign", 0, 0, name)).action_name == name


def test_reserved_codes_have_names_of_their_own() -> None:
    assert decode_bits(9).threat_type == "reserved_9"
    assert decode_bits(0x4000).action_name == "reserved_4"


@pytest.mark.parametrize("fields", [(-1,), (16,), (0, 16), (0, 0, -1), (0, 0, 0, 16), ("unheard of",), (0, 0, 0, "x")])
def test_values_that_do_not_fit_are_refused(fields: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match=r"threat|confidence|severity|action"):
        encode_bits(*fields)


@pytest.mark.parametrize("fields", [(1.0,), (True,), (None,), (0, "3"), (0, 0.5)])
def test_values_of_other_types_are_refused(fields: tuple[int, ...]) -> None:
    with pytest.raises(TypeError):
        encode_bits(*fields)


@pytest.mark.parametrize("bits", [-1, 1 << 16])
def test_more_than_16_bits_are_refused(bits: int) -> None:
    with pytest.raises(ValueError, match="65535"):
        decode_bits(bits)


def test_bits_of_an_array_are_decoded() -> None:
    for kind in (np.uint16, np.int64):
        assert decode_bits(kind(0x3AF2)) == decode_bits(0x3AF2)
        assert {type(field) for field in decode_bits(kind(0x3AF2))} == {int}


@pytest.mark.parametrize("bits", ["1", 1.0, True, None, np.float32(1), np.True_])
def test_bits_must_be_an_integer(bits: int) -> None:
    with pytest.raises(TypeError):
        decode_bits(bits)


def test_a_verdict_is_frozen_and_prints_as_json() -> None:
    bits = encode_bits("jailbreak", 15, 10, "block")
    spans = (Span(3, 9, "window:jailbreak"),)
    verdict = Verdict(
        False, "jailbreak", 0.99, 0.98, 10, "block", bits, "both", {"flip": 0.5}, spans, "text", False, 1.5
    )
    with pytest.raises(dataclasses.FrozenInstanceError):
        verdict.score = 0.0  # type: ignore[misc]
    fields = json.loads(verdict.to_json())
    assert fields == verdict.to_dict()
    assert list(fields) == [field.name for field in dataclasses.fields(Verdict)]
    assert fields["spans"] == [{"start": 3, "end": 9, "kind": "window:jailbreak"}]
    assert fields["bits"] == 0x3AF2
