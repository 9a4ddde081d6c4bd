"""What the forms of the settings held: texts to values, and what is wrong beside its field. Nothing typed is lost."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import time
from decimal import Decimal
from typing import Any

from babel.numbers import format_decimal, get_currency_precision
from flask_babel import get_locale
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict

from vorzimmer import seen
from vorzimmer.reasons import N_, Reason, Refused
from vorzimmer.seen import Seen

UNITS = {"1": N_("minutes"), "60": N_("hours"), "1440": N_("days")}
"""Units of a span of time, in minutes."""
NO_PRICE = {"", "-", "–", "—"}
LARGEST = 2**31 - 1


class Typed:
    """A form's texts by field, `errors`: field to English msgid, and what it showed of what is stored."""

    def __init__(self, values: Mapping[str, Any] | MultiDict[str, str]) -> None:
        self.values: MultiDict[str, str] = MultiDict(values)
        self.errors: dict[str, str] = {}
        self.seen = Seen(self.values.get(seen.FIELD) or seen.mark(dict(self.values.lists())))

    def check(self, session: Session, stored: Callable[[], Typed]) -> None:
        """Refuse, before anything is written, where the form showed something else than what is stored now."""
        typed = dict(self.values.lists())
        seen.check(session, self.values.get(seen.FIELD), typed, lambda: dict(stored().values.lists()))

    def refused(self, refusal: Refused) -> int:
        """Take over what is wrong, or what is stored now; the status of the page. Any other refusal goes on."""
        if found := seen.of(refusal):
            self.seen = found
            return 409
        if refusal.reason is not Reason.INVALID:
            raise refusal
        self.errors |= refusal.facts["errors"]
        return 422

    def get(self, name: str) -> str:
        """The text of a field, empty where it was left out."""
        return self.values.get(name, "").strip()

    def number(self, name: str) -> int | None:
        """A whole number; None where the field is empty, or wrong (and then an error stands)."""
        return self._number(name, self.get(name))

    def _number(self, name: str, text: str) -> int | None:
        if not text:
            return None
        number = whole(text)
        if number is None:
            self.errors[name] = N_("Please enter a whole number.")
        return number

    def span(self, name: str) -> int | None:
        """Minutes from a number and its unit."""
        number, unit = self.number(name), self.values.get(f"{name}-unit", "1")
        return None if number is None else min(number * int(unit if unit in UNITS else "1"), LARGEST)

    def clock(self, name: str) -> int | None:
        """Minutes after midnight of a time of day."""
        try:
            wall = time.fromisoformat(self.get(name)) if self.get(name) else None
        except ValueError:
            self.errors[name] = N_("Please enter a time like 13:30.")
            return None
        return None if wall is None else wall.hour * 60 + wall.minute

    def money(self, name: str, currency: str) -> int | None:
        """Minor units of a price as people write it: "45", "45,50", "-" for none (K20)."""
        text = self.get(name).replace(" ", "").replace("\N{NO-BREAK SPACE}", "")
        if text in NO_PRICE:
            return None
        try:
            minor = Decimal(text.replace(",", ".")).scaleb(get_currency_precision(currency))
        except ArithmeticError:  # no number, or one with a million digits
            minor = Decimal("NaN")
        if not minor.is_finite() or abs(minor) > LARGEST or minor != minor.to_integral_value():
            self.errors[name] = N_("Please enter a price like 45,00, or - for none.")
            return None
        return int(minor)

    def numbers(self, name: str) -> list[int]:
        """Whole numbers with commas or blanks between them."""
        found = [self._number(name, text) for text in self.get(name).replace(",", " ").split()]
        return [number for number in found if number is not None]


def whole(text: str) -> int | None:
    """The whole number that a text is, if a column holds it."""
    number = int(text) if re.fullmatch(r"-?[0-9]{1,10}", text) else LARGEST + 1
    return number if abs(number) <= LARGEST else None


def span_shown(name: str, minutes: int) -> dict[str, str]:
    """The texts of a span's two fields, in the largest unit that fits."""
    unit = next(unit for unit in (1440, 60, 1) if minutes % unit == 0 and (minutes or unit == 60))
    return {name: str(minutes // unit), f"{name}-unit": str(unit)}


def clock_shown(minutes: int | None) -> str:
    """ "18:00" of 1080."""
    return "" if minutes is None else f"{minutes // 60 % 24:02}:{minutes % 60:02}"


def money_shown(minor: int | None, currency: str) -> str:
    """ "45,00" of 4500 in the language of the page, "-" for none."""
    if minor is None:
        return "-"
    precision = get_currency_precision(currency)
    amount, pattern = Decimal(minor).scaleb(-precision), f"0.{'0' * precision}".rstrip(".")
    return format_decimal(amount, format=pattern, locale=get_locale() or "en")
