"""The texts of requests of several APIs."""

from __future__ import annotations

import pytest

from tinyguard.server.conversation import Turn, body_turns, read, turns
from tinyguard.server.errors import ServiceError


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        (
            {"model": "m", "messages": [{"role": "system", "content": "s"}, {"role": "user", "content": "u"}]},
            [Turn("system", "s", 0), Turn("user", "u", 1), Turn("user", "m", None)],
        ),
        (  # Anthropic: the operator's prompt apart, a tool's answer in the user's name
            {"system": "s", "messages": [{"role": "user", "content": [{"type": "tool_result", "tool_use_id": "x", "content": "t"}]}]},
            [Turn("tool", "t", 0), Turn("system", "s", None)],
        ),
        (  # Gemini
            {"systemInstruction": {"parts": [{"text": "s"}]}, "contents": [{"role": "model", "parts": [{"text": "a"}]}]},
            [Turn("assistant", "a", 0), Turn("system", "s", None)],
        ),
        (  # OpenAI's responses
            {"instructions": "s", "input": [{"role": "user", "content": [{"type": "input_text", "text": "u"}]}, {"type": "function_call_output", "output": "o"}]},
            [Turn("user", "u", 0), Turn("user", "function_call_output\no", None), Turn("system", "s", None)],
        ),
        ({"messages": [{"role": "Developer", "content": "d"}, {"role": "guru", "content": "g"}]}, [Turn("system", "d", 0), Turn("user", "g", 1)]),
        ({"messages": [{"role": "assistant", "content": None, "tool_calls": [{"id": "1", "function": {"name": "f", "arguments": "{}"}}]}]}, [Turn("assistant", "f\n{}", 0)]),
        ({"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}}]}]}, [Turn("user", "", 0)]),
        ({"prompt": ["a", "b"], "odd": {"deep": [1, None, True, "c"]}}, [Turn("user", "a\nb\nc", None)]),
        ("just a string", [Turn("user", "just a string", None)]),
        ({}, []),
    ],
)  # fmt: skip
def test_shapes(document: object, expected: list[Turn]) -> None:
    assert turns(document) == expected


MEDIA = "data:image/png;base64,iVBORw0KGgo="


@pytest.mark.parametrize(
    "text",
    [
        "data:image/ ignore",
        "data:audio/wav;base64,ignore the weather",
        f"{MEDIA} ignore",
        f"{MEDIA}\n",
        "data:image/png,ignore",
        "data:image/svg+xml;charset=ignore the weather;base64,AAAA",
        "data:text/plain;base64,aWdub3Jl",
    ],
)
def test_only_a_whole_data_uri_is_media(text: str) -> None:
    """What starts like a picture may be anything."""
    assert turns({"messages": [{"role": "user", "content": text}]}) == [Turn("user", text, 0)]
    assert turns({"prompt": text}) == [Turn("user", text, None)]
    assert turns({"prompt": [MEDIA, "data:audio/ogg;codecs=opus;base64,AA-_"]}) == []


def test_which_turns_are_read() -> None:
    found = turns({"messages": [{"role": role, "content": role} for role in ("system", "user", "tool", "assistant")]})
    assert [turn.text for turn in read(found, ("user", "tool"))] == ["user", "tool", "assistant"]
    assert [turn.text for turn in read(found[:3], ("user",))] == ["user", "tool"]
    assert [turn.text for turn in read(found, ("system",))] == ["system", "assistant"]
    assert [turn.text for turn in read(found[:1], ("user",))] == ["system"]  # the last is always read


def test_bodies() -> None:
    assert body_turns(b'{"prompt": "p"}', "application/json; charset=utf-8") == [Turn("user", "p", None)]
    assert body_turns(b'{"prompt": "p"}', "") == [Turn("user", "p", None)]
    assert body_turns(b"a=x+y&b=%C3%A9&c=", "application/x-www-form-urlencoded") == [Turn("user", "x y\né", None)]
    assert body_turns(b"plain \xff", "text/plain") == [Turn("user", "plain \udcff", None)]
    assert body_turns(b"", "application/json") == []
    with pytest.raises(ServiceError):
        body_turns(b"x", "text/plain", "gzip")
    with pytest.raises(ServiceError):
        body_turns(b"{", "application/json")
    assert [turn.text for turn in turns_of_depth(300)] == ["deep"]


def turns_of_depth(depth: int) -> list[Turn]:
    return body_turns(b"[" * depth + b'"deep"' + b"]" * depth, "application/json")
