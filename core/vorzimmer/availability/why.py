"""Why a start is not on offer: the search's own lanes, asked rule by rule (rule 81)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import select

from vorzimmer import hookspecs, slots
from vorzimmer.availability.facts import BLOCKED, HELD, REQUESTED, Need, Occupied
from vorzimmer.availability.lanes import Closing, Lane, Place, contains
from vorzimmer.availability.search import STAFF, Search
from vorzimmer.models import Resource
from vorzimmer.periods import day_period
from vorzimmer.reasons import N_
from vorzimmer.slots import Shape, Span, Taken
from vorzimmer.text.texts import Reader


@dataclass(frozen=True)
class At:
    """An instant (epoch seconds) on the clocks of a place; `2027-03-01 09:00` in texts for programs."""

    instant: int
    zone: ZoneInfo

    def __str__(self) -> str:
        return f"{self.local:%Y-%m-%d %H:%M}"

    @property
    def local(self) -> datetime:
        """The same as a time of the zone."""
        return datetime.fromtimestamp(self.instant, self.zone)

    @property
    def clock(self) -> str:
        """`09:00`."""
        return f"{self.local:%H:%M}"


@dataclass(frozen=True)
class Phrase:
    """A text for people: an English msgid and what is put into it, an `At`, a day and a phrase in the reader's way."""

    msgid: str
    facts: Mapping[str, object] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.msgid % self.facts if self.facts else self.msgid

    def told(self, reader: Reader) -> str:
        """The text in the reader's language."""
        return reader.gettext(self.msgid, **{name: _told(fact, reader) for name, fact in self.facts.items()})


def _told(fact: object, reader: Reader) -> object:
    if isinstance(fact, At):
        return reader.moment(fact.local, fact.zone, fact.local.year)
    if isinstance(fact, Phrase):
        return fact.told(reader)
    return reader.day(fact) if isinstance(fact, date) else fact


@dataclass(frozen=True)
class Why:
    """One reason. `rule`: its number, or the plugin's name; `source`: what set it (`person:anna`, `booking`).

    A `conflict` is a resource that is taken; anything else is a rule that staff may break with a warning
    (rule 42). `free_if` is the smallest change that would end it.
    """

    rule: str
    text: Phrase
    source: str
    free_if: Phrase
    conflict: bool = False


HELD_TEXT = N_("%(who)s is reserved from %(start)s to %(end)s.")
REQUESTED_TEXT = N_("%(who)s has a request from %(start)s to %(end)s.")
BOOKED_TEXT = N_("%(who)s has an appointment from %(start)s to %(end)s.")
BLOCKED_TEXT = N_("%(who)s is not available from %(start)s to %(end)s.")
GROUP_TEXT = N_("%(who)s has a group from %(start)s to %(end)s.")


def at_place(search: Search, place: Place, start: int) -> tuple[list[Why], list[Why]]:
    """All reasons against a start at a place, and the smallest set of them that would have to go."""
    staff = search.question.staff
    if staff and not any(member.slug == staff for need in search.facts.needs for member in need.pool):
        stranger = _stranger(search, staff)
        return [stranger], [stranger]
    every = list(general(search, place, start))
    least = list(every)
    lanes = search.lanes(place)
    open_events = {event.start for event in search.joinable_events(place, lanes)}
    for need, group in zip(search.facts.needs, lanes, strict=True):
        if need.follows is not None:
            continue  # judged with the first: the same ones have to come back
        reasons, deciding = _of_need(search, place, need, group, start, start in open_events)
        every += reasons
        least += deciding
    return every, least


def _of_need(
    search: Search, place: Place, need: Need, group: Sequence[Lane], start: int, joins: bool
) -> tuple[list[Why], list[Why]]:
    """What keeps a need from being met: every reason, and those of the resources nearest to being free."""
    pool = [member for member in need.pool if member.slug == search.question.staff]
    choice = [lane for lane in group if search.is_asked(lane)] if pool else list(group)
    wanted = 1 if pool else need.quantity
    found = sorted((_against_all(search, place, lane, start, joins) for lane in choice), key=len)
    missing = wanted - sum(not reasons for reasons in found)
    if pool and missing <= 0 and need.quantity > 1:
        rest = [lane for lane in group if not search.is_asked(lane)]
        found = sorted((_against_all(search, place, lane, start, joins) for lane in rest), key=len)
        wanted = need.quantity - 1
        missing = wanted - sum(not reasons for reasons in found)
    if missing <= 0:
        free = [lane for lane in choice if not _against_all(search, place, lane, start, joins)]
        beside = [] if joins else list(off_grid_together(search, place, free, start))
        return beside, beside
    if len(found) < wanted:
        found.append([_nobody(search, place, need, choice)])
    busy = [reasons for reasons in found if reasons]
    return [why for reasons in busy for why in reasons], [
        why for reasons in busy[:missing] for why in reasons
    ]


