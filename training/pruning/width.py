"""Cut the hidden width of a BERT-type folder, for small trials: layers, heads and pieces can be pruned with less harm.

The dimensions that vary most over the embedding table stay, with as many whole heads as fill the new width and the
inner units of each feed-forward part with the largest weights (structured width pruning by magnitude, as in Xia et al.
2024, "Sheared LLaMA", without the learned mask). What comes out wants training before it is good for anything.

    python -m training.pruning.width BASE OUT --width 96 --ffn 192 --layers 4
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

EMBEDDING = "embeddings.word_embeddings.weight"


def largest(score: Tensor, count: int) -> Tensor:
    """int64 [count]: where the largest are, ascending."""
    return score.topk(count).indices.sort().values


def narrow(state: dict[str, Tensor], heads: int, width: int, ffn: int, layers: int) -> dict[str, Tensor]:
    """The weights of a narrower encoder with the base's head size and its first `layers` layers.

    Raises ValueError where `width` is not a multiple of the head size, or something is wider than the base.
    """
    full = state[EMBEDDING].shape[1]
    size = full // heads
    if width % size or width > full:
        raise ValueError(f"width {width} is not a multiple of the head size {size} up to {full}")
    dims = largest(state[EMBEDDING].float().std(0), width)
    out = {}
    for name, value in state.items():
        part = name.split(".")
        if part[0] == "embeddings":
            out[name] = value[..., dims].contiguous()
        elif part[0] == "encoder" and int(part[2]) < layers:
            prefix = f"encoder.layer.{part[2]}."
            up, down = (state[f"{prefix}{side}.dense.weight"].float() for side in ("intermediate", "output"))
            # Whole heads, by the size of what they put out.
            norms = state[f"{prefix}attention.output.dense.weight"].float().norm(dim=0).view(heads, size).norm(dim=1)
            kept = largest(norms, width // size)
            rows = (kept[:, None] * size + torch.arange(size)).flatten()
            inner = largest(up.norm(dim=1) * down.norm(dim=0), ffn)
            if part[3] == "attention":
                inside, outside = (dims, rows) if part[4] == "self" else (rows, dims)
            else:
                inside, outside = (dims, inner) if part[3] == "intermediate" else (inner, dims)
            out[name] = (value[outside][:, inside] if value.dim() == 2 else value[outside]).contiguous()
    return out


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("base", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--width", type=int, default=96)
    parser.add_argument("--ffn", type=int, default=192)
    parser.add_argument("--layers", type=int, default=4)
    args = parser.parse_args()
    config = json.loads((args.base / "config.json").read_text())
    state = narrow(
        load_file(args.base / "model.safetensors"), config["num_attention_heads"], args.width, args.ffn, args.layers
    )
    args.out.mkdir(parents=True, exist_ok=True)
    save_file(state, args.out / "model.safetensors")
    (args.out / "tokenizer.json").write_bytes((args.base / "tokenizer.json").read_bytes())
    config |= {
        "hidden_size": args.width, "intermediate_size": args.ffn, "num_hidden_layers": args.layers,
        "num_attention_heads": args.width * config["num_attention_heads"] // config["hidden_size"],
    }  # fmt: skip
    (args.out / "config.json").write_text(json.dumps(config, indent=1))
    print(f"{sum(v.numel() for v in state.values()) / 1e6:.2f} M parameters")


if __name__ == "__main__":
    main()
