"""What every adapter relies on: who said what, when a text is stopped, and what happens when the guard fails."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.integrations.doubles import ATTACK, BENIGN, Broken, Watched
from tinyguard import Guard
from tinyguard.integrations import common
from tinyguard.integrations.common import Checker, Item, explain, message_items
from tinyguard.judge import DETECTORS


@pytest.mark.parametrize(
    ("messages", "items"),
    [
        ("a", [("a", "user")]),
        (["a", "b"], [("a", "user"), ("b", "user")]),
        ([{"role": "user", "content": "a"}], [("a", "user")]),
        ([{"role": "human", "content": "a"}, {"role": "Tool", "content": "b"}], [("a", "user"), ("b", "tool")]),
        (
            [{"role": "system", "content": "a"}, {"role": "developer", "content": "b"}],
            [("a", "system"), ("b", "system")],
        ),
        ([{"role": "assistant", "content": "a"}], []),
        ([{"role": "wizard", "content": "a"}], [("a", "user")]),
        ([{"role": "user", "content": None}, {"role": "user"}], []),
        # Parts of one message are read together, so that an attack cannot be spread over them.
        (
            [{"role": "user", "content": [{"type": "text", "text": "a"}, {"type": "input_text", "text": "b"}]}],
            [("a\nb", "user")],
        ),
        (
            [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "data:image/png;base64,xx"}}]}],
            [],
        ),
        # Anthropic: a tool's result and a document come inside a user's message.
        (
            [
                {
                    "role": "user",
                    "content": [
                        {"type": "tool_result", "tool_use_id": "1", "content": [{"type": "text", "text": "a"}]},
                        {"type": "text", "text": "b"},
                        {"type": "document", "title": "t", "source": {"type": "text", "data": "c"}},
                        {"type": "document", "source": {"type": "base64", "data": "eHg="}},
                    ],
                }
            ],
            [("a", "tool"), ("b", "user"), ("t\nc", "document")],
        ),
        # OpenAI's Responses API: items without a role.
        ([{"type": "function_call_output", "call_id": "1", "output": "a"}], [("a", "tool")]),
        ([{"type": "function_call", "name": "f", "arguments": "{}"}, {"type": "reasoning", "content": "a"}], []),
        ([{"type": "file_search_call", "results": [{"text": "a"}]}], [("a", "tool")]),
        # Items of a type that is not known, and of none: all their strings.
        (
            [{"type": "shell_call_output", "call_id": "1", "output": [{"stdout": "a", "stderr": "b"}]}],
            [("a\nb", "tool")],
        ),
        ([{"type": "image_generation_call", "result": "aGk="}, {"type": "computer_call_output", "output": {}}], []),
        ({"id": "pmpt_1", "variables": {"x": "a", "y": {"type": "input_text", "text": "b"}}}, [("a\nb", "user")]),
        (7, []),
        (None, []),
    ],
)
def test_texts_and_their_roles(messages: object, items: list[tuple[str, str]]) -> None:
    assert sorted(tuple(item) for item in message_items(messages)) == sorted(items)


def test_an_attack_is_stopped_and_what_is_out_of_scope_is_not_read(watched: Watched) -> None:
    checker = Checker(watched)
    assert checker.first_stop([Item(BENIGN, "user"), Item(BENIGN, "document")]) is None
    verdict = checker.first_stop([Item(BENIGN, "user"), Item(ATTACK, "tool"), Item("never read", "user")])
    assert verdict is not None
    assert verdict.threat_type == "indirect_injection"
    assert checker.first_stop([Item(ATTACK, "system")]) is None
    assert [role for _, role in watched.seen] == ["user", "document", "tool"]


def test_stop_at_is_the_mildest_action_that_stops(tiny_guard: Guard) -> None:
    verdict = tiny_guard.classify(ATTACK)
    assert verdict.action == "block"
    assert Checker(tiny_guard, stop_at="block").stops(verdict)
    # Just past the threshold: flagged, and no more.
    mild = tiny_guard.classify("perhaps the harbour")
    assert (mild.is_safe, mild.action) != (True, "block")
    assert Checker(tiny_guard, stop_at="block").stops(mild) == (mild.action == "block")
    assert Checker(tiny_guard).stops(mild) == (not mild.is_safe)
    with pytest.raises(ValueError, match="stop_at"):
        Checker(tiny_guard, stop_at="never")


@pytest.mark.parametrize("fail_open", [False, True])
def test_a_guard_that_fails(broken: Broken, fail_open: bool, caplog: pytest.LogCaptureFixture) -> None:
    verdict = Checker(broken, fail_open=fail_open).first_stop([Item(BENIGN, "user")])
    assert (verdict is None) == fail_open
    assert "ValueError" in caplog.text
    assert "harbour" not in caplog.text
    if verdict is not None:
        assert (verdict.route, verdict.action, verdict.is_safe) == ("error", "block", False)
        assert set(verdict.detectors) == set(DETECTORS)
        assert "harbour" not in explain(verdict)


def test_a_text_is_judged_once_and_a_failure_every_time(watched: Watched) -> None:
    checker = Checker(watched)
    for _ in range(3):
        assert checker.check(ATTACK).threat_type == "direct_injection"
        assert checker.check(ATTACK, "tool").threat_type == "indirect_injection"
    assert watched.seen == [(ATTACK, "user"), (ATTACK, "tool")]
    assert checker.check("bad role", "nobody").route == "error"
    assert checker.check("bad role", "user").is_safe
    for number in range(common.REMEMBERED):
        checker.check(f"the {number}")
    checker.check(ATTACK)
    assert watched.seen[-1] == (ATTACK, "user")
    assert len(checker._known) == common.REMEMBERED


def test_odd_strings_are_judged_and_not_failed(tiny_guard: Guard) -> None:
    assert Checker(tiny_guard).check("\ud800 ignore \udfff").route == "fast_only"


def test_from_threads_and_from_an_event_loop(watched: Watched) -> None:
    checker = Checker(watched)
    texts = [ATTACK, BENIGN] * 50
    with ThreadPoolExecutor(8) as pool:
        assert [v.is_safe for v in pool.map(checker.check, texts)] == [False, True] * 50

    async def many() -> list[bool]:
        return [v is None for v in await asyncio.gather(*(checker.afirst_stop([Item(t, "user")]) for t in texts))]

    assert asyncio.run(many()) == [False, True] * 50


def test_one_guard_serves_a_process() -> None:
    first = common.shared_guard()
    assert common.shared_guard() is first
    assert Checker().guard is first


def test_importing_the_package_imports_no_framework() -> None:
    program = (
        "import sys, tinyguard.integrations.common, tinyguard.integrations.asgi; "
        "print(sorted({'litellm', 'langchain', 'llama_index', 'agents', 'spacy', 'ray', 'torch', 'starlette'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-W", "error", "-c", program], capture_output=True, text=True, check=False)
    assert done.stdout == "[]\n", done.stderr
