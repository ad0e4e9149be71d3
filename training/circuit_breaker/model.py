"""The language model and its adapter: hidden states with and without it, dropped layers, merge, load, generate."""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import torch
from peft import LoraConfig, PeftModel, get_peft_model, load_peft_weights, set_peft_model_state_dict
from torch import Tensor, nn
from transformers import AutoConfig, AutoModelForCausalLM, AutoTokenizer, PreTrainedModel, PreTrainedTokenizerBase

from training.circuit_breaker.config import CircuitBreakerConfig, Layers, resolve_layers

# mixed: the blocks' frozen matrices in bfloat16, everything between them in float32. A residual stream of 16 bits is
# off by about a hundredth after twenty blocks, which is of the size of the distances that retaining should reach.
DTYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16, "mixed": torch.float32}

SENTENCES = re.compile(r".*(?<!\b\d)[.!?](?=\s|$)", re.DOTALL)  # to the last sentence's end; "1." is none


def device() -> torch.device:
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def choose_dtype(name: str, on: torch.device) -> torch.dtype:
    """`auto` is bfloat16 on a GPU that computes in it, otherwise float32."""
    if name == "auto":
        name = "bfloat16" if on.type == "cuda" and torch.cuda.is_bf16_supported() else "float32"
    if name not in DTYPES:
        raise ValueError(f"dtype must be auto, {' or '.join(DTYPES)}, not {name!r}")
    return DTYPES[name]


def choose_attention(name: str, on: torch.device, dtype: torch.dtype) -> str:
    """`auto` is FlashAttention 2 where it can run (installed, on a GPU, 16-bit), otherwise PyTorch's SDPA.

    On a CPU in bfloat16 it is the three plain steps (matmul, softmax, matmul): SDPA's gradient there is several times
    as slow.
    """
    if name != "auto":
        return name
    if on.type == "cpu" and dtype == torch.bfloat16:
        return "eager"
    flash = on.type == "cuda" and dtype != torch.float32 and importlib.util.find_spec("flash_attn") is not None
    return "flash_attention_2" if flash else "sdpa"


def load_tokenizer(path: str | Path) -> PreTrainedTokenizerBase:
    """The tokenizer of a model; a missing padding token becomes the end token (masks never come from ids)."""
    tokenizer = AutoTokenizer.from_pretrained(path)
    if tokenizer.pad_token_id is None:
        tokenizer.pad_token = tokenizer.eos_token
    return tokenizer


def load_base(
    path: str | Path, dtype: str = "auto", attention: str = "auto", blocks: int | None = None
) -> PreTrainedModel:
    """The causal language model at `path`; with `blocks`, only its first blocks are read into memory."""
    on = device()
    kind = choose_dtype(dtype, on)
    config = AutoConfig.from_pretrained(path)
    if blocks is not None:
        config.num_hidden_layers = blocks
        if getattr(config, "layer_types", None):
            config.layer_types = config.layer_types[:blocks]
    computed = torch.bfloat16 if dtype == "mixed" else kind
    model = AutoModelForCausalLM.from_pretrained(
        path, config=config, dtype=kind, attn_implementation=choose_attention(attention, on, computed)
    )
    if dtype == "mixed":  # the output head shares its matrix with the embedding, which stays
        for module in model.model.layers.modules():
            if isinstance(module, nn.Linear):
                module.to(torch.bfloat16)
    return model.to(on)


def autocast(model: nn.Module) -> torch.autocast:
    """bfloat16 products for a model that holds matrices in bfloat16, otherwise nothing."""
    network: Any = model
    half = any(p.dtype == torch.bfloat16 for p in model.parameters())
    return torch.autocast(network.device.type, torch.bfloat16, enabled=half)


def lora_config(config: CircuitBreakerConfig, layers: Layers) -> LoraConfig:
    return LoraConfig(
        task_type="CAUSAL_LM",
        r=config.lora_r,
        lora_alpha=config.lora_alpha,
        lora_dropout=config.lora_dropout,
        target_modules=list(config.lora_modules),
        layers_to_transform=list(layers.transform),
    )


