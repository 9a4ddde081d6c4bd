"""Which passwords are taken: long ones that nobody guesses first. No rule about kinds of letters (ASVS 6.2)."""

from __future__ import annotations

import re
from collections.abc import Iterable

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


def why_weak(password: str, known: Iterable[str] = ()) -> str:
    """What is wrong with a password, as a gettext msgid; empty where it is good.

    `known` is what anybody would try first: name, address, the practice's name.
    """
    if len(password) < SHORTEST:
        return N_("At least 12 characters, please. A few words in a row are easy to remember.")
    if len(password) > LONGEST:
        return N_("At most 200 characters.")
    rest = password.casefold()
    for word in sorted({*COMMON, *_words(known)}, key=len, reverse=True):
        rest = rest.replace(word, "")
    if len(set(rest)) < FEWEST_LETTERS or _in_order(password.casefold()):
        return N_("This password would be guessed soon. Please take one that nobody could think of.")
    return ""


def _words(known: Iterable[str]) -> Iterable[str]:
    return (word for text in known for word in re.split(r"\W+", text.casefold()) if len(word) > 2)


def _in_order(password: str) -> bool:
    return any(password in order * 2 or password in (order * 2)[::-1] for order in ORDERS)
