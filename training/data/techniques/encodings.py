"""Encodings: text as base16/32/58/64/85, escapes, Morse, number codes, braille and the like.

Sources: RFC 4648 (base16, 32, 64), RFC 3986 (percent), RFC 2045 (quoted-printable), ITU-R M.1677 (Morse), POSIX
uuencode. As attacks: Wei et al. 2023, "Jailbroken: How Does LLM Safety Training Fail?", arXiv 2307.02483; Hackett et
al. 2025, arXiv 2504.11168.
"""

from __future__ import annotations

import base64
import binascii
import html
import quopri
import random
import unicodedata
import urllib.parse

from training.data.techniques.technique import LATIN, Technique

MORSE_CODES = (
    ".- -... -.-. -.. . ..-. --. .... .. .--- -.- .-.. -- -. --- .--. --.- .-. ... - ..- ...- .-- -..- -.-- --.. "
    "----- .---- ..--- ...-- ....- ..... -.... --... ---.. ----. "
    ".-.-.- --..-- ..--.. -.-.-- ---... -..-. .----. -....- -.--. -.--.- .-..-. -...- .--.-. .-..."
)
MORSE = dict(zip("abcdefghijklmnopqrstuvwxyz0123456789.,?!:/'-()\"=@&", MORSE_CODES.split(), strict=True))
BRAILLE = dict(zip(
    "abcdefghijklmnopqrstuvwxyz,;:.!?'-",
    "⠁⠃⠉⠙⠑⠋⠛⠓⠊⠚⠅⠇⠍⠝⠕⠏⠟⠗⠎⠞⠥⠧⠺⠭⠽⠵⠂⠆⠒⠲⠖⠦⠄⠤",
    strict=True,
))  # fmt: skip
BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
NATO = (
    "Alfa Bravo Charlie Delta Echo Foxtrot Golf Hotel India Juliett Kilo Lima Mike November Oscar Papa Quebec Romeo "
    "Sierra Tango Uniform Victor Whiskey X-ray Yankee Zulu"
)

#: Letters that are no letter with a mark, as people write them where they have only a to z.
PLAIN = str.maketrans({
    "đ": "d", "Đ": "D", "ł": "l", "Ł": "L", "ø": "o", "Ø": "O", "ı": "i", "ð": "d", "ß": "ss", "æ": "ae", "œ": "oe",
    "þ": "th",
})  # fmt: skip


def without_marks(text: str) -> str:
    """Letters without their marks: codes of a to z would lose the others, and most of a Vietnamese word."""
    plain = unicodedata.normalize("NFD", text.translate(PLAIN))
    return unicodedata.normalize("NFC", "".join(c for c in plain if not unicodedata.combining(c)))


def base16(text: str, rng: random.Random) -> str:
    """RFC 4648 section 8; lower or upper case, plain, spaced, or with \"0x\" in front."""
    digits = text.encode().hex()
    if rng.random() < 0.3:
        digits = digits.upper()
    form = rng.choice(("plain", "plain", "spaced", "colons", "0x", "0x each"))
    pairs = [digits[i : i + 2] for i in range(0, len(digits), 2)]
    forms = {
        "plain": digits, "spaced": " ".join(pairs), "colons": ":".join(pairs), "0x": "0x" + digits,
        "0x each": " ".join("0x" + p for p in pairs),
    }  # fmt: skip
    return forms[form]


def base32(text: str, rng: random.Random) -> str:
    """RFC 4648 section 6, with or without padding."""
    code = base64.b32encode(text.encode()).decode()
    return code.rstrip("=") if rng.random() < 0.3 else code


def base58(text: str, rng: random.Random) -> str:
    """Base58 with Bitcoin's alphabet (draft-msporny-base58)."""
    number, out = int.from_bytes(text.encode(), "big"), ""
    while number:
        number, digit = divmod(number, 58)
        out = BASE58[digit] + out
    return out


def base64_(text: str, rng: random.Random) -> str:
    """RFC 4648 sections 4 and 5: standard or URL-safe, padded or not, in one line or wrapped."""
    encode = base64.urlsafe_b64encode if rng.random() < 0.2 else base64.standard_b64encode
    code = encode(text.encode()).decode()
    if rng.random() < 0.25:
        code = code.rstrip("=")
    if rng.random() < 0.15:
        width = rng.choice((40, 64, 76))
        code = "\n".join(code[i : i + width] for i in range(0, len(code), width))
    return code


def base85(text: str, rng: random.Random) -> str:
    """Base85: Python's (RFC 1924 alphabet), Ascii85, or Ascii85 between <~ and ~>."""
    data = text.encode()
    forms = (base64.b85encode, base64.a85encode, lambda d: base64.a85encode(d, adobe=True))
    return str(rng.choice(forms)(data).decode())


def percent(text: str, rng: random.Random) -> str:
    """RFC 3986 section 2.1: every byte, or only what must be escaped, or spaces as plus signs."""
    form = rng.random()
    if form < 0.5:
        return "".join(f"%{b:02X}" for b in text.encode())
    return urllib.parse.quote_plus(text) if form < 0.7 else urllib.parse.quote(text, safe="")


def html_decimal(text: str, rng: random.Random) -> str:
    """HTML numeric character references, decimal (HTML 4, section 5.3.1)."""
    return "".join(f"&#{ord(c)};" for c in text)


def html_hex(text: str, rng: random.Random) -> str:
    """HTML numeric character references, hexadecimal (HTML 4, section 5.3.1)."""
    return "".join(f"&#x{ord(c):x};" for c in text)