def _against_all(search: Search, place: Place, lane: Lane, start: int, joins: bool) -> list[Why]:
    """What stands against a resource at all the times of the appointment that it is needed for alike."""
    return [why for each in (lane, *lane.again) for why in against(search, place, each, start, joins=joins)]


def general(search: Search, place: Place, start: int) -> Iterator[Why]:
    """What stands against a start whoever would take it: notice, horizon, opening hours, size."""
    service = search.service
    source = f"service:{service.slug}"
    if start < min(place.notice_end, int(search.question.now.timestamp())):
        free_if = Phrase(N_("the start lay ahead"))
        yield Why("36", Phrase(N_("This time is in the past.")), source, free_if)
    elif start < place.notice_end:
        facts: dict[str, object] = {"earliest": At(place.notice_end, place.zone)}
        yield Why(
            "36",
            Phrase(N_("This is too soon: the first time that can be booked is %(earliest)s."), facts),
            source,
            Phrase(N_("the start were %(earliest)s or later"), facts),
        )
    if start >= place.horizon_end:
        facts = {"latest": At(place.horizon_end - 60, place.zone).local.date()}
        yield Why(
            "37",
            Phrase(N_("This is too far ahead: %(latest)s is the last day that can be booked."), facts),
            source,
            Phrase(N_("the start were on %(latest)s or before"), facts),
        )
    if search.question.seats > service.capacity:
        facts = {"seats": str(service.capacity)}
        yield Why(
            "62",
            Phrase(N_("There are only %(seats)s places."), facts),
            source,
            Phrase(N_("at most %(seats)s places were asked for"), facts),
        )
    yield from closings(place.closed, search.place_shape, start, place.zone)


def closings(
    found: Iterable[Closing], shape: Shape, start: int, zone: ZoneInfo, shift: int = 0
) -> Iterator[Why]:
    """The closed periods that a start falls into; `shift` is the need's offset."""
    for closing in found:
        if not _inside(slots.forbidden_by(Taken(closing.start, closing.end), shape), start):
            continue
        facts = between(closing.start + shift, closing.end + shift, zone)
        bare = closing.start < start + shape.duration and start < closing.end
        yield Why(
            closing.rule if bare else "34",
            Phrase(
                closing.text
                if bare
                else N_("The buffer does not fit beside the time off from %(start)s to %(end)s."),
                {} if bare else facts,
            ),
            closing.source,
            Phrase(N_("the time from %(start)s to %(end)s were not closed"), facts),
        )


def against(search: Search, place: Place, lane: Lane, start: int, *, joins: bool = False) -> Iterator[Why]:
    """What stands against one resource at one start. `joins`: a group event is open there (rule 63)."""
    yield from _hours(search, place, lane, start, joins)
    yield from closings(lane.absences, lane.shape, start, place.zone, lane.need.offset)
    yield from closings(lane.closures, search.place_shape, start, place.zone)
    told: set[tuple[int, int, int]] = set()
    for row in lane.taken:
        key = (row.start, row.end, row.booking_id and (row.service_id if search.group else row.booking_id))
        if key not in told and _inside(slots.forbidden_by(Taken(*row[:4]), lane.shape), start):
            own = search.group and row.service_id == search.service.id
            if own and joins:
                continue
            told.add(key)
            yield _neighbour(search, place, lane, row, start, own)


def _hours(search: Search, place: Place, lane: Lane, start: int, joins: bool) -> Iterator[Why]:
    zone, shift, source = place.zone, lane.need.offset, of(lane.resource)
    who = {"who": lane.resource.name}
    if not contains(slots.possible_starts(lane.runs, lane.shape), start):
        day = day_period(datetime.fromtimestamp(start, zone).date(), zone)
        runs = [
            run for run in lane.runs if run.anchor < day.end.timestamp() and run.end > day.start.timestamp()
        ]
        here = [run for run in runs if run.opens <= start < run.closes]
        wanted = {**who, **between(start + shift, start + shift + lane.shape.duration, zone)}
        free_if = Phrase(N_("%(who)s worked from %(start)s to %(end)s"), wanted)
        if not runs:
            yield Why("12", Phrase(N_("%(who)s does not work on this day."), who), source, free_if)
        elif here:
            facts = {**who, "end": At(here[0].closes + shift, zone).clock}
            yield Why(
                "25", Phrase(N_("%(who)s works until %(end)s: it does not fit."), facts), source, free_if
            )
        else:
            times = ", ".join(
                f"{At(run.anchor + shift, zone).clock}–{At(run.end + shift, zone).clock}" for run in runs
            )
            facts = {**who, "times": times}
            yield Why("13", Phrase(N_("%(who)s works %(times)s on this day."), facts), source, free_if)
    elif not joins and lane.need is search.facts.needs[0] and lane.need.quantity == 1:
        yield from _off_grid(search, place, lane, start)


