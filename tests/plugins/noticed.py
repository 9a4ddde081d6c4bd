"""What staff are told in tests: the notices that the worker has written, by whom they reach."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from vorzimmer import access, database
from vorzimmer.access import Actor
from vorzimmer.messages.outbox import NOTICE
from vorzimmer.messages.worker import Worker
from vorzimmer.models import Account, Message
from vorzimmer.practice import Hall
from vorzimmer_notices.choosing import Store


def login(hall: Hall, name: str, door: str = "office") -> Actor:
    """Somebody of the demo's practice at a door: `anna`, `empfang`, `owner`."""
    with hall.database.reading() as session:
        account = session.scalar(select(Account).where(Account.email == f"{name}@praxis.example"))
        return access.staff_actor(account, door)


def notices(hall: Hall) -> list[Message]:
    """Every notice so far, in order; what is due is sent first."""
    Worker(hall).run_due()
    with hall.database.reading() as session:
        return list(session.scalars(select(Message).where(Message.topic == NOTICE).order_by(Message.id)))


def told(hall: Hall) -> list[tuple[str, str]]:
    """Who was told which fact, in order: `("anna", "Neuer Termin")`."""
    return [(one.recipient.partition("@")[0], one.subject.partition(":")[0]) for one in notices(hall)]


def choose(hall: Hall, name: str, **timings: str) -> None:
    """`choose(hall, "anna", own_new="daily")`."""
    actor = login(hall, name)
    wanted = {
        (kind, whose): timing for key, timing in timings.items() for whose, _, kind in [key.partition("_")]
    }
    hall.database.write(lambda session: Store().choose(session, actor, actor.account_id, wanted))


def listed(hall: Hall, name: str) -> dict[tuple[str, str], str]:
    """How soon a login is told of what."""
    actor = login(hall, name)
    with hall.database.reading() as session:
        found = Store().listed(session, actor, actor.account_id)
    return {(one.kind, one.whose): one.timing for one in found}


def change_account(hall: Hall, name: str, **values: Any) -> None:
    """A login with other values, such as a language."""

    def work(session: Any) -> None:
        account = session.scalar(select(Account).where(Account.email == f"{name}@praxis.example"))
        for key, value in values.items():
            setattr(account, key, value)

    hall.database.write(work)


def moment(hall: Hall) -> Any:
    """Now, by the database's clock."""
    with hall.database.reading() as session:
        return database.now(session)
