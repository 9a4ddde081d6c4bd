"""Lines of a table become records of customers; who is known stays as he is (D1)."""

from __future__ import annotations

import hashlib
import json
import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from email_validator import EmailNotValidError
from sqlalchemy import select
from sqlalchemy.orm import Session

from vorzimmer import contact, customers
from vorzimmer.access import Actor
from vorzimmer.customers import Record
from vorzimmer.hall import Hall
from vorzimmer.models import Attribute, Customer
from vorzimmer.models.customer import folded
from vorzimmer.reasons import N_
from vorzimmer_import.headings import FIRST, LAST, NAME
from vorzimmer_import.models import CHECKING, IMPORTED, SKIPPED, Item, Known, Run
from vorzimmer_import.outcome import Outcome, why

_SAME_NUMBER = 8
_YES = frozenset(["1", "x", "ja", "j", "yes", "y", "true", "wahr", "oui", "vrai", "да"])
_NO = frozenset(["0", "nein", "n", "no", "false", "falsch", "non", "faux", "нет"])
_LANGUAGES = {
    **dict.fromkeys(("de", "deutsch", "german", "allemand", "немецкий"), "de"),
    **dict.fromkeys(("en", "englisch", "english", "anglais", "английский"), "en"),
    **dict.fromkeys(("fr", "franzosisch", "french", "francais", "французский"), "fr"),
    **dict.fromkeys(("ru", "russisch", "russian", "russe", "русский"), "ru"),
}
_DAY = re.compile(r"(\d{1,2})[./-](\d{1,2})[./-](\d{4})")


class People:
    """Takes the lines of one batch. Everybody who might be meant by them is looked up once."""

    def __init__(self, session: Session, hall: Hall, actor: Actor, run: Run, items: Sequence[Item]) -> None:
        self._session, self._hall, self._actor = session, hall, actor
        self._columns: Mapping[str, str] = run.options["columns"]
        self._head = run.head
        self._attributes = {one.attribute.slug: one.attribute for one in customers.questions(session)}
        records = [self._record(item.cells) for item in items]
        self._records = {item.number: record for item, record in zip(items, records, strict=True)}
        self._keys = {item.number: self._key(item.cells) for item in items}
        self._known = self._known_before()
        self._sharing: dict[str, dict[int, str]] = defaultdict(dict)
        self._look_up({mark for record in records for mark in _marks(record)})
        if run.state == CHECKING:
            self._look_up_on_trial(run)

    def take(self, item: Item) -> Outcome:
        """Add whom the line tells of, unless known; raises `Refused` with all that is wrong."""
        record, key = self._records[item.number], self._keys[item.number]
        name = _folded(record.name or "")
        if key in self._known:
            return Outcome(
                SKIPPED, [why(N_("Came in with an earlier import, or stands twice in this file."))]
            )
        others = {number: other for mark in _marks(record) for number, other in self._sharing[mark].items()}
        item.marks = [key, record.name or "", *_marks(record)]
        if name in map(_folded, others.values()):
            self._remember(key)
            return Outcome(
                SKIPPED, [why(N_("There is a record of this name with the same e-mail or phone."))]
            )
        made = customers.add(self._session, self._hall, self._actor, record)
        self._remember(key)
        for mark in _marks(record):
            self._sharing[mark][made.id] = made.name
        sharing = sorted(set(others.values()))
        said = N_("Shares e-mail or phone with %(names)s.")
        return Outcome(IMPORTED, [why(said, names=", ".join(sharing[:3]))] if sharing else [])

    def _remember(self, key: str) -> None:
        self._session.add(Known(key=key))
        self._known.add(key)

    def _known_before(self) -> set[str]:
        wanted = select(Known.key).where(Known.key.in_(self._keys.values()))
        return set(self._session.scalars(wanted))

    def _look_up(self, wanted: set[str]) -> None:
        """Everybody with one of these addresses or numbers, in one pass over all customers."""
        query = select(Customer.id, Customer.name, Customer.email_key, Customer.phone)
        for number, name, email, phone in self._session.execute(query) if wanted else ():
            for mark in (email, _tail(phone)):
                if mark and mark in wanted:
                    self._sharing[mark][number] = name

    def _look_up_on_trial(self, run: Run) -> None:
        """Those who would have come in by lines above, who stand nowhere else; with ids below zero."""
        above = select(Item.number, Item.marks).where(Item.run_id == run.id, Item.outcome == IMPORTED)
        for number, (key, name, *marks) in self._session.execute(above):
            self._known.add(key)
            for mark in marks:
                self._sharing[mark][-number] = name

    # ---- what a line says --------------------------------------------------------------------------------------------

    def _key(self, cells: Sequence[str]) -> str:
        """By the number in the old system, else by everything that the line says."""
        own = next((cells[int(at)] for at, field in self._columns.items() if field == "id"), "")
        said = ["id", own] if own else [cells[int(at)] for at in sorted(self._columns, key=int)]
        return hashlib.sha256(json.dumps(said).encode()).hexdigest()

    def _record(self, cells: Sequence[str]) -> Record:
        found: dict[str, list[tuple[str, str]]] = defaultdict(list)
        for at, field in sorted(self._columns.items(), key=lambda column: int(column[0])):
            if cells[int(at)].strip():
                found[field].append((self._head[int(at)], cells[int(at)]))
        single = {field: told[0][1] for field, told in found.items()}
        groups = [each for _name, text in found.get("groups", []) for each in re.split(r"[,;|]", text)]
        notes = found.get("note", [])
        note = "\n".join(text if len(notes) == 1 else f"{name}: {text}" for name, text in notes)
        return Record(
            name=single.get(NAME) or " ".join(filter(None, [single.get(FIRST), single.get(LAST)])),
            email=single.get("email", ""),
            phone=single.get("phone", ""),
            language=_LANGUAGES.get(_folded(single["language"]), single["language"])
            if "language" in single
            else None,
            attributes={
                slug: _value(one, single[f"fields.{slug}"])
                for slug, one in self._attributes.items()
                if f"fields.{slug}" in single
            }
            or None,
            groups=[group for group in map(str.strip, groups) if group] or None,
            note=note or None,
        )


