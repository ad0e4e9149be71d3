"""Quantization schemes side by side: what each does to the scores of a checkpoint, and how large its file gets.

Scores are calibrated attack probabilities of a fixed sample of texts, plain text only, by the answer of all branches
together. A flip is a text whose score crosses the threshold against float32. Calibration sees texts of its own. The
character encoder is folded into the token table, as it is deployed; experts, gates and convolutions stay float here.

    python -m training.quantization.compare RUN/last.pt TOKENIZER --calibration TRAIN.jsonl.gz DEV.jsonl …
"""

from __future__ import annotations

import argparse
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from tokenizers import Tokenizer
from torch import nn

from tinyguard import native
from training.data.rows import plain_text, read_rows
from training.loop.checkpoint import load_model
from training.model.dual import DualBranch
from training.quantization.int4 import Int4Scheme
from training.quantization.observers import Observer
from training.quantization.ptq import PtqConfig, calibrate, linear_names, quantize, write
from training.quantization.scheme import Int8Scheme

#: A batch: token ids [B, T], their mask, and the detectors' features [B, F].
Batch = tuple[torch.Tensor, torch.Tensor, torch.Tensor]
#: What `training.deploy` makes integers of, next to the token table.
LAYERS = ("fast_layers.*", "deep_layers.*")
TABLES = ("embedding.tokens", "embedding.positions")
#: An expert is chosen by a comparison of close numbers.
GATES = ("*.gate",)


def int8(activations: str, limit: int = 127, **more: object) -> PtqConfig:
    return PtqConfig(int8=Int8Scheme(activations, limit), **{"exclude": GATES, **more})  # type: ignore[arg-type]


def int4(group: int, symmetric: bool, rounding: str = "nearest", **more: object) -> PtqConfig:
    scheme = Int4Scheme(group, symmetric, rounding)  # type: ignore[arg-type]
    return PtqConfig(bits=4, int4=scheme, **{"exclude": GATES, **more})  # type: ignore[arg-type]


SCHEMES: dict[str, PtqConfig] = {
    "int8, per token, asymmetric": int8("token_asymmetric"),
    "int8, per token, asymmetric, layers and tokens only": int8(
        "token_asymmetric", include=(*LAYERS, "embedding.tokens")
    ),
    "int8, per token, symmetric": int8("token_symmetric"),
    "int8, 7-bit weights, per token, asymmetric": int8("token_asymmetric", 63),
    "int4 g32 asymmetric": int4(32, False),
    "int4 g128 asymmetric": int4(128, False),
    "int8, per tensor, dynamic": int8("tensor_dynamic"),
    "int8, static, mse": int8("tensor_static", observer="mse"),
    "int4 g32 asymmetric, gptq": int4(32, False, "gptq"),
    "int8, static, percentile": int8("tensor_static", observer="percentile"),
    "int4 g128 asymmetric, gptq": int4(128, False, "gptq"),
    "int8, static, minmax": int8("tensor_static", observer="minmax"),
    "int8, static, entropy": int8("tensor_static", observer="entropy"),
    "int4 g32 symmetric": int4(32, True),
    "int4 g128 symmetric": int4(128, True),
    "int4 g32 asymmetric, search": int4(32, False, "search"),
    "int4 g128 asymmetric, search": int4(128, False, "search"),
    "int8, per tensor, dynamic, layers and tokens only": int8("tensor_dynamic", include=(*LAYERS, "embedding.tokens")),
    "int8, static, mse, layers and tokens only": int8(
        "tensor_static", observer="mse", include=(*LAYERS, "embedding.tokens")
    ),
    "int8, 7-bit weights, per token, symmetric": int8("token_symmetric", 63),
    "int4 g32 asymmetric, gptq, embeddings int8": int4(32, False, "gptq", eight_bit=TABLES),
    "int4 g32 asymmetric embeddings, int8 layers": int4(
        32, False, "search", include=(*LAYERS, *TABLES), eight_bit=LAYERS
    ),
    "int8 weights, float activations": int8("float"),
}


@dataclass
class Sample:
    """Windows of texts, which text each belongs to, and what the detectors say of each text."""

    windows: list[list[int]]
    text: list[int]
    features: NDArray[np.float32]  # [texts, F]

    def batches(self, size: int) -> list[tuple[list[int], Batch]]:
        """Text numbers and padded batches, sorted by length."""
        order = sorted(range(len(self.windows)), key=lambda i: len(self.windows[i]))
        out = []
        for start in range(0, len(order), size):
            part = order[start : start + size]
            longest = len(self.windows[part[-1]])
            ids = torch.tensor([self.windows[i] + [1] * (longest - len(self.windows[i])) for i in part])
            numbers = [self.text[i] for i in part]
            out.append((numbers, (ids, (ids != 1).long(), torch.from_numpy(self.features[numbers]))))
        return out


