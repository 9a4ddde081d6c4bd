"""Why a service can never be booked, in words for who sets it up; to be said as soon as it is saved."""

from __future__ import annotations

from collections.abc import Iterable

from vorzimmer import slots
from vorzimmer.availability.facts import Need
from vorzimmer.availability.lanes import Lane
from vorzimmer.availability.search import Search
from vorzimmer.availability.why import Phrase
from vorzimmer.models import Resource
from vorzimmer.reasons import N_

APART = N_("Not everything that it needs is at one place: %(names)s.")
LATE = N_("Its notice is longer than it can be booked ahead.")
LONG = N_("It takes %(minutes)s minutes at a stretch, and none of these is there for so long: %(names)s.")
NOBODY = N_("Nobody gives it any more.")
NOWHERE = N_("No place is open for it any more.")
MISSING = N_("It needs %(count)s of these, and there are not so many: %(names)s.")
NO_HOURS = N_("None of these has working hours: %(names)s.")
NEVER_TOGETHER = N_("The hours of place, service and all that it needs never meet for long enough.")
TWICE = N_("It needs the same ones twice at one time: %(names)s.")


def never_free(search: Search) -> Phrase | None:
    """The reason why a search finds nothing even if nothing were booked and nobody away; None where it finds something.

    The search is of no use afterwards: appointments, absences and closures are taken out of it.
    """
    facts = search.facts
    facts.occupied, facts.busy, facts.closings = {}, {}, []
    if any(search.starts(place, search.lanes(place)) for place in search.places):
        return None
    if not search.places:
        return Phrase(NOWHERE)
    if all(place.notice_end >= place.horizon_end for place in search.places):
        return Phrase(LATE)
    if any(need.kind == "staff" and not need.pool for need in facts.needs):
        return Phrase(NOBODY)
    for need in facts.needs:
        if len(need.pool) < need.quantity:
            return Phrase(MISSING, {"count": str(need.quantity), "names": _names(need.pool)})
    return _not_together(search) or _no_room(search) or Phrase(NEVER_TOGETHER)


def _not_together(search: Search) -> Phrase | None:
    """What stands against it at any time: one who would have to be in two parts, or at two places."""
    here = [search.lanes(place, anybody=True) for place in search.places]
    if any(search.fill(lanes) for lanes in here):
        return None
    needs = search.facts.needs
    if search.fill([_each(group) for group in zip(*here, strict=True)]):
        return Phrase(APART, {"names": _names(member for need in needs for member in need.pool)})
    twice = [member for need in needs for member in need.pool if _meets_another(need, member, needs)]
    return Phrase(TWICE, {"names": _names(twice)})


def _each(groups: Iterable[list[Lane]]) -> list[Lane]:
    """The lanes of one need, for each resource one, whatever the place."""
    return list({lane.resource.id: lane for group in groups for lane in group}.values())


def _meets_another(need: Need, member: Resource, needs: Iterable[Need]) -> bool:
    return any(other is not need and need.meets(other) and member in other.pool for other in needs)


def _no_room(search: Search) -> Phrase | None:
    """A need that nobody has hours for, or none that are long enough."""
    for index, need in enumerate(search.facts.needs):
        lanes = [lane for place in search.places for lane in search.lanes(place)[index]]
        if not any(lane.runs for lane in lanes):
            return Phrase(NO_HOURS, {"names": _names(need.pool)})
        if not any(slots.possible_starts(lane.runs, lane.shape) for lane in lanes):
            return Phrase(LONG, {"minutes": str(need.length // 60), "names": _names(need.pool)})
    return None


def _names(resources: Iterable[Resource]) -> str:
    return ", ".join(dict.fromkeys(resource.name for resource in resources)) or "–"
