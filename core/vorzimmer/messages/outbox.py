"""What is to be told after the commit, written in the transaction of the act; `worker` delivers it."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, func, insert, select, update
from sqlalchemy.orm import Session

from vorzimmer import hookspecs
from vorzimmer.access import Actor
from vorzimmer.audit import snapshot
from vorzimmer.hookspecs import Change, Channel
from vorzimmer.models import Account, Booking, Customer, Message, Model, Status
from vorzimmer.plugins import NOT_OURS, Loaded
from vorzimmer.practice import Hall

BOOKING_CHANGED, CUSTOMER_CHANGED = "booking_changed", "customer_changed"
FACTS = frozenset({BOOKING_CHANGED, CUSTOMER_CHANGED})
"""Topics of messages to plugins: the names of their hooks."""
PAPERS = "papers"
"""Topic of a message whose details say it all: `subject`, `paragraphs`, a `list` of lines, and `files`, each of them
name, media type and base64."""
NOTICE = "notice"
"""Topic of a message to staff. Its details say it all: `subject`, `greeting`, `paragraphs`, `facts` (pairs; `strong` is
the label of one), `button` (text and address), perhaps a `list` of lines; about an appointment also what
`audit.snapshot` says of it."""
COMPARED = frozenset({"moved", "changed"})
"""Topics that say what was until now (`old` in the details)."""
SEEN = ("starts", "ends", "service", "staff", "where", "link")
"""What of an appointment a customer sees, by the names of `audit.snapshot`."""
UNTOUCHED = ("code", "reminder")
"""Topics that leave an unsent move alone."""
AT_ONCE = timedelta(0)

# Statements are built once: putting one together takes as long as running it.
_OF_BOOKING = Message.booking_id == bindparam("booking")
_ADD = insert(Model.metadata.tables[Message.__tablename__])
_USED = select(Message.id).where(Message.key == bindparam("key"))
_REMINDERS = (
    select(Message).where(_OF_BOOKING, Message.topic == "reminder").execution_options(populate_existing=True)
)
_WAITING = (
    select(Message)
    .where(
        _OF_BOOKING,
        Message.topic.in_(COMPARED),
        Message.recipient == bindparam("recipient"),
        Message.state == "due",
        Message.attempts == 0,
        Message.planned_at > bindparam("moment"),
    )
    .with_for_update()
    .execution_options(populate_existing=True)
)
_TOLD = select(Message.id).where(
    _OF_BOOKING, Message.topic == bindparam("topic"), Message.state != "withdrawn"
)
_WITHDRAW = (
    update(Message)
    .where(_OF_BOOKING, Message.topic.in_(bindparam("topics", expanding=True)), Message.state == "due")
    .values(state="withdrawn")
    .execution_options(synchronize_session=False)
)


def channels(hall: Hall) -> list[Channel]:
    """Everything that carries messages to people, ours first."""
    return [channel for plugin, offered in carriers(hall) if plugin.active for channel in offered]


def carriers(hall: Hall) -> list[tuple[Loaded, list[Channel]]]:
    """The plugins with the channels that they offer."""
    return hall.plugins.offers(hookspecs.message_channels, config=hall.config, texts=hall.texts)


def tell_person(
    session: Session,
    hall: Hall,
    booking: Booking,
    topic: str,
    moment: datetime,
    *,
    recipient: str,
    key: str,
    details: Mapping[str, Any] | None = None,
    delay: timedelta = AT_ONCE,
) -> None:
    """Write a message to a person, about a booking as it is now, by the first channel that carries the recipient.

    Nothing is written where no channel does. `details` must hold no secret. `delay` is the undo window: until it
    is over, a further change takes the message's place (O15). `key` is the message's for good.
    """
    channel = _channel(hall, recipient)
    if channel is None:
        return
    said = {**snapshot(booking), **(details or {})}
    if topic not in UNTOUCHED:
        topic = _take_place_of_waiting(session, booking, topic, moment, recipient, said)
        if not topic:
            return
    message = {
        "key": _fresh(session, key),
        "topic": topic,
        "channel": channel,
        "booking_id": booking.id,
        "recipient": recipient,
        "language": booking.language,
        "details": said,
        "planned_at": moment + delay,
        "run_after": moment + delay,
    }
    session.execute(_ADD, message)


def tell_login(
    session: Session,
    hall: Hall,
    account: Account,
    topic: str,
    moment: datetime,
    *,
    recipient: str,
    details: Mapping[str, Any],
) -> None:
    """Write a message about a login, to its owner; nothing where no channel carries the recipient."""
    key = f"account/{account.id}/{topic}/{uuid.uuid4()}"
    tell_address(
        session, hall, topic, moment, recipient=recipient, key=key, language=account.language, details=details
    )


def tell_address(
    session: Session,
    hall: Hall,
    topic: str,
    moment: datetime,
    *,
    recipient: str,
    key: str,
    language: str,
    details: Mapping[str, Any],
    booking: Booking | None = None,
) -> None:
    """Write a message to somebody who is no customer; nothing where no channel carries the recipient."""
    channel = _channel(hall, recipient)
    if channel is None:
        return
    message = {
        "key": key,
        "topic": topic,
        "channel": channel,
        "booking_id": booking.id if booking else None,
        "recipient": recipient,
        "language": language,
        "details": dict(details),
        "planned_at": moment,
        "run_after": moment,
    }
    session.execute(_ADD, message)


def is_written(session: Session, key: str) -> bool:
    """Whether there is a message with this key already."""
    return session.scalar(_USED, {"key": key}) is not None


def _channel(hall: Hall, recipient: str) -> str | None:
    return next((channel.name for channel in carrying(hall, recipient)), None)


def carrying(hall: Hall, recipient: str) -> Iterator[Channel]:
    """The channels that carry messages to an address, ours first."""
    return _whose(hall, lambda channel: channel.carries(recipient))


def reaches(hall: Hall, recipient: str) -> bool:
    """Whether any channel carries messages to an address."""
    return _channel(hall, recipient) is not None


def is_tried(hall: Hall, session: Session) -> bool:
    """Whether anything has left by a channel that is set up."""
    return any(_whose(hall, lambda channel: channel.is_set_up and channel.is_tried(session)))


def _whose(hall: Hall, answer: Callable[[Channel], bool]) -> Iterator[Channel]:
    """Channels that say yes; one that cannot say is passed over, and that is its plugin's fault."""
    for plugin, offered in carriers(hall):
        for channel in offered if plugin.active else ():
            try:
                fits = answer(channel)
            except NOT_OURS as error:
                hall.plugins.fault(plugin, f"channel {channel.name}", error)
            else:
                if fits:
                    yield channel


