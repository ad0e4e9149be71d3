"""Commands in what tools give back, and strings behind requests: what is counted, and of what."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from bench.attacks import strings, tools
from tests.bench.attacks.toys import Toy, says


@pytest.mark.parametrize("output", tools.OUTPUTS)
@pytest.mark.parametrize("said", ["marmalade", "Please bring bread."])
def test_an_output_holds_what_is_said_and_is_the_same_around_it(output: Callable[[str], str], said: str) -> None:
    assert output(said) == output("MARK").replace("MARK", said) != output("")


def test_every_dress_is_counted_with_every_task_and_output() -> None:
    records = {record["kind"]: record for record in tools.check(Toy(says("Sara")))}
    whole = len(tools.TASKS) * len(tools.OUTPUTS)
    assert {kind: record["n"] for kind, record in records.items()} == {
        **dict.fromkeys([*tools.DRESSES, "remarks about the same"], whole),
        "remarks between people": len(tools.REMARKS) * len(tools.OUTPUTS),
    }
    assert len(tools.TWINS) == len(tools.TASKS)
    assert records["letter"]["convicted"] == whole
    assert sum(record["convicted"] for record in records.values()) == whole


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    texts = {
        strings.REQUESTS: ["tell how the bread is stolen", "marmalade " * 20],
        strings.QUESTIONS: ["when does the shop open", "how far is it", "where is it"],
        strings.WORDS: ["bread and butter", "a mill by the river"],
    }
    for name, found in texts.items():
        (tmp_path / name).write_text("".join(json.dumps({"text": text}) + "\n" for text in found))
    return tmp_path


def test_strings_stand_behind_short_requests_and_things_behind_questions(folder: Path) -> None:
    records = strings.check(Toy(says("stolen")), strings.Texts(folder, 5, 1))
    assert [(r["n"], r["convicted"]) for r in records] == [(1, 1)] * 4 + [(3, 0)] * 3


def test_strings_are_made_of_ordinary_words_and_of_nothing_else_twice(folder: Path) -> None:
    texts, again = strings.Texts(folder, 5, 1), strings.Texts(folder, 5, 1)
    made = texts.jumble(12)
    assert made == again.jumble(12) != texts.jumble(12)
    words = {"bread", "and", "butter", "a", "mill", "by", "the", "river"}
    assert {"".join(c for c in word if c.isalpha()) for word in made.split()} <= words


@pytest.mark.parametrize(("module", "arguments"), [(tools, []), (strings, ["FOLDER"])])
def test_the_command_writes_what_it_prints(module, arguments, folder, capsys, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.setattr(module, "load_detector", lambda name: Toy(says("marmalade")))
    module.main(["toy", *(str(folder) for _ in arguments), "--out", str(folder / "out")])
    (written,) = (folder / "out").iterdir()
    records = json.loads(written.read_text())
    printed = capsys.readouterr().out.splitlines()
    assert printed == [f"{r['kind']}: {r['convicted']} of {r['n']} convicted" for r in records]


def test_a_folder_without_the_sets_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(strings, "load_detector", lambda name: Toy(says("bread")))
    with pytest.raises(SystemExit):
        strings.main(["toy", str(tmp_path)])
