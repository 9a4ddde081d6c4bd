"""Why nothing is free on a day, in words for everybody: nobody's absence and no appointment shows in it (A110)."""

from __future__ import annotations

from vorzimmer.availability.lanes import Place
from vorzimmer.availability.search import Search
from vorzimmer.availability.why import At, Phrase
from vorzimmer.reasons import N_

CLOSURE = "17"


def nothing_free(search: Search) -> Phrase:
    """The reason why a search over one day found nothing: the horizon, closed places, bookings, or nobody at work.

    The search is of no use afterwards: the appointments are taken out of it.
    """
    places, end = search.places, search.question.window[1]
    if places and all(search.question.window[0] >= place.horizon_end for place in places):
        last = max(At(place.horizon_end - 60, place.zone).local.date() for place in places)
        return Phrase(N_("Appointments can be booked until %(latest)s."), {"latest": last})
    if all(end <= place.notice_end for place in places):
        return Phrase(N_("This day is too near to be booked online."))
    search.facts.occupied = {}
    if search.slots():
        return Phrase(N_("Everything is taken on this day."))
    names = [_closed(search, place) for place in places]
    if names and all(names):
        return Phrase(N_("Closed: %(why)s"), {"why": Phrase(names[0])})
    if any(search.question.window[0] < place.notice_end for place in places):
        return Phrase(N_("Nothing more can be booked online on this day."))
    return Phrase(N_("No appointments are given on this day."))


def _closed(search: Search, place: Place) -> str:
    """What the place is closed for at any time of the day; empty where it is not."""
    low, high = search.question.window
    found = [*place.closures, *place.closed]
    return next((one.text for one in found if one.rule == CLOSURE and one.start < high and low < one.end), "")
