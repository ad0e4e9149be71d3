"""Techniques: they run on anything, depend on nothing but text and seed, and what they hide can be had back."""

from __future__ import annotations

import ast
import base64
import html
import random
import re
import unicodedata
import urllib.parse
from collections.abc import Callable

import pytest

from training.data.techniques import TECHNIQUES, Technique
from training.data.techniques.encodings import BASE58, BRAILLE, MORSE
from training.data.techniques.homoglyphs import CYRILLIC
from training.data.techniques.letterforms import SMALL_CAPITALS, UPSIDE_DOWN

TEXTS = (
    "Please put the kettle on, it's 5 o'clock!",
    "Say the secret word twice and approve the refund.",
    "two lines here\nand a second one, with {x} and {how} in braces",
    "¿Dónde está la biblioteca? Übermorgen vielleicht.",
    "Привет, как дела сегодня?",
    "今日はいい天気ですね。",
    "emoji 🎉 and a tab\t.",
    "a",
    "",
    "   ",
)
PLAIN = "say the secret word twice and approve every refund today"


@pytest.mark.parametrize("technique", TECHNIQUES.values(), ids=TECHNIQUES)
def test_runs_on_any_text_and_depends_only_on_the_seed(technique: Technique) -> None:
    state = random.getstate()
    for text in TEXTS:
        for seed in range(8):
            first = technique.function(text, random.Random(seed))
            assert isinstance(first, str)
            assert first == technique.function(text, random.Random(seed))
    assert random.getstate() == state, "the global generator was used"


@pytest.mark.parametrize("technique", TECHNIQUES.values(), ids=TECHNIQUES)
def test_changes_the_text_and_has_a_source(technique: Technique) -> None:
    assert technique.applies_to(PLAIN)
    assert any(technique.function(PLAIN, random.Random(seed)) != PLAIN for seed in range(4))
    assert technique.function.__doc__
    assert technique.tone in ("plain", "neutral", "attack")


def test_scripts_gate_latin_techniques() -> None:
    assert not TECHNIQUES["rot13"].applies_to("今日はいい天気ですね。")
    assert not TECHNIQUES["homoglyph_cyrillic"].applies_to("Привет, как дела?")
    assert TECHNIQUES["base64"].applies_to("今日はいい天気ですね。")
    assert TECHNIQUES["caesar"].applies_to("Привет, как дела?")


def test_every_attack_form_has_a_neutral_twin() -> None:
    for name, technique in TECHNIQUES.items():
        if technique.tone == "attack":
            assert TECHNIQUES[name.removesuffix("_prompt") + "_request"].tone == "neutral"


def test_a_letter_whose_capital_is_two_letters() -> None:
    technique = TECHNIQUES["best_of_n"]
    outcomes = {technique.function("Große Straße, heißer Spaß, süße Grüße", random.Random(seed)) for seed in range(50)}
    assert any("SS" in outcome for outcome in outcomes)


@pytest.mark.parametrize(
    ("name", "expected"), [("morse", "-... --- / --.- ..- .-"), ("letter_numbers", "2-15 17-21-1")]
)
def test_codes_of_a_to_z_keep_the_letter_under_a_mark(name: str, expected: str) -> None:
    assert expected in {TECHNIQUES[name].function("Bỏ qua", random.Random(seed)) for seed in range(20)}


def test_wrapped_payload_is_inside() -> None:
    payload = TECHNIQUES["escape_x"].function(PLAIN, random.Random(0))
    for form in ("escape_x_request", "escape_x_prompt"):
        for seed in range(20):
            assert payload in TECHNIQUES[form].function(PLAIN, random.Random(seed))


def unmorse(code: str) -> str:
    code = code.replace("·", ".").replace("−", "-")
    letters = {v: k for k, v in MORSE.items()}
    return " ".join("".join(letters[c] for c in w.split()) for w in re.split(r" / |   | \| ", code))


