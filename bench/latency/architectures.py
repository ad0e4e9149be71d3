"""Latency of the architectures behind published guard models, beside ours, in one interleaved run.

The weights are random, for what a matrix holds does not change how long it takes; shapes, layers and vocabulary are the
published ones (CONFIGURATIONS). Each model is exported to ONNX and its matrices quantized to INT8 dynamically; ours is
the package's, also in INT8. All take turns in ONNX Runtime with one thread: every round runs each model once at each
length, in an order drawn anew. So load on the machine falls on all of them alike and the ratios hold where the
milliseconds do not. Theirs is the model run alone; ours is also measured end to end, from text to verdict.

    python -m bench.latency.architectures --work bench/out/architectures [--names NAME...] [--json FILE]

Needs torch, transformers, onnx, onnxscript and about 3 GB of disk for all four; what is exported is kept in --work.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import warnings
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
import numpy.typing as npt
import onnxruntime as ort

from bench.peers.results import provenance
from tinyguard import Guard, native
from tinyguard.cli.bench import sample

TOKENS = (32, 64, 128, 256, 512)
OURS, END_TO_END = "tinyguard model", "tinyguard classify"

_DEBERTA_V3 = {
    # config.json of microsoft/deberta-v3-{xsmall,base} and microsoft/mdeberta-v3-base; He et al., arXiv 2111.09543.
    "hidden_act": "gelu",
    "max_position_embeddings": 512,
    "relative_attention": True,
    "position_buckets": 256,
    "norm_rel_ebd": "layer_norm",
    "share_att_key": True,
    "pos_att_type": ["p2c", "c2p"],
    "layer_norm_eps": 1e-7,
    "max_relative_positions": -1,
    "position_biased_input": False,
    "type_vocab_size": 0,
    "pad_token_id": 0,
    "pooler_hidden_act": "gelu",
}
# Published configurations: whose architecture it is, and the values. Sources: the config.json of the named base model,
# agreeing with keras-hub's deberta_presets.py for DeBERTa-v3 and with table 1 of arXiv 2412.13663 for ModernBERT.
CONFIGURATIONS: dict[str, dict[str, Any]] = {
    "deberta-v3-xsmall": {
        "used_by": "Llama Prompt Guard 2 22M",
        "model_type": "deberta-v2",
        **_DEBERTA_V3,
        "hidden_size": 384,
        "num_hidden_layers": 12,
        "num_attention_heads": 6,
        "intermediate_size": 1536,
        "pooler_hidden_size": 384,
        "vocab_size": 128_100,
    },
    "deberta-v3-base": {
        "used_by": "ProtectAI deberta-v3-base-prompt-injection-v2, PIGuard",
        "model_type": "deberta-v2",
        **_DEBERTA_V3,
        "hidden_size": 768,
        "num_hidden_layers": 12,
        "num_attention_heads": 12,
        "intermediate_size": 3072,
        "pooler_hidden_size": 768,
        "vocab_size": 128_100,
    },
    "mdeberta-v3-base": {
        "used_by": "Llama Prompt Guard 2 86M",
        "model_type": "deberta-v2",
        **_DEBERTA_V3,
        "hidden_size": 768,
        "num_hidden_layers": 12,
        "num_attention_heads": 12,
        "intermediate_size": 3072,
        "pooler_hidden_size": 768,
        "vocab_size": 251_000,
    },
    "modernbert-large": {
        # config.json of answerdotai/ModernBERT-large; Warner et al., arXiv 2412.13663. Rotary bases 160,000 in the
        # global layers and 10,000 in the local ones are the class's own defaults.
        "used_by": "Sentinel (qualifire/prompt-injection-sentinel)",
        "model_type": "modernbert",
        "hidden_size": 1024,
        "num_hidden_layers": 28,
        "num_attention_heads": 16,
        "intermediate_size": 2624,
        "vocab_size": 50_368,
        "max_position_embeddings": 8192,
        "global_attn_every_n_layers": 3,
        "local_attention": 128,
        "classifier_pooling": "mean",
    },
}


def build(configuration: dict[str, Any]) -> Any:
    """A classifier with two classes and random weights, a torch module from (input_ids, attention_mask) to logits."""
    import torch
    from transformers import AutoConfig, AutoModelForSequenceClassification

    values = {key: value for key, value in configuration.items() if key not in ("used_by", "model_type")}
    config = AutoConfig.for_model(configuration["model_type"], num_labels=2, **values)
    config._attn_implementation = "eager"
    torch.manual_seed(0)
    model = AutoModelForSequenceClassification.from_config(config).eval()

    class Logits(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.model = model

        def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
            return self.model(input_ids=input_ids, attention_mask=attention_mask).logits

    return Logits().eval()


def export(name: str, configuration: dict[str, Any], work: Path) -> Path:
    """The INT8 file of a configuration in `work`, made where it is not there yet. Checked against torch in fp32."""
    import torch
    from onnxruntime.quantization import QuantType, quantize_dynamic

    target = work / f"{name}.int8.onnx"
    if target.exists():
        return target
    work.mkdir(parents=True, exist_ok=True)
    model = build(configuration)
    plain = work / f"{name}.fp32.onnx"
    ids = torch.randint(5, min(1000, configuration["vocab_size"]), (1, 48))
    with torch.inference_mode(), warnings.catch_warnings():
        # The tracer warns of every shape that it takes for a constant; whether one was is what `check` finds out.
        warnings.simplefilter("ignore")
        torch.onnx.export(
            model, (ids, torch.ones_like(ids)), str(plain),
            input_names=["input_ids", "attention_mask"], output_names=["logits"],
            dynamic_axes={item: {1: "tokens"} for item in ("input_ids", "attention_mask")},
            opset_version=17, dynamo=False,
        )  # fmt: skip
    check(model, plain)
    quantize_dynamic(
        plain, target, weight_type=QuantType.QInt8, per_channel=True, extra_options={"MatMulConstBOnly": True}
    )
    for path in work.glob(f"{name}.fp32.onnx*"):
        path.unlink()
    return target


def check(model: Any, path: Path) -> None:
    """An export that computes something else is not worth timing: at another length too, its logits must be torch's."""
    import torch

    ids = torch.randint(5, 100, (1, 75))
    with torch.inference_mode():
        expected = model(ids, torch.ones_like(ids)).numpy()
    (found,) = session(path).run(None, {"input_ids": ids.numpy(), "attention_mask": np.ones((1, 75), np.int64)})
    if not np.allclose(found, expected, atol=2e-3):
        raise RuntimeError(f"{path}: logits differ from torch by {np.abs(found - expected).max():.2e}")


