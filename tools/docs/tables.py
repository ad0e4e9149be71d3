"""Tables of the documentation, each made from the file that decides what is true: headers, model.json, the parsers."""

from __future__ import annotations

import argparse
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
HEADER = ROOT / "tinyguard" / "include" / "tinyguard_bits.h"
MANIFEST = ROOT / "tinyguard" / "weights" / "model.json"
THREATS = ROOT / "docs" / "data" / "threats.yml"
KINDS = ROOT / "docs" / "data" / "kinds.yml"


def defines(prefix: str) -> dict[str, int]:
    """The numbers of the C header whose name begins so, by the rest of their name."""
    found = re.findall(
        rf"^#define TINYGUARD_{prefix}_(\w+) (0x[0-9A-F]+|\d+)u?\b", HEADER.read_text(encoding="utf-8"), re.MULTILINE
    )
    return {name: int(value, 0) for name, value in found if name not in ("MASK", "SHIFT")}


def manifest() -> dict[str, Any]:
    return dict(json.loads(MANIFEST.read_text(encoding="utf-8")))


def threats() -> dict[str, dict[str, Any]]:
    return dict(yaml.safe_load(THREATS.read_text(encoding="utf-8")))


def kinds() -> dict[str, list[dict[str, str]]]:
    return dict(yaml.safe_load(KINDS.read_text(encoding="utf-8")))


def cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def table(head: list[str], rows: list[list[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def shown(text: str) -> str:
    """A text as it can be read on a page: characters that are not seen are written out."""
    return "".join(c if c.isprintable() or c == "\n" else f"\\u{ord(c):04x}" for c in text)


def quoted(text: str, indent: str = "") -> list[str]:
    return [f"{indent}{line}".rstrip() for line in ("```text", *shown(text).splitlines(), "```")]


# ── the 16 bits ──────────────────────────────────────────────────────────────────────────────────────────────────────


def fields_table() -> str:
    text = HEADER.read_text(encoding="utf-8")
    rows = []
    for name in ("THREAT", "CONFIDENCE", "SEVERITY", "ACTION"):
        mask = re.search(rf"#define TINYGUARD_{name}_MASK (0x[0-9A-F]+)u", text)
        shift = re.search(rf"#define TINYGUARD_{name}_SHIFT (\d+)", text)
        if mask is None or shift is None:
            raise ValueError(f"{HEADER.name} has no mask and shift of {name}")
        first = int(shift[1])
        rows.append([f"{first}–{first + 3}", name.lower(), f"`{mask[1]}`", shift[1]])
    return table(["bits", "field", "mask", "shift"], rows)


def threats_list() -> str:
    """A section for each threat code: what it says, a text that sets it, known false alarms."""
    known = threats()
    lines: list[str] = []
    for name, code in sorted(defines("THREAT").items(), key=lambda item: item[1]):
        entry = known[name.lower()]
        lines += [f"### {code} · `{name.lower()}`", "", cell(entry["about"]), ""]
        if "text" in entry:
            how = f" with the role `{entry['role']}`" if "role" in entry else ""
            if "policy" in entry:
                how = " under `Policy.custom(" + ", ".join(f"{k}={v}" for k, v in entry["policy"].items()) + ")`"
            where = "a model of the tests, in which single words decide" if entry.get("model") else "the bundled model"
            lines += [f"Set{how} by ({where}):", "", *quoted(entry["text"]), ""]
        if "false_alarms" in entry:
            lines += [f"Known false alarms: {cell(entry['false_alarms'])}", ""]
    return "\n".join(lines)


def actions_table() -> str:
    return table(["code", "action"], [[str(code), f"`{name.lower()}`"] for name, code in defines("ACTION").items()])


# ── detectors ────────────────────────────────────────────────────────────────────────────────────────────────────────


def false_alarms(detector: str) -> str:
    """What the detector's header says of its known false alarms and misses."""
    whole = (ROOT / "csrc" / "detect" / f"{detector}.h").read_text(encoding="utf-8")
    header = whole.partition("#pragma once")[0]
    comment = [line[2:].strip() for line in header.splitlines() if line.startswith("//")]
    text = "\n".join(comment)
    found = re.search(r"Known (?:misses|false alarms).*", text, re.DOTALL)
    if found is None:
        raise ValueError(f"{detector}.h names no known false alarms")
    words = " ".join(found[0].split("\n\n")[0].split())
    parts = re.split(r" (?=Known misses|Known false alarms)", words)
    lines = []
    for part in parts:
        head, *items = re.split(r": - |; - ", part)
        lines += [head + (":" if items else ""), "", *(f"- {item}" for item in items), ""]
    return "\n".join(lines).strip()


def kinds_list(detector: str) -> str:
    """Each kind of finding of a detector with a text that sets it."""
    lines: list[str] = []
    for entry in kinds()[detector]:
        lines += [f"**`{entry['kind']}`**: {cell(entry['about'])}", "", *quoted(entry["text"]), ""]
    return "\n".join(lines)


# ── the model ────────────────────────────────────────────────────────────────────────────────────────────────────────


def thresholds_table() -> str:
    model = manifest()
    rows = []
    for name, value in model["thresholds"].items():
        odds = value / (1 - value)
        review, block = (factor * odds / (1 + factor * odds) for factor in (2, 4))
        budget = model["threshold_budgets"].get(name)
        share = "–" if budget is None else f"{100 * budget:g} %"
        rows.append([f"`{name}`", f"{value:g}", f"{review:.4f}", f"{block:.4f}", share])
    return table(["policy", "threshold", "review from", "block from", "false-positive budget"], rows)


def model_table() -> str:
    model = manifest()
    size = sum(entry["bytes"] for entry in model["files"].values())
    rows = [
        ["name, version", f"{model['name']}, version {model['version']} ({model['created']})"],
        ["classes", ", ".join(f"`{name}`" for name in model["classes"])],
        ["windows", f"at most {model['max_tokens']} tokens, {model['window_overlap']} shared by neighbours"],
        ["files", f"{len(model['files'])}, together {size / 1e6:.1f} MB"],
        ["scores of a text depend on its batch", "no" if model.get("batch_invariant") is True else "yes"],
    ]
    return table(["", ""], rows)


# ── the command line ─────────────────────────────────────────────────────────────────────────────────────────────────


def options_table(command: str) -> str:
    """The options of one command as its parser has them."""
    from tinyguard.cli import parser

    commands = next(a for a in parser()._actions if isinstance(a, argparse._SubParsersAction))
    rows = []
    for action in commands.choices[command]._actions:
        if action.dest == "help":
            continue
        name = ", ".join(action.option_strings) or action.dest
        metavar = action.metavar if isinstance(action.metavar, str) else None
        if action.option_strings and action.nargs != 0:
            name += " " + (metavar or ("{" + ",".join(map(str, action.choices)) + "}" if action.choices else "N"))
        text = (action.help or "") % {"default": action.default} if action.help else ""
        rows.append([f"`{cell(name)}`", cell(text)])
    return table(["option", "meaning"], rows)


TABLES: dict[str, Callable[..., str]] = {
    "fields": fields_table,
    "threats": threats_list,
    "actions": actions_table,
    "false-alarms": false_alarms,
    "kinds": kinds_list,
    "thresholds": thresholds_table,
    "model": model_table,
    "options": options_table,
}
