"""The texts of a request that a gateway forwards: its query and its body, whatever it says that the body is.

What cannot be read as the application behind the gateway would read it is refused.
"""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import parse_qsl

from tinyguard.server.answers import parse_json, refuse_encodings
from tinyguard.server.conversation import Turn, turns
from tinyguard.server.errors import ServiceError, bad_request

# Kinds of bodies that hold what is no text, beside what may be.
_FILES = ("multipart/", "image/", "audio/", "video/", "application/octet-stream", "application/pdf")


def request_turns(query: str, body: bytes, content_type: str, encodings: Iterable[str]) -> list[Turn]:
    """The texts of a query and a body; ``encodings`` are the values of all Content-Encoding headers."""
    refuse_encodings(encodings)
    return query_turns(query) + body_turns(body, content_type)


def body_turns(body: bytes, content_type: str) -> list[Turn]:
    """JSON is taken apart, a form by its fields, anything else is one text; of files, what of them is text.

    A gateway may not forward the header that says that a body is compressed. The first bytes of gzip (1f 8b), Zstandard
    (28 b5), and zlib (78 9c, 78 da) are no UTF-8; those of zlib's fastest level (78 01) hold a control character.
    """
    if not body:
        return []
    kind = content_type.partition(";")[0].strip().lower()
    if kind.startswith(_FILES):
        return [Turn("user", body.decode("utf-8", "surrogateescape"), None)]
    try:
        text = body.decode()
    except UnicodeDecodeError:
        raise ServiceError(415, "unsupported_encoding", "a body that is no UTF-8 text is not read") from None
    if text.startswith("x\x01"):
        raise ServiceError(415, "unsupported_encoding", "a compressed body is not read")
    looks_like_json = body.lstrip()[:1] in (b"{", b"[")
    if kind == "application/json" or kind.endswith("+json") or (not kind and looks_like_json):
        return turns(parse_json(body))
    if kind == "application/x-www-form-urlencoded":
        return query_turns(text) + (_json_turns(body) if looks_like_json else [])
    return [Turn("user", text, None)]


def _json_turns(body: bytes) -> list[Turn]:
    """Of a form that may be JSON: curl calls all that it sends a form, and some servers read JSON by any name."""
    try:
        return turns(parse_json(body))
    except ServiceError:
        return []


def query_turns(query: str) -> list[Turn]:
    """The values of a query or a form, then its names, as one text: what has no "=" is a name."""
    try:
        pairs = parse_qsl(query, keep_blank_values=True, errors="surrogateescape")
    except ValueError:
        raise bad_request("not a query that can be read") from None
    parts = [part for part in (*(value for _, value in pairs), *(name for name, _ in pairs)) if part]
    return [Turn("user", "\n".join(parts), None)] if parts else []
