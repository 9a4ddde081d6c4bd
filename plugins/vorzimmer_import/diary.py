"""Events of a calendar file become appointments where they name a service and somebody, else private entries (D2)."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from datetime import timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from vorzimmer import access, booking, database, hookspecs
from vorzimmer.access import Actor, Right
from vorzimmer.booking import Entry, Override
from vorzimmer.hookspecs import OwnCalendars
from vorzimmer.icalendar import reader, remarks
from vorzimmer.icalendar.text import PRODUCT, CalendarDataError, Component, SafeCalendar, unescaped
from vorzimmer.icalendar.times import Series, freebusy, stamp
from vorzimmer.models import Block, Customer, Resource, Service
from vorzimmer.models.customer import folded
from vorzimmer.periods import Period, merge
from vorzimmer.practice import Hall
from vorzimmer.reasons import N_, Reason, Refused
from vorzimmer_import.models import FAILED, IMPORTED, SKIPPED, Item, Known, Run
from vorzimmer_import.outcome import Outcome, Why, remarked, why

AHEAD = timedelta(days=750)
MOST_TIMES = 1000
"""Appointments that one series may become; one that goes on for ever stays a private entry."""
OTHERS = N_("Imported")
KNOWN = N_("Came in with an earlier import.")
DOUBTFUL = why(N_("Its times are uncertain: kept as a private entry."))
_SEPARATOR = re.compile(r"\s*[:|–—,/(]\s*|\s+-\s+")
_PAST, _AHEAD = Override("double", "import"), Override("warning", "import")
"""What was promised elsewhere breaks rules here; what is over may even overlap."""


@dataclass(frozen=True)
class Meaning:
    """An appointment that an event tells of."""

    service: Service
    name: str
    email: str


class Diary:
    """Takes the events of one batch into the calendar of one person, room or device."""

    def __init__(self, session: Session, hall: Hall, actor: Actor, run: Run, *_of_a_table: object) -> None:
        self._session, self._hall, self._actor = session, hall, actor
        store = hall.plugins.ask_first(hookspecs.own_calendars)
        found = session.scalar(select(Resource).where(Resource.slug == run.options["resource"]))
        if store is None or found is None:
            raise Refused(Reason.NOT_FOUND)
        self._store: OwnCalendars = store
        self._resource_id, self._slug, self._person = found.id, found.slug, found.kind == "staff"
        self._phrases = {folded(phrase): slug for phrase, slug in run.options["phrases"].items()}
        languages = hall.config.settings.practice.languages
        self._language, self._title = languages[0], hall.texts.reader(languages[0]).gettext(OTHERS)
        self._moment = database.now(session)

    def take(self, item: Item) -> Outcome:
        """Bring in one event with all its times."""
        try:
            sent = reader.read(item.text.encode())
            if not sent.entries:
                return self._busy(sent)
            series = Series(sent, self._hall.config.zone)
            spans, beyond = series.up_to(self._moment + AHEAD, MOST_TIMES, self._moment)
        except CalendarDataError as error:
            return Outcome(FAILED, [remarked(error.remark)])
        said = [*map(remarked, sent.remarks)]
        times = [(span, sent.entries[span.part]) for span in spans if not _cancelled(sent.entries[span.part])]
        if not times and not beyond:
            return Outcome(SKIPPED, [*said, why(N_("Was cancelled."))])
        meant = [(Period(span.starts, span.ends), self._meaning(entry)) for span, entry in times]
        if not any(meaning for _period, meaning in meant):
            return self._private(sent, said)
        against = DOUBTFUL if doubtful(sent) else self._against(meant, endless=beyond is not None)
        if against:
            return self._private(sent, [*said, against])
        return self._appointments(sent, [(period, meaning) for period, meaning in meant if meaning], said)

    # ---- busy times without events -----------------------------------------------------------------------------------

    def _busy(self, sent: SafeCalendar) -> Outcome:
        """Each period that somebody publishes as busy becomes a private entry of its own, known by its times."""
        said, new = [*map(remarked, sent.remarks)], False
        spans = [span for span, _kind in freebusy(sent, self._hall.config.zone)]
        periods = merge((span.starts, span.ends) for span in spans)
        if len(periods) > MOST_TIMES:
            periods = [period for period in periods if period[1] > self._moment]
        if len(periods) > MOST_TIMES:
            said.append(
                why(N_("More than %(count)d busy times: the later ones are left out."), count=MOST_TIMES)
            )
        for starts, ends in periods[:MOST_TIMES]:
            outcome = self._private(self._entry(Period(starts, ends)), [])
            new |= outcome.outcome == IMPORTED
            said += outcome.reasons if outcome.outcome != SKIPPED else []
        if not periods:
            return Outcome(SKIPPED, [*said, why(N_("No time in it is busy."))])
        return Outcome(IMPORTED, said) if new else Outcome(SKIPPED, [*said, why(KNOWN)])

    def _entry(self, period: Period) -> SafeCalendar:
        starts, ends = stamp(period.start), stamp(period.end)
        event = (
            *(
                "BEGIN:VCALENDAR",
                "VERSION:2.0",
                f"PRODID:{PRODUCT}",
                "BEGIN:VEVENT",
                f"UID:busy-{starts}-{ends}",
            ),
            *(f"DTSTAMP:{stamp(self._moment)}", f"DTSTART:{starts}", f"DTEND:{ends}"),
            *(f"SUMMARY:{self._title}", "END:VEVENT", "END:VCALENDAR", ""),
        )
        return reader.read("\r\n".join(event).encode())

    # ---- private entries ---------------------------------------------------------------------------------------------

    def _private(self, sent: SafeCalendar, said: list[Why]) -> Outcome:
        try:
            with self._session.begin_nested():
                new = self._store.keep(
                    self._session, self._hall, self._actor, self._resource_id, self._title, sent
                )
        except CalendarDataError as error:
            return Outcome(FAILED, [remarked(error.remark)])
        if not new:
            return Outcome(SKIPPED, [why(KNOWN)])
        mine = Block.resource_id == self._resource_id, Block.uid == sent.entries[0].value("UID")
        found = booking.clashes(self._session, self._moment, *mine, most=3)
        over = [self._overlaps(Period(clash.booking.starts, clash.booking.ends)) for clash in found]
        return Outcome(IMPORTED, [*said, *over])

    def _overlaps(self, taken: Period) -> Why:
        return why(N_("Overlaps an appointment: %(when)s."), when=_told(taken, self._hall.config.zone))

    # ---- appointments ------------------------------------------------------------------------------------------------

    def _meaning(self, entry: Component) -> Meaning | None:
        """Service and customer of "Massage: Erika Muster", "Erika Muster - Massage", or "Massage" with an attendee."""
        if not self._person:
            return None
        for phrase, rest in _parted(unescaped(entry.value("SUMMARY")).strip()):
            if slug := self._phrases.get(folded(phrase)):
                last, comma, first = rest.partition(",")
                name = f"{first.strip()} {last}" if comma else rest
                return Meaning(self._service(slug), *((name, "") if name else _attendee(entry)))
        return None

    def _service(self, slug: str) -> Service:
        return booking.parts.load.service(self._session, slug)

    def _against(self, meant: list[tuple[Period, Meaning | None]], *, endless: bool) -> Why | None:
        """Why this cannot be an appointment, or appointments; then it stays a private entry, and nothing is lost."""
        if endless or len(meant) >= MOST_TIMES:
            return why(N_("Comes again without end: kept as a private entry."))
        for period, meaning in meant:
            if meaning is None or not meaning.name:
                return why(N_("Names a service, but nobody who comes: kept as a private entry."))
            minutes = int((period.end - period.start).total_seconds() // 60)
            if minutes != meaning.service.minutes:
                text = N_("Lasts %(minutes)d min instead of %(expected)d min: kept as a private entry.")
                return why(text, minutes=minutes, expected=meaning.service.minutes)
            if not meaning.email and len(self._named(meaning.name)) > 1:
                text = N_("Several customers are called %(name)s: kept as a private entry.")
                return why(text, name=meaning.name)
        return None

    def _appointments(
        self, sent: SafeCalendar, meant: list[tuple[Period, Meaning]], said: list[Why]
    ) -> Outcome:
        uid = sent.entries[0].value("UID")
        new, lost = 0, list[Why]()
        for period, meaning in meant:
            key = hashlib.sha256(f"{self._slug}/{uid}/{period.start.isoformat()}".encode()).hexdigest()
            if self._session.get(Known, key):
                continue
            try:
                with self._session.begin_nested():
                    self._book(period, meaning, sent)
                    self._session.add(Known(key=key))
                new += 1
            except Refused as refusal:
                if refusal.reason is Reason.NOT_OFFERED:
                    text = N_("%(service)s is not given by this person: kept as a private entry.")
                    return self._private(sent, [*said, why(text, service=meaning.service.name)])
                lost += self._lost(period, refusal)
        if lost:
            return Outcome(FAILED, [*said, *lost])
        return Outcome(IMPORTED, said) if new else Outcome(SKIPPED, [why(KNOWN)])

    def _lost(self, period: Period, refusal: Refused) -> list[Why]:
        if refusal.reason is Reason.SLOT_TAKEN:
            return [self._overlaps(period)]
        errors = refusal.facts.get("errors", {"": refusal.text})
        return [why(text, name) for name, text in errors.items()]

    def _book(self, period: Period, meaning: Meaning, sent: SafeCalendar) -> None:
        """Enter it as staff would, whatever rule it breaks; what is over took place."""
        session, hall, actor = self._session, self._hall, self._actor
        past = period.end <= self._moment
        known = [] if meaning.email else self._named(meaning.name)
        note = unescaped(sent.entries[0].value("DESCRIPTION"))[:2000]
        entry = Entry(
            service=meaning.service.slug,
            start=period.start,
            staff=self._slug,
            name=meaning.name,
            email=meaning.email,
            language=self._language,
            customer=known[0] if known else None,
            note=note if access.may(actor, Right.NOTES) else "",
        )
        made = booking.enter(session, hall, actor, entry, _PAST if past else _AHEAD)
        if past:
            booking.complete(session, hall, actor, made.uid)

    def _named(self, name: str) -> list[str]:
        """The uids of customers of exactly this name, written in any way."""
        wanted = " ".join(folded(name).split())
        query = select(Customer.uid, Customer.name)
        found = self._session.execute(
            query.where(Customer.search_key.startswith(f" {wanted} ", autoescape=True))
        )
        return [uid for uid, other in found if " ".join(folded(other).split()) == wanted]


def _parted(title: str) -> list[tuple[str, str]]:
    """What may be the service and the rest: before the first separator, behind the last, or the title as a whole."""
    found = list(_SEPARATOR.finditer(title))
    if not found:
        return [(title, "")]
    first, last = found[0], found[-1]
    behind = title[last.end() :].rstrip(" )"), title[: last.start()]
    return [(title[: first.start()], title[first.end() :].rstrip(" )")), behind]


def doubtful(sent: SafeCalendar) -> bool:
    """Whether its times were guessed: nobody is promised such a one."""
    return any(remark.precondition or remark.text == remarks.ZONE for remark in sent.remarks)


def _cancelled(entry: Component) -> bool:
    return entry.value("STATUS").upper() == "CANCELLED"


def _attendee(entry: Component) -> tuple[str, str]:
    """Name and address of the first who is invited."""
    line = entry.first("ATTENDEE")
    if line is None or not line.value.lower().startswith("mailto:"):
        return "", ""
    email = line.value[len("mailto:") :].strip()
    return line.param("CN") or email.partition("@")[0], email


def _told(period: Period, zone: ZoneInfo) -> str:
    start = period.start.astimezone(zone)
    return f"{start:%Y-%m-%d %H:%M}–{period.end.astimezone(zone):%H:%M}"
