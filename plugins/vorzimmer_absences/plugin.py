"""The hooks: absent people take no customers; a page of the office to enter absences."""

from __future__ import annotations

from collections.abc import Sequence
from zoneinfo import ZoneInfo

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from vorzimmer import hookspecs
from vorzimmer.access import Actor, Right
from vorzimmer.hookspecs import Busy, Draft, NavigationEntry, NewAbsence, Pages, hookimpl
from vorzimmer.models import Resource
from vorzimmer.periods import Period
from vorzimmer.plugins import NoConfig
from vorzimmer.practice import Hall
from vorzimmer.reasons import N_
from vorzimmer_absences import absences
from vorzimmer_absences.absences import period_of
from vorzimmer_absences.models import Absence, Kind
from vorzimmer_absences.pages import KINDS, pages

ABSENCES = (  # put together once: every search asks it
    select(Absence.resource_id, Absence.kind, Absence.note, Absence.starts, Absence.ends)
    .where(
        Absence.resource_id.in_(bindparam("resources", expanding=True)),
        Absence.ends > bindparam("start"),
        Absence.starts < bindparam("end"),
    )
    .order_by(Absence.id)
)


class Plugin:
    """Makes absences busy time that staff may book into with a warning (rule 20)."""

    title = N_("Absences")

    def __init__(self, config: NoConfig) -> None:
        self.config = config

    @hookimpl
    def busy_periods(self, session: Session, resources: Sequence[Resource], window: Period) -> list[Busy]:
        """The absences of the resources in the window; the reason stays among us."""
        by_id = {resource.id: resource for resource in resources}
        given = {"resources": list(by_id), "start": window.start, "end": window.end}
        return [
            _busy(by_id[resource_id], kind, note, Period(starts, ends))
            for resource_id, kind, note, starts, ends in session.execute(ABSENCES, given)
        ]

    @hookimpl
    def absences(self) -> hookspecs.Absences:
        """Where the API finds them."""
        return Store()

    @hookimpl
    def blueprints(self) -> list[Pages]:
        """`/office/absences`."""
        return [pages]

    @hookimpl
    def navigation(self) -> list[NavigationEntry]:
        """One entry, for all who may change availability."""
        return [NavigationEntry(N_("Absences"), "vorzimmer_absences.overview", Right.AVAILABILITY)]

    @hookimpl
    def demo_data(self, session: Session, draft: Draft) -> None:
        """The absences of the demo's people."""
        for away in draft.absences:
            place = next(hours.location for hours in draft.hours if hours.resource is away.resource)
            period = period_of(away.first, away.last, ZoneInfo(place.zone))
            session.add(
                Absence(
                    resource_id=away.resource.id,
                    kind=Kind(away.kind),
                    starts=period.start,
                    ends=period.end,
                    first=away.first,
                    last=away.last,
                )
            )


class Store:
    """The absences as other doors see them."""

    def listed(self, session: Session, actor: Actor, window: Period) -> list[hookspecs.Absence]:
        """Those that overlap the window, as far as the actor's rights reach."""
        return [_told(found) for found in absences.listed(session, actor, window)]

    def enter(self, session: Session, hall: Hall, actor: Actor, wanted: NewAbsence) -> hookspecs.Absence:
        """Enter one, with what was decided about the appointments in it."""
        return _told(absences.enter(session, hall, actor, wanted))

    def delete(self, session: Session, actor: Actor, absence_id: int) -> None:
        """Take one back."""
        absences.delete(session, actor, absence_id)


def _told(found: Absence) -> hookspecs.Absence:
    start, end = found.first or found.starts, found.last or found.ends
    return hookspecs.Absence(found.id, found.resource, start, end, found.kind, found.note)


def _busy(resource: Resource, kind: str, note: str, period: Period) -> Busy:
    source = f"{'person' if resource.kind == 'staff' else resource.kind}:{resource.slug}"
    if kind == Kind.BREAK:
        return Busy(period, source, "20", N_("break"), resource.id)
    among_us = note if kind == Kind.OTHER and note else KINDS[Kind(kind)]
    return Busy(period, source, "18", N_("absent"), resource.id, office_text=among_us)
