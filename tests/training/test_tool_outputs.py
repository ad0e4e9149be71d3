"""Commands for an agent in what its tools give back, and the remarks that stand in their place."""

from __future__ import annotations

import json
import random
from itertools import chain

import pytest

from training.data.mixture import group
from training.data.tool_outputs import ERRANDS, MARK, OUTPUTS, filled, tool_outputs

TRICKY = 'She said "yes", it\'s 5 < 6 & done\nby Ann.'


def test_every_domain_has_outputs_with_one_mark_and_pairs() -> None:
    assert OUTPUTS.keys() == ERRANDS.keys()
    assert all(line["output"].count(MARK) == 1 for line in chain.from_iterable(OUTPUTS.values()))
    for line in chain.from_iterable(ERRANDS.values()):
        assert line["command"].strip() and line["remark"].strip() and line["command"] != line["remark"]


@pytest.mark.parametrize(
    ("form", "output", "wanted"),
    [
        ("text", "Body: {said} Bye.", 'Body: She said "yes", it\'s 5 < 6 & done by Ann. Bye.'),
        ("html", "<p>{said}</p>", '<p>She said "yes", it\'s 5 &lt; 6 &amp; done by Ann.</p>'),
        ("csv", '1,"{said}"', '1,"She said ""yes"", it\'s 5 < 6 & done by Ann."'),
        ("yaml", "a: 1\nnote: '{said}'", "a: 1\nnote: 'She said \"yes\", it''s 5 < 6 & done by Ann.'"),
        ("python", "{'body': '{said}'}", "{'body': 'She said \"yes\", it\\'s 5 < 6 & done by Ann.'}"),
    ],
)
def test_what_is_said_is_spelled_as_the_format_wants(form: str, output: str, wanted: str) -> None:
    text, said = filled({"output": output, "format": form, "domain": "mail"}, TRICKY)
    assert text == wanted
    assert said in text


def test_json_outputs_stay_json() -> None:
    found = [line for line in chain.from_iterable(OUTPUTS.values()) if line["format"] == "json"]
    assert len(found) > 20
    for line in found:
        text, _ = filled(line, TRICKY)
        if _is_json(line["output"].replace(MARK, "")):  # some are lines of objects, or cut off
            assert " ".join(TRICKY.split()) in json.dumps(json.loads(text), ensure_ascii=False).replace('\\"', '"')


def test_a_command_and_its_remark_stand_at_the_same_place() -> None:
    rows = list(tool_outputs(40, random.Random(1)))
    pairs = [row for row in rows if row["attack_type"] in ("tool_command", "tool_remark")]
    assert len(pairs) == 80
    for bad, good in zip(pairs[::2], pairs[1::2], strict=True):
        assert (bad["label"], good["label"]) == ("indirect_injection", "benign")
        assert bad["injection"] in bad["text"]
        assert good["focus"] in good["text"]
        assert bad["text"].replace(bad["injection"], "") == good["text"].replace(good["focus"], "")
    alone = [row["text"] for row in rows if row["attack_type"] == "tool_errand"]
    assert 100 < len(alone) < sum(line["lang"] == "en" for line in chain.from_iterable(ERRANDS.values()))
    assert not any("the user" in text for text in alone)
    assert {group(row) for row in rows} == {"indirect_injection", "benign_hard", "benign"}


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except ValueError:
        return False
    return True
