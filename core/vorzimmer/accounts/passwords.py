"""Which passwords are taken: long ones that nobody guesses first. No rule about kinds of letters (ASVS 6.2)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from vorzimmer.reasons import N_

SHORTEST, LONGEST = 12, 200
FEWEST_LETTERS = 5
"""Different ones: `aaaaaaaaaaaa` and `121212121212` have fewer."""
ORDERS = (
    "abcdefghijklmnopqrstuvwxyz",
    "01234567890123456789",
    "qwertyuiopasdfghjklzxcvbnm",
    "qwertzuiopasdfghjkl",
)
COMMON = (
    "passwort",
    "password",
    "kennwort",
    "motdepasse",
    "парольпароль",
    "willkommen",
    "iloveyou",
    "letmein",
    "vorzimmer",
    "praxis",
)
"""Words that leave too little when they are taken out."""
LEET = str.maketrans("013457@$!", "oieastasi")
_EDGES = re.compile(r"^[\W\d_]+|[\W\d_]+$")


def why_weak(password: str, known: Iterable[str] = ()) -> str:
    """What is wrong with a password, as a gettext msgid; empty where it is good.

    `known` is what anybody would try first: name, address, the practice's name.
    """
    if len(password) < SHORTEST:
        return N_("At least 12 characters, please. A few words in a row are easy to remember.")
    if len(password) > LONGEST:
        return N_("At most 200 characters.")
    typed = rest = password.casefold()
    if _in_order(typed) or len(set(typed)) < FEWEST_LETTERS:
        return N_(
            "This is a row of letters or digits, or a few again and again. Please take a few words that nobody could"
            " think of."
        )
    if _is_common(typed):
        return N_(
            "This is one of the passwords that everybody tries first, also with digits or signs around it. Please take"
            " a few words that nobody could think of."
        )
    for word in sorted({*COMMON, *_words(known)}, key=len, reverse=True):
        rest = rest.replace(word, "")
    left = set(rest) if rest == typed else {letter for letter in rest if not letter.isdecimal()}
    if len(left) < FEWEST_LETTERS:
        return N_(
            "Little more is in it than your name, your address, the practice or words like “password”. Please take a"
            " few words that nobody could think of."
        )
    return ""


def _words(known: Iterable[str]) -> Iterable[str]:
    return (word for text in known for word in re.split(r"\W+", text.casefold()) if len(word) > 2)


def _in_order(password: str) -> bool:
    return any(password in order * 2 or password in (order * 2)[::-1] for order in ORDERS)


@cache
def _common() -> frozenset[str]:
    """The three thousand that are tried first, without digits around them, and what people here add (ASVS 6.2.4).

    From the frequencies of zxcvbn (MIT, Dropbox and Daniel Wolf).
    """
    return frozenset(Path(__file__).with_name("common.txt").read_text(encoding="utf-8").split())


def _is_common(typed: str) -> bool:
    """Whether it is one of them, or one again and again, with digits or signs around it or in the place of letters."""
    for text in (typed, _EDGES.sub("", typed).translate(LEET)):
        word = _EDGES.sub("", text)
        again = re.fullmatch(r"(.+?)\1+", word)
        if word in _common() or (again and again[1] in _common()):
            return True
    return False
