"""Long frames of fiction, study, work and play around one request, as `wrappers` has short ones.

They stand in `frames.jsonl`, one object with `frame` a line, for each is a paragraph.
"""

from __future__ import annotations

import json
from pathlib import Path

LONG_FRAMES: tuple[str, ...] = tuple(
    json.loads(line)["frame"] for line in Path(__file__).with_suffix(".jsonl").read_text(encoding="utf-8").splitlines()
)
