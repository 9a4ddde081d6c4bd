"""What one line of a table says of a person, by the columns that were chosen (D1)."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from email_validator import EmailNotValidError

from vorzimmer.customers import Record
from vorzimmer.models import Attribute
from vorzimmer.reasons import N_
from vorzimmer.text import contact
from vorzimmer_import import cells
from vorzimmer_import.headings import FIRST, LAST, NAME
from vorzimmer_import.outcome import Why, why

_SAME_NUMBER = 8
_ALSO = N_("More than one: “%(value)s” is in the note.")
_LEFT_OUT = N_("More than one: “%(value)s” is left out.")


@dataclass(frozen=True)
class Reader:
    """How lines are read: which column is what, the own questions, and in which country numbers are dialled."""

    head: Sequence[str]
    columns: Mapping[str, str]
    american: Sequence[str]
    attributes: Mapping[str, Attribute]
    region: str | None
    notes: bool

    def line(self, given: Sequence[str]) -> Line:
        """Whom a line tells of."""
        return _Reading(self).line(given)


@dataclass(frozen=True)
class Line:
    """A person as a line tells of them. `values` are the cells as they came, by field; `own` is their number."""

    record: Record
    own: str
    values: Mapping[str, str]
    said: list[Why]

    @property
    def marks(self) -> list[str]:
        """What tells people apart better than a name: the address in the form that is compared, the number's end."""
        return marks(self.record.email or "", self.record.phone or "")


@dataclass
class _Reading:
    how: Reader
    found: dict[str, list[tuple[str, str, str]]] = field(default_factory=lambda: defaultdict(list))
    said: list[Why] = field(default_factory=list)

    def line(self, given: Sequence[str]) -> Line:
        for at, name in sorted(self.how.columns.items(), key=lambda column: int(column[0])):
            if text := given[int(at)].strip():
                self._take(at, name, text)
        single = {name: told[0][2] for name, told in self.found.items()}
        first = " ".join(text for _at, _column, text in self.found.get(FIRST, []))
        others = [*self._others("email"), *self._others("phone")]
        record = Record(
            name=single.get(NAME) or " ".join(filter(None, [first, single.get(LAST)])),
            email=single.get("email", ""),
            phone=single.get("phone", ""),
            language=cells.language(single["language"]) if "language" in single else None,
            attributes=self._attributes() or None,
            groups=[group for _at, _column, text in self.found["groups"] for group in cells.groups(text)]
            or None,
            note="\n".join([*self._notes(), *others]) or None,
        )
        return Line(record, single.get("id", ""), single, self.said)

    def _take(self, at: str, name: str, text: str) -> None:
        for part in text.split(cells.NEXT) if name in ("email", "phone") else [text]:
            if wrong := cells.unusable(name, part, self.how.region):
                self.said.append(why(wrong, name, value=part[:80]))
            else:
                self.found[name].append((at, self.how.head[int(at)], part))

    def _others(self, name: str) -> Iterable[str]:
        """Addresses and numbers behind the first: a record has one of each."""
        seen = {text.casefold() for _at, _column, text in self.found[name][:1]}
        for _at, column, text in self.found[name][1:]:
            if text.casefold() not in seen:
                seen.add(text.casefold())
                self.said.append(why(_ALSO if self.how.notes else _LEFT_OUT, name, value=text[:80]))
                if self.how.notes:
                    yield f"{column}: {text}"

    def _notes(self) -> list[str]:
        notes = self.found["note"]
        return [text if len(notes) == 1 else f"{column}: {text}" for _at, column, text in notes]

    def _attributes(self) -> dict[str, Any]:
        return {
            slug: answer
            for slug, one in self.how.attributes.items()
            for at, _column, text in self.found.get(f"fields.{slug}", [])
            if (answer := cells.value(one, text, american=at in self.how.american)) != ""
        }


def marks(email: str, phone: str) -> list[str]:
    """The address in the form that is compared, and the end of the number."""
    try:
        canonical = contact.canonical(email.strip()) if email else ""
    except EmailNotValidError:
        canonical = ""
    return [mark for mark in (canonical, tail(phone)) if mark]


def tail(phone: str) -> str:
    """The last digits of a number, which it has however it is written."""
    digits = re.sub(r"\D", "", phone)
    return digits[-_SAME_NUMBER:] if len(digits) >= _SAME_NUMBER - 2 else ""
