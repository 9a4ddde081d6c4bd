"""What is wrong with plugins, found out without serving: the one check of `doctor`, `plugins` and the authors' kit."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from inspect import signature
from pathlib import Path
from typing import Any

import click
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import MetaData, inspect, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from vorzimmer import database, doctor, hookspecs
from vorzimmer.hookspecs import Person
from vorzimmer.messages import outbox
from vorzimmer.models import Model, Resource, Service
from vorzimmer.periods import Period
from vorzimmer.plugins import GROUP, HOOKS, Loaded
from vorzimmer.practice import Hall
from vorzimmer.server.app import create_app
from vorzimmer.settings.config import PLUGINS

WEEK = timedelta(days=7)
OFFERS = {"blueprints", "commands", "navigation"}
"""Hooks without arguments that are asked once, elsewhere."""


@dataclass(frozen=True)
class Wrong:
    """A finding: `part` is a hook (and what of it), `settings`, `translations`, `tables`, or empty for all of it."""

    part: str
    text: str

    def __str__(self) -> str:
        return self.text


def begin(hall: Hall) -> None:
    """Do what `serve` does at its start, so that each plugin knows its faults; nothing is served or written."""
    create_app(hall)
    outbox.carriers(hall)
    for plugin, commands in hall.plugins.offers(hookspecs.commands):
        for command in commands:
            if not isinstance(command, click.Command):
                hall.plugins.fault(plugin, "commands", f"{command!r} is no command")
    if _has_tables(hall):
        with hall.database.reading() as session:
            _ask(hall, session)


def _has_tables(hall: Hall) -> bool:
    """Whether there are data to ask about; looking makes no file."""
    file = hall.database.engine.url.database or ""
    if hall.database.sqlite and not Path(file).exists():
        return False
    try:
        with hall.database.reading() as session:
            return inspect(session.connection()).has_table(Service.__tablename__) and not behind(
                hall, session
            )
    except SQLAlchemyError:
        return False


def behind(hall: Hall, session: Session) -> list[str]:
    """Names of the plugins whose tables are not in their newest version, as far as that can be told."""
    return database.behind(session.connection(), hall.plugins.migrations())


def _ask(hall: Hall, session: Session) -> None:
    """Put each question once that changes nothing; who raises is at fault from now on."""
    now = database.now(session)
    service = session.scalars(select(Service).order_by(Service.id).limit(1)).first()
    resources = session.scalars(select(Resource).where(Resource.active).order_by(Resource.id)).all()
    window = Period(now, now + WEEK)
    ask = hall.plugins.try_out
    for name in sorted(HOOKS - OFFERS):
        if not signature(getattr(hookspecs, name)).parameters:
            ask(getattr(hookspecs, name))
    ask(hookspecs.available_periods, session=session, resources=resources, service=service, window=window)
    ask(hookspecs.busy_periods, session=session, resources=resources, window=window)
    ask(hookspecs.findings, session=session, hall=hall)
    ask(hookspecs.personal_data, session=session, hall=hall, person=Person(frozenset()), erase=False)
    if service is not None:
        ask(hookspecs.candidates, session=session, requirements=service.requirements)
        ask(hookspecs.booking_policy, service=service, start=now, now=now)
        of_nobody = {"customer": None, "ignoring": None}
        ask(hookspecs.booking_refusals, session=session, service=service, starts=[now], **of_nobody)
        ask(hookspecs.payment_methods, service=service)


def wrong(hall: Hall, name: str) -> list[Wrong]:
    """All that is wrong with one plugin on a server whose tables are made."""
    begin(hall)
    plugin = hall.plugins.find(name)
    if plugin.error is not None:
        return [Wrong("", plugin.error)]
    with hall.database.reading() as session:
        findings = [*doctor.plugins.at_work(hall, session), *doctor.plugins.keeping(hall, session)]
        return [
            *(Wrong(part, why) for part, why in plugin.wrong if part != doctor.plugins.FINDINGS),
            *_unheard(plugin),
            *(Wrong(doctor.plugins.FINDINGS, str(one)) for one in findings if one.facts.get("name") == name),
            *(Wrong("tables", why) for why in _tables(hall, session, name)),
        ]


def _unheard(plugin: Loaded) -> Iterator[Wrong]:
    """What nobody will ever ask it: a method that is called like a hook and is not marked, or no hook at all."""
    kind = type(plugin.instance)
    marked = {hook for hook in dir(kind) if hasattr(getattr(kind, hook), f"{GROUP}_impl")}
    for hook in sorted(HOOKS & set(dir(kind)) - marked):
        yield Wrong(hook, f"{hook} is not marked @hookimpl: it is never called")
    if not HOOKS & marked:
        yield Wrong("", "it answers no hook")


def _tables(hall: Hall, session: Session, name: str) -> Iterator[str]:
    """Tables that are nobody's, and models of the plugin that its migrations do not lead to (F50)."""
    names = {*PLUGINS, *(plugin.name for plugin in hall.plugins.loaded)}
    for table in inspect(session.connection()).get_table_names():
        known = table in Model.metadata.tables and _owner(table, names) in ("", name)
        if not known and not _owner(table, names) and table != "vorzimmer_version":
            yield f"table {table} does not begin with {name}_"

    def is_its_own(_object: Any, table: str | None, kind: str, _reflected: bool, _compared: Any) -> bool:
        return kind != "table" or (_owner(table or "", names) == name and table != f"{name}_version")

    context = MigrationContext.configure(session.connection(), opts={"include_object": is_its_own})
    for difference in compare_metadata(context, _metadata(hall.plugins.find(name))):  # type: ignore[arg-type]  # takes several
        yield f"model and migration differ: {_shown(difference)}"


def _metadata(plugin: Loaded) -> list[MetaData]:
    """The core's tables, and those that the modules of a plugin declare."""
    top = (plugin.entry.module if plugin.entry else plugin.name).partition(".")[0]
    modules = [module for name, module in [*sys.modules.items()] if f"{name}.".startswith(f"{top}.")]
    # `type`, for a proxy of Flask's that is asked for its class outside of a request raises
    classes = [
        value for module in modules for value in vars(module).values() if issubclass(type(value), type)
    ]
    declared = [getattr(one, "metadata", None) for one in classes]
    return list({id(one): one for one in (Model.metadata, *declared) if isinstance(one, MetaData)}.values())


def _owner(table: str, names: set[str]) -> str:
    """Whose a table is by its name: the longest that fits; empty for the core's and for strays."""
    return max((name for name in names if table.startswith(f"{name}_")), key=len, default="")


def _shown(difference: Any) -> str:
    """A difference as alembic finds it, in a few words: `add_column note.text`."""
    kind, *parts = difference[0] if isinstance(difference, list) else difference
    named = [
        str(getattr(part, "name", part)) for part in parts if isinstance(part, str) or hasattr(part, "name")
    ]
    return f"{kind} {'.'.join(named)}"
