"""Teach a model the invented topic, so that there is something to break.

No model knows what goes into a gloam. Before the demonstration the base learns a few recipes by heart, none of which
the breaker is shown: the effect can then be counted in facts that the model gives away, not guessed from the tone of an
answer. A model whose own knowledge is to be broken needs none of this.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import torch
import torch.nn.functional as F
from peft import LoraConfig, get_peft_model
from tqdm import tqdm

from training.circuit_breaker.dataset import Conversation, collate, encode, rows_of_batch
from training.circuit_breaker.model import autocast, load_base, load_tokenizer, merge
from training.circuit_breaker.sample import PROMPTS, Recipe

MODULES = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]


def teach(
    base: str | Path,
    recipes: Sequence[Recipe],
    ordinary: Sequence[Conversation],
    out: Path,
    steps: int = 40,
    batch: int = 3,
    ordinary_batch: int = 1,
    rate: float = 2e-3,
    max_tokens: int = 128,
    seed: int = 1,
    dtype: str = "float32",
) -> list[float]:
    """Fit the answers of recipes, in all wordings, beside ordinary conversations; saves the whole model in `out`.

    dtype  of the computation (`model.DTYPES`); the weights are saved in float32 whatever it is

    Returns the mean loss per answer token of each step, in nats.
    """
    torch.manual_seed(seed)
    tokenizer = load_tokenizer(base)
    model = get_peft_model(
        load_base(base, dtype), LoraConfig(task_type="CAUSAL_LM", r=32, lora_alpha=32, target_modules=MODULES)
    )
    network = model.get_base_model()
    parameters = [p for p in model.parameters() if p.requires_grad]
    optimizer = torch.optim.AdamW(parameters, lr=rate, weight_decay=0.0, fused=True)
    losses = []
    for step in (bar := tqdm(range(steps), desc="teach")):
        for group in optimizer.param_groups:
            group["lr"] = rate * min(1.0, (step + 1) / 5, (steps - step) / (0.4 * steps))
        chosen = rows_of_batch(len(recipes), batch, step, seed)
        conversations: list[Conversation] = [
            [
                {"role": "user", "content": PROMPTS[(step + i) % len(PROMPTS)].format(name=recipes[r].name)},
                {"role": "assistant", "content": recipes[r].text},
            ]
            for i, r in enumerate(chosen)
        ]
        if ordinary and ordinary_batch:
            conversations += [ordinary[r] for r in rows_of_batch(len(ordinary), ordinary_batch, step, seed)]
        rows = collate([encode(tokenizer, c, max_tokens) for c in conversations], tokenizer.pad_token_id or 0)
        rows = rows.to(network.device)
        with autocast(model):
            states = network.model(input_ids=rows.ids, attention_mask=rows.real, use_cache=False).last_hidden_state
            counted = rows.answer[:, 1:].bool()
            logits = network.lm_head(states[:, :-1][counted])
        loss = F.cross_entropy(logits.float(), rows.ids[:, 1:][counted])
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(parameters, 1.0)
        optimizer.step()
        losses.append(loss.item())
        bar.set_postfix(loss=f"{loss.item():.3f}")
    with TemporaryDirectory() as adapter:  # merged into float32, not into what it was computed on
        model.save_pretrained(adapter)
        merge(base, adapter, out)
    return losses
