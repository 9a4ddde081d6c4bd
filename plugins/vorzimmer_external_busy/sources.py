"""Enter, change, list and delete calendars elsewhere, each in one transaction with its line in the log."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload

from vorzimmer import access, audit, database
from vorzimmer.access import Actor, Right
from vorzimmer.hookspecs import ExternalCalendar, NewExternalCalendar
from vorzimmer.models import Resource
from vorzimmer.outgoing import addresses
from vorzimmer.outgoing.addresses import AddressRefusedError, Allowed
from vorzimmer.practice import Hall
from vorzimmer.reasons import N_, Reason, Refused
from vorzimmer.settings import stored
from vorzimmer.text import contact
from vorzimmer_external_busy import refreshing
from vorzimmer_external_busy.models import Source
from vorzimmer_external_busy.settings import Config, allowed_hosts

KINDS = {"ics": N_("Address of a calendar file (ICS)"), "caldav": N_("CalDAV, with user name and password")}
MOST = 10
"""Of one resource."""
FILL_IN = N_("Please fill this in.")
TOO_LONG = N_("This is too long.")
_LENGTHS = {"title": 80, "user": 200, "password": 200}


class Store:
    """The calendars elsewhere as every door sees them; `config` says when one is out of date."""

    def __init__(self, config: Config) -> None:
        self._config = config

    def listed(self, session: Session, actor: Actor) -> list[ExternalCalendar]:
        """Those of everybody whose availability the actor may change, by name; two queries."""
        access.require(access.may(actor, Right.AVAILABILITY))
        query = select(Source).join(Source.resource).options(joinedload(Source.resource))
        if not access.may(actor, Right.CALENDARS):
            query = query.where(Source.resource_id == (actor.resource_id or 0))
        moment, busy = database.now(session), refreshing.count(session)
        found = session.scalars(query.order_by(Resource.name, Source.title, Source.id))
        return [self._told(source, moment, busy.get(source.id, 0)) for source in found]

    def enter(
        self, session: Session, hall: Hall, actor: Actor, resource: str, wanted: NewExternalCalendar
    ) -> ExternalCalendar:
        """Add one to a resource (a slug); the worker reads it soon. Refuses with `INVALID` (`errors`), `NOT_FOUND`."""
        found = session.scalar(select(Resource).where(Resource.slug == resource))
        if found is None or not _may(actor, found.id):
            raise Refused(Reason.NOT_FOUND)
        database.claim(session, [found.id])
        errors = {} if wanted.address.strip() else {"address": FILL_IN}
        if wanted.kind not in KINDS:
            errors["kind"] = N_("Please choose one of these.")
        query = select(func.count()).where(Source.resource_id == found.id)
        if (session.scalar(query) or 0) >= MOST:
            errors["resource"] = N_("There are ten calendars already.")
        moment = database.now(session)
        source = Source(resource=found, kind=wanted.kind, created_at=moment, due_at=moment)
        self._set(source, hall, wanted, errors)
        session.add(source)
        session.flush()
        self._log(session, actor, "entered", source, after=_snapshot(source))
        return self._told(source, moment, 0)

    def change(
        self, session: Session, hall: Hall, actor: Actor, calendar_id: int, wanted: NewExternalCalendar
    ) -> ExternalCalendar:
        """Set everything but whose and of which kind it is; an empty address keeps address, user and password."""
        source = _found(session, actor, calendar_id)
        before = _snapshot(source)
        self._set(source, hall, wanted, {})
        moment = database.now(session)
        source.version, source.due_at = source.version + 1, moment
        source.whole_at, source.etag, source.modified = None, "", ""
        self._log(session, actor, "changed", source, before=before, after=_snapshot(source))
        return self._told(source, moment, refreshing.count(session).get(source.id, 0))

    def read_soon(self, session: Session, actor: Actor, calendar_id: int) -> ExternalCalendar:
        """Have the worker read it now, whatever its turn is."""
        source = _found(session, actor, calendar_id)
        source.due_at = moment = database.now(session)
        source.whole_at = None
        self._log(session, actor, "asked for", source)
        return self._told(source, moment, refreshing.count(session).get(source.id, 0))

    def delete(self, session: Session, actor: Actor, calendar_id: int) -> None:
        """Forget it and its busy time."""
        source = _found(session, actor, calendar_id)
        self._log(session, actor, "deleted", source, before=_snapshot(source))
        session.delete(source)

    def is_stale(self, source: Source, moment: datetime) -> bool:
        """Whether the last good answer is too old (rule 79); one that never came counts from the beginning."""
        return stale_at(source.success_at, source.created_at, self._config) <= moment

    def _set(self, source: Source, hall: Hall, wanted: NewExternalCalendar, errors: dict[str, str]) -> None:
        """Check what was entered and take it over, or refuse with all that is wrong."""
        wanted = replace(wanted, title=contact.plain(wanted.title), address=wanted.address.strip())
        if not wanted.title:
            errors["title"] = FILL_IN
        errors |= {name: TOO_LONG for name, most in _LENGTHS.items() if len(getattr(wanted, name)) > most}
        mine = contact.email_of(wanted.mine, errors).lower() if wanted.mine.strip() else ""
        if "email" in errors:
            errors["mine"] = errors.pop("email")
        if wanted.address:
            source.host, source.secret = self._sealed(hall, source.kind, wanted, errors)
        if errors:
            raise Refused(Reason.INVALID, errors=errors)
        source.title, source.mine = wanted.title, mine
        source.tentative_busy, source.all_day_busy = wanted.tentative_busy, wanted.all_day_busy
        source.offer_when_stale = wanted.offer_when_stale

    def _sealed(
        self, hall: Hall, kind: str, wanted: NewExternalCalendar, errors: dict[str, str]
    ) -> tuple[str, dict[str, Any]]:
        """Host and secrets of an address; the name is not resolved here: no request waits for anybody's server."""
        try:
            address = addresses.read(wanted.address, Allowed(self._config.allow_http, allowed_hosts(hall)))
        except AddressRefusedError as error:
            errors["address"] = str(error)
            return "", {}
        for name in ("user", "password"):
            if kind == "caldav" and not getattr(wanted, name):
                errors[name] = FILL_IN
        if ":" in wanted.user:  # Basic has no way to say it (RFC 7617)
            errors["user"] = N_("A user name has no colon.")
        secrets = {"address": address.url, "user": wanted.user, "password": wanted.password}
        return address.host, {name: stored.sealed(hall.config, value) for name, value in secrets.items()}

    def _told(self, source: Source, moment: datetime, busy: int) -> ExternalCalendar:
        return ExternalCalendar(
            source.id,
            source.resource,
            source.kind,
            source.title,
            source.host,
            source.mine,
            source.tentative_busy,
            source.all_day_busy,
            source.offer_when_stale,
            source.success_at,
            self.is_stale(source, moment),
            source.error,
            [*map(_remark, source.remarks)],
            busy,
        )

    @staticmethod
    def _log(session: Session, actor: Actor, act: str, source: Source, **more: dict[str, Any]) -> None:
        subject = f"external calendar {source.id}"
        audit.write(session, database.now(session), actor, f"external calendar {act}", subject, **more)