def sample(paths: list[Path], tokenizer: Tokenizer, count: int, tokens: int, windows: int, seed: int = 0) -> Sample:
    """About `count` texts, as many from each file, and at most this many windows of so many tokens of each."""
    rng = np.random.default_rng(seed)
    chosen: list[str] = []
    for path in paths:
        texts = [row["text"] for row in read_rows([path])]
        chosen += [plain_text(texts[i]) for i in rng.permutation(len(texts))[: -(-count // len(paths))]]
    found = Sample([], [], np.stack([native.analyze(text).features for text in chosen]))
    for i, encoding in enumerate(tokenizer.encode_batch(chosen, add_special_tokens=False)):
        ids = encoding.ids or [3]
        for start in range(0, max(1, len(ids) - tokens // 4), tokens * 3 // 4)[:windows]:
            found.windows.append([0, *ids[start : start + tokens - 2], 2])
            found.text.append(i)
    return found


def float_model(checkpoint: Path) -> DualBranch:
    """The averaged weights of a checkpoint, with the characters in the token table."""
    model, _ = load_model(checkpoint)
    with torch.no_grad():
        model.embedding.tokens.weight.copy_(model.embedding.folded())
    model.embedding.characters = None
    return model


@torch.inference_mode()
def scores(model: nn.Module, data: Sample, temperature: float, size: int) -> NDArray[np.float64]:
    """float64 [texts]: largest attack probability over a text's windows."""
    result = np.zeros(max(data.text) + 1)
    for numbers, batch in data.batches(size):
        p = (model(*batch).fused.classes.double() / temperature).softmax(-1)[:, 1:].sum(-1).numpy()
        np.maximum.at(result, numbers, p)
    return result


def line(name: str, got: NDArray[np.float64], exact: NDArray[np.float64], threshold: float, size: float) -> str:
    """One row of the table."""
    change = np.abs(got - exact)
    flips = int(((got > threshold) != (exact > threshold)).sum())
    figures = f"{change.mean():.4f} | {np.quantile(change, 0.99):.3f} | {change.max():.3f} | {flips} | {size:.1f}"
    return f"| {name} | {figures} |"


def calibration(model: nn.Module, data: Sample, moments: bool) -> dict[str, Observer]:
    """Observers of every linear layer."""
    batches = [batch for _, batch in data.batches(8)]
    names = linear_names(model, PtqConfig(exclude=GATES))
    return calibrate(model, names, batches, lambda m, b: m(*b), moments, keep=lambda b: b[1].bool())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("tokenizer", type=Path)
    parser.add_argument("files", type=Path, nargs="+", help="labelled rows whose scores are compared")
    parser.add_argument(
        "--calibration", type=Path, nargs="+", required=True, help="rows that calibration sees: training data"
    )
    parser.add_argument("--texts", type=int, default=300)
    parser.add_argument("--calibration-texts", type=int, default=128)
    parser.add_argument("--tokens", type=int, default=256, help="length of a window")
    parser.add_argument("--windows", type=int, default=2, help="most windows of a text")
    parser.add_argument("--temperature", type=float, default=1.0)
    parser.add_argument("--threshold", type=float, default=0.5)
    parser.add_argument("--only", nargs="*", default=[""], help="schemes whose name contains one of these")
    parser.add_argument("--threads", type=int, default=1)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    model, tokenizer = float_model(args.checkpoint), Tokenizer.from_file(str(args.tokenizer))
    data = sample(args.files, tokenizer, args.texts, args.tokens, args.windows)
    chosen = {name: config for name, config in SCHEMES.items() if any(part in name for part in args.only)}
    other = sample(args.calibration, tokenizer, args.calibration_texts, args.tokens, args.windows, seed=1)
    observers = calibration(model, other, any(config.bits == 4 for config in chosen.values()))
    exact = scores(model, data, args.temperature, 16)
    tokens, over = sum(map(len, data.windows)), (exact > args.threshold).mean()
    print(f"{len(exact)} texts, {len(data.windows)} windows, {tokens} tokens, {over:.1%} above the threshold")
    print("| scheme | mean change | 99th percentile | largest | flips | MB |\n|---|---|---|---|---|---|", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.safetensors"
        write(model, path)
        print(line("float32", exact, exact, args.threshold, path.stat().st_size / 1e6), flush=True)
        for name, config in chosen.items():
            small = quantize(model, config, observers)
            write(small, path)
            # One range for a whole batch would be wider than the one that a single text gets.
            size = 1 if config.int8.activations == "tensor_dynamic" else 16
            got = scores(small, data, args.temperature, size)
            print(line(name, got, exact, args.threshold, path.stat().st_size / 1e6), flush=True)


if __name__ == "__main__":
    main()
