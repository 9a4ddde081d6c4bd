"""The hooks: pages to print, links to them, and the mail of the evening."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from vorzimmer.access import APPOINTMENTS, Right
from vorzimmer.hookspecs import Job, NavigationEntry, Pages, Person, PersonalData, hookimpl
from vorzimmer.practice import Hall
from vorzimmer.reasons import N_
from vorzimmer_paper import evening
from vorzimmer_paper.pages import pages
from vorzimmer_paper.settings import Settings


class Plugin:
    """Appointments on paper."""

    title = N_("Printing")
    Config = Settings

    def __init__(self, config: Settings) -> None:
        self.config = config

    @hookimpl
    def blueprints(self) -> list[Pages]:
        """`/office/paper`."""
        return [pages]

    @hookimpl
    def navigation(self) -> list[NavigationEntry]:
        """A card of the settings, and links beside the day and beside an appointment."""
        line = N_("Tomorrow’s list to each place by mail, every evening")
        beside = {
            ("day", N_("Print")): "vorzimmer_paper.day",
            ("booking", N_("Slip")): "vorzimmer_paper.slip",
            ("booking", N_("Reminder card")): "vorzimmer_paper.card",
        }
        published = {
            N_("Poster"): "vorzimmer_paper.poster",
            N_("Business cards"): "vorzimmer_paper.business_cards",
        }
        return [
            NavigationEntry(
                N_("Lists by mail"), "vorzimmer_paper.settings", Right.SETTINGS, "settings", line, "messages"
            ),
            *(
                NavigationEntry(title, endpoint, right, section)
                for (section, title), endpoint in beside.items()
                for right in APPOINTMENTS
            ),
            *(
                NavigationEntry(title, endpoint, Right.SETTINGS, "publish")
                for title, endpoint in published.items()
            ),
        ]

    @hookimpl
    def personal_data(self, session: Session, person: Person, erase: bool) -> list[PersonalData]:
        """Lists of the last evenings."""
        return evening.forget(session, person, erase=erase)

    @hookimpl
    def jobs(self, hall: Hall) -> list[Job]:
        """Tomorrow's lists; asked for often, for the evening begins when the practice says."""

        def send(session: Session, moment: datetime) -> None:
            evening.send(session, hall, self.config, moment)

        return [Job("paper_evening", timedelta(minutes=5), send)]
