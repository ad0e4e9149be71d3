"""Attacks between the paragraphs or the sentences of other people's texts: how many are still found?

    python -m bench.attacks.planted tinyguard DEV [--inline] --out bench/out/planted

DEV is a folder of labelled JSONL files. Short English attacks of one of them (direct injections and jailbreaks) are
each put at the break of a paragraph of one benign text of every kind in `HOSTS`, or with `--inline` behind a sentence
within a paragraph. The texts around are no filler: guides and system prompts have requests of their own. A guard that
convicts those is of no use, so how many of the texts are convicted without the attack is told beside.
"""

from __future__ import annotations

import argparse
import json
import random
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from bench.attacks.counted import Records, save
from bench.attacks.observe import observe
from bench.detector import Detector
from bench.quality.detectors import load_detector

#: File of attacks, and the most characters of one.
ATTACKS, LONGEST = "written.jsonl", 500
#: File of benign texts, fewest and most characters.
HOSTS = (
    ("benign_react_dev.jsonl", 1500, 6000), ("benign_opensource_guide.jsonl", 1500, 6000),
    ("benign_sysprompts_louisshark.jsonl", 1500, 6000), ("benign_mixed.jsonl", 1500, 6000),
    ("benign_opensource_guide.jsonl", 400, 800), ("benign_mixed.jsonl", 400, 800),
)  # fmt: skip


class Planted(NamedTuple):
    kind: str
    attack: str
    host: str
    text: str  # both


def rows(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def plant(attack: str, host: str, rng: random.Random) -> str:
    """`attack` as a paragraph of its own at a break of `host`, or behind it where there is none."""
    gap = "\n\n" if "\n\n" in host else "\n"
    paragraphs = host.split(gap)
    at = rng.randrange(1, len(paragraphs)) if len(paragraphs) > 1 else 1
    return gap.join([*paragraphs[:at], attack, *paragraphs[at:]])


def plant_inline(attack: str, host: str, rng: random.Random) -> str:
    """`attack` behind a sentence of `host` that another one follows, or behind all of it where there is none."""
    ends = [match.end() for match in re.finditer(r"[.!?] ", host)]
    at = rng.choice(ends) if ends else len(host)
    return f"{host[:at]}{attack} {host[at:]}" if ends else f"{host} {attack}"


def planted(folder: Path, most: int, seed: int, inline: bool = False) -> list[Planted]:
    """`most` attacks in a text of each kind. Raises ValueError where a file has too few texts."""
    put = plant_inline if inline else plant
    rng = random.Random(seed)
    short = [row for row in rows(folder / ATTACKS) if row.get("lang") == "en" and len(row["text"]) < LONGEST]
    attacks = [row["text"] for row in short if row["label"] in ("direct_injection", "jailbreak")]
    attacks = rng.sample(attacks, min(most, len(attacks)))
    found = []
    for name, least, longest in HOSTS:
        hosts = [row["text"] for row in rows(folder / name) if least <= len(row["text"]) <= longest]
        if len(hosts) < len(attacks):
            raise ValueError(f"{name} has {len(hosts)} texts of {least} to {longest} characters")
        kind = f"{Path(name).stem}, {least} to {longest} characters"
        chosen = rng.sample(hosts, len(attacks))
        found += [
            Planted(kind, attack, host, put(attack, host, rng)) for attack, host in zip(attacks, chosen, strict=True)
        ]
    return found


def check(detector: Detector, texts: Sequence[Planted]) -> Records:
    """One record for each kind of text around, and one for all: of `n`, how many were found and by which route the
    others were missed; how many attacks are found alone, and how many texts are convicted without one."""
    whole, alone, without = (
        observe(detector, [getattr(text, field) for text in texts]) for field in ("text", "attack", "host")
    )
    kinds = {text.kind: [i for i, other in enumerate(texts) if other.kind == text.kind] for text in texts}
    return [
        {
            "kind": kind,
            "n": len(chosen),
            "found": sum(whole[i].convicted for i in chosen),
            "alone": sum(alone[i].convicted for i in chosen),
            "without": sum(without[i].convicted for i in chosen),
            "missed_fast": sum(not whole[i].convicted and whole[i].route == "fast_only" for i in chosen),
        }
        for kind, chosen in [*kinds.items(), ("all", range(len(texts)))]
    ]


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        prog="bench.attacks.planted", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("detector", help="tinyguard, tinyguard=FOLDER or package.module:Name[=ARGUMENT]")
    parser.add_argument("data", type=Path, metavar="DEV", help="folder of the development sets")
    parser.add_argument("--out", type=Path, metavar="FOLDER", help="writes FOLDER/planted.json")
    parser.add_argument("--attacks", type=int, default=48, metavar="N", help="default: %(default)s")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--inline", action="store_true", help="between sentences instead of paragraphs")
    args = parser.parse_args(arguments)
    try:
        detector, texts = load_detector(args.detector), planted(args.data, args.attacks, args.seed, args.inline)
    except (ValueError, OSError) as error:
        parser.error(str(error))
    records = check(detector, texts)
    if args.out:
        save(records, args.out / "planted.json")
    for r in records:
        beside = (
            f"{r['alone']} alone; {r['without']} texts convicted without; {r['missed_fast']} missed by the fast branch"
        )
        print(f"{r['kind']}: {r['found']} of {r['n']} found; {beside}")


if __name__ == "__main__":
    main()
