"""Which starts are free, who takes one, and why not: one search answers all three (rule 81).

Every function reads with a constant number of queries and asks each hook once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import reduce
from typing import TypedDict, Unpack

from sqlalchemy.orm import Session

from vorzimmer import hookspecs
from vorzimmer.availability.assign import Assignment, Item, Placement, anyway, best
from vorzimmer.availability.facts import LOCATIONS, Question, needs_of
from vorzimmer.availability.lanes import for_customers
from vorzimmer.availability.never import never_free
from vorzimmer.availability.nothing import nothing_free
from vorzimmer.availability.search import Search, Slot
from vorzimmer.availability.standing_in import in_place_of, stand_ins
from vorzimmer.availability.why import Phrase, Why, at_place, refused
from vorzimmer.models import Customer, Location, Service
from vorzimmer.periods import Period
from vorzimmer.plugins import Plugins
from vorzimmer.reasons import N_, Reason, Refused

__all__ = [
    "Assignment",
    "Explanation",
    "Item",
    "Phrase",
    "Placement",
    "Slot",
    "Why",
    "Wish",
    "alternatives",
    "assignment",
    "explain",
    "filled",
    "for_customers",
    "free_slots",
    "in_place_of",
    "never_bookable",
    "placement",
    "policies",
    "possible_places",
    "refusal",
    "stand_ins",
    "why_nothing",
]

NEAR = timedelta(days=7)
ALTERNATIVES = 6


class Wish(TypedDict, total=False):
    """What may be asked for besides service and time, each of it or nothing: person and place by slug, how many seats,
    the id of a booking that is moved, the resources (ids) to choose among, who books, whether the practice asks for
    itself, and whether the customer is there now.
    """

    staff: str | None
    location: str | None
    seats: int
    ignoring: int | None
    only: frozenset[int] | None
    customer: Customer | None
    by_staff: bool
    walk_in: bool


@dataclass(frozen=True)
class Explanation:
    """The verdict on one start. Not offered: at least one reason, and the smallest change that would free it."""

    offered: bool
    reasons: list[Why]
    would_be_free_if: list[Phrase]


def free_slots(
    session: Session, plugins: Plugins, service: Service, window: Period, now: datetime, **wish: Unpack[Wish]
) -> list[Slot]:
    """Every free start in the window (aware), sorted by start and place (rules 13, 55).

    Raises `PluginFailed` where a plugin does not answer: a search that failed open would double-book.
    """
    span = -int(-window.start.timestamp() // 1), -int(-window.end.timestamp() // 1)
    return Search(session, plugins, Question(service, span, now, **wish)).slots()


def why_nothing(
    session: Session, plugins: Plugins, service: Service, day: Period, now: datetime, **wish: Unpack[Wish]
) -> Phrase:
    """Why a day has no free start, as anybody may know it; to be asked where `free_slots` found none."""
    span = int(day.start.timestamp()), int(day.end.timestamp())
    return nothing_free(Search(session, plugins, Question(service, span, now, **wish)))


def never_bookable(session: Session, plugins: Plugins, service: Service, now: datetime) -> Phrase | None:
    """Why customers will never find a free start, were nothing booked and nobody away; None where they may."""
    start = int(now.timestamp())
    span = start, start + int(timedelta(days=service.horizon + 1).total_seconds())
    return never_free(Search(session, plugins, Question(service, span, now)))


def filled(session: Session, plugins: Plugins, services: Sequence[Service]) -> set[int]:
    """The ids of those services for whose every need there are enough; one question for all of them."""
    needs = [need for service in services for need in service.requirements]
    able: dict[int, set[int]] = {need.id: set() for need in needs}
    for answer in plugins.ask(hookspecs.candidates, session=session, requirements=needs):
        able[answer.requirement_id].update(answer.resource_ids)
    lacking = {need.service_id for need in needs if len(able[need.id]) < need.quantity}
    return {service.id for service in services} - lacking


def _search(
    session: Session,
    plugins: Plugins,
    service: Service,
    start: datetime,
    now: datetime,
    wish: Wish,
    *,
    wide: bool = False,
) -> tuple[Search, int]:
    instant = int(start.timestamp())
    question = Question(service, (instant, instant + 1), now, **wish)
    return Search(session, plugins, question, wide=wide), instant


def assignment(
    session: Session, plugins: Plugins, service: Service, start: datetime, now: datetime, **wish: Unpack[Wish]
) -> Assignment | None:
    """Who takes a free start: the same search for one slot; None where it is not on offer (rule 57)."""
    return best(*_search(session, plugins, service, start, now, wish))


def placement(
    session: Session, plugins: Plugins, service: Service, start: datetime, now: datetime, **wish: Unpack[Wish]
) -> Placement:
    """Where staff may put an appointment, and what that breaks (rules 20, 42, 80).

    Raises `Refused(NOT_OFFERED)` where a requirement has no candidate at all.
    """
    placed = anyway(*_search(session, plugins, service, start, now, wish, wide=True))
    if placed is None:
        raise Refused(Reason.NOT_OFFERED)
    return placed


def possible_places(
    session: Session, plugins: Plugins, service: Service, now: datetime, *, staff: str | None = None
) -> list[Location]:
    """Where a service can be given at all, by slug: where nobody and nothing that it needs stands elsewhere."""
    instant = int(now.timestamp())
    needs = needs_of(session, plugins, Question(service, (instant, instant + 1), now, staff=staff))
    return [
        place
        for place in session.scalars(LOCATIONS)
        if all(
            need.quantity <= sum(one.location_id in (None, place.id) for one in need.pool) for need in needs
        )
    ]


def explain(
    session: Session, plugins: Plugins, service: Service, start: datetime, now: datetime, **wish: Unpack[Wish]
) -> Explanation:
    """The public customer's verdict on one instant and the rules that decide it (rule 81)."""
    search, instant = _search(session, plugins, service, start, now, wish, wide=True)
    if search.slots():
        return Explanation(True, [], [])
    policies = [refused(refusal) for refusal in search.refusals([instant])]
    found = [at_place(search, place, instant) for place in search.relevant_places(instant)]
    every = [why for reasons, _least in found for why in reasons] + policies
    least = min((least for _every, least in found), key=len, default=[]) + policies
    if not every:
        every = least = [_not_together(service)]
    changes = list({str(why.free_if): why.free_if for why in least}.values())
    return Explanation(False, _once(every), [reduce(_and, changes)])


