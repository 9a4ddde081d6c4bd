"""Lines of imports that tell of a person who is erased."""

from __future__ import annotations

import json
from collections.abc import Iterator

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from vorzimmer.hookspecs import Person, PersonalData
from vorzimmer.reasons import N_
from vorzimmer_import.models import Item, Known


def forget(session: Session, person: Person, *, erase: bool) -> list[PersonalData]:
    """Lines about them go; what other lines' reasons say of them goes out of these."""
    if erase:
        session.execute(update(Known).where(Known.customer.in_(person.uids)).values(customer=""))
    number = 0
    for item, theirs in _telling(session, person):
        number += 1
        if erase and theirs:
            session.delete(item)
        elif erase:
            item.reasons = []
    return [PersonalData(N_("Lines of imported files: %(number)d"), {"number": number})] if number else []


def _telling(session: Session, person: Person) -> Iterator[tuple[Item, bool]]:
    """Each line that tells of a person, and whether it is about them."""
    for item in session.scalars(select(Item).execution_options(yield_per=1000)):
        if person.is_in("\n".join([item.text.replace("\n ", ""), *item.cells, *item.marks])):
            yield item, True
        elif item.reasons and person.is_in(json.dumps(item.reasons, ensure_ascii=False)):
            yield item, False