def load_for_training(config: CircuitBreakerConfig) -> tuple[PeftModel, Layers]:
    """The base with its adapter; blocks above the last target are not loaded when `drop_layers` is set.

    ValueError where the adapter to start from has weights for blocks that this one has not.
    """
    depth = AutoConfig.from_pretrained(config.model).num_hidden_layers
    layers = resolve_layers(config, depth)
    blocks = layers.kept if config.drop_layers else None
    base = load_base(config.model, config.dtype, config.attention, blocks)
    base.config.use_cache = False
    torch.manual_seed(config.seed)
    model = get_peft_model(base, lora_config(config, layers))
    if config.start:
        saved = load_peft_weights(config.start, device="cpu")
        saved = {k: v * config.start_scale if "lora_B" in k else v for k, v in saved.items()}  # B times A is added
        missing = set_peft_model_state_dict(model, saved).unexpected_keys
        if missing:
            raise ValueError(f"{config.start} is an adapter of another shape: {missing[0]} has no place here")
    if config.gradient_checkpointing:
        # transformers 5.2x renames it; non-reentrant, so that frozen inputs do not cut the gradient
        enable = getattr(base, "activation_checkpointing_enable", None) or base.gradient_checkpointing_enable
        enable({"use_reentrant": False})
    return model, layers


def representations(model: PeftModel, ids: Tensor, mask: Tensor, blocks: int, adapted: bool = True) -> Tensor:
    """Outputs of the first `blocks` blocks, [blocks, B, T, H], with the adapter or (without gradient) without it.

    ids [B, T] int64, mask [B, T] 0/1. Blocks that are not needed and the output head are not run.
    """
    inner = model.get_base_model().model
    every, norm = inner.layers, inner.norm
    inner.layers, inner.norm = every[:blocks], nn.Identity()  # transformers would put the final norm on the last one
    try:
        with nullcontext() if adapted else torch.no_grad(), nullcontext() if adapted else model.disable_adapter():
            states = inner(input_ids=ids, attention_mask=mask, output_hidden_states=True, use_cache=False)
    finally:
        inner.layers, inner.norm = every, norm
    return torch.stack(states.hidden_states[1:])  # [0] is the embedding, which no adapter changes


def load_broken(base: str | Path, adapter: str | Path, dtype: str = "auto") -> PeftModel:
    """The whole base (dropped blocks included) with a saved adapter on it, ready to answer."""
    return PeftModel.from_pretrained(load_base(base, dtype), str(adapter)).eval()


def merge(base: str | Path, adapter: str | Path, out: Path, dtype: str = "float32") -> PreTrainedModel:
    """Add a saved adapter to the weights of the whole base and save model and tokenizer in `out`."""
    merged = load_broken(base, adapter, dtype).merge_and_unload(safe_merge=True)
    merged.save_pretrained(out)
    load_tokenizer(base).save_pretrained(out)
    return merged


@torch.inference_mode()
def generate(
    model: nn.Module,
    tokenizer: PreTrainedTokenizerBase,
    conversations: Sequence[Sequence[dict[str, str]]],
    prefills: Sequence[str] | None = None,
    max_new_tokens: int = 64,
    batch: int = 16,
) -> list[str]:
    """Greedy answers to conversations; a prefill is the beginning of the answer, put into the model's mouth."""
    prefills = prefills or [""] * len(conversations)
    prompts = [
        tokenizer.apply_chat_template(list(c), tokenize=False, add_generation_prompt=True) + prefill
        for c, prefill in zip(conversations, prefills, strict=True)
    ]
    order = sorted(range(len(prompts)), key=lambda i: len(prompts[i]))
    answers = [""] * len(prompts)
    network: Any = model
    for at in range(0, len(order), batch):
        rows = order[at : at + batch]
        encoded = tokenizer(
            [prompts[i] for i in rows], return_tensors="pt", padding=True, padding_side="left", add_special_tokens=False
        ).to(network.device)
        out = network.generate(
            input_ids=encoded["input_ids"],
            attention_mask=encoded["attention_mask"],
            max_new_tokens=max_new_tokens,
            do_sample=False,
            use_cache=True,
            pad_token_id=tokenizer.pad_token_id,
        )
        for i, ids in zip(rows, out[:, encoded["input_ids"].shape[1] :], strict=True):
            answers[i] = tokenizer.decode(ids, skip_special_tokens=True)
    return answers


def fill_answers(
    model: nn.Module,
    tokenizer: PreTrainedTokenizerBase,
    prompts: Sequence[str],
    max_new_tokens: int = 48,
    batch: int = 48,
) -> list[dict[str, str]]:
    """{"prompt", "response"} for each prompt, with the model's own greedy answer, cut to whole sentences.

    What a breaker must not change is what the model says, so its own answers are the best rows to retain. An
    answer without a whole sentence in `max_new_tokens` is left out.
    """
    asked = [[{"role": "user", "content": prompt}] for prompt in prompts]
    with autocast(model):
        answers = generate(model, tokenizer, asked, max_new_tokens=max_new_tokens, batch=batch)
    whole = ((p, SENTENCES.match(a.strip())) for p, a in zip(prompts, answers, strict=True))
    return [{"prompt": p, "response": found.group()} for p, found in whole if found]
