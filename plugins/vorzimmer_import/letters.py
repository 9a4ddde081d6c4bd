"""In which encoding a table was written: found out by its words, asked where two readings are as good (D1)."""

from __future__ import annotations

import codecs
import re
from collections import Counter
from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path

from vorzimmer.reasons import N_

ENCODINGS: Mapping[str, str] = {
    "utf-8": N_("Unicode (UTF-8)"),
    "cp1252": N_("Western Europe (Windows)"),
    "mac_roman": N_("Western Europe (Mac)"),
    "cp850": N_("Western Europe (DOS)"),
    "cp1250": N_("Central Europe (Windows)"),
    "cp1251": N_("Cyrillic (Windows)"),
}
"""What may be chosen, and what people call it."""
_FOUND_OUT = ("cp1252", "mac_roman", "cp850", "cp1251")
"""Central Europe looks too much like the west: it has to be chosen."""
_CHUNK = 1024 * 1024
_MOST_WORDS = 20_000
_SURE = 3
"""The best reading has to be so many times better than the next."""
_BROKEN = "\N{REPLACEMENT CHARACTER}"
_WORD = re.compile(rb"[A-Za-z'\x80-\xff]*[\x80-\xff][A-Za-z'\x80-\xff]*")
_USUAL = set("äöüßéèàç")
_LETTERS = _USUAL | set("áâãåæêëìíîïñòóôõøœùúûýÿšž")
_SIGNS = set("\N{NO-BREAK SPACE}€§°´–—‘’‚“”„«»·•…")


class UnsureError(ValueError):
    """Two encodings are as likely. `readings`: a word that differs, by encoding."""

    def __init__(self, readings: Mapping[str, str]) -> None:
        super().__init__(N_("The letters of this file can be read in several ways. Please choose one."))
        self.readings = {name: word for name, word in readings.items() if word not in _before(readings, name)}


def _before(readings: Mapping[str, str], name: str) -> list[str]:
    """The words of the encodings above: one that reads as the same is no other reading."""
    return [*readings.values()][: [*readings].index(name)]


def encoding_of(path: Path) -> str:
    """UTF-8 or UTF-16 by mark, zeros or what is right in it, else what makes most words; raises `UnsureError`."""
    with path.open("rb") as stream:
        start = stream.read(4096)
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    if start[1::2].count(0) > len(start) // 4:
        return "utf-16-le"
    if start[::2].count(0) > len(start) // 4:
        return "utf-16-be"
    right = wrong = 0
    decoder = codecs.getincrementaldecoder("utf-8-sig")("replace")
    with path.open("rb") as stream:
        while chunk := stream.read(_CHUNK):
            text = decoder.decode(chunk)
            wrong += text.count(_BROKEN)
            right += len(text) - len(text.encode("ascii", "ignore")) - text.count(_BROKEN)
    return _likeliest(_words(path)) if wrong * 3 > right else "utf-8-sig"


def _words(path: Path) -> Counter[bytes]:
    """Words that have more than English letters, and how often."""
    found: Counter[bytes] = Counter()
    with path.open("rb") as stream:
        while len(found) < _MOST_WORDS and (line := stream.readline(_CHUNK)):
            found.update(_WORD.findall(line))
    return found


def _likeliest(words: Counter[bytes]) -> str:
    scores = {
        name: sum(_quality(word.decode(name, "replace")) * times for word, times in words.items())
        for name in _FOUND_OUT
    }
    best = max(scores.values())
    if best <= 0:
        return _FOUND_OUT[0]
    likely = [name for name in _FOUND_OUT if scores[name] * _SURE >= best]
    for word in words:
        readings = {name: word.decode(name, "replace") for name in likely}
        if len(set(readings.values())) > 1:
            raise UnsureError(readings)
    return likely[0]


def _quality(word: str) -> int:
    """How much it looks like a word that somebody would write."""
    return sum(_fits(word[at - 1 : at], sign, word[at + 1 : at + 2]) for at, sign in _beyond(word))


def _beyond(word: str) -> list[tuple[int, str]]:
    return [(at, sign) for at, sign in enumerate(word) if not sign.isascii()]


def _fits(before: str, sign: str, after: str) -> int:
    """Whether a sign may stand where it does: letters of one script, capitals in front, no sign inside a word."""
    if "а" <= sign.lower() <= "я" or sign in "ёЁ":
        return _among(before, sign, after)
    beside = [each for each in (before, after) if each.isalpha()]
    if sign.lower() in _LETTERS:
        odd = any(not each.isascii() and "ß" not in sign + each for each in beside)
        shouted = sign.isupper() and before.islower()
        whispered = sign.islower() and sign != "ß" and beside and all(each.isupper() for each in beside[-1:])
        return -2 if odd or shouted or whispered else (3 if sign.lower() in _USUAL else 1) * bool(beside)
    inside = before.isalpha() and after.isalpha()
    return (2 if inside and sign == "’" else 1 if not inside else -2) if sign in _SIGNS else -3


def _among(before: str, sign: str, after: str) -> int:
    """Cyrillic stands among Cyrillic; a capital does not follow a small letter."""
    beside = [each for each in (before, after) if each.isalpha()]
    if any(each.isascii() for each in beside):
        return -3
    shouted = any(one.islower() and two.isupper() for one, two in pairwise(before + sign))
    return -2 if shouted else 2 if beside else 0