def session(path: Path) -> ort.InferenceSession:
    """One thread, as the guard runs."""
    options = ort.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    return ort.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def ids_of(tokens: int) -> dict[str, npt.NDArray[np.int64]]:
    """One row of this many tokens, not all alike."""
    row = np.random.default_rng(tokens).integers(5, 1000, (1, tokens))
    return {"input_ids": row, "attention_mask": np.ones_like(row)}


def interleave(calls: dict[Any, Any], rounds: int, seed: int = 1) -> dict[Any, list[float]]:
    """Milliseconds of each call, `rounds` of each, in an order drawn anew every round, after one that warms up."""
    times: dict[Any, list[float]] = {key: [] for key in calls}
    order, draw = list(calls), random.Random(seed)
    for turn in range(-1, rounds):
        draw.shuffle(order)
        for key in order:
            start = perf_counter()
            calls[key]()
            if turn >= 0:
                times[key].append((perf_counter() - start) * 1e3)
    return times


def _our_model(guard: Guard, tokens: int) -> Any:
    """Our model alone on the same number of tokens; past its window of 256, as many windows as classify makes."""
    runtime = guard._runtime
    text = sample(guard, tokens)
    rows = [[window] for window in runtime.windows(text, native.analyze(text).features)]
    return lambda: list(runtime.batches(rows))


def measure(work: Path, names: list[str], tokens: list[int], rounds: int) -> dict[str, Any]:
    """p50 and p95 in ms by model and length, and the ratio of each p50 to that of `tinyguard classify`."""
    guard = Guard()
    calls: dict[tuple[str, int], Any] = {}
    for count in tokens:
        text = sample(guard, count)
        verdict = guard.classify(text)
        if not 0.0 <= verdict.score <= 1.0 or guard.token_count(text) < 0.9 * count:
            raise RuntimeError("the sample is not what it should be")
        calls[END_TO_END, count] = lambda text=text: guard.classify(text)
        calls[OURS, count] = _our_model(guard, count)
    for name in names:
        loaded = session(work / f"{name}.int8.onnx")
        for count in tokens:
            feed = ids_of(count)
            (logits,) = loaded.run(None, feed)
            if logits.shape != (1, 2) or not np.isfinite(logits).all():
                raise RuntimeError(f"{name} gives no logits at {count} tokens")
            calls[name, count] = lambda loaded=loaded, feed=feed: loaded.run(None, feed)
    times = interleave(calls, rounds)
    middle = {key: float(np.median(values)) for key, values in times.items()}
    return {
        name: {
            str(count): {
                "p50_ms": middle[name, count],
                "p95_ms": float(np.percentile(times[name, count], 95)),
                "ratio_to_classify": middle[name, count] / middle[END_TO_END, count],
            }
            for count in tokens
        }
        for name in (END_TO_END, OURS, *names)
    }


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=Path, default=Path("bench/out/architectures"), metavar="FOLDER")
    parser.add_argument("--names", nargs="+", choices=CONFIGURATIONS, default=list(CONFIGURATIONS))
    parser.add_argument("--tokens", nargs="+", type=int, default=list(TOKENS))
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--json", type=Path, metavar="FILE")
    options = parser.parse_args(arguments)
    for name in options.names:
        start = perf_counter()
        path = export(name, CONFIGURATIONS[name], options.work)
        print(
            f"{name}: {path.stat().st_size / 1e6:.0f} MB ({perf_counter() - start:.0f} s)", file=sys.stderr, flush=True
        )
    found = measure(options.work, options.names, options.tokens, options.rounds)
    if options.json:
        origin = provenance([], None, 0)
        origin["command"] = " ".join(["python -m bench.latency.architectures", *sys.argv[1:]])
        about = {name: CONFIGURATIONS[name] for name in options.names}
        result = {"provenance": origin, "rounds": options.rounds, "configurations": about, "latency": found}
        options.json.write_text(json.dumps(result, indent=1) + "\n")
    print(f"{'p50 ms (ratio to classify)':28}" + "".join(f"{count:>20}" for count in options.tokens))
    for name, row in found.items():
        cells = (f"{value['p50_ms']:.2f} ({value['ratio_to_classify']:.2f})" for value in row.values())
        print(f"{name:28}" + "".join(f"{cell:>20}" for cell in cells))
    return 0


if __name__ == "__main__":
    sys.exit(main())
