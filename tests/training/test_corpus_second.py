"""The corpora of the second to fourth rounds of writing: complete rows, pairs with both sides, plants where they say."""

from __future__ import annotations

import json
from collections import defaultdict
from typing import Any

import pytest

from tests.training.test_corpus_pairs import CORPUS

PAIRED = (
    "secrets", "operators", "agents", "world_pairs", "elaborate", "wrapped_policy", "demands", "chats", "fiction_world",
    "agent_plants", "clean_docs", "custom_bots", "guides_a", "guides_b", "intents", "latin_pairs", "long_bots_a",
    "long_bots_b", "long_wraps", "plain_direct", "power_prompts", "script_pairs", "task_plants_second", "trick_attacks",
    "trigger_benign", "wrapped_wishes", "wrapped_world", "guides_c", "mild_direct", "plant_twins", "prompt_parts",
    "power_users", "quiet_wishes_a", "quiet_wishes_b", "shape_jailbreaks", "world_twins",
    "close_documents_latin", "close_documents_scripts", "close_fiction", "close_chats", "quiet_plants",
    "quiet_plants_long", "close_mixed",
    "plants_prose", "plants_languages", "plants_records", "direct_languages", "direct_mixed", "jailbreak_frames",
    "borrowed_prompts", "agent_workspace", "rag_prompts", "long_messages", "about_security", "pairs_scripts",
    "pairs_europe", "framed_unkind", "framed_hoaxes", "framed_deceit", "framed_verbose", "framed_languages",
    "close_short", "close_demands", "agent_repository", "agent_outputs", "quiet_documents", "quiet_languages",
    "off_tasks", "tool_plants", "direct_short", "direct_world", "elaborate_pairs", "plants_world",
    "trigger_pairs", "off_tasks_second", "direct_short_second", "direct_world_second", "elaborate_second",
    "long_documents", "tool_plants_second", "prompted_chats",
    "prompted_chats_second", "prompted_chats_world", "plants_middle",
    "prompted_tricks", "sly_messages", "persuasion_pairs", "agent_outputs_second", "world_mixed", "bare_tasks",
    "odd_bots", "power_roles", "doc_tasks", "operator_tricks", "world_hard", "agent_reads", "bot_prompts",
    "wrapped_aims", "plain_overrides", "intents_world", "markup_plants",
)  # fmt: skip
NAMES = (
    *PAIRED,
    "everyday",
    "codes",
    "shared_bots",
    "odd_ordinary",
    "guarded_bots",
    "store_bots",
    "store_bots_second",
    "store_bots_third",
)
LABELS = {"benign", "direct_injection", "indirect_injection", "jailbreak", "obfuscation", "harmful_request"}
KINDS = {
    "hard_negative",
    "system_prompt",
    "document",
    "code",
    "email",
    "tool_output",
    "chat_turn",
    "user_prompt",
    "chat_transcript",
}


def rows(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (CORPUS / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()]


@pytest.mark.parametrize("name", NAMES)
def test_rows_are_complete(name: str) -> None:
    for number, row in enumerate(rows(name)):
        assert row["id"] == f"{name}-{number}"
        assert row["text"].strip() == row["text"] != ""
        assert row["label"] in LABELS
        assert row["attack_type"]
        assert row["lang"]
        assert (row["source"], row["license"]) == ("generator", "Apache-2.0")
        assert ("kind" in row) == (row["label"] == "benign")
        assert row.get("kind", "document") in KINDS
        if row["label"] == "indirect_injection":
            assert row["injection"] in row["text"]


@pytest.mark.parametrize("name", PAIRED)
def test_most_attacks_have_a_benign_twin_in_their_language(name: str) -> None:
    pairs: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in rows(name):
        pairs[row.get("pair", row["id"])].append(row)
    attacks = [row for row in rows(name) if row["label"] != "benign"]
    matched = [
        row
        for row in attacks
        if any(o["label"] == "benign" and o["lang"] == row["lang"] for o in pairs[row.get("pair", row["id"])])
    ]
    assert len(matched) >= 0.8 * len(attacks)


def test_everyday_messages_are_benign_and_codes_are_mostly() -> None:
    assert {row["label"] for row in rows("everyday")} == {"benign"}
    assert sum(row["label"] == "benign" for row in rows("codes")) > 0.7 * len(rows("codes"))


def test_no_text_twice_in_any_corpus() -> None:
    seen: dict[str, str] = {}
    new = {f"{name}.jsonl" for name in NAMES}
    for path in sorted(CORPUS.glob("*.jsonl"), key=lambda p: p.name in new):
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines()):
            key = "".join(c for c in json.loads(line)["text"].lower() if c.isalnum())
            if path.name in new:
                assert key not in seen, (path.name, number, seen[key])
            seen[key] = f"{path.name}:{number}"