def _and(one: Phrase, other: Phrase) -> Phrase:
    """Both are needed: one sentence, so that nobody reads them as a choice."""
    return Phrase(N_("%(one)s, and %(other)s"), {"one": one, "other": other})


def _once(reasons: Sequence[Why]) -> list[Why]:
    told = {(why.rule, str(why.text), why.source): why for why in reversed(reasons)}
    return list(reversed(told.values()))


def _not_together(service: Service) -> Why:
    return Why(
        "52",
        Phrase(N_("Not everything that is needed is free at this time together.")),
        f"service:{service.slug}",
        Phrase(N_("everything needed were free together")),
    )


def refusal(
    session: Session, plugins: Plugins, service: Service, start: datetime, now: datetime, **wish: Unpack[Wish]
) -> Refused:
    """Why a start can't be had: `SLOT_TAKEN` where it would be offered if nothing were booked, else `NOT_OFFERED`.

    `SLOT_TAKEN` carries the nearest free slots as `alternatives`, `NOT_OFFERED` the policies' `reasons`.
    """
    search, instant = _search(session, plugins, service, start, now, wish)
    search.facts.occupied = {}
    if not search.slots():
        return Refused(Reason.NOT_OFFERED, reasons=list(map(refused, search.refusals([instant]))))
    return Refused(
        Reason.SLOT_TAKEN, alternatives=alternatives(session, plugins, service, start, now, **wish)
    )


def policies(
    session: Session,
    plugins: Plugins,
    service: Service,
    start: datetime,
    *,
    customer: Customer | None,
    ignoring: int | None,
) -> list[Why]:
    """What the policies have against a customer's start that was free when it was held (rules 40, 41)."""
    refusals = plugins.ask(
        hookspecs.booking_refusals,
        session=session,
        service=service,
        starts=[start],
        customer=customer,
        ignoring=ignoring,
    )
    return [refused(refusal) for refusal in refusals]


def alternatives(
    session: Session, plugins: Plugins, service: Service, start: datetime, now: datetime, **wish: Unpack[Wish]
) -> list[Slot]:
    """The nearest free slots within a week, at most six, sorted by start (T5)."""
    window = Period(start.astimezone(UTC) - NEAR, start.astimezone(UTC) + NEAR)
    found = free_slots(session, plugins, service, window, now, **wish)
    nearest = sorted(found, key=lambda slot: abs(slot.start - start))[:ALTERNATIVES]
    return sorted(nearest, key=lambda slot: (slot.start, slot.location.slug))