def _remark(record: dict[str, Any]) -> dict[str, Any]:
    """A remark as it was stored, with its instant."""
    when = record.get("when")
    return {"events": 0, **record, "when": datetime.fromisoformat(when) if when else None}


def stale_at(success: datetime | None, created: datetime, config: Config) -> datetime:
    """From when on what a source said is out of date."""
    return (success or created) + timedelta(hours=config.stale_hours)


def _found(session: Session, actor: Actor, calendar_id: int) -> Source:
    """A source, its resource claimed; `NOT_FOUND` also for one out of reach (A1)."""
    resource_id = session.scalar(select(Source.resource_id).where(Source.id == calendar_id))
    if resource_id is None or not _may(actor, resource_id):
        raise Refused(Reason.NOT_FOUND)
    database.claim(session, [resource_id])
    source = session.get(Source, calendar_id, options=[joinedload(Source.resource)])
    if source is None:  # somebody else was quicker
        raise Refused(Reason.NOT_FOUND)
    return source


def _may(actor: Actor, resource_id: int) -> bool:
    return access.may(actor, Right.AVAILABILITY) and access.may_touch_resource(actor, resource_id)


def _snapshot(source: Source) -> dict[str, Any]:
    """What the log says of it: no secrets."""
    names = (
        "resource_id",
        "kind",
        "title",
        "host",
        "mine",
        "tentative_busy",
        "all_day_busy",
        "offer_when_stale",
    )
    return {name: getattr(source, name) for name in names}
