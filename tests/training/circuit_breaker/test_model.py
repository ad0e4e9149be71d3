"""Hidden states, dropped blocks, merge, save, load and generate, on a tiny random Llama."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
import torch
from peft import PeftModel
from transformers import AutoModelForCausalLM, PreTrainedTokenizerFast

from training.circuit_breaker.config import CircuitBreakerConfig
from training.circuit_breaker.evaluate import merged_difference
from training.circuit_breaker.model import (
    autocast,
    choose_attention,
    choose_dtype,
    fill_answers,
    generate,
    load_base,
    load_broken,
    load_for_training,
    merge,
    representations,
)

IDS = torch.tensor([[3, 9, 27, 81, 5, 0], [7, 49, 11, 0, 0, 0]])
MASK = torch.tensor([[1, 1, 1, 1, 1, 1], [1, 1, 1, 0, 0, 0]])


def config(base: str, **fields: object) -> CircuitBreakerConfig:
    return CircuitBreakerConfig(model=base, lora_r=4, lora_alpha=8, **fields)  # type: ignore[arg-type]


def disturb(model: PeftModel) -> PeftModel:
    """Give the adapter weights that change something (a fresh one is zero)."""
    generator = torch.Generator().manual_seed(5)
    for name, parameter in model.named_parameters():
        if "lora_B" in name:
            parameter.data = torch.randn(parameter.shape, generator=generator, dtype=torch.float32) * 0.3
    return model.eval()


def test_upper_blocks_are_dropped_and_nothing_else_changes(base: str) -> None:
    short, layers = load_for_training(config(base))
    whole, _ = load_for_training(config(base, drop_layers=False))
    assert layers.targets == (1, 2) and layers.kept == 3
    assert len(short.get_base_model().model.layers) == 3
    assert len(whole.get_base_model().model.layers) == 4
    short.eval(), whole.eval()
    torch.testing.assert_close(representations(short, IDS, MASK, 3), representations(whole, IDS, MASK, 3))
    assert len(whole.get_base_model().model.layers) == 4  # put back after the pass


def test_representations_are_the_outputs_of_the_blocks(base: str) -> None:
    model, _ = load_for_training(config(base))
    model.eval()
    seen: list[torch.Tensor] = []
    inner = model.get_base_model().model
    hooks = [b.register_forward_hook(lambda m, i, o: seen.append(o)) for b in inner.layers]
    found = representations(model, IDS, MASK, 3)
    for hook in hooks:
        hook.remove()
    assert found.shape == (3, 2, 6, 32)
    torch.testing.assert_close(found, torch.stack(seen), rtol=0, atol=0)  # the last one without the final norm


def test_padding_does_not_change_a_real_token(base: str) -> None:
    model, _ = load_for_training(config(base))
    disturb(model)
    padded = representations(model, IDS[1:], MASK[1:], 3)[:, :, :3]
    torch.testing.assert_close(padded, representations(model, IDS[1:, :3], MASK[1:, :3], 3))


def test_the_original_is_seen_through_the_adapter(base: str) -> None:
    model, _ = load_for_training(config(base))
    model.eval()
    fresh = representations(model, IDS, MASK, 3)
    disturb(model)
    original = representations(model, IDS, MASK, 3, adapted=False)
    adapted = representations(model, IDS, MASK, 3)
    torch.testing.assert_close(original, fresh)
    assert not original.requires_grad and adapted.requires_grad
    assert (adapted - original).abs().max() > 0.1


def test_only_adapters_of_the_chosen_layers_are_trained(base: str) -> None:
    model, _ = load_for_training(config(base, transform_layers=(0, 2)))
    names = [n for n, p in model.named_parameters() if p.requires_grad]
    assert names and all("lora_" in n for n in names)
    assert {n.split("layers.")[1].split(".")[0] for n in names} == {"0", "2"}
    assert {n.split("self_attn.")[1].split(".")[0] for n in names} == {"q_proj", "k_proj", "v_proj", "o_proj"}


def test_saved_adapter_is_attached_to_the_whole_model_and_merged(
    base: str, tokenizer: PreTrainedTokenizerFast, tmp_path: Path
) -> None:
    short, _ = load_for_training(config(base))
    disturb(short).save_pretrained(tmp_path / "adapter")
    whole = load_broken(base, tmp_path / "adapter", "float32")
    assert len(whole.get_base_model().model.layers) == 4
    torch.testing.assert_close(representations(whole, IDS, MASK, 3), representations(short, IDS, MASK, 3))
    logits = whole(input_ids=IDS, attention_mask=MASK).logits
    merge(base, tmp_path / "adapter", tmp_path / "merged")
    merged = AutoModelForCausalLM.from_pretrained(tmp_path / "merged").eval()
    assert merged.config.num_hidden_layers == 4
    torch.testing.assert_close(merged(input_ids=IDS, attention_mask=MASK).logits, logits, rtol=1e-4, atol=1e-4)
    plain = load_base(base).eval()(input_ids=IDS, attention_mask=MASK).logits
    assert (plain - logits).abs().max() > 0.1
    messages = [[{"role": "user", "content": "hi"}], [{"role": "user", "content": "a longer question"}]]
    together = generate(whole, tokenizer, messages, max_new_tokens=6)
    assert together == generate(load_base(tmp_path / "merged").eval(), tokenizer, messages, max_new_tokens=6)
    # the order of the answers, and padding in a batch, make no difference
    assert together == [generate(whole, tokenizer, [m], max_new_tokens=6)[0] for m in messages]


def test_a_second_stage_starts_where_the_first_ended(base: str, tmp_path: Path) -> None:
    first = disturb(load_for_training(config(base))[0])
    first.save_pretrained(tmp_path)
    second, _ = load_for_training(config(base, start=str(tmp_path)))
    second.eval()
    assert torch.equal(representations(first, IDS, MASK, 3), representations(second, IDS, MASK, 3))
    half, _ = load_for_training(config(base, start=str(tmp_path), start_scale=0.5))
    for (name, whole), scaled in zip(first.named_parameters(), half.parameters(), strict=True):
        assert torch.equal(scaled, whole * 0.5 if "lora_B" in name else whole)
    with pytest.raises(ValueError, match="another shape"):
        load_for_training(config(base, start=str(tmp_path), target_layers=(1,)))


def test_a_prefill_begins_the_answer(base: str, tokenizer: PreTrainedTokenizerFast) -> None:
    model = load_base(base).eval()
    messages = [{"role": "user", "content": "hi"}]
    first = generate(model, tokenizer, [messages], max_new_tokens=1)[0]
    assert first
    whole = generate(model, tokenizer, [messages], max_new_tokens=4)[0]
    assert first + generate(model, tokenizer, [messages], [first], max_new_tokens=3)[0] == whole


def test_bfloat16(base: str) -> None:
    model, _ = load_for_training(config(base, dtype="bfloat16"))
    disturb(model)
    assert next(model.get_base_model().model.embed_tokens.parameters()).dtype == torch.bfloat16
    with torch.autocast("cpu", torch.bfloat16):
        found = representations(model, IDS, MASK, 3)
    exact = representations(disturb(load_for_training(config(base))[0]), IDS, MASK, 3)
    cosine = torch.nn.functional.cosine_similarity(found.float(), exact, dim=-1)
    assert cosine[:, MASK.bool()].min() > 0.99


def test_mixed_keeps_the_stream_between_the_blocks_in_float32(base: str) -> None:
    model, _ = load_for_training(config(base, dtype="mixed"))
    disturb(model)
    network = model.get_base_model().model
    assert network.embed_tokens.weight.dtype == network.layers[0].input_layernorm.weight.dtype == torch.float32
    assert network.layers[0].mlp.up_proj.weight.dtype == torch.bfloat16
    with autocast(model):
        found = representations(model, IDS, MASK, 3)
    exact = representations(disturb(load_for_training(config(base))[0]), IDS, MASK, 3)
    coarse = load_for_training(config(base, dtype="bfloat16"))[0]
    disturb(coarse)
    with autocast(coarse):
        rough = representations(coarse, IDS, MASK, 3).float()
    assert found.dtype == torch.float32
    assert (found - exact).norm() < (rough - exact).norm()


def test_autocast_is_off_for_a_model_in_float32(base: str) -> None:
    model, _ = load_for_training(config(base))
    with autocast(model):
        assert not torch.is_autocast_enabled("cpu")


def test_a_models_own_answers_are_cut_to_whole_sentences(
    base: str, tokenizer: PreTrainedTokenizerFast, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = ["Take water. Boil it! Then", " 1. Boil water", "Pi is 3.14 or so", "Yes."]
    monkeypatch.setattr("training.circuit_breaker.model.generate", lambda *a, **k: said)
    assert fill_answers(load_base(base), tokenizer, ["a", "b", "c", "d"]) == [
        {"prompt": "a", "response": "Take water. Boil it!"},
        {"prompt": "d", "response": "Yes."},
    ]


def test_merging_in_place_gives_the_same_logits(base: str, tokenizer: PreTrainedTokenizerFast, tmp_path: Path) -> None:
    disturb(load_for_training(config(base))[0]).save_pretrained(tmp_path)
    model = load_broken(base, tmp_path)
    chats = [[{"role": "user", "content": "hi"}, {"role": "assistant", "content": "hello"}]]
    found = merged_difference(model, tokenizer, chats, 64)
    assert found["tokens"] == 11 and found["largest"] < 1e-4 * found["spread"] and found["same_next_token"] == 1.0
    assert not any(getattr(m, "merged", False) for m in model.modules())


def test_gradient_checkpointing_gives_the_same_gradient(base: str) -> None:
    gradients = []
    for on in (False, True):
        model, _ = load_for_training(config(base, gradient_checkpointing=on, lora_dropout=0.0))
        disturb(model).train()
        assert model.get_base_model().model.layers[0].gradient_checkpointing == on
        representations(model, IDS, MASK, 3).square().mean().backward()
        gradients.append([p.grad for p in model.parameters() if p.requires_grad])
    for plain, checkpointed in zip(*gradients, strict=True):
        assert plain is not None and plain.abs().max() > 0
        torch.testing.assert_close(plain, checkpointed)


def test_choices_of_kind_and_attention(monkeypatch: pytest.MonkeyPatch) -> None:
    cpu, gpu = torch.device("cpu"), torch.device("cuda")
    assert choose_dtype("auto", cpu) == torch.float32
    assert choose_dtype("bfloat16", cpu) == torch.bfloat16
    with pytest.raises(ValueError, match="'int3'"):
        choose_dtype("int3", cpu)
    monkeypatch.setattr("importlib.util.find_spec", lambda name: object())
    assert choose_attention("auto", gpu, torch.bfloat16) == "flash_attention_2"
    assert choose_attention("auto", gpu, torch.float32) == choose_attention("auto", cpu, torch.float32) == "sdpa"
    assert choose_attention("auto", cpu, torch.bfloat16) == "eager"
    assert choose_attention("eager", gpu, torch.bfloat16) == "eager"
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert choose_attention("auto", gpu, torch.bfloat16) == "sdpa"


def test_settings_are_frozen() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        CircuitBreakerConfig().steps = 3  # type: ignore[misc]
