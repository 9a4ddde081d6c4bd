"""What others have done since one last looked (office 1): read from the log, marked in the lists."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from flask import Blueprint, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from sqlalchemy import ForeignKey, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from vorzimmer.access import APPOINTMENTS, Actor, open_to
from vorzimmer.booking.parts.load import WHOLE
from vorzimmer.models import Account, AuditEntry, Booking
from vorzimmer.server.here import hall
from vorzimmer_web.office.reach import reach
from vorzimmer_web.shell.invitations import Tables
from vorzimmer_web.shell.requests import signed_in

NOTABLE = (
    *("requested", "confirmed", "accepted", "declined", "moved", "changed", "cancelled", "expired"),
    *("reopened", "unanswered", "unreached", "clashed"),
)
"""Acts of the log that somebody who comes back wants to know."""
LONGEST = timedelta(days=14)
MOST = 200
LISTED = 12
LAST = 2**31 - 1


class Look(Tables):
    """Up to which entry of the log a login has looked."""

    __tablename__ = "vorzimmer_web_look"

    account_id: Mapped[int] = mapped_column(ForeignKey(Account.id, ondelete="CASCADE"), primary_key=True)
    entry_id: Mapped[int]


@dataclass(frozen=True)
class News:
    """The newest thing that happened to each appointment, the newest first; `until` is the last entry seen."""

    lines: Sequence[tuple[AuditEntry, Booking]]
    until: int

    @property
    def uids(self) -> set[str]:
        """The appointments concerned, for a mark."""
        return {booking.uid for _entry, booking in self.lines}


def news(session: Session, person: Actor, moment: datetime) -> News:
    """What others have done since; before one has looked at all, since one last signed in."""
    look = session.get(Look, person.account_id)
    since = moment - LONGEST if look else max(moment - LONGEST, _before())
    wanted = select(AuditEntry).where(
        AuditEntry.at > since,
        AuditEntry.id > (look.entry_id if look else 0),
        AuditEntry.act.in_(NOTABLE),
        AuditEntry.subject.startswith("booking "),
        AuditEntry.actor != person.name,
        AuditEntry.door != "import",
    )
    entries = session.scalars(wanted.order_by(AuditEntry.id.desc()).limit(MOST)).all()
    newest: dict[str, AuditEntry] = {}
    for entry in entries:
        newest.setdefault(entry.subject.removeprefix("booking "), entry)
    seen = select(Booking).where(Booking.uid.in_(newest), reach(person)).options(*WHOLE)
    found = {one.uid: one for one in session.scalars(seen)}
    lines = [(entry, found[uid]) for uid, entry in newest.items() if uid in found]
    return News(lines, entries[0].id if entries else 0)


def _before() -> datetime:
    """When the person was last here, before this time; the mixin's columns are naive UTC."""
    last: datetime = current_user.last_login_at or current_user.create_datetime
    return last.replace(tzinfo=UTC)


@open_to(*APPOINTMENTS)
def look() -> ResponseReturnValue:
    """One has seen all up to an entry; what came since is still new."""
    person, until = signed_in(), request.form.get("until", 0, type=int)

    def work(session: Session) -> None:
        session.get_one(Account, person.account_id, with_for_update=True)
        found = session.get(Look, person.account_id) or Look(account_id=person.account_id, entry_id=0)
        found.entry_id = max(found.entry_id, min(max(until, 0), LAST))
        session.add(found)

    hall().database.write(work)
    return redirect(url_for("office.today"), 303)


def add_to(office: Blueprint) -> None:
    """Put the form in its place."""
    office.post("/looked", endpoint="look_at_news")(look)
