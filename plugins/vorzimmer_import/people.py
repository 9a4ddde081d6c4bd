"""Lines of a table become records of customers; who came in by a table before is completed (D1)."""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import fields, replace
from itertools import islice
from typing import Any

from babel.core import get_global
from sqlalchemy import select
from sqlalchemy.orm import Session

from vorzimmer import access, customers
from vorzimmer.access import Actor, Right
from vorzimmer.customers import Record
from vorzimmer.models import Customer
from vorzimmer.practice import Hall
from vorzimmer.reasons import N_, Refused
from vorzimmer_import.cells import plain
from vorzimmer_import.everybody import Everybody
from vorzimmer_import.lines import Line, Reader, tail
from vorzimmer_import.models import CHECKING, IMPORTED, SKIPPED, Item, Known, Run
from vorzimmer_import.outcome import Outcome, why

_KNOWN = N_("Came in with an earlier import, or stands twice in this file.")
_THERE = N_("There is a record of this name with the same e-mail or phone.")
_SAME = N_("Nothing has changed.")
_FILLED = N_("Filled in.")
_CHANGED = N_("Changed.")
_AT_ONCE = 500


class People:
    """Takes the lines of one batch. Everybody who might be meant by them is looked up once."""

    def __init__(
        self,
        session: Session,
        hall: Hall,
        actor: Actor,
        run: Run,
        items: Sequence[Item],
        everybody: Everybody,
    ) -> None:
        self._session, self._hall, self._actor, self._everybody = session, hall, actor, everybody
        self._columns: Mapping[str, str] = run.options["columns"]
        self._run_id = run.id
        self._notes = access.may(actor, Right.NOTES)
        self._asked = {one.attribute.slug: one.attribute for one in customers.questions(session)}
        reader = Reader(
            head=run.head,
            columns=self._columns,
            american=run.options.get("month_first", []),
            attributes=self._asked,
            region=get_global("zone_territories").get(hall.config.zone.key),
            notes=self._notes,
        )
        self._lines = {item.number: reader.line(item.cells) for item in items}
        self._keys = {item.number: self._keys_of(item.cells, self._lines[item.number]) for item in items}
        self._known = self._known_before()
        self._sharing: dict[str, dict[int, str]] = defaultdict(dict)
        self._called: dict[str, list[str]] = defaultdict(list)
        self._uids: dict[int, str] = {}
        self._ours: set[str] = set()
        self._look_up()
        self._brought = self._brought_before()
        if run.state == CHECKING:
            self._look_up_on_trial(run, items[0].number)

    def take(self, item: Item) -> Outcome:
        """Add whom the line tells of, or complete them; raises `Refused` with all that is wrong, and the `values`."""
        line, keys = self._lines[item.number], self._keys[item.number]
        item.marks = [json.dumps(keys), line.record.name or "", *line.marks]
        try:
            return self._changed(line) if line.own in self._ours else self._known_or_new(line, keys)
        except Refused as refusal:
            raise Refused(refusal.reason, **refusal.facts, values=line.values) from refusal

    def _known_or_new(self, line: Line, keys: Sequence[str]) -> Outcome:
        if keys[0] in self._known:
            return Outcome(SKIPPED, [why(_KNOWN)])
        for key in keys[1:]:
            if key in self._known:
                return self._completed(self._known[key], line, keys, _KNOWN)
        others = {number: other for mark in line.marks for number, other in self._sharing[mark].items()}
        name = plain(line.record.name or "")
        same = [number for number, other in others.items() if plain(other) == name]
        if same:
            return self._completed(self._theirs(same), line, keys, _THERE)
        if earlier := self._of_an_earlier_table(name, line):
            return self._completed(earlier, line, keys, _KNOWN)
        made = customers.add(self._session, self._hall, self._actor, line.record)
        self._remember(keys, made.uid)
        for mark in line.marks:
            self._sharing[mark][made.id] = made.name
        sharing = sorted(set(others.values()))
        said = N_("Shares e-mail or phone with %(names)s.")
        return Outcome(
            IMPORTED, [*line.said, *([why(said, names=", ".join(sharing[:3]))] if sharing else [])]
        )

    # ---- people who are here already ---------------------------------------------------------------------------------

    def _completed(self, uid: str, line: Line, keys: Sequence[str], otherwise: str) -> Outcome:
        """Fill what is empty in a record that an earlier table brought in; all others stay as they are."""
        customer = self._customer(uid) if self._came_before(uid) else None
        self._remember(keys, uid)
        if customer is None:
            return Outcome(SKIPPED, [why(otherwise)])
        before = customers.snapshot(customer)
        given = line.record
        empty = {
            one.name: getattr(given, one.name)
            for one in fields(Record)
            if not before[one.name] and getattr(given, one.name)
        }
        if given.attributes:
            empty["attributes"] = {**given.attributes, **self._answers(customer)}
        return self._put(customer, Record(**empty), line, _FILLED, otherwise)

    def _changed(self, line: Line) -> Outcome:
        """Our own number: the line is the record as an export wrote it, and what differs was meant so."""
        customer = self._customer(line.own)
        if customer is None:
            return Outcome(SKIPPED, [why(_KNOWN)])
        given = line.record
        told = Record(**{one.name: getattr(given, one.name) or None for one in fields(Record)})
        if given.attributes:
            told = replace(told, attributes={**self._answers(customer), **given.attributes})
        return self._put(customer, told, line, _CHANGED, _SAME)

    def _put(self, customer: Customer, given: Record, line: Line, said: str, otherwise: str) -> Outcome:
        before = customers.snapshot(customer)
        if not self._notes:
            given = replace(given, note=None)
        changed = customers.change(self._session, self._hall, self._actor, customer.uid, given)
        after = customers.snapshot(changed)
        names = [name for name in after if name != "attributes" and after[name] != before[name]]
        answers = {**before["attributes"], **after["attributes"]}
        names += [f"fields.{slug}" for slug in answers if before["attributes"].get(slug) != answers[slug]]
        if not names:
            return Outcome(SKIPPED, [*line.said, why(otherwise)])
        self._see(changed)
        return Outcome(IMPORTED, [*line.said, *(why(said, name) for name in names)])

    def _answers(self, customer: Customer) -> dict[str, Any]:
        """Those to what is asked today."""
        return {slug: answer for slug, answer in customer.attributes.items() if slug in self._asked}

    def _see(self, customer: Customer) -> None:
        for mark in (customer.email_key, tail(customer.phone)):
            if mark:
                self._sharing[mark][customer.id] = customer.name

    def _customer(self, uid: str) -> Customer | None:
        return self._session.scalar(select(Customer).where(Customer.uid == uid)) if uid else None

    def _theirs(self, numbers: Sequence[int]) -> str:
        """The one of these whom an earlier table brought in."""
        mine = [uid for one in numbers if self._came_before(uid := self._uids.get(one, ""))]
        return mine[0] if len(mine) == 1 else ""

    def _of_an_earlier_table(self, name: str, line: Line) -> str:
        """Who alone has this name, came in with another file, and has nothing that speaks against it."""
        there = [uid for uid in self._called[name] if self._brought.get(uid) != self._run_id]
        if len(there) != 1 or line.own or not self._came_before(there[0]):
            return ""
        customer = self._customer(there[0])
        if customer is None or (line.marks and (customer.email_key or tail(customer.phone))):
            return ""
        return there[0]

    def _came_before(self, uid: str) -> bool:
        return self._brought.get(uid, self._run_id) != self._run_id

    # ---- who is known ------------------------------------------------------------------------------------------------

    def _remember(self, keys: Sequence[str], uid: str) -> None:
        for key in keys:
            if key not in self._known:
                self._session.add(Known(key=key, customer=uid, run_id=self._run_id))
                self._known[key] = uid

    def _known_before(self) -> dict[str, str]:
        """Whom each key stands for; nobody where they are gone, or came in by an older version."""
        wanted = {key for keys in self._keys.values() for key in keys}
        query = select(Known.key, Known.customer).where(Known.key.in_(wanted))
        return dict(self._session.execute(query).all())

    def _brought_before(self) -> dict[str, int]:
        """Which of those who were found came in by a table: with the run under way, or with one before."""
        found = {*self._uids.values(), *self._known.values()} - {""}
        query = select(Known.customer, Known.run_id).where(Known.customer.in_(found))
        told = self._session.execute(query).all()
        return dict(
            sorted(told, key=lambda one: one[1] != self._run_id)
        )  # others count before the one under way

    def _look_up(self) -> None:
        """Everybody with one of these addresses, numbers, names or ids."""
        wanted = {mark for line in self._lines.values() for mark in line.marks}
        names = {plain(line.record.name or "") for line in self._lines.values()}
        own = {line.own for line in self._lines.values()}
        self._everybody.catch_up(self._session)
        for number, uid, name, email, phone in self._records(self._everybody.like(wanted, names), own):
            shared = [mark for mark in (email, tail(phone)) if mark and mark in wanted]
            called = plain(name)
            if shared or called in names:
                self._uids[number] = uid
            for mark in shared:
                self._sharing[mark][number] = name
            if called in names:
                self._called[called].append(uid)
            if uid in own:
                self._ours.add(uid)

    def _records(self, ids: Iterable[int], uids: Iterable[str]) -> Iterator[Sequence[Any]]:
        query = select(Customer.id, Customer.uid, Customer.name, Customer.email_key, Customer.phone)
        left = iter(ids)
        while some := list(islice(left, _AT_ONCE)):
            yield from self._session.execute(query.where(Customer.id.in_(some)))
        yield from self._session.execute(query.where(Customer.uid.in_(uids)))

    def _look_up_on_trial(self, run: Run, first: int) -> None:
        """Those who would have come in by lines above, who stand nowhere else; with ids below zero."""
        self._everybody.look_above(self._session, run.id, first)
        for key in [key for keys in self._keys.values() for key in keys]:
            if key not in self._known and self._everybody.stands_above(key):
                self._known[key] = ""
        for mark in {mark for line in self._lines.values() for mark in line.marks}:
            self._sharing[mark] |= {-number: name for number, name in self._everybody.above(mark)}

    def _keys_of(self, given: Sequence[str], line: Line) -> list[str]:
        """What the line says in these columns; the number in the old system; the line, whatever columns are taken."""
        said = [given[int(at)] for at in sorted(self._columns, key=int)]
        return [*map(_hashed, [said, *([["id", line.own]] if line.own else []), ["line", *given]])]


def _hashed(said: Any) -> str:
    return hashlib.sha256(json.dumps(said).encode()).hexdigest()
