"""The customers of the demo, with names as people have them."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import datetime
from random import Random
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from vorzimmer.models import Customer
from vorzimmer.text.contact import canonical


class Person(NamedTuple):
    """Somebody who comes to the practice. Without an address they book by telephone."""

    name: str
    address: str
    phone: str = ""
    language: str = "de"

    @property
    def email(self) -> str:
        """The whole address, or nothing."""
        return f"{self.address}@kunde.example" if self.address else ""


# The Federal Network Agency keeps these numbers for films: nobody has them.
CUSTOMERS = [
    Person("Max Muster", "max.muster", "030 23125 101"),
    Person("Lena Lang", "lena.lang", "030 23125 102"),
    Person("Jonas Albers", "jonas.albers", "0171 3920 017"),
    Person("Mia Brandt", "mia.brandt", "0171 3920 018"),
    Person("Paul Conrad", "paul.conrad"),
    Person("Emma Dorn", "emma.dorn", "030 23125 105"),
    Person("Hanna Falk", "hanna.falk", "0171 3920 021"),
    Person("Leon Greve", "leon.greve"),
    Person("Jürgen Größmann", "juergen.groessmann", "030 23125 113"),
    Person("Sophie Jansen", "sophie.jansen", "030 23125 108"),
    Person("François Lefèvre", "francois.lefevre", "0171 3920 026", "fr"),
    Person("Marie Lorenz", "marie.lorenz"),
    Person("Nguyễn Thị Minh Anh", "minh.anh.nguyen", "0171 3920 029"),
    Person("Zoë O’Connor", "zoe.oconnor", "0171 3920 031", "en"),
    Person("Tom Otto", "tom.otto"),
    Person("Екатерина Преображенская", "ekaterina.preobrazhenskaya", "0171 3920 033", "ru"),
    Person("Karl Quandt", "", "030 23125 111"),
    Person("Marie-Luise Schäfer-Brandt", "schaefer-brandt", "030 23125 116"),
    Person("Алексей Щербаков", "alexej.schtscherbakow", "0171 3920 036", "ru"),
    Person("Frieda Thoma", "frieda.thoma", "0171 3920 034"),
    Person("Greta Vogt", "greta.vogt"),
    Person("Theo Weber", "theo.weber", "030 23125 119"),
    Person("Hans-Jürgen Weiß", "hj.weiss", "030 23125 121"),
    Person("Prof. Dr. Wolfgang Maximilian Freiherr von Hohenstein-Wittgenberg", "hohenstein"),
    Person("Özlem Yıldız", "oezlem.yildiz", "0171 3920 039"),
]


def record(session: Session, person: Person, made: datetime) -> Customer:
    """The record of a customer, with the same id each time; new unless it is there."""
    uid = str(uuid.uuid5(uuid.NAMESPACE_URL, f"mailto:{person.email}" if person.email else person.name))
    found = session.scalar(select(Customer).where(Customer.uid == uid))
    if found is None:
        found = Customer(
            uid=uid,
            name=person.name,
            email=person.email or None,
            email_key=canonical(person.email) if person.email else None,
            phone=person.phone,
            language=person.language,
            created_at=made,
        )
        session.add(found)
    return found


class Turns:
    """Whose turn it is: everybody comes once before anybody comes again."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self._waiting: list[Person] = []

    def first(self, can_come: Callable[[Person], bool]) -> Person:
        """The next who can come."""
        while True:
            for person in self._waiting:
                if can_come(person):
                    self._waiting.remove(person)
                    return person
            self._waiting += self._random.sample(CUSTOMERS, len(CUSTOMERS))
