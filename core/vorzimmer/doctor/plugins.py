"""What is wrong with plugins: with how they began, with what they do, with what they keep."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import func, inspect, select
from sqlalchemy.orm import Session

from vorzimmer import hookspecs
from vorzimmer.hookspecs import Finding, Level
from vorzimmer.messages import failures, outbox
from vorzimmer.models import Message
from vorzimmer.plugins import NOT_OURS, told
from vorzimmer.practice import Hall
from vorzimmer.reasons import N_, PluginFailed

FINDINGS = hookspecs.findings.__name__


def broken(hall: Hall) -> list[Finding]:
    """Those that are broken, in whole or in part; what is switched off is nobody's concern."""
    return [
        _wrong(one.name, why)
        for one in hall.plugins.loaded
        if one.active
        for part, why in one.wrong
        if part != FINDINGS  # said with the others' findings
    ]


def at_work(hall: Hall, session: Session) -> list[Finding]:
    """What the worker could not do for them, and what they say of themselves; it is found out quickly."""
    return [*_jobs(hall, session), *_messages(hall, session), *_their_own(hall, session)]


def _wrong(name: str, why: str) -> Finding:
    return Finding(Level.WRONG, N_("plugin %(name)s: %(error)s"), {"name": name, "error": why})


def _jobs(hall: Hall, session: Session) -> Iterator[Finding]:
    active = {one.name for one in hall.plugins.loaded if one.active}
    for failure in failures.kept(session):
        if failure.plugin in ("", *active):
            text = N_("plugin %(name)s: its job “%(job)s” failed at %(at)s: %(error)s")
            facts = {"job": failure.job, "at": failure.at, "error": failure.error}
            yield Finding(Level.WRONG, text, {"name": failure.plugin or "vorzimmer", **facts})


def _messages(hall: Hall, session: Session) -> Iterator[Finding]:
    """Facts that a plugin does not take, and messages that its channel does not carry."""
    facts = (hookspecs.booking_changed, hookspecs.customer_changed)
    owners = {(True, name): name for fact in facts for name in hall.plugins.listeners(fact)}
    for plugin, offered in outbox.carriers(hall):
        owners |= {(False, channel.name): plugin.name for channel in offered if plugin.active}
    fact = Message.topic.in_(outbox.FACTS).label("fact")
    failing = (Message.error != "", Message.state.in_(("due", "leased", "parked")))
    rows = select(fact, Message.channel, func.count(), func.max(Message.error)).where(*failing)
    for is_fact, channel, number, error in session.execute(rows.group_by(fact, Message.channel)):
        owner = owners.get((bool(is_fact), channel))
        if owner:
            text = N_("plugin %(name)s: messages not delivered yet: %(number)d (%(error)s)")
            yield Finding(Level.WARNING, text, {"name": owner, "number": number, "error": error})


def _their_own(hall: Hall, session: Session) -> Iterator[Finding]:
    for name in hall.plugins.listeners(hookspecs.findings):
        try:
            found = hall.plugins.ask_one(name, hookspecs.findings, session=session, hall=hall)
            _ = [str(one) for one in found]  # a text that does not fit its facts is found now
        except PluginFailed as error:
            yield _wrong(name, f"{FINDINGS}: {hall.plugins.find(error.plugin).faults[FINDINGS]}")
        except NOT_OURS as error:
            yield _wrong(name, f"{FINDINGS}: {told(error)}")
        else:
            yield from found


def keeping(hall: Hall, session: Session) -> Iterator[Finding]:
    """Those whose tables refer to customers or appointments, and who would not erase what they keep (A170)."""
    inspector, answers = inspect(session.connection()), hall.plugins.listeners(hookspecs.personal_data)
    for name, _folder in hall.plugins.migrations():
        tables = [table for table in inspector.get_table_names() if table.startswith(f"{name}_")]
        keys = [key["referred_table"] for table in tables for key in inspector.get_foreign_keys(table)]
        if name not in answers and {"booking", "customer"} & set(keys):
            text = N_("plugin %(name)s: keeps data of customers, and does not say how it erases them")
            yield Finding(Level.WARNING, text, {"name": name})
