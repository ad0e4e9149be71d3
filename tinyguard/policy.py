"""From a score to an action: thresholds, bands, roles and the allow-list.

A text whose score reaches the *threshold* of its role is a threat. Above it lie the bands::

    0 ──── allow ──── threshold ── flag ── review ── review ── block ── block ── 1

Where a policy gives no ``review`` or ``block`` point, they stand where the odds of an attack are 2 and 4 times
those at the threshold, which keeps the bands in proportion whatever the threshold is.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from os import PathLike
from pathlib import Path
from typing import Any, NamedTuple

from tinyguard.verdict import ACTION_CODES

ROLES = ("user", "tool", "document", "system")
PRESETS = ("strict", "balanced", "permissive")

REVIEW_ODDS = 2.0
BLOCK_ODDS = 4.0

# What to do with a text that hides more than the bounds allow to recover and in which nothing else was found.
_OVERFLOW_ACTIONS = {"strict": "review", "balanced": "flag", "permissive": "allow"}


class Bands(NamedTuple):
    """The cut points of one role."""

    uncertain: float
    threshold: float
    review: float
    block: float

    def action(self, score: float) -> str:
        if score >= self.threshold:
            return "block" if score >= self.block else "review" if score >= self.review else "flag"
        return "review" if score >= self.uncertain else "allow"


def text_hash(text: str) -> str:
    """The key of a text in an allow-list: SHA-256 of its UTF-8 bytes (lone surrogates as three bytes)."""
    if not isinstance(text, str):
        raise TypeError(f"text must be a str, not {type(text).__name__}")
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _odds_times(probability: float, factor: float) -> float:
    return factor * probability / (1.0 + (factor - 1.0) * probability)


def _probability(name: str, value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError(f"{name} must be a number from 0 to 1, not {type(value).__name__}")
    if not 0.0 <= value <= 1.0:
        raise ValueError(f"{name} must be from 0 to 1, not {value}")
    return float(value)


@dataclass(frozen=True, slots=True)
class Policy:
    """Thresholds and actions.

    name             for reports
    threshold        scores from here on are threats
    review, block    where those actions begin; derived from the threshold when None
    role_thresholds  thresholds that differ by role (user, tool, document, system)
    uncertain_band   scores less than this far below the threshold are "uncertain": no threat was found, the action
                     is review. 0 (the default) turns it off
    overflow_action  for a text that hides more than could be recovered and is otherwise benign
    allow_list       hashes (``text_hash``) of exact texts that pass unread
    """

    name: str
    threshold: float
    review: float | None = None
    block: float | None = None
    role_thresholds: Mapping[str, float] = field(default_factory=dict)
    uncertain_band: float = 0.0
    overflow_action: str = "flag"
    allow_list: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        if not isinstance(self.name, str) or not self.name:
            raise ValueError("a policy needs a name")
        set_field = object.__setattr__
        for name in ("threshold", "uncertain_band"):
            set_field(self, name, _probability(name, getattr(self, name)))
        for name in ("review", "block"):
            if getattr(self, name) is not None:
                set_field(self, name, _probability(name, getattr(self, name)))
        if self.review is not None and self.block is not None and self.review > self.block:
            raise ValueError(f"review ({self.review}) must not be above block ({self.block})")
        if not isinstance(self.role_thresholds, Mapping):
            raise TypeError("role_thresholds must be an object of roles and thresholds")
        for role in self.role_thresholds:
            if role not in ROLES:
                raise ValueError(f"unknown role {role!r}: expected one of {', '.join(ROLES)}")
        set_field(
            self,
            "role_thresholds",
            {role: _probability(f"threshold of {role}", value) for role, value in self.role_thresholds.items()},
        )
        if min(self.threshold, *self.role_thresholds.values(), 1.0) <= 0:
            raise ValueError("a threshold of 0 would convict every text")
        if self.overflow_action not in ACTION_CODES:
            raise ValueError(f"unknown action {self.overflow_action!r}: expected one of {', '.join(ACTION_CODES)}")
        hashes = self.allow_list
        if isinstance(hashes, str) or not isinstance(hashes, Collection) or any(not isinstance(k, str) for k in hashes):
            raise TypeError("allow_list must be a collection of SHA-256 hashes, each a string")
        hashes = frozenset(key.lower() for key in hashes)
        if any(len(key) != 64 or set(key) - set("0123456789abcdef") for key in hashes):
            raise ValueError("allow_list holds something that is not a SHA-256 hash; make keys with text_hash(text)")
        set_field(self, "allow_list", hashes)

    def bands(self, role: str) -> Bands:
        """The cut points for a role."""
        if role not in ROLES:
            raise ValueError(f"unknown role {role!r}: expected one of {', '.join(ROLES)}")
        threshold = self.role_thresholds.get(role, self.threshold)
        block = _odds_times(threshold, BLOCK_ODDS) if self.block is None else self.block
        review = min(_odds_times(threshold, REVIEW_ODDS), block) if self.review is None else self.review
        return Bands(threshold - self.uncertain_band, threshold, review, max(review, block))

    def allowing(self, texts: Iterable[str]) -> Policy:
        """The same policy with these exact texts on the allow-list."""
        if isinstance(texts, str | bytes):
            raise TypeError("texts must be a collection of strings, not one string")
        return dataclasses.replace(self, allow_list=self.allow_list | {text_hash(text) for text in texts})

    @classmethod
    def preset(cls, name: str, thresholds: Mapping[str, float]) -> Policy:
        """``strict``, ``balanced`` or ``permissive`` with the thresholds that a model was calibrated to."""
        if name not in PRESETS or name not in thresholds:
            raise ValueError(f"unknown policy {name!r}: expected one of {', '.join(PRESETS)}")
        return cls(name, thresholds[name], overflow_action=_OVERFLOW_ACTIONS[name])

    @classmethod
    def custom(cls, threshold: float, **fields: Any) -> Policy:
        """A policy with a threshold of one's own; the other fields by keyword."""
        return cls(**{"name": "custom", **fields, "threshold": threshold})

    @classmethod
    def from_dict(cls, fields: Mapping[str, Any]) -> Policy:
        known = {item.name for item in dataclasses.fields(cls)}
        if unknown := sorted(set(fields) - known):
            raise ValueError(f"unknown policy fields: {', '.join(map(str, unknown))}")
        if "threshold" not in fields:
            raise ValueError("a policy needs a threshold")
        return cls(**{"name": "custom", **fields})

    @classmethod
    def from_file(cls, path: str | PathLike[str]) -> Policy:
        """A policy from a JSON file with the fields of this class."""
        try:
            fields = json.loads(Path(path).read_bytes())
            if not isinstance(fields, dict):
                raise ValueError("the file must hold one JSON object")
            return cls.from_dict(fields)
        except (ValueError, TypeError, RecursionError) as error:
            raise ValueError(f"{path}: not a policy: {error}") from None

    def to_dict(self) -> dict[str, Any]:
        return {
            **{item.name: getattr(self, item.name) for item in dataclasses.fields(self)},
            "role_thresholds": dict(self.role_thresholds),
            "allow_list": sorted(self.allow_list),
        }
