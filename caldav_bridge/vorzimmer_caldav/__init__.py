"""The CalDAV door: Radicale in this process over the core's own tables (architecture §6)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy.orm import Session

from vorzimmer import urls
from vorzimmer.hookspecs import Draft, Job, Mount, hookimpl
from vorzimmer.plugins import NoConfig
from vorzimmer.practice import Hall
from vorzimmer.reasons import N_
from vorzimmer_caldav import demo
from vorzimmer_caldav.frontguard import FrontGuard
from vorzimmer_caldav.http.application import Application
from vorzimmer_caldav.objects import horizon
from vorzimmer_caldav.objects.keeping import Keeping
from vorzimmer_caldav.storage import shown

PREFIX = "/dav"


class Plugin:
    """Mounts the calendars under `/dav` and moves the horizon of series on."""

    title = N_("Calendar apps")
    Config = NoConfig

    def __init__(self, config: NoConfig) -> None:
        self._config = config

    @hookimpl
    def jobs(self, hall: Hall) -> list[Job]:
        """Series that go on for ever are unfolded a little further, a few at a time; copies nobody reads go."""

        def roll(session: Session, moment: datetime) -> None:
            horizon.roll(session, hall, moment)

        return [
            Job("roll_horizon", timedelta(minutes=10), roll),
            Job("forget_shown", timedelta(minutes=10), shown.forget),
        ]

    @hookimpl
    def own_calendars(self) -> Keeping:
        """For the import of calendar files."""
        return Keeping()

    @hookimpl
    def demo_data(self, session: Session, hall: Hall, draft: Draft) -> None:
        """The private events of the demo's people."""
        for event in draft.events:
            demo.put(session, hall, event)

    @hookimpl
    def wsgi_mounts(self, hall: Hall) -> list[Mount]:
        """`/dav`, and the address where clients begin to look (RFC 6764)."""
        application = Application(hall)
        application.warm()
        return [
            Mount(PREFIX, FrontGuard(application)),
            Mount("/.well-known/caldav", _redirect(urls.absolute(hall.config, f"{PREFIX}/"))),
        ]


def _redirect(location: str) -> Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]:
    """301 to an absolute address, for every method and before anybody is asked who they are.

    The host is the one that was asked, for clients drop the password on the way to another; the guard of the whole
    server let only hosts of ours through.
    """
    ours = urlsplit(location)

    def redirect(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        there = ours._replace(netloc=environ.get("HTTP_HOST") or ours.netloc).geturl()
        headers = [("Location", there), ("Content-Length", "0"), ("Cache-Control", "no-store")]
        start_response("301 Moved Permanently", headers)
        return []

    return redirect
