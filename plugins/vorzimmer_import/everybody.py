"""Who might be meant by a line: everybody is looked through once, before anybody waits; then only who is new (D1)."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from vorzimmer.models import AuditEntry, Customer
from vorzimmer_import.cells import plain
from vorzimmer_import.lines import tail
from vorzimmer_import.models import IMPORTED, Item

_LATE = 200
"""PostgreSQL's numbers are not committed in their order: so many are looked at again."""
_ABOUT = "customer "


class Everybody:
    """By which address, number and name customers are found; on trial also who stands in the lines above.

    It only says whose record may be meant. Whoever uses it reads the record itself, so that one who was deleted or
    changed since is looked at in vain, and nothing is decided by what is no longer true.
    """

    def __init__(self) -> None:
        self.clear()

    def clear(self) -> None:
        """Forget everybody: there is nothing to bring in."""
        self._found = defaultdict[str, list[int]](list)
        self._customer = self._entry = 0
        self._forget_lines(0)

    def _forget_lines(self, run_id: int) -> None:
        self._run_id, self._line = run_id, 0
        self._keys = set[str]()
        self._lines = defaultdict[str, dict[int, str]](dict)

    def catch_up(self, session: Session) -> None:
        """Look at who is new, and at whom the log tells of; the first time at everybody."""
        entry = session.scalar(select(func.max(AuditEntry.id))) or 0
        query = select(Customer.id, Customer.name, Customer.email_key, Customer.phone)
        if self._entry:
            since = AuditEntry.id > self._entry - _LATE, AuditEntry.subject.startswith(_ABOUT)
            told = session.scalars(select(AuditEntry.subject).where(*since)).all()
            uids = {subject.removeprefix(_ABOUT) for subject in told}
            query = query.where(or_(Customer.id > self._customer - _LATE, Customer.uid.in_(uids)))
        for number, name, email, phone in session.execute(query):
            for said in filter(None, (email, tail(phone), _called(plain(name)))):
                if number not in self._found[said]:
                    self._found[said].append(number)
            self._customer = max(self._customer, number)
        self._entry = entry

    def like(self, marks: Iterable[str], names: Iterable[str]) -> set[int]:
        """The ids of those who may have one of these addresses, ends of numbers, or (plain) names."""
        asked = [*marks, *map(_called, names)]
        return {number for one in asked for number in self._found.get(one, ())}

    def look_above(self, session: Session, run_id: int, before: int) -> None:
        """On trial: look at the lines that would have come in before this one."""
        if run_id != self._run_id or before <= self._line:
            self._forget_lines(run_id)
        above = Item.number > self._line, Item.number < before, Item.outcome == IMPORTED
        query = select(Item.number, Item.marks).where(Item.run_id == run_id, *above)
        for number, (keys, name, *marks) in session.execute(query):
            self._keys.update(json.loads(keys))
            for mark in marks:
                self._lines[mark][number] = name
        self._line = before - 1

    def stands_above(self, key: str) -> bool:
        """On trial: whether a line above has this key."""
        return key in self._keys

    def above(self, mark: str) -> Iterator[tuple[int, str]]:
        """On trial: number and name of the lines above with this address or number."""
        yield from self._lines.get(mark, {}).items()


def _called(name: str) -> str:
    """What no address and no number begins with."""
    return f" {name}"
