""" "Praxis am Markt": places, people, rooms, services, hours and logins; no bookings yet."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from vorzimmer import accounts, database, hookspecs
from vorzimmer.hookspecs import Draft, DraftAbsence, DraftHours
from vorzimmer.models import Location, Offer, Requirement, Resource, Service, Setting
from vorzimmer.practice import Hall
from vorzimmer_demo.cast import CUSTOMERS, record

ZONE = "Europe/Berlin"
PASSWORD = "demo-passwort-2026"  # noqa: S105  (printed at start)
API_KEY = "vz_demo_0000000000000000000000000001"
MARK = "demo"
BEN_AWAY = (35, 41)
"""First and last day of ben's absence, counted from the day of filling."""

MORNING, AFTERNOON = (540, 720), (810, 1020)
WEEKS: list[tuple[str, str, dict[int, tuple[tuple[int, int], ...]]]] = [
    ("anna", "markt", dict.fromkeys(range(5), (MORNING, AFTERNOON))),
    ("ben", "markt", dict.fromkeys(range(4), ((600, 1080),))),
    ("ben", "hafen", {4: ((540, 780),)}),
    ("clara", "hafen", dict.fromkeys((1, 3), ((480, 960),))),
]
LOGINS = [
    ("owner@praxis.example", "Petra Sommer", "owner"),
    ("empfang@praxis.example", "Empfang", "desk"),
    ("anna@praxis.example", "Anna Berger", "staff"),
    ("ben@praxis.example", "Ben Cordes", "staff"),
    ("clara@praxis.example", "Clara Dietz", "staff"),
    ("max.muster@kunde.example", "Max Muster", "customer"),
    ("lena.lang@kunde.example", "Lena Lang", "customer"),
]


def fill_practice(session: Session, hall: Hall) -> date:
    """Write everything but bookings; returns the day of filling in Berlin, which the data are counted from."""
    moment = database.now(session)
    day = moment.astimezone(ZoneInfo(ZONE)).date()
    session.add(Setting(name=MARK, value=day.isoformat()))
    session.add(Setting(name="checklist", value="done"))  # there is nobody to set it up
    session.flush()  # a second process that fills waits here for the first
    places = _places(session)
    people = _people(session, places)
    _services(session, people)
    session.flush()
    first, last = (day + timedelta(days=number) for number in BEN_AWAY)
    hours = [DraftHours(people[person], places[place], week) for person, place, week in WEEKS]
    draft = Draft(hours, [DraftAbsence(people["ben"], first, last, "vacation")])
    hall.plugins.ask(hookspecs.demo_data, session=session, hall=hall, draft=draft)
    _logins(session, people, moment)
    session.flush()
    return day


def _places(session: Session) -> dict[str, Location]:
    places = [
        Location(slug="markt", name="Praxis am Markt", zone=ZONE, address="Marktplatz 3, 10178 Berlin"),
        Location(slug="hafen", name="Praxis am Hafen", zone=ZONE, address="Hafenstraße 12, 10317 Berlin"),
    ]
    session.add_all(places)
    return {place.slug: place for place in places}


def _people(session: Session, places: dict[str, Location]) -> dict[str, Resource]:
    resources = [
        Resource(slug="anna", name="Anna Berger", kind="staff"),
        Resource(slug="ben", name="Ben Cordes", kind="staff"),
        Resource(slug="clara", name="Clara Dietz", kind="staff"),
        Resource(slug="raum-1", name="Raum 1", kind="room", location=places["markt"]),
        Resource(slug="raum-2", name="Raum 2", kind="room", location=places["markt"]),
        Resource(slug="ultraschall", name="Ultraschallgerät", kind="device", location=places["markt"]),
    ]
    session.add_all(resources)
    return {resource.slug: resource for resource in resources}


def _services(session: Session, people: dict[str, Resource]) -> None:
    def service(slug: str, name: str, minutes: int, *needs: tuple[str, str], **more: object) -> None:
        values: dict[str, object] = {"slug": slug, "name": name, "minutes": minutes, "step": minutes} | more
        made = Service(**values)
        for position, (kind, slugs) in enumerate(needs):
            need = Requirement(kind=kind, position=position)
            made.requirements.append(need)
            session.add(made)
            session.flush()
            session.add_all(Offer(requirement_id=need.id, resource=people[s]) for s in slugs.split())

    massage = "Lockert verspannte Muskeln in Rücken, Schultern und Nacken."
    first = "Wir lernen uns kennen, untersuchen und besprechen die Behandlung."
    waves = "Tiefenwärme für Sehnen und Gelenke."
    school = "Übungen für einen starken Rücken, in der Gruppe."
    service("massage", "Klassische Massage", 30, ("staff", "anna ben"),
            step=15, after=5, price=4500, description=massage)  # fmt: skip
    service("erstgespraech", "Erstgespräch", 60, ("staff", "anna ben clara"),
            step=30, policy="request", description=first)  # fmt: skip
    service("ultraschall", "Ultraschalltherapie", 20, ("staff", "anna ben"), ("room", "raum-1 raum-2"),
            ("device", "ultraschall"), step=10, description=waves)  # fmt: skip
    service("rueckenschule", "Rückenschule", 60, ("staff", "clara"), capacity=8, description=school)
    service("notiz", "Telefonnotiz", 10, ("staff", "anna"), listed=False)


def _logins(session: Session, people: dict[str, Resource], moment: datetime) -> None:
    for email, name, role in LOGINS:
        slug = email.partition("@")[0]
        account = accounts.add_account(
            session,
            moment,
            email=email,
            name=name,
            role=role,
            password_hash=_hash(),
            resource=people.get(slug),
        )
        if role == "owner":
            accounts.add_api_key(session, moment, account, "Demo", API_KEY)
        elif role == "staff":
            accounts.add_app_password(session, moment, account, "Demo", f"{slug}-caldav-demo-0001")
    for person in CUSTOMERS:
        if person.email in {email for email, *_ in LOGINS}:
            record(session, person, moment)


@cache
def _hash() -> str:
    return accounts.PASSWORDS.hash(PASSWORD)  # once: all share it, and hashing is slow on purpose
