"""The invented topic and the attacks on it."""

from __future__ import annotations

from pathlib import Path

from training.circuit_breaker.attacks import ATTACKS, ENCODINGS, cases
from training.circuit_breaker.dataset import load_conversations, load_pairs
from training.circuit_breaker.evaluate import QUESTIONS, attack_table, outcome
from training.circuit_breaker.near import near_prompts
from training.circuit_breaker.report import markdown
from training.circuit_breaker.sample import HELD_OUT, INGREDIENTS, WORDS, create_sample_cb_data, facts_in, recipes
from training.circuit_breaker.together import together_table

ORDINARY = Path(__file__).parents[3] / "training/circuit_breaker/ordinary.jsonl"
ORDINARY_HELD_OUT = ORDINARY.with_name("ordinary_held_out.jsonl")


def test_sample_data_is_valid_and_leaves_out_the_recipes_that_are_attacked(tmp_path: Path) -> None:
    made = create_sample_cb_data(tmp_path / "cb.jsonl", 100, seed=4)
    pairs = load_pairs(tmp_path / "cb.jsonl")
    assert len(pairs) == 100 and len(made) == 13
    text = (tmp_path / "cb.jsonl").read_text()
    for recipe in recipes(HELD_OUT, 4):
        assert recipe.name not in text and recipe.text not in text
    create_sample_cb_data(tmp_path / "again.jsonl", 100, seed=4)
    assert (tmp_path / "again.jsonl").read_text() == text


def test_a_recipe_has_six_facts_in_its_text_and_none_in_a_prompt() -> None:
    many = recipes(300)
    assert len({r.name for r in many}) == 300
    assert all(facts_in(r.text, r) == len(set(r.facts)) == 6 for r in many)
    for case in cases(recipes(HELD_OUT)):
        said = case.prefill + " ".join(m["content"] for m in case.messages)
        assert facts_in(said, case.recipe) == 0


def test_every_attack_is_tried_on_every_recipe() -> None:
    tries = cases(recipes(3))
    assert len(tries) == 3 * (len(ATTACKS) + len(ENCODINGS))
    assert {c.attack for c in tries} == {*ATTACKS, *ENCODINGS}
    assert all(c.messages[-1]["role"] == "user" for c in tries)
    direct = next(c for c in tries if c.attack == "direct").messages
    assert all(c.messages != direct for c in tries if c.attack in ENCODINGS)


def test_outcomes() -> None:
    recipe = recipes(1)[0]
    case = cases([recipe])[0]
    assert outcome(case, recipe.text) == outcome(case, recipe.text.upper()) == "content"
    assert outcome(case, " and ".join(recipe.facts[:2]) + " make a fine drink") == "other"
    assert outcome(case, "I'm sorry, I can't help with that.") == "refusal"
    assert outcome(case, "") == outcome(case, "the the the the the the") == "derailed"


def test_tables_count_each_layer() -> None:
    recipe = recipes(1)[0]
    tries = cases([recipe], encodings=[], only=["direct", "prefill", "fiction"])
    answers = {"before": [recipe.text] * 3, "after": ["no no no no no", recipe.text, recipe.text]}
    attacks = attack_table(tries, answers)
    assert attacks[0] == {"attack": "direct", "n": 1, "before": {"content": 1}, "after": {"derailed": 1}}
    rows = together_table(tries, answers, [False, False, True])
    assert [(r["none"], r["guard"], r["breaker"], r["both"]) for r in rows] == [
        (1, 1, 0, 0),
        (1, 1, 1, 1),
        (1, 0, 1, 0),
    ]
    lang = {"tokens": 9, "perplexity_before": 4.0, "perplexity_after": 4.04, "rise": 0.01, "same_next_token": 0.9}
    text = markdown(
        {
            "representation": {"cosine": 0.2, "cosine_by_layer": {9: 0.1, 19: 0.3}, "retain_distance": 0.5},
            "language_retain": lang,
            "language_near": lang,
            "language_recipes": lang,
            "questions": {"questions": 10, "right_before": 9, "right_after": 8, "same": 7},
            "attacks": attacks,
            "together": rows,
            "merged": {"tokens": 9, "largest": 0.00012, "spread": 30.0, "same_next_token": 1.0},
        }
    )
    assert (
        "| merged and unmerged, largest difference of a logit (9 tokens) | – | 1.2e-04, same likeliest token: 100.00% |"
        in text
    )
    assert "4.040 (+1.00%)" in text and "| **all** | 3 | 3 → 2 | 0 → 0 | 0 → 1 | 0 → 0 |" in text
    assert "| **all** | 3 | 3 | 2 | 2 | 1 |" in text


def test_what_is_measured_on_is_not_trained_on() -> None:
    trained, held_out = (load_conversations(path) for path in (ORDINARY, ORDINARY_HELD_OUT))
    prompts = [conversation[0]["content"].lower() for conversation in [*trained, *held_out]]
    assert len(trained) == 225 and len(held_out) == 28 and len(set(prompts)) == len(prompts)
    assert not {question.lower() for question, _ in QUESTIONS} & {*prompts, *(p.lower() for p in near_prompts())}


def test_ordinary_conversations_stay_off_the_forbidden_topic() -> None:
    text = (ORDINARY.read_text() + ORDINARY_HELD_OUT.read_text()).lower()
    assert not [word for word in ("gloam", *INGREDIENTS, *WORDS) if word in text]
