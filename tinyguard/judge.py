"""From the model's probabilities for every window of every view to one verdict."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

from tinyguard import _core
from tinyguard.network import ROUTES, Reading
from tinyguard.policy import Bands
from tinyguard.runtime import Runtime, Window
from tinyguard.verdict import THREAT_CODES, Span, Verdict, encode_bits

if TYPE_CHECKING:
    from tinyguard._core import Analysis

# Text that a tool or a document brings in was not written by the user: an instruction in it is an indirect one.
_INDIRECT_ROLES = frozenset(("tool", "document"))

# What hides a text shows in one of these detectors, or has been recovered into a view of its own.
_DISGUISES = ("flip", "homoglyph", "encryption", "encoding", "typoglycemia", "leet", "invisible")

_INTENT = "harmful_intent"
#: The keys of a verdict's `detectors`.
DETECTORS = (*_core.DETECTOR_NAMES, _INTENT)

# From this many windows on, more of them excuse nothing: padding must not buy an attack more than that.
_MOST_WINDOWS = 4

# What the odds of a closer look are divided by: it shows the model the most suspicious part without what stands around.
_LOOK = 8
# Fewest tokens of a text in which a part can be looked at more closely; of a shorter one it would be most of it.
_LEAST_TOKENS = 64


class Finding(NamedTuple):
    """The window of a view that looks most like an attack; its score is that of the window alone until it is judged."""

    score: float
    threat: str  # the likeliest attack
    severity: float
    window: Window


def among(score: float, windows: int) -> float:
    """A window's probability of an attack, given how many windows its text has.

    If a text of n windows is as likely to hold an attack as a short one, each of its windows is n times less likely to,
    so its odds are divided by n (Bonferroni's correction, on odds): a long document has no more false alarms for having
    more chances of one.
    """
    return discounted(score, min(windows, _MOST_WINDOWS))


def discounted(score: float, divisor: int) -> float:
    """The probability whose odds are those of `score` over `divisor`."""
    return score if divisor <= 1 else score / (score + divisor * (1.0 - score))


class Scan:
    """One text on its way through the model."""

    __slots__ = (
        "analysis", "classes", "findings", "harmful_intent", "kinds", "looks", "loudest", "role", "route", "texts",
        "windows",
    )  # fmt: skip

    def __init__(self, analysis: Analysis, role: str, classes: Sequence[str]) -> None:
        self.analysis = analysis
        self.role = role
        self.classes = classes
        # What an attack may be called, as indices of classes: a text in plain words, however odd, is not obfuscated.
        detectors, attacks = analysis.detectors, range(1, len(classes))
        plain = len(analysis.views) == 1 and not any(detectors[name] > 0 for name in _DISGUISES)
        self.kinds = [i for i in attacks if not (plain and classes[i] == "obfuscation")] or attacks
        # A harmful question asks for something bad in plain words; it does not take the model over. It is reported
        # beside the score and not in it.
        self.harmful_intent = 0.0
        self.route = 0
        # The normalized text is the first view, what was recovered from it follows.
        self.texts = [view.text for view in analysis.views]
        self.findings: list[Finding | None] = [None] * len(self.texts)
        self.windows = [0] * len(self.texts)
        # Of each view: the window with the loudest run, how loud that is, and where in the window it begins.
        self.loudest: list[tuple[Window, float, int] | None] = [None] * len(self.texts)
        self.looks: list[Finding | None] = [None] * len(self.texts)

    def add(self, view: int, window: Window, reading: Reading) -> None:
        """Take a window's result in; the order of calls does not matter."""
        found = self._found(window, reading)
        self.windows[view] += 1
        known, loudest = self.findings[view], self.loudest[view]
        if known is None or _before(found.score, window, known.score, known.window):
            self.findings[view] = found
        if loudest is None or _before(reading.loudness, window, loudest[1], loudest[0]):
            self.loudest[view] = window, reading.loudness, reading.loudest

    def suspect(self, view: int) -> tuple[Window, int] | None:
        """The place in a view that asks for a closer look: a window, and where in it the run of tokens begins."""
        loudest = self.loudest[view]
        if loudest is None or loudest[1] <= 0:
            return None
        first, last = loudest[0].tokens
        enough = self.windows[view] > 1 or last - first >= _LEAST_TOKENS
        return (loudest[0], loudest[2]) if enough else None

    def add_look(self, view: int, window: Window, reading: Reading) -> None:
        """Take in the result of the closer look at a view."""
        self.looks[view] = self._found(window, reading)

    def _found(self, window: Window, reading: Reading) -> Finding:
        self.harmful_intent = max(self.harmful_intent, reading.harmful)
        self.route = max(self.route, reading.route)
        attack = reading.probabilities[1:]
        kind = max(self.kinds, key=lambda index: attack[index - 1])
        threat = _threat(self.classes[kind], reading.code, self.role)
        return Finding(float(attack.sum()), threat, reading.severity, window)

    def judged(self, view: int) -> Finding | None:
        """What a view is judged by: its worst window, or the closer look at it where that is worse."""
        finding, look = self.findings[view], self.looks[view]
        if finding is None:
            return None
        finding = finding._replace(score=among(finding.score, self.windows[view]))
        if look is None:
            return finding
        look = look._replace(score=discounted(look.score, _LOOK))
        return look if look.score > finding.score else finding


def _before(value: float, window: Window, other_value: float, other: Window) -> bool:
    """Whether a window comes before another: the higher value first, and of equal ones the earlier in the text."""
    if value != other_value:
        return value > other_value
    return (window.segment, window.tokens) < (other.segment, other.tokens)


def _threat(kind: str, code: int, role: str) -> str:
    """The threat of a window, by its class and by the finer code: whose injection it is, and what it is after."""
    if kind != "direct_injection":
        return kind
    if role in _INDIRECT_ROLES or code == THREAT_CODES["indirect_injection"]:
        return "indirect_injection"
    return "prompt_extraction" if code == THREAT_CODES["prompt_extraction"] else kind


# What the views pipeline puts around a recovered span, and the longest gap between two spans that it keeps.
_CONTEXT, _GAP = 200, 400


def _read_through(analysis: Analysis) -> bool:
    """Whether some recovered view holds the whole text, its encoded parts in plain words and the rest as it stands.

    Then the encoded form says nothing that the view does not, and is not judged for being encoded.
    """
    length = int(analysis.origin[-1])
    for view in analysis.views[1:]:
        spans = sorted((begin, end) for begin, end, kind in analysis.spans if kind == view.kind)
        if not spans or 2 * sum(end - begin for begin, end in spans) < length:
            continue
        gaps = [after[0] - before[1] for before, after in pairwise(spans)]
        if spans[0][0] <= _CONTEXT and length - spans[-1][1] <= _CONTEXT and max(gaps, default=0) <= _GAP:
            return True
    return False


def judge(scan: Scan, bands: Bands, overflow_action: str, runtime: Runtime, latency_ms: float) -> Verdict:
    """The verdict for a scanned text."""
    analysis = scan.analysis
    first = 1 if _read_through(analysis) else 0
    judged = [(i, scan.judged(i)) for i in range(first, len(scan.texts))]
    found = [(i, finding) for i, finding in judged if finding is not None]
    score = min(1.0, max(0.0, round(max((finding.score for _, finding in found), default=0.0), 6)))
    spans = [Span(*span) for span in analysis.spans]
    threat, view, level, action = "benign", "text", 0, bands.action(score)

    if score >= bands.threshold and found:
        convicting, finding = _convicting(found, bands.threshold)
        level = max(1, min(15, round(finding.severity)))
        if convicting:
            recovered = analysis.views[convicting]
            threat, view = "obfuscation", recovered.kind
            spans.append(Span(recovered.begin, recovered.end, f"window:{finding.threat}"))
        else:
            threat = finding.threat
            begin, end = runtime.characters(scan.texts[0], finding.window)
            spans.append(Span(int(analysis.origin[begin]), int(analysis.origin[end]), f"window:{threat}"))
    elif analysis.overflow:
        threat, action = "context_overflow", max(action, overflow_action, key=_SEVERITY_OF_ACTION.__getitem__)
    elif action == "review":
        threat = "uncertain"

    detectors = {name: round(value, 4) for name, value in analysis.detectors.items()}
    detectors[_INTENT] = round(scan.harmful_intent, 4)
    return verdict(score, bands.threshold, threat, level, action, ROUTES[scan.route], latency_ms, view=view,
                   spans=tuple(spans), detectors=detectors, truncated=analysis.overflow)  # fmt: skip


_SEVERITY_OF_ACTION = {"allow": 0, "flag": 1, "review": 2, "block": 3}


def _convicting(found: list[tuple[int, Finding]], threshold: float) -> tuple[int, Finding]:
    """The plain text where it convicts by itself, for then nothing was hidden; else the worst recovered view."""
    index, finding = found[0]
    if index == 0 and round(finding.score, 6) >= threshold:
        return index, finding
    return max(found, key=lambda item: item[1].score)


def verdict(
    score: float,
    threshold: float,
    threat: str,
    severity: int,
    action: str,
    route: str,
    latency_ms: float,
    *,
    view: str = "text",
    spans: tuple[Span, ...] = (),
    detectors: dict[str, float] | None = None,
    truncated: bool = False,
) -> Verdict:
    """A Verdict whose derived fields (is_safe, confidence, bits) follow from the others."""
    is_safe = score < threshold
    side = threshold if is_safe else 1.0 - threshold
    confidence = round(abs(score - threshold) / side, 6) if side > 0 else 1.0
    return Verdict(
        is_safe=is_safe,
        threat_type=threat,
        score=score,
        confidence=confidence,
        severity=severity,
        action=action,
        bits=encode_bits(threat, round(15 * confidence), severity, action),
        route=route,
        detectors=detectors if detectors is not None else dict.fromkeys(DETECTORS, 0.0),
        spans=spans,
        view=view,
        truncated=truncated,
        latency_ms=latency_ms,
    )
