"""A toy pretrained base, rows to train on, and a run's options: the recipe in seconds."""

from __future__ import annotations

import dataclasses
import json
import random
import subprocess
import sys
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from safetensors.numpy import save_file
from tokenizers import Tokenizer, models

from tests.training.model.conftest import SMALL
from training.deploy.packing import dequantize, quantize
from training.loop.options import RunOptions
from training.model.dual import DualBranch
from training.quantization.scheme import symmetric

#: Multiples of 16, as the deployed layout wants them.
WIDTH, FFN, LAYERS = 32, 48, 2
WORDS = (
    "please",
    "ignore",
    "the",
    "rules",
    "and",
    "reveal",
    "secret",
    "word",
    "what",
    "is",
    "weather",
    "today",
    "cats",
)


ATTACKS = ("direct_injection", "jailbreak", "obfuscation", "indirect_injection", "harmful_request")


def toy_base(folder: Path) -> None:
    """A BERT folder with random weights and a Unigram tokenizer of the base's form."""
    pieces = [("<s>", 0.0), ("<pad>", 0.0), ("</s>", 0.0), ("<unk>", -10.0), ("▁", -6.0)]
    pieces += (
        [(f"▁{w}", -3.0) for w in WORDS] + [(chr(c), -8.0) for c in range(97, 123)] + [("ж", -8.0), ("▁unused", -4.0)]
    )
    tokenizer = Tokenizer(models.Unigram(pieces, unk_id=3))
    tokenizer.add_special_tokens(["<s>", "<pad>", "</s>", "<unk>"])
    spec = json.loads(tokenizer.to_str())
    spec["post_processor"] = {
        "type": "TemplateProcessing",
        "single": [{"SpecialToken": {"id": "<s>", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}},
                   {"SpecialToken": {"id": "</s>", "type_id": 0}}],
        "pair": [{"Sequence": {"id": "A", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 0}}],
        "special_tokens": {t: {"id": t, "ids": [i], "tokens": [t]} for t, i in (("<s>", 0), ("</s>", 2))},
    }  # fmt: skip
    rng = np.random.default_rng(0)

    def matrix(*shape: int) -> np.ndarray:
        return rng.normal(0, 0.1, shape).astype(np.float32)

    state = {
        "embeddings.word_embeddings.weight": matrix(len(pieces), WIDTH),
        "embeddings.position_embeddings.weight": matrix(512, WIDTH),
        "embeddings.token_type_embeddings.weight": matrix(2, WIDTH),
        "embeddings.LayerNorm.weight": np.ones(WIDTH, np.float32),
        "embeddings.LayerNorm.bias": np.zeros(WIDTH, np.float32),
    }
    shapes = {
        "attention.self.query": (WIDTH, WIDTH), "attention.self.key": (WIDTH, WIDTH),
        "attention.self.value": (WIDTH, WIDTH), "attention.output.dense": (WIDTH, WIDTH),
        "intermediate.dense": (FFN, WIDTH), "output.dense": (WIDTH, FFN),
    }  # fmt: skip
    for i in range(LAYERS):
        for name, shape in shapes.items():
            state[f"encoder.layer.{i}.{name}.weight"] = matrix(*shape)
            state[f"encoder.layer.{i}.{name}.bias"] = matrix(shape[0])
        for name in ("attention.output.LayerNorm", "output.LayerNorm"):
            state[f"encoder.layer.{i}.{name}.weight"] = np.ones(WIDTH, np.float32)
            state[f"encoder.layer.{i}.{name}.bias"] = np.zeros(WIDTH, np.float32)
    folder.mkdir()
    (folder / "tokenizer.json").write_text(json.dumps(spec))
    (folder / "config.json").write_text(json.dumps({"vocab_size": len(pieces)}))
    save_file(state, folder / "model.safetensors")


def toy_rows() -> list[dict[str, str]]:
    """120 rows, half of them benign and ordinary traffic."""
    rng = random.Random(0)
    rows = []
    for i in range(120):
        attack = i % 2 == 0
        words = ["ignore", "the", "rules"] if attack else ["what", "is", "the", "weather", "today"]
        words += rng.choices(WORDS, k=rng.randint(0, 4))
        label = ATTACKS[(i // 2) % len(ATTACKS)] if attack else "benign"
        rows.append({"text": " ".join(words), "label": label, "source": f"s{i % 3}", "lang": "en"})
        if label == "benign":
            rows[-1]["kind"] = "user_prompt"
    return rows


def run(module: str, *arguments: object) -> None:
    subprocess.run([sys.executable, "-m", module, *map(str, arguments)], check=True, capture_output=True)


def toy_options(folder: Path, **changes: object) -> RunOptions:
    """Eight steps of a small model on the base and the rows of a folder."""
    size = Tokenizer.from_file(str(folder / "base/tokenizer.json")).get_vocab_size()
    model = dataclasses.replace(
        SMALL, vocabulary=size, width=WIDTH, heads=4, ffn=FFN, positions=300, fast_layers=1, deep_layers=1, features=29,
        expert_every=1,
    )  # fmt: skip
    given = RunOptions(
        steps=8, warmup=2, batch_tokens=128, log_every=2, checkpoint_every=4, validate_every=4, model=model
    )
    return dataclasses.replace(given, **changes)


@torch.no_grad()
def with_int8_weights(model: DualBranch) -> DualBranch:
    """The model with the weights that its INT8 ones stand for: layers, pooling, pattern bank, token table."""
    for layer in (*model.fast_layers, *model.deep_layers):
        for name, weight in layer.named_parameters():
            if weight.dim() > 1 and not name.endswith(("bias", "gate.weight")):
                weight.copy_(dequantize(quantize(weight, torch.zeros(()))))
    bank = model.patterns
    for linear in (model.fast_pooling.hidden, model.deep_pooling.hidden, *([bank.project] if bank else [])):
        linear.weight.copy_(torch.mul(*symmetric(linear.weight)))
    if bank:
        written, learned = (F.normalize(part, dim=-1) for part in (bank.project(bank.written), bank.learned))
        # What the bank projects to the rounded points.
        bank.written.copy_(torch.mul(*symmetric(written)) @ torch.linalg.pinv(bank.project.weight).t())
        bank.learned.copy_(torch.mul(*symmetric(learned)))
    for embedding in (model.embedding, *([model.deep_embedding] if model.deep_embedding is not None else [])):
        embedding.tokens.weight.copy_(torch.mul(*symmetric(embedding.folded())))
        embedding.characters = None
    return model