def off_grid_together(search: Search, place: Place, lanes: Sequence[Lane], start: int) -> Iterator[Why]:
    """Where several people lead, one of them must have the start on the own grid."""
    leads = [lane for lane in lanes if lane.need is search.facts.needs[0] and lane.need.quantity > 1]
    if leads and not any(lane.grid(search.step, (start, start + 1)) for lane in leads):
        yield from _off_grid(search, place, leads[0], start)


def _off_grid(search: Search, place: Place, lane: Lane, start: int) -> Iterator[Why]:
    step = search.step
    if slots.grid(lane.runs, [], lane.shape, step, (start, start + 1)):
        return
    near = slots.grid(lane.runs, [], lane.shape, step, (start - step, start + step))
    facts = {"step": str(step // 60), "times": _or([At(at, place.zone).clock for at in near])}
    yield Why(
        "21",
        Phrase(
            N_("Appointments start every %(step)s minutes from the beginning of the working time."), facts
        ),
        f"service:{search.service.slug}",
        Phrase(N_("the start were %(times)s"), facts),
    )


def _neighbour(search: Search, place: Place, lane: Lane, row: Occupied, start: int, own: bool) -> Why:
    shift = lane.need.offset
    facts: dict[str, object] = {
        "who": lane.resource.name,
        **between(row.start + shift, row.end + shift, place.zone),
    }
    source = "booking" if row.booking_id else "block"
    bare = row.start < start + lane.shape.duration and start < row.end
    gone = Phrase(N_("the time from %(start)s to %(end)s were free"), facts)
    if not bare:
        text = Phrase(N_("The buffer to what %(who)s has from %(start)s to %(end)s is too short."), facts)
        low, high = slots.forbidden_by(Taken(*row[:4]), lane.shape)
        apart = {
            "before": At(low - 1 + shift, place.zone).clock,
            "after": At(high + shift, place.zone).clock,
        }
        return Why(
            "34",
            text,
            source,
            Phrase(
                N_("%(who)s started no later than %(before)s or no earlier than %(after)s"),
                {**facts, **apart},
            ),
            conflict=True,
        )
    if own and row.booked_start == start:
        return Why(
            "62", Phrase(N_("There are not places enough left in the group.")), source, gone, conflict=True
        )
    rule, msgid = _kind(row, own)
    return Why(rule, Phrase(msgid, facts), source, gone, conflict=True)


def _kind(row: Occupied, own: bool) -> tuple[str, str]:
    if own:
        return "63", GROUP_TEXT
    if row.state == HELD:
        return "44", HELD_TEXT
    if row.state == REQUESTED:
        return "50", REQUESTED_TEXT
    return "2", BLOCKED_TEXT if row.state == BLOCKED else BOOKED_TEXT


def _nobody(search: Search, place: Place, need: Need, here: Sequence[Lane]) -> Why:
    missing = [resource.name for resource in need.pool if resource not in [lane.resource for lane in here]]
    facts = {"count": str(need.quantity), "place": place.location.name, "names": ", ".join(missing) or "–"}
    return Why(
        "12" if need.kind == STAFF else "53",
        Phrase(N_("Not at %(place)s at this time: %(names)s. Needed: %(count)s."), facts),
        f"service:{search.service.slug}",
        Phrase(N_("%(count)s were available at %(place)s"), facts),
    )


def _stranger(search: Search, slug: str) -> Why:
    name = search.session.scalar(select(Resource.name).where(Resource.slug == slug))
    facts = {"who": name or slug}
    return Why(
        "53",
        Phrase(N_("%(who)s does not offer this service."), facts),
        f"person:{slug}",
        Phrase(N_("%(who)s offered this service"), facts),
    )


def refused(refusal: hookspecs.Refusal) -> Why:
    """A policy's refusal as a reason."""
    facts = {"text": Phrase(refusal.text)}
    free_if = Phrase(N_("this did not hold: “%(text)s”"), facts)
    return Why(refusal.rule, Phrase(refusal.text), refusal.source, free_if)


def of(resource: Resource) -> str:
    """A resource as a source: `person:anna`, `room:raum-1`."""
    return f"{'person' if resource.kind == STAFF else resource.kind}:{resource.slug}"


def between(start: int, end: int, zone: ZoneInfo) -> dict[str, object]:
    """Both ends of a period for a text; the date only where it is not the same."""
    first, last = At(start, zone), At(end, zone)
    return {"start": first, "end": last.clock if first.local.date() == last.local.date() else last}


def _inside(span: Span, instant: int) -> bool:
    return span[0] <= instant < span[1]


def _or(times: Sequence[str]) -> str:
    return " / ".join(times) or "–"
