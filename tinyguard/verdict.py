"""The answer for one text, and its 16-bit form.

The bits, little-endian on the wire (``bits.to_bytes(2, "little")``)::

    15    12 11     8 7      4 3      0
    [action] [severity] [confid.] [threat]

so that ``bits & 0x000F`` is non-zero exactly when there is something to know about the text.
The C header ``tinyguard/include/tinyguard_bits.h`` has the same masks and shifts.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from operator import index
from typing import Any, NamedTuple, SupportsIndex

THREAT_CODES: dict[str, int] = {
    "benign": 0,
    "direct_injection": 1,
    "jailbreak": 2,
    "obfuscation": 3,
    "context_overflow": 4,
    "indirect_injection": 5,
    "prompt_extraction": 6,
    "harmful_request": 7,
    "uncertain": 15,
}
ACTION_CODES: dict[str, int] = {"allow": 0, "flag": 1, "review": 2, "block": 3}

THREAT_MASK, THREAT_SHIFT = 0x000F, 0
CONFIDENCE_MASK, CONFIDENCE_SHIFT = 0x00F0, 4
SEVERITY_MASK, SEVERITY_SHIFT = 0x0F00, 8
ACTION_MASK, ACTION_SHIFT = 0xF000, 12

_THREAT_NAMES = {code: name for name, code in THREAT_CODES.items()}
_ACTION_NAMES = {code: name for name, code in ACTION_CODES.items()}


class Bits(NamedTuple):
    """The four fields of a 16-bit verdict, each in 0–15."""

    threat: int
    confidence: int
    severity: int
    action: int

    @property
    def threat_type(self) -> str:
        return _THREAT_NAMES.get(self.threat, f"reserved_{self.threat}")

    @property
    def action_name(self) -> str:
        return _ACTION_NAMES.get(self.action, f"reserved_{self.action}")


def _field(name: str, value: int | str, codes: dict[str, int] | None = None) -> int:
    if isinstance(value, str) and codes is not None:
        if value not in codes:
            raise ValueError(f"unknown {name} {value!r}: expected one of {', '.join(codes)}")
        return codes[value]
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"{name} must be an integer from 0 to 15, not {type(value).__name__}")
    if not 0 <= value <= 15:
        raise ValueError(f"{name} must be from 0 to 15, not {value}")
    return value


def encode_bits(threat: int | str, confidence: int = 0, severity: int = 0, action: int | str = 0) -> int:
    """Pack four fields of 0–15 (threat and action by name or by code) into 16 bits."""
    return (
        _field("threat", threat, THREAT_CODES) << THREAT_SHIFT
        | _field("confidence", confidence) << CONFIDENCE_SHIFT
        | _field("severity", severity) << SEVERITY_SHIFT
        | _field("action", action, ACTION_CODES) << ACTION_SHIFT
    )


def decode_bits(bits: SupportsIndex) -> Bits:
    """Unpack 16 bits, of an int or what stands for one (`numpy.uint16`); reserved codes come back as they are."""
    if isinstance(bits, bool) or not isinstance(bits, SupportsIndex):
        raise TypeError(f"bits must be an integer, not {type(bits).__name__}")
    bits = index(bits)
    if not 0 <= bits <= 0xFFFF:
        raise ValueError(f"bits must be from 0 to 65535, not {bits}")
    return Bits(
        (bits & THREAT_MASK) >> THREAT_SHIFT,
        (bits & CONFIDENCE_MASK) >> CONFIDENCE_SHIFT,
        (bits & SEVERITY_MASK) >> SEVERITY_SHIFT,
        (bits & ACTION_MASK) >> ACTION_SHIFT,
    )


class Span(NamedTuple):
    """Characters [start, end) of the original text, and what was seen there."""

    start: int
    end: int
    kind: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the guard says about one text. It holds no part of the text itself.

    is_safe      no attack was found: ``score`` is below the policy's threshold for the role
    threat_type  a key of ``THREAT_CODES``; ``benign`` when there is nothing to report
    score        calibrated probability of an attack, the highest over all views and windows, for the number of windows
    confidence   distance of the score from the threshold, 0 at the threshold and 1 at the end of its side
    severity     0–15, 0 for a safe text
    action       what the policy asks for: allow, flag, review or block
    bits         threat, confidence, severity and action in 16 bits
    route        which way the text took: ``empty``, ``allow_list``, or as its windows were read: ``fast_only``,
                 ``deep_only``, ``both`` (the last of these that one of them needed)
    detectors    score in [0, 1] of each native detector, and ``harmful_intent``; all 0 where nothing was read
    spans        evidence in characters of the original text
    view         the view that convicted: ``text`` or the technique that was undone (``base64``, …)
    truncated    some hidden text was past the bounds and was not recovered
    latency_ms   wall-clock time; in a batch, the batch's time divided by its texts
    """

    is_safe: bool
    threat_type: str
    score: float
    confidence: float
    severity: int
    action: str
    bits: int
    route: str
    detectors: dict[str, float]
    spans: tuple[Span, ...]
    view: str
    truncated: bool
    latency_ms: float

    def to_dict(self) -> dict[str, Any]:
        return {
            "is_safe": self.is_safe,
            "threat_type": self.threat_type,
            "score": self.score,
            "confidence": self.confidence,
            "severity": self.severity,
            "action": self.action,
            "bits": self.bits,
            "route": self.route,
            "detectors": dict(self.detectors),
            "spans": [span._asdict() for span in self.spans],
            "view": self.view,
            "truncated": self.truncated,
            "latency_ms": self.latency_ms,
        }

    def to_json(self) -> str:
        return json.dumps(self.to_dict())
