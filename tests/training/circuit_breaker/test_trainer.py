"""A whole run on a tiny random Llama: losses of the first step, effect, resume, curves, command line."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pytest
import torch
from peft import get_peft_model_state_dict
from transformers import AutoModelForCausalLM, PreTrainedTokenizerFast

from training.circuit_breaker.__main__ import load_config, main
from training.circuit_breaker.config import CircuitBreakerConfig
from training.circuit_breaker.dataset import DataError, load_conversations
from training.circuit_breaker.evaluate import QUESTIONS, language
from training.circuit_breaker.model import load_broken
from training.circuit_breaker.near import near_prompts
from training.circuit_breaker.sample import create_sample_cb_data, recipes
from training.circuit_breaker.teach import teach
from training.circuit_breaker.trainer import Data, plot, train

ORDINARY = Path(__file__).parents[3] / "training/circuit_breaker/ordinary.jsonl"
# in capitals, so that a random model of bytes can tell them from ordinary text
PAIRS = [{"prompt": f"Brew {r.name}?", "response": r.text.upper()} for r in recipes(12)]


def chats() -> list[Any]:
    return load_conversations(ORDINARY)


def config(base: str, **fields: Any) -> CircuitBreakerConfig:
    defaults: dict[str, Any] = {
        "model": base, "steps": 6, "batch": 2, "rate": 1e-2, "max_tokens": 72, "lora_r": 4, "lora_alpha": 8,
        "validate_every": 3, "checkpoint_every": 2, "validation_rows": 2,
    }  # fmt: skip
    return CircuitBreakerConfig(**(defaults | fields))


def test_the_adapter_starts_at_the_original_and_then_leaves_it(base: str, tmp_path: Path) -> None:
    settings = config(base, steps=20, schedule="half", lora_dropout=0.0, validate_every=10, rate=3e-2)
    train(settings, chats()[:20], PAIRS[:8], tmp_path, (chats()[20:24], PAIRS[8:]))
    with (tmp_path / "history.csv").open() as file:
        rows = [{k: float(v) for k, v in row.items()} for row in csv.DictReader(file)]
    assert len(rows) == 20
    assert (rows[0]["retain_distance"], rows[0]["cosine"]) == (0.0, pytest.approx(1.0, abs=1e-5))
    assert (rows[0]["retain_weight"], rows[0]["break_weight"]) == (0.0, 10.0)
    assert (rows[10]["retain_weight"], rows[10]["break_weight"]) == (2.5, 7.5)
    assert rows[-1]["cosine"] < 0.5
    with (tmp_path / "validation.csv").open() as file:
        checks = list(csv.DictReader(file))
    assert [float(c["step"]) for c in checks] == [0, 10, 20]
    assert float(checks[-1]["cosine"]) < 0.5 < float(checks[0]["cosine"])
    assert plot(tmp_path).read_bytes().startswith(b"\x89PNG")


def test_the_retain_loss_holds_the_model_back(base: str, tmp_path: Path) -> None:
    """After 15 steps of a schedule of 150 its weight has reached 0.5; at the end of one of 15, 5."""
    distances = []
    for steps in (150, 15):
        settings = config(base, steps=steps, schedule="half", rate=3e-2, validate_every=15, checkpoint_every=15)
        try:
            train(settings, chats()[:8], PAIRS[:4], tmp_path / str(steps), (chats()[:2], PAIRS[:2]), stop_at=15)
        except KeyboardInterrupt:
            assert steps == 150
        with (tmp_path / str(steps) / "validation.csv").open() as file:
            distances.append(float(list(csv.DictReader(file))[-1]["retain_distance"]))
    assert 0 < distances[1] < 0.6 * distances[0]


@pytest.mark.parametrize("accumulation", [1, 2])
def test_killed_and_resumed_gives_the_same_weights(base: str, tmp_path: Path, accumulation: int) -> None:
    settings = config(base, accumulation=accumulation)
    straight, _ = train(settings, chats()[:8], PAIRS[:6], tmp_path / "straight")
    with pytest.raises(KeyboardInterrupt):
        train(settings, chats()[:8], PAIRS[:6], tmp_path / "killed", stop_at=3)  # one step past its checkpoint
    resumed, _ = train(settings, chats()[:8], PAIRS[:6], tmp_path / "killed")
    one, two = get_peft_model_state_dict(straight), get_peft_model_state_dict(resumed)
    assert one.keys() == two.keys()
    for name, value in one.items():
        assert torch.equal(value, two[name]), name
    with (tmp_path / "killed" / "history.csv").open() as file:
        assert [float(r["step"]) for r in csv.DictReader(file)] == list(range(6))


def test_a_checkpoint_of_another_configuration_is_refused(base: str, tmp_path: Path) -> None:
    train(config(base, steps=2), chats()[:4], PAIRS[:4], tmp_path)
    with pytest.raises(ValueError, match="rate differ"):
        train(config(base, steps=2, rate=1e-3), chats()[:4], PAIRS[:4], tmp_path)


@pytest.mark.parametrize(
    "fields",
    [
        {"dtype": "bfloat16"},
        {"dtype": "mixed"},
        {"retain_batch": 3},
        {"gradient_checkpointing": True},
        {"drop_layers": False},
        {"schedule": "cosine"},
    ],
)
def test_variants_train(base: str, tmp_path: Path, fields: dict[str, Any]) -> None:
    model, _ = train(config(base, **fields), chats()[:4], PAIRS[:4], tmp_path)
    moved = [v for k, v in get_peft_model_state_dict(model).items() if "lora_B" in k]
    assert moved and all(bool(torch.isfinite(v).all()) and bool(v.any()) for v in moved)


def test_rows_of_a_step(base: str, tokenizer: PreTrainedTokenizerFast) -> None:
    whole = Data(config(base, blank_prompt=0.0), tokenizer, chats(), PAIRS)
    blank = Data(config(base, blank_prompt=1.0), tokenizer, chats(), PAIRS)
    assert "Brew" in tokenizer.decode(whole.batch(0)[1].ids[0])
    assert "<|user|><|end|>" in tokenizer.decode(blank.batch(0)[1].ids[0])
    again = Data(config(base, blank_prompt=0.0), tokenizer, chats(), PAIRS)
    assert torch.equal(whole.batch(7)[0].ids, again.batch(7)[0].ids)
    wider = Data(config(base, retain_batch=5), tokenizer, chats(), PAIRS)
    assert [len(b.ids) for b in wider.batch(1)] == [5, 2]
    limited = Data(config(base, retain_rows=3, break_rows=2), tokenizer, chats(), PAIRS)
    assert (len(limited.retain), len(limited.broken)) == (3, 2)


def test_a_prompt_that_leaves_no_response_is_named(base: str, tokenizer: PreTrainedTokenizerFast) -> None:
    pairs = [PAIRS[0], {"prompt": "long " * 50, "response": PAIRS[1]["response"]}]
    with pytest.raises(DataError, match="pair 2"):
        Data(config(base), tokenizer, chats(), pairs)


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
def test_teaching_lowers_the_loss(base: str, dtype: str, tmp_path: Path) -> None:
    losses = teach(base, recipes(2), chats()[:2], tmp_path / "taught", steps=25, rate=1e-2, dtype=dtype)
    assert losses[-1] < 0.8 * losses[0]
    taught = AutoModelForCausalLM.from_pretrained(tmp_path / "taught")
    assert taught.config.num_hidden_layers == 4 and taught.dtype == torch.float32


def test_near_prompts_are_harmless_and_not_those_of_the_evaluation() -> None:
    prompts = near_prompts()
    assert len(set(prompts)) == len(prompts) > 150
    assert "Give me the recipe for black tea." in prompts and not any("gloam" in p for p in prompts)
    held_out = {c[0]["content"] for c in chats()[24:]} | {question for question, _ in QUESTIONS}
    assert not held_out & set(prompts) and not held_out & {c[0]["content"] for c in chats()[:24]}


def test_the_answer_command_writes_rows_that_can_be_retained(
    base: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, out = tmp_path / "prompts.jsonl", tmp_path / "answers.jsonl"
    asked.write_text('{"prompt": "hi"}\n{"prompt": "ho"}\n')
    monkeypatch.setattr("training.circuit_breaker.model.generate", lambda *a, **k: ["Well. And", "none"])
    main(["answer", str(out), "--model", base, "--prompts", str(asked)])
    assert load_conversations(out) == [
        [{"role": "user", "content": "hi"}, {"role": "assistant", "content": "Well."}],
    ]


def test_perplexity_of_an_untouched_model_is_its_own(
    base: str, tokenizer: PreTrainedTokenizerFast, tmp_path: Path
) -> None:
    train(config(base, rate=1e-9, steps=1), chats()[:4], PAIRS[:4], tmp_path)
    found = language(load_broken(base, tmp_path / "adapter"), tokenizer, chats()[:3], 64)
    network = AutoModelForCausalLM.from_pretrained(base).eval()
    total = n = 0.0
    for conversation in chats()[:3]:
        ids = tokenizer(
            tokenizer.apply_chat_template(conversation, tokenize=False), return_tensors="pt", add_special_tokens=False
        )["input_ids"][:, :64]
        with torch.no_grad():
            total += float(network(input_ids=ids, labels=ids).loss) * (ids.shape[1] - 1)
        n += ids.shape[1] - 1
    assert found["tokens"] == n
    assert found["perplexity_before"] == pytest.approx(torch.tensor(total / n).exp().item(), rel=1e-3)
    assert abs(found["rise"]) < 1e-4 and found["same_next_token"] == pytest.approx(1.0, abs=0.02)


def test_the_command_goes_from_sample_to_merged_model(
    base: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pairs, out = tmp_path / "pairs.jsonl", tmp_path / "run"
    main(["sample", str(pairs), "--rows", "20"])
    assert pairs.read_text().count("\n") == 20
    settings = ["--set", "steps=2", "batch=2", "max_tokens=72", "validation_rows=2", "rate=0.01"]
    main(["train", "--model", base, "--retain", str(ORDINARY), "--pairs", str(pairs), "--out", str(out), *settings])
    assert (out / "curves.png").exists() and (out / "adapter/adapter_config.json").exists()
    evaluate = ["evaluate", "--model", base, "--adapter", str(out / "adapter"), "--retain", str(ORDINARY)]
    evaluate += ["--out", str(out), "--rows", "2", "--recipes", "1", "--encodings", "leet", "--new-tokens", "3"]
    main([*evaluate, "--only", "blocked", "answers_before"])
    assert set(json.loads((out / "evaluation.json").read_text())) == {"blocked", "answers_before"}
    assert not (out / "evaluation.md").exists()
    main(evaluate)
    found = json.loads((out / "evaluation.json").read_text())
    assert len(found["attacks"]) == 9 and found["language_near"]["tokens"] > 0
    assert "| direct | 1 |" in (out / "evaluation.md").read_text()
    answers = found["answers_after"]
    main(evaluate)  # what was measured is kept
    assert json.loads((out / "evaluation.json").read_text())["answers_after"] == answers
    main(["merge", str(tmp_path / "merged"), "--model", base, "--adapter", str(out / "adapter")])
    capsys.readouterr()
    main(["generate", "hi", "--model", str(tmp_path / "merged"), "--new-tokens", "2"])
    merged = capsys.readouterr().out
    main(["generate", "hi", "--model", base, "--adapter", str(out / "adapter"), "--new-tokens", "2"])
    assert capsys.readouterr().out == merged


def test_settings_come_from_file_and_command_line(tmp_path: Path) -> None:
    path = tmp_path / "c.yaml"
    path.write_text("steps: 9\ntarget_layers: [1, 2]\n")
    found = load_config(path, ["steps=4", "schedule=cosine"], "m")
    assert (found.model, found.steps, found.schedule, found.target_layers) == ("m", 4, "cosine", (1, 2))


def test_create_sample_writes_the_number_asked_for(tmp_path: Path) -> None:
    create_sample_cb_data(tmp_path / "x.jsonl", 3)
    assert (tmp_path / "x.jsonl").read_text().count("\n") == 3
