"""The daily list of news, one mail to each login that wants one."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from itertools import groupby

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from vorzimmer import urls
from vorzimmer.hookspecs import Person, PersonalData
from vorzimmer.messages import outbox
from vorzimmer.models import Account, Message
from vorzimmer.practice import Hall
from vorzimmer.reasons import N_
from vorzimmer_notices.letters import greeting, reader_of
from vorzimmer_notices.models import News


def send(session: Session, hall: Hall, hour: int, moment: datetime) -> None:
    """Write the mails of today, each once (a job): what has happened until the hour, the rest is for tomorrow.

    Lines of a login that can no longer sign in are dropped.
    """
    local = moment.astimezone(hall.config.zone)
    until = local.replace(hour=hour, minute=0, second=0, microsecond=0)
    if local < until:
        return
    wanted = select(News).where(News.at < until).options(joinedload(News.account))
    wanted = wanted.order_by(News.account_id, News.id)
    for account, lines in groupby(session.scalars(wanted).all(), key=lambda one: one.account):
        key = f"notices/{account.id}/{local.date()}"
        if not outbox.is_written(session, key):
            _send(session, hall, account, list(lines), key, moment)


def _send(
    session: Session, hall: Hall, account: Account, lines: Sequence[News], key: str, moment: datetime
) -> None:
    for line in lines:
        session.delete(line)
    if not account.active:
        return
    reader = reader_of(hall, account)
    day = reader.day(moment.astimezone(hall.config.zone).date())
    number = reader.ngettext("%(num)d piece of news", "%(num)d pieces of news", len(lines))
    outbox.tell_address(
        session,
        hall,
        outbox.NOTICE,
        moment,
        recipient=account.email,
        key=key,
        language=account.language,
        details={
            "subject": reader.gettext("%(number)s: %(day)s", number=number, day=day),
            "greeting": greeting(reader, account),
            "paragraphs": [reader.gettext("This is what has happened since the last list.")],
            "list": "\n".join(line.line for line in lines),
            "button": (reader.gettext("Open the office"), urls.absolute(hall.config, "/office/")),
        },
    )


def forget(session: Session, person: Person, *, erase: bool) -> list[PersonalData]:
    """Lines about a person: what waits goes, and lists that told of them are blanked."""
    lines = session.scalars(select(News).where(News.booking_id.in_(person.bookings))).all()
    lists = select(Message).where(Message.topic == outbox.NOTICE, Message.booking_id.is_(None))
    told = [
        one for one in session.scalars(lists) if person.is_in(f"{one.details.get('list', '')}\n{one.text}")
    ]
    for line in lines if erase else ():
        session.delete(line)
    for one in told if erase else ():
        if one.state == "due":
            session.delete(one)
        else:
            one.details, one.text = {}, ""
    number = len(lines) + len(told)
    return [PersonalData(N_("Lists of news for staff: %(number)d"), {"number": number})] if number else []
