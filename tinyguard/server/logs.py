"""One JSON object a line on standard error. No record holds any part of a text, a header or a query."""

from __future__ import annotations

import json
import logging
import sys
import traceback
from datetime import datetime, timezone
from typing import Any

logger = logging.getLogger("tinyguard.server")


class JsonFormatter(logging.Formatter):
    """Time, level, event and the record's ``fields``. Of an exception, its type and where it was raised: the message
    of an exception may quote what it failed on. Of another library's record, the message with its blanks unfilled:
    uvicorn fills in the path and query of a WebSocket."""

    def format(self, record: logging.LogRecord) -> str:
        entry: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, timezone.utc).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "event": str(record.msg),
            "process": record.process,
            **getattr(record, "fields", {}),
        }
        if record.exc_info and record.exc_info[0] is not None:
            entry["exception"] = record.exc_info[0].__name__
            entry["raised_at"] = [
                f"{frame.filename}:{frame.lineno} {frame.name}" for frame in traceback.extract_tb(record.exc_info[2])
            ]
        return json.dumps(entry)


def event(name: str, level: int = logging.INFO, exc_info: bool = False, **fields: Any) -> None:
    logger.log(level, name, extra={"fields": fields}, exc_info=exc_info)


def configure(level: int = logging.INFO) -> None:
    """Send the service's and uvicorn's records to standard error, as JSON."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonFormatter())
    for name in ("tinyguard.server", "uvicorn", "uvicorn.error", "uvicorn.access"):
        channel = logging.getLogger(name)
        channel.handlers = [handler] if name in ("tinyguard.server", "uvicorn") else []
        channel.propagate = name == "uvicorn.error"
        channel.setLevel(level)