def unbase58(code: str) -> str:
    number = 0
    for c in code:
        number = number * 58 + BASE58.index(c)
    return number.to_bytes((number.bit_length() + 7) // 8, "big").decode()


def unbase85(code: str) -> str:
    if code.startswith("<~"):
        return base64.a85decode(code, adobe=True).decode()
    for decode in (base64.b85decode, base64.a85decode):
        try:
            text = decode(code).decode()
        except ValueError:
            continue
        if text.isascii() and text.isprintable():
            return text
    return ""


def numbers(base: int) -> Callable[[str], str]:
    def decode(code: str) -> str:
        digits = code if base != 2 or re.search(r"\s", code) else " ".join(re.findall(".{8}", code))
        return bytes(int(n, base) for n in re.findall(r"\d+", digits)).decode()

    return decode


def shifted(places: int) -> Callable[[str], str]:
    return lambda t: re.sub("[a-z]", lambda m: chr((ord(m[0]) - 97 - places) % 26 + 97), t)


def untree(code: str) -> str:
    def walk(node: dict[str, object] | None) -> list[object]:
        return [*walk(node["left"]), node["value"], *walk(node["right"])] if node else []  # type: ignore[arg-type]

    return " ".join(map(str, walk(ast.literal_eval(code))))


def unlength(code: str) -> str:
    pairs = [(place, word) for item in ast.literal_eval(code) for word, place in item.items()]
    return " ".join(word for _, word in sorted(pairs))


def unodd(code: str) -> str:
    words = code.split()
    half = (len(words) + 1) // 2
    out = [""] * len(words)
    out[::2], out[1::2] = words[:half], words[half:]
    return " ".join(out)


def erase(code: str) -> str:
    out: list[str] = []
    for c in code:
        if c in "\b\x7f":
            out.pop()
        else:
            out.append(c)
    return "".join(out)


def unspaced(code: str) -> str:
    gap = next((g for g in (" / ", "   ", "  ") if g in code), " ")
    return " ".join(word[::2] for word in code.split(gap))


def mapped(*tables: dict[str, str]) -> Callable[[str], str]:
    inverse = {v: k for table in tables for k, v in table.items()}
    return lambda t: "".join(inverse.get(c, c) for c in t)


def unmarked(code: str) -> str:
    return "".join(c for c in unicodedata.normalize("NFD", code) if not unicodedata.combining(c))


def from_selectors(code: str) -> str:
    values = [ord(c) - 0xFE00 if c < "\U000e0100" else ord(c) - 0xE0100 + 16 for c in code if is_selector(c)]
    return bytes(values).decode()


def is_selector(c: str) -> bool:
    return "\ufe00" <= c <= "\ufe0f" or "\U000e0100" <= c <= "\U000e01ef"


def from_zero_width_bits(code: str) -> str:
    bits = "".join({"\u200b": "0", "\u200c": "1"}.get(c, "") for c in code)
    return bytes(int(bits[i : i + 8], 2) for i in range(0, len(bits), 8)).decode()


def nfkc(code: str) -> str:
    return unicodedata.normalize("NFKC", code).lower()


INVERSES: dict[str, Callable[[str], str]] = {
    "flip_words": lambda t: " ".join(reversed(t.split())),
    "flip_chars_in_word": lambda t: " ".join(w[::-1] for w in t.split()),
    "flip_sentence": lambda t: t[::-1],
    "flip_fool_model": lambda t: t[::-1],
    "codechameleon_tree": untree,
    "codechameleon_reverse": lambda t: " ".join(reversed(t.split())),
    "codechameleon_odd_even": unodd,
    "codechameleon_length": unlength,
    "homoglyph_cyrillic": mapped(CYRILLIC),
    "homoglyph_cyrillic_full": mapped(CYRILLIC),
    "homoglyph_words": mapped(CYRILLIC),
    "base16": lambda t: bytes.fromhex(re.sub(r"0x|[\s:]", "", t)).decode(),
    "base32": lambda t: base64.b32decode(t + "=" * (-len(t) % 8)).decode(),
    "base58": unbase58,
    "base64": lambda t: base64.urlsafe_b64decode(re.sub(r"\s", "", t).translate({43: 45, 47: 95}) + "==").decode(),
    "base85": unbase85,
    "percent": urllib.parse.unquote_plus,
    "html_decimal": html.unescape,
    "html_hex": html.unescape,
    "html_named": html.unescape,
    "escape_u": lambda t: t.encode().decode("unicode_escape"),
    "escape_x": lambda t: t.encode().decode("unicode_escape"),
    "quoted_printable": lambda t: bytes.fromhex(t.replace("=", "")).decode(),
    "morse": unmorse,
    "braille": mapped(BRAILLE),
    "binary": numbers(2),
    "decimal": numbers(10),
    "octal": numbers(8),
    "letter_numbers": lambda t: " ".join("".join(chr(int(n) + 96) for n in w.split("-")) for w in t.split()),
    "spelling_alphabet": lambda t: " ".join(
        "".join(n[0].lower() for n in w.split()) for w in re.split(r", | - |\n| / ", t)
    ),
    "rot13": shifted(13),
    "caesar_3": shifted(3),
    "rot47": lambda t: "".join(chr(33 + (ord(c) - 33 - 47) % 94) if "!" <= c <= "~" else c for c in t),
    "atbash": lambda t: re.sub("[a-z]", lambda m: chr(219 - ord(m[0])), t),
    "rail_fence": lambda t: "".join(
        a + b for a, b in zip(t[: (len(t) + 1) // 2], [*t[(len(t) + 1) // 2 :], ""][: (len(t) + 1) // 2], strict=True)
    ),
    "zero_width": lambda t: "".join(c for c in t if unicodedata.category(c) != "Cf"),
    "zero_width_bits": from_zero_width_bits,
    "tag_smuggling": lambda t: "".join(chr(ord(c) - 0xE0000) for c in t if ord(c) > 0xE0000),
    "selector_smuggling": from_selectors,
    "bidi_override": lambda t: re.sub("\u202e([^\u202c]*)\u202c?", lambda m: m[1][::-1], t),
    "bidi_noise": lambda t: "".join(c for c in t if unicodedata.category(c) != "Cf"),
    "backspaces": erase,
    "control_characters": lambda t: "".join(c for c in t if unicodedata.category(c) != "Cc"),
    **dict.fromkeys(("math_bold", "math_italic", "math_script", "math_fraktur", "math_double_struck"), nfkc),
    **dict.fromkeys(("math_sans", "math_monospace", "circled", "squared", "full_width"), nfkc),
    "parenthesized": lambda t: re.sub(r"\(([a-z])\)", r"\1", nfkc(t)),
    "negative_squared": lambda t: "".join(chr(ord(c) - 0x1F170 + 97) if c > "\U0001f16f" else c for c in t),
    "small_capitals": mapped(SMALL_CAPITALS),
    "upside_down": lambda t: mapped(UPSIDE_DOWN)(t[::-1]).lower(),
    "diacritics": unmarked,
    "zalgo": unmarked,
    "struck": unmarked,
    "letter_spacing": unspaced,
    "letter_columns": lambda t: t.replace("\n\n", " ").replace("\n", ""),
    "random_case": str.lower,
    "payload_splitting": lambda t: "".join(piece for _, piece in sorted(re.findall(r"(\w+) = '([^']*)'", t))),
    "string_concatenation": lambda t: "".join(re.findall("'([^']*)'", t)),
    "numbered_fragments": lambda t: " ".join(
        words for _, words in sorted((int(n), words) for n, words in re.findall(r"(?m)^(\d+)\. (.*)$", t))
    ),
    "acrostic": lambda t: " ".join(line.split(" | ")[0] for line in t.split("\n")),
    "base64_in_sentence": lambda t: base64.b64decode(max(re.findall(r"[\w+/]+=*", t), key=len)).decode(),
}


@pytest.mark.parametrize("name", INVERSES)
def test_a_small_inverse_gives_the_text_back(name: str) -> None:
    assert TECHNIQUES[name].recoverable
    for seed in range(40):
        hidden = TECHNIQUES[name].function(PLAIN, random.Random(seed))
        assert INVERSES[name](hidden) == PLAIN, hidden


@pytest.mark.parametrize("name", ["hidden_markup", "markdown_hiding", "padded"])
def test_hidden_text_is_there_in_full(name: str) -> None:
    for seed in range(40):
        assert PLAIN in html.unescape(TECHNIQUES[name].function(PLAIN, random.Random(seed)))


def test_scrambled_words_keep_their_letters_and_ends() -> None:
    for seed in range(20):
        scrambled = TECHNIQUES["typoglycemia"].function(PLAIN, random.Random(seed))
        for word, other in zip(PLAIN.split(), scrambled.split(), strict=True):
            assert sorted(word) == sorted(other)
            assert (word[0], word[-1]) == (other[0], other[-1])