def html_named(text: str, rng: random.Random) -> str:
    """HTML references for part of the letters, named ones for punctuation."""
    return "".join(f"&#{ord(c)};" if c.isalpha() and rng.random() < 0.5 else html.escape(c) for c in text)


def utf16_units(text: str) -> list[int]:
    """The UTF-16 code units of `text`."""
    data = text.encode("utf-16-be", "surrogatepass")
    return [data[i] << 8 | data[i + 1] for i in range(0, len(data), 2)]


def escape_u(text: str, rng: random.Random) -> str:
    """JSON and JavaScript escapes (RFC 8259, section 7): a backslash, u and four hexadecimal digits."""
    return "".join(f"\\u{u:04x}" for u in utf16_units(text))


def escape_x(text: str, rng: random.Random) -> str:
    """C and Python byte escapes: a backslash, x and two hexadecimal digits."""
    return "".join(f"\\x{b:02x}" for b in text.encode())


def quoted_printable(text: str, rng: random.Random) -> str:
    """RFC 2045 section 6.7; every byte escaped where the plain rules would leave a short ASCII text as it is."""
    if rng.random() < 0.5 or (text.isascii() and len(text) < 76):
        return "".join(f"={b:02X}" for b in text.encode())
    return quopri.encodestring(text.encode()).decode()


def uuencode(text: str, rng: random.Random) -> str:
    """POSIX uuencode with its header and trailer."""
    data = text.encode()
    lines = [binascii.b2a_uu(data[i : i + 45]).decode() for i in range(0, len(data), 45)]
    return f"begin 644 {rng.choice(('note.txt', 'data', 'msg', 'text.txt'))}\n" + "".join(lines) + "`\nend"


def morse(text: str, rng: random.Random) -> str:
    """ITU-R M.1677 international Morse; " / " between words, marks of letters and unknown characters dropped."""
    words = ([MORSE[c] for c in word if c in MORSE] for word in without_marks(text.lower()).split())
    code = rng.choice((" / ", " / ", "   ", " | ")).join(" ".join(w) for w in words if w)
    if rng.random() < 0.15:
        code = code.replace(".", "·").replace("-", "−")
    return code


def braille(text: str, rng: random.Random) -> str:
    """Grade 1 braille cells, with the number sign before digits; capitals are not marked."""
    out, number = [], False
    for c in text.lower():
        if c.isascii() and c.isdigit():
            out.append(("" if number else "⠼") + BRAILLE["jabcdefghi"[int(c)]])
        else:
            out.append(("⠰" if number and c in "abcdefghij" else "") + BRAILLE.get(c, c))
        number = c.isascii() and c.isdigit()
    return "".join(out)


def binary(text: str, rng: random.Random) -> str:
    """Eight binary digits a byte, spaced or not."""
    return rng.choice((" ", " ", "", "\n")).join(f"{b:08b}" for b in text.encode())


def decimal(text: str, rng: random.Random) -> str:
    """Decimal byte values, divided by spaces or commas, sometimes as a list literal."""
    values = [str(b) for b in text.encode()]
    if rng.random() < 0.25:
        return "[" + ", ".join(values) + "]"
    return rng.choice((" ", " ", ",", ", ", "-")).join(values)


def octal(text: str, rng: random.Random) -> str:
    """Octal byte values of three digits, spaced, or each after a backslash as in C."""
    values = [f"{b:03o}" for b in text.encode()]
    return " ".join(values) if rng.random() < 0.6 else "".join("\\" + v for v in values)


def letter_numbers(text: str, rng: random.Random) -> str:
    """A = 1 … Z = 26; hyphens between letters, spaces between words."""
    words = ([str(ord(c) - 96) for c in w if "a" <= c <= "z"] for w in without_marks(text.lower()).split())
    return " ".join("-".join(w) for w in words if w)


def spelling_alphabet(text: str, rng: random.Random) -> str:
    """The ICAO spelling alphabet, words divided by commas or dashes."""
    names = NATO.split()
    words = (" ".join(names[ord(c) - 97] for c in w if "a" <= c <= "z") for w in without_marks(text.lower()).split())
    return rng.choice((", ", " - ", "\n", " / ")).join(w for w in words if w)


TABLE = (
    Technique("base16", "encoding", base16, how="hex"),
    Technique("base32", "encoding", base32, how="base32"),
    Technique("base58", "encoding", base58, how="base58"),
    Technique("base64", "encoding", base64_, how="base64"),
    Technique("base85", "encoding", base85, how="base85"),
    Technique("percent", "encoding", percent, how="URL encoding"),
    Technique("html_decimal", "encoding", html_decimal, how="HTML entities"),
    Technique("html_hex", "encoding", html_hex, how="hex HTML entities"),
    Technique("html_named", "encoding", html_named, how="HTML entities"),
    Technique("escape_u", "encoding", escape_u, how="Unicode escapes"),
    Technique("escape_x", "encoding", escape_x, how="byte escapes"),
    Technique("quoted_printable", "encoding", quoted_printable, how="quoted-printable"),
    Technique("uuencode", "encoding", uuencode, how="uuencode"),
    Technique("morse", "encoding", morse, scripts=LATIN, how="Morse code"),
    Technique("braille", "encoding", braille, scripts=LATIN, how="braille"),
    Technique("binary", "encoding", binary, how="binary"),
    Technique("decimal", "encoding", decimal, how="ASCII codes"),
    Technique("octal", "encoding", octal, how="octal"),
    Technique("letter_numbers", "encoding", letter_numbers, scripts=LATIN, how="numbers for letters (A=1)"),
    Technique("spelling_alphabet", "encoding", spelling_alphabet, scripts=LATIN, how="the NATO alphabet"),
)
