"""The hooks: busy time from calendars elsewhere, the worker's part, a page of the office, a word to the owner."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta
from functools import partial

from sqlalchemy import and_, bindparam, select
from sqlalchemy.orm import Session, contains_eager

from vorzimmer import database, hookspecs
from vorzimmer.access import Right
from vorzimmer.hookspecs import Busy, Finding, Job, Level, NavigationEntry, Pages, hookimpl
from vorzimmer.models import Resource
from vorzimmer.periods import Period
from vorzimmer.practice import Hall
from vorzimmer.reasons import N_
from vorzimmer_external_busy import refreshing, settings
from vorzimmer_external_busy.models import Source, Taken
from vorzimmer_external_busy.pages import pages
from vorzimmer_external_busy.sources import Store, stale_at

FOR_EVER = timedelta(days=3650)
BUSY = (  # put together once: every search asks it; one row for a source without busy time
    select(
        Source.id,
        Source.resource_id,
        Source.success_at,
        Source.created_at,
        Source.offer_when_stale,
        Taken.starts,
        Taken.ends,
    )
    .outerjoin(
        Taken,
        and_(Taken.source_id == Source.id, Taken.ends > bindparam("start"), Taken.starts < bindparam("end")),
    )
    .where(Source.resource_id.in_(bindparam("resources", expanding=True)))
    .order_by(Source.id, Taken.starts)
)
TAKEN = N_("busy in another calendar")
STALE = N_("busy in another calendar, which has not answered lately")
SILENT = N_("another calendar has not answered for too long")


class Plugin:
    """Makes events of calendars elsewhere busy time that staff may book into with a warning."""

    title = N_("Calendars elsewhere")
    Config = settings.Config

    def __init__(self, config: settings.Config) -> None:
        self.config = config

    @hookimpl
    def busy_periods(self, session: Session, resources: Sequence[Resource], window: Period) -> list[Busy]:
        """What is stored; no calendar is asked here (F53). One that is out of date does as is set for it (rule 79)."""
        named = {resource.id: _name(resource) for resource in resources}
        given = {"resources": list(named), "start": window.start, "end": window.end}
        rows = session.execute(BUSY, given).all() if named else []
        moment = database.now(session) if rows else window.start
        found, silent = list[Busy](), dict[int, Busy]()
        for source_id, resource_id, success, created, offers, starts, ends in rows:
            until = stale_at(success, created, self.config)
            stale, who = until <= moment, (named[resource_id], "79" if until <= moment else "74")
            if starts is not None:
                text = STALE if stale else TAKEN
                found.append(Busy(Period(starts, ends), *who, text, resource_id))
            if stale and not offers:
                silent[source_id] = Busy(Period(until, moment + FOR_EVER), *who, SILENT, resource_id)
        return [*found, *(busy for busy in silent.values() if _overlaps(busy.period, window))]

    @hookimpl
    def jobs(self, hall: Hall) -> list[Job]:
        """Begin what is due; a look each round, so that what was just entered is read soon."""
        run = partial(refreshing.begin, hall=hall, config=self.config)
        return [Job("external_busy", timedelta(0), run, refreshing.due)]

    @hookimpl
    def external_calendars(self) -> hookspecs.ExternalCalendars:
        """Where page and API find them."""
        return Store(self.config)

    @hookimpl
    def blueprints(self) -> list[Pages]:
        """`/office/external`."""
        return [pages]

    @hookimpl
    def navigation(self) -> list[NavigationEntry]:
        """A card of the settings, for all who may change availability."""
        line = N_("Google, Outlook, Nextcloud: what stands there blocks time here")
        entry, right = "vorzimmer_external_busy.overview", Right.AVAILABILITY
        return [NavigationEntry(N_("Calendars elsewhere"), entry, right, "settings", line, "people")]

    @hookimpl
    def findings(self, session: Session) -> list[Finding]:
        """Calendars that are out of date."""
        return list(self._findings(session))

    def _findings(self, session: Session) -> Iterator[Finding]:
        moment = database.now(session)
        query = select(Source).join(Source.resource).options(contains_eager(Source.resource))
        sources = session.scalars(query.order_by(Source.id)).all()
        stale = [one for one in sources if stale_at(one.success_at, one.created_at, self.config) <= moment]
        for source in stale[:5]:
            facts = {"title": source.title, "who": source.resource.name, "hours": self.config.stale_hours}
            text = N_("calendar “%(title)s” of %(who)s: no good answer for %(hours)d hours")
            yield Finding(Level.WARNING, text, facts)
        if sources and not stale:
            yield Finding(Level.GOOD, N_("calendars elsewhere: none is out of date"))


def _name(resource: Resource) -> str:
    return f"{'person' if resource.kind == 'staff' else resource.kind}:{resource.slug}"


def _overlaps(period: Period, window: Period) -> bool:
    return period.start < window.end and period.end > window.start
