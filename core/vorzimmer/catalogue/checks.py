"""What a field of the catalogue may hold; everything that is wrong is said at once, beside its field."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from typing import Any
from zoneinfo import available_timezones

from babel.numbers import is_currency

from vorzimmer.reasons import N_, Reason, Refused
from vorzimmer.text.contact import plain

Rule = Callable[[Any], Any]
"""Gives the clean value, or raises `ValueError` with an English msgid."""

SLUG = re.compile(r"[a-z0-9][a-z0-9_-]{0,59}")
LONGEST_SLUG = 60
GERMAN = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss"})
NEEDED = N_("Please fill this in.")


def checked(values: Mapping[str, Any], rules: Mapping[str, Rule], errors: dict[str, str]) -> dict[str, Any]:
    """The clean values; what is wrong is added to `errors`, field to English msgid."""
    clean: dict[str, Any] = {}
    for name, value in values.items():
        try:
            clean[name] = rules[name](value)
        except ValueError as error:
            errors[name] = str(error)
    return clean


def refuse(errors: Mapping[str, str]) -> None:
    """Refuse with `INVALID` if anything is wrong."""
    if errors:
        raise Refused(Reason.INVALID, errors=dict(errors))


def line(longest: int, *, needed: bool = False) -> Rule:
    """One line of text."""

    def rule(value: str) -> str:
        clean = plain(value)
        if needed and not clean:
            raise ValueError(NEEDED)
        if len(clean) > longest:
            raise ValueError(N_("This text is too long."))
        return clean

    return rule


def text(longest: int) -> Rule:
    """Several lines of text."""

    def rule(value: str) -> str:
        clean = "\n".join(plain(one) for one in value.splitlines()).strip()
        if len(clean) > longest:
            raise ValueError(N_("This text is too long."))
        return clean

    return rule


def whole(low: int, high: int, *, empty: bool = False) -> Rule:
    """A whole number; None only where the field may be `empty`."""

    def rule(value: int | None) -> int | None:
        if value is None and not empty:
            raise ValueError(NEEDED)
        if value is not None and not low <= value <= high:
            raise ValueError(N_("This number is too small or too large."))
        return value

    return rule


def one_of(*choices: str) -> Rule:
    """One of some words."""

    def rule(value: str) -> str:
        if value not in choices:
            raise ValueError(N_("Please choose one of these."))
        return value

    return rule


def color(value: str) -> str:
    """ "#rrggbb", or empty."""
    if value and not re.fullmatch(r"#[0-9a-f]{6}", value.lower()):
        raise ValueError(N_("A colour looks like #0b6b6b."))
    return value.lower()


def currency(value: str) -> str:
    """A code of ISO 4217."""
    if not re.fullmatch(r"[A-Z]{3}", value) or not is_currency(value):
        raise ValueError(N_("A currency looks like EUR."))
    return value


def reminders(value: list[int] | None) -> list[int] | None:
    """Hours before the start, each once, the earliest message first; None for the practice's own."""
    if value is None:
        return None
    if len(value) > 5 or any(not 1 <= hours <= 24 * 60 for hours in value):
        raise ValueError(N_("At most five times, each from 1 to 1440 hours before."))
    return sorted(set(value), reverse=True)


def zone(value: str) -> str:
    """An IANA time zone."""
    if value not in available_timezones():
        raise ValueError(N_("Please choose a time zone, like Europe/Berlin."))
    return value


def slug(value: str) -> str:
    """The name in an address; empty to have one made."""
    if value and not SLUG.fullmatch(value):
        raise ValueError(N_("Only small letters from a to z, digits and hyphens."))
    return value


def slug_of(name: str, otherwise: str, taken: set[str]) -> str:
    """An address made from a name, with a number where it is taken."""
    ascii_name = unicodedata.normalize("NFKD", name.lower().translate(GERMAN)).encode("ascii", "ignore")
    short = re.sub(r"[^a-z0-9]+", "-", ascii_name.decode()).strip("-")[: LONGEST_SLUG - 4] or otherwise
    number, found = 1, short
    while found in taken:
        number += 1
        found = f"{short}-{number}"
    return found
