"""Prune a SentencePiece-Unigram tokenizer to the pieces that the data uses, in lower case.

A piece's worth is its count by language, each language's counts scaled by the square root of its size, so
that a language with a thousandth of the rows does not vanish. Every single character that occurs stays, so
that no known script falls back to `<unk>`. Unigram segmentation with fewer pieces needs no retraining: a
dropped piece is spelled by smaller ones that the base model also knows (Ushio et al. 2023, "An Efficient
Multilingual Language Model Compression through Vocabulary Trimming").

    python -m training.data.vocabulary BASE OUT --size 32000 DATA.jsonl.gz …
"""

from __future__ import annotations

import argparse
import json
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

import numpy as np
from safetensors.numpy import load_file, save_file
from tokenizers import Tokenizer

from training.data.rows import plain_text, read_rows

SPECIALS = ("<s>", "<pad>", "</s>", "<unk>")
EMBEDDING = "embeddings.word_embeddings.weight"
#: Case says little of intent and is the cheapest thing to change: a cased model lost four in ten attacks written as
#: titles and convicted four in ten benign texts in random case (training/LOG.md, section 7). "İ" is the one letter
#: whose lower case is two characters; it is spelled with one, so that places in a text stay what they are.
LOWERCASE = {
    "type": "Sequence",
    "normalizers": [{"type": "Replace", "pattern": {"String": "İ"}, "content": "i"}, {"type": "Lowercase"}],
}


def piece_worth(tokenizer: Tokenizer, rows: list[tuple[str, str]]) -> np.ndarray:
    """float64[vocabulary]: summed share of each piece over the languages of `rows` (language, text)."""
    counts: dict[str, Counter[int]] = defaultdict(Counter)
    step = 2000
    for start in range(0, len(rows), step):
        part = rows[start : start + step]
        encoded = tokenizer.encode_batch_fast([text for _, text in part], add_special_tokens=False)
        for (language, _), encoding in zip(part, encoded, strict=True):
            counts[language].update(encoding.ids)
    worth = np.zeros(tokenizer.get_vocab_size())
    for counter in counts.values():
        ids = np.fromiter(counter.keys(), np.int64, len(counter))
        n = np.fromiter(counter.values(), np.float64, len(counter))
        worth[ids] += n / n.sum() ** 0.5
    return worth


def choose_pieces(spec: dict[str, Any], worth: np.ndarray, characters: set[str], size: int) -> list[int]:
    """The ids to keep, ascending: specials, every single character of the data, then the most worth."""
    vocab = spec["model"]["vocab"]
    kept = {i for i, (piece, _) in enumerate(vocab) if piece in SPECIALS}
    kept |= {i for i, (piece, _) in enumerate(vocab) if piece == "▁" or (len(piece) == 1 and piece in characters)}
    for i in np.argsort(-worth, kind="stable"):
        if len(kept) >= size or worth[i] == 0:
            break
        kept.add(int(i))
    return sorted(kept)


def prune_spec(spec: dict[str, Any], kept: list[int]) -> dict[str, Any]:
    """The tokenizer file with only `kept`, fed by text that the native core has already normalized."""
    new_id = {old: new for new, old in enumerate(kept)}
    vocab = spec["model"]["vocab"]
    spec["model"]["vocab"] = [vocab[i] for i in kept]
    spec["model"]["unk_id"] = new_id[spec["model"]["unk_id"]]
    spec["added_tokens"] = [dict(t, id=new_id[t["id"]]) for t in spec["added_tokens"] if t["id"] in new_id]
    for token in spec["post_processor"]["special_tokens"].values():
        token["ids"] = [new_id[i] for i in token["ids"]]
    spec["normalizer"] = LOWERCASE
    # Words are cut at any white space, so runs of blanks and line breaks cost nothing.
    spec["pre_tokenizer"] = {
        "type": "Sequence",
        "pretokenizers": [
            {"type": "WhitespaceSplit"},
            {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "always", "split": True},
        ],
    }
    return spec


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("base", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("data", type=Path, nargs="+")
    parser.add_argument("--size", type=int, default=32000)
    args = parser.parse_args()

    rows = [(row.get("lang") or "unknown", plain_text(row["text"])[:2000]) for row in read_rows(args.data)]
    spec = json.loads((args.base / "tokenizer.json").read_text(encoding="utf-8"))
    tokenizer = Tokenizer.from_str(
        json.dumps(prune_spec(json.loads(json.dumps(spec)), list(range(len(spec["model"]["vocab"])))))
    )
    worth = piece_worth(tokenizer, rows)
    characters = {c for _, text in rows for c in tokenizer.normalizer.normalize_str(text)}
    kept = choose_pieces(spec, worth, characters, args.size)

    args.out.mkdir(parents=True, exist_ok=True)
    (args.out / "tokenizer.json").write_text(json.dumps(prune_spec(spec, kept), ensure_ascii=False), encoding="utf-8")
    weights = load_file(args.base / "model.safetensors")
    weights[EMBEDDING] = np.ascontiguousarray(weights[EMBEDDING][kept])
    save_file(weights, args.out / "model.safetensors")
    config = json.loads((args.base / "config.json").read_text())
    config["vocab_size"] = len(kept)
    (args.out / "config.json").write_text(json.dumps(config, indent=1))
    print(f"kept {len(kept)} of {len(worth)} pieces; they cover {worth[kept].sum() / worth.sum():.4%} of the worth")


if __name__ == "__main__":
    main()
