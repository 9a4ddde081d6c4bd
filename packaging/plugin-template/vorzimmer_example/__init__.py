"""Team meetings: a place is closed while its team meets."""

from __future__ import annotations

from datetime import timedelta

from pydantic import Field
from sqlalchemy import select
from sqlalchemy.orm import Session

from vorzimmer import Busy, NavigationEntry, Pages, Period, Right, Table, hookimpl
from vorzimmer_example.models import Meeting
from vorzimmer_example.pages import make_pages

__all__ = ["Plugin", "Settings"]


class Settings(Table):
    """`[plugins.vorzimmer_example]`: how long a meeting is."""

    minutes: int = Field(30, ge=5, le=480)


class Plugin:
    """Answers the hooks of Vorzimmer; the server makes one of it at start."""

    Config = Settings

    def __init__(self, config: Settings) -> None:
        self.length = timedelta(minutes=config.minutes)

    @hookimpl
    def busy_periods(self, session: Session, window: Period) -> list[Busy]:
        """Every meeting that overlaps the window closes its place."""
        meetings = session.scalars(
            select(Meeting).where(Meeting.starts < window.end, Meeting.starts > window.start - self.length)
        )
        return [
            Busy(
                period=Period(meeting.starts, meeting.starts + self.length),
                source="vorzimmer_example",
                rule="vorzimmer_example",
                text="The team meets.",
                location_id=meeting.location_id,
            )
            for meeting in meetings
        ]

    @hookimpl
    def blueprints(self) -> list[Pages]:
        """`/x/example/`."""
        return [make_pages()]

    @hookimpl
    def navigation(self) -> list[NavigationEntry]:
        """An entry in the office."""
        return [NavigationEntry("Team meetings", "vorzimmer_example.overview", Right.AVAILABILITY)]
