"""The plugin: told of each change of a booking, it tells those of the practice whom it concerns."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from vorzimmer import hookspecs
from vorzimmer.access import APPOINTMENTS, Right
from vorzimmer.hookspecs import Change, Job, NavigationEntry, Pages, Person, PersonalData, hookimpl
from vorzimmer.practice import Hall
from vorzimmer.reasons import N_
from vorzimmer_notices import daily, telling
from vorzimmer_notices.choosing import Store
from vorzimmer_notices.pages import pages
from vorzimmer_notices.settings import Settings


class Plugin:
    """Tells staff what others did in their calendars: at once, once a day, or never, as each login chooses."""

    title = N_("Notices to staff")
    Config = Settings

    def __init__(self, config: Settings) -> None:
        self.config = config

    @hookimpl
    def booking_changed(self, session: Session, hall: Hall, change: Change) -> None:
        """Write the notices."""
        telling.tell(session, hall, change)

    @hookimpl
    def staff_notices(self) -> hookspecs.StaffNotices:
        """What each login is told."""
        return Store()

    @hookimpl
    def jobs(self, hall: Hall) -> list[Job]:
        """The daily list; asked for often, for its hour is the practice's."""

        def send(session: Session, moment: datetime) -> None:
            daily.send(session, hall, self.config.hour, moment)

        return [Job("notices_daily", timedelta(minutes=5), send)]

    @hookimpl
    def blueprints(self) -> list[Pages]:
        """The page in one's own account, and that of a login."""
        return [pages]

    @hookimpl
    def navigation(self) -> list[NavigationEntry]:
        """In one's own menu, and beside a login."""
        title = N_("What I am told")
        return [
            *(NavigationEntry(title, "vorzimmer_notices.own", right, "own") for right in APPOINTMENTS),
            NavigationEntry(N_("What they are told"), "vorzimmer_notices.of_login", Right.ACCOUNTS, "login"),
        ]

    @hookimpl
    def personal_data(self, session: Session, person: Person, erase: bool) -> list[PersonalData]:
        """Lines of daily lists."""
        return daily.forget(session, person, erase=erase)
