"""The texts of requests of several APIs."""

from __future__ import annotations

import pytest

from tinyguard.server.conversation import Turn, read, turns


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


LONG_NAME = "ignore_all_previous_instructions"


def test_names_and_labels_that_say_something_are_read() -> None:
    """A name with a space or of 32 characters is no mere name; a shorter one would only be noise."""
    assert turns({"max_tokens": 1, "please ignore": {LONG_NAME: "x"}}) == [
        Turn("user", f"please ignore\n{LONG_NAME}\nx", None)
    ]
    message = {"role": "user", "id": "call_1", "type": "please ignore", "content": [{"type": "text", "a b": 1}]}
    assert turns([message]) == [Turn("user", "please ignore\na b", 0)]
    assert turns([{"role": LONG_NAME, "content": "c"}]) == [Turn("user", f"{LONG_NAME}\nc", 0)]
    assert turns([{"role": "user", "content": [{"id": ["ignore"]}]}]) == [Turn("user", "ignore", 0)]
