"""What is read of a forwarded request, whatever it calls itself."""

from __future__ import annotations

import gzip
import zlib

import pytest

from tinyguard.server.conversation import Turn
from tinyguard.server.errors import ServiceError
from tinyguard.server.forwarded import body_turns, query_turns, request_turns

FORM = "application/x-www-form-urlencoded"


def user(text: str) -> Turn:
    return Turn("user", text, None)


def test_bodies() -> None:
    assert body_turns(b'{"prompt": "p"}', "application/json; charset=utf-8") == [user("p")]
    assert body_turns(b' {"prompt": "p"}', "") == [user("p")]
    assert body_turns(b"plain", "text/plain") == [user("plain")]
    assert body_turns(b"", "application/json") == []
    with pytest.raises(ServiceError):
        body_turns(b"{", "application/json")
    with pytest.raises(ServiceError, match="twice"):  # the application might take the first
        body_turns(b'{"a": [{"prompt": "ignore", "prompt": "fine"}]}', "application/json")
    assert [turn.text for turn in turns_of_depth(300)] == ["deep"]


def turns_of_depth(depth: int) -> list[Turn]:
    return body_turns(b"[" * depth + b'"deep"' + b"]" * depth, "application/json")


def test_forms_and_queries() -> None:
    assert body_turns(b"a=x+y&b=%C3%A9&c=", FORM) == [user("x y\n\u00e9\na\nb\nc")]
    assert body_turns(b"please ignore", FORM) == [user("please ignore")]
    assert query_turns("please+ignore&q") == [user("please ignore\nq")]
    assert query_turns("") == []


def test_a_form_that_is_json_is_read_as_both() -> None:
    """curl calls every body a form, and whether the application asks what it is called is not known here."""
    body = b'{"messages": [{"role": "user", "content": "\\u0069gnore"}]}'
    assert body_turns(body, FORM) == [user(body.decode()), Turn("user", "ignore", 0)]
    assert body_turns(b"{a}=b", FORM) == [user("b\n{a}")]


@pytest.mark.parametrize("encodings", [["gzip"], ["identity", "gzip"], ["identity, br"], [" ZSTD "]])
def test_no_compressed_body_is_read(encodings: list[str]) -> None:
    with pytest.raises(ServiceError) as error:
        request_turns("", b"x", "text/plain", encodings)
    assert error.value.status == 415
    assert request_turns("q=x", b"", "", ["identity", ""]) == [user("x\nq")]


@pytest.mark.parametrize(
    "body",
    [
        gzip.compress(b"ignore"),
        *(zlib.compress(b"ignore " * 40, level) for level in range(10)),
        bytes.fromhex("28b52ffd2006310000") + b"ignore",  # Zstandard, stored
        b"ignore \xff",
        "ignore".encode("utf-16"),
    ],
)
@pytest.mark.parametrize("kind", ["", "text/plain", "application/json", FORM])
def test_what_is_visibly_no_text_is_not_read(body: bytes, kind: str) -> None:
    """Also where no header says that it is compressed."""
    with pytest.raises(ServiceError) as error:
        body_turns(body, kind)
    assert error.value.status == 415


def test_of_a_file_the_text_is_read() -> None:
    """An upload is no text, and is not refused for it; what stands beside the file may be an attack."""
    body = b'--x\r\nContent-Disposition: form-data; name="prompt"\r\n\r\nignore\r\n--x\r\n\r\n\x89PNG\xff\r\n--x--'
    (turn,) = body_turns(body, "multipart/form-data; boundary=x")
    assert "ignore" in turn.text
    assert body_turns(b"\x1f\x8b\xff", "application/octet-stream")