def _marks(record: Record) -> list[str]:
    """What tells people apart better than a name: the address in the form that is compared, the end of the number."""
    try:
        email = contact.canonical((record.email or "").strip()) if record.email else ""
    except EmailNotValidError:
        email = ""
    return [mark for mark in (email, _tail(record.phone or "")) if mark]


def _tail(phone: str) -> str:
    digits = re.sub(r"\D", "", phone)
    return digits[-_SAME_NUMBER:] if len(digits) >= _SAME_NUMBER - 2 else ""


def _folded(name: str) -> str:
    return " ".join(folded(name).split())


def _value(attribute: Attribute, text: str) -> Any:
    """The answer as forms give it; what cannot be read stays as it came, and is refused with the reason."""
    match attribute.kind:
        case "choice":
            wanted = _folded(text)
            for item in attribute.choices:
                if wanted in {_folded(str(item["value"])), *map(_folded, item["labels"].values())}:
                    return item["value"]
        case "date":
            return _day(text)
        case "number":
            digits = text.replace(" ", "").replace(",", ".")
            return float(digits) if re.fullmatch(r"[+-]?\d+(\.\d+)?", digits) else text
        case "yes_no":
            word = _folded(text)
            return True if word in _YES else False if word in _NO else text
    return text


def _day(text: str) -> str:
    """ISO for 31.12.1980 and 31/12/1980 too; the day comes first, as it does nearly everywhere."""
    found = _DAY.fullmatch(text.strip())
    if not found:
        return text.strip()[:10]
    day, month, year = map(int, found.groups())
    try:
        return date(year, month, day).isoformat()
    except ValueError:
        return text