def is_told(session: Session, booking: Booking, topic: str) -> bool:
    """Whether there is such a message to the customer already."""
    return session.scalar(_TOLD, {"booking": booking.id, "topic": topic}) is not None


def tell_plugins(session: Session, hall: Hall, booking: Booking, change: Change, moment: datetime) -> None:
    """Write the fact of a change, once for each plugin that listens; one that fails keeps no other waiting."""
    for name in hall.plugins.listeners(hookspecs.booking_changed):
        fact = {
            "key": _fresh(session, f"{change.key}/{name}"),
            "topic": BOOKING_CHANGED,
            "channel": name,
            "booking_id": booking.id,
            "details": {
                "kind": change.kind,
                "uid": change.uid,
                "sequence": change.sequence,
                "actor": change.actor,
                "door": change.door,
                "before": change.before,
                "after": change.after,
            },
            "planned_at": moment,
            "run_after": moment,
        }
        session.execute(_ADD, fact)


def tell_of_record(
    session: Session, hall: Hall, actor: Actor, kind: str, customer: Customer, moment: datetime
) -> None:
    """Write the fact of a change of a customer's record, once for each plugin that listens."""
    for name in hall.plugins.listeners(hookspecs.customer_changed):
        fact = {
            "key": f"{record_key(customer.uid)}{kind}/{uuid.uuid4()}/{name}",
            "topic": CUSTOMER_CHANGED,
            "channel": name,
            "details": {"kind": kind, "uid": customer.uid, "actor": actor.name, "door": actor.door},
            "planned_at": moment,
            "run_after": moment,
        }
        session.execute(_ADD, fact)


def record_key(uid: str) -> str:
    """How the keys of all facts about a customer's record begin."""
    return f"customer/{uid}/"


def withdraw(session: Session, booking: Booking, topics: Iterable[str]) -> None:
    """Take back what has not left yet."""
    session.execute(_WITHDRAW, {"booking": booking.id, "topics": list(topics)})


def plan_reminders(session: Session, hall: Hall, booking: Booking, moment: datetime) -> None:
    """Bring the reminders in line with the booking: planned if it is confirmed, elapsed hours before its start (O53).

    Those of an old time are withdrawn, those of a start that is too near are left out; who is asked to choose another
    time is not reminded of this one.
    """
    wanted: dict[str, datetime] = {}
    if booking.status == Status.CONFIRMED and booking.email and booking.offered_at is None:
        own = booking.service.reminders
        for hours in hall.config.settings.booking.reminder_hours if own is None else own:
            at = booking.starts - timedelta(hours=hours)
            if at > moment:
                wanted[f"{booking.uid}/reminder/{int(booking.starts.timestamp())}/{hours}"] = at
    for message in _planned(session, booking):
        if message.key in wanted:
            del wanted[message.key]
            message.state = "due" if message.state == "withdrawn" else message.state
        elif message.state == "due":
            message.state = "withdrawn"
    for key, at in wanted.items():
        tell_person(
            session, hall, booking, "reminder", moment, recipient=booking.email, key=key, delay=at - moment
        )


def _planned(session: Session, booking: Booking) -> Iterable[Message]:
    return session.scalars(_REMINDERS, {"booking": booking.id})


def _take_place_of_waiting(
    session: Session, booking: Booking, topic: str, moment: datetime, recipient: str, said: dict[str, Any]
) -> str:
    """Withdraw an unsent change that waits in its undo window, keeping what the customer knows; what to tell instead.

    Nothing where all is as the customer knows it.
    """
    given = {"booking": booking.id, "recipient": recipient, "moment": moment}
    waiting = session.scalars(_WAITING, given).all()
    for message in waiting:
        message.state = "withdrawn"
        if "old" in message.details:
            said["old"] = message.details["old"]
    if not waiting or topic not in COMPARED or "name" in said:
        return topic
    old = said["old"]
    if all(old.get(name, said[name]) == said[name] for name in SEEN):
        return ""
    return "moved" if old["starts"] != said["starts"] else "changed"


def _fresh(session: Session, key: str) -> str:
    """The key itself, or with a number where the same thing has happened before (missed, completed, missed)."""
    with session.no_autoflush:
        if not is_written(session, key):
            return key
    return f"{key}/{session.scalar(select(func.max(Message.id)))}"
