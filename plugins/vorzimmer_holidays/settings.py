"""`[plugins.vorzimmer_holidays]`: which calendar holds where, and days of one's own."""

from __future__ import annotations

import re
from datetime import date, time
from typing import Self

import holidays
from pydantic import Field, field_validator, model_validator

from vorzimmer.settings.config import Line, Table

EVERY_YEAR = 4  # a leap year, so that 29 February is a day


class Region(Table):
    """Country (ISO 3166-1, "DE") and subdivision (ISO 3166-2 without the country, "BE"); empty means no calendar."""

    country: str = ""
    subdivision: str = ""

    @model_validator(mode="after")
    def _known(self) -> Self:
        if self.country:
            try:
                holidays.country_holidays(self.country, subdiv=self.subdivision or None)
            except NotImplementedError as error:
                raise ValueError(str(error)) from error
        return self


class OwnDay(Table):
    """A closed day of one's own: `day` is "2027-05-07", or "12-24" for every year.

    `start` and `end` are local times, for part of a day; `location` is a slug, empty for all.
    """

    day: str
    name: Line = ""
    start: time = time(0)
    end: time | None = None
    location: str = ""

    @field_validator("day")
    @classmethod
    def _a_date(cls, day: str) -> str:
        if not re.fullmatch(r"(\d{4}-)?\d\d-\d\d", day):
            raise ValueError("a day is written 2027-05-07, or 12-24 for every year")
        date.fromisoformat(day if len(day) > 5 else f"{EVERY_YEAR:04}-{day}")
        return day

    @model_validator(mode="after")
    def _has_length(self) -> Self:
        if self.end is not None and self.end <= self.start:
            raise ValueError("the end is not after the start")
        return self

    @property
    def on(self) -> date:
        """The day; that of any leap year where it is every year's."""
        return date.fromisoformat(self.day if len(self.day) > 5 else f"{EVERY_YEAR:04}-{self.day}")

    @property
    def is_whole(self) -> bool:
        """Whether it closes the day from midnight to midnight."""
        return self.start == time(0) and self.end is None

    def repeats(self, other: OwnDay) -> bool:
        """Whether the other one closes all that this one would: the same day at the same places, as long."""
        same_day = other.day in (self.day, self.day[-5:])
        same_place = other.location in ("", self.location)
        end, other_end = self.end or time.max, other.end or time.max
        return same_day and same_place and other.start <= self.start and end <= other_end

    def falls_on(self, day: date) -> bool:
        """Whether this is the day."""
        return day.isoformat().endswith(self.day)


class Settings(Region):
    """The region of every location, but for those named under `locations`."""

    locations: dict[str, Region] = Field(default_factory=dict)
    own: tuple[OwnDay, ...] = ()

    @field_validator("own")
    @classmethod
    def _each_once(cls, own: tuple[OwnDay, ...]) -> tuple[OwnDay, ...]:
        return tuple(day for number, day in enumerate(own) if not any(map(day.repeats, own[:number])))

    def region(self, location: str) -> Region:
        """The region that holds at a location."""
        return self.locations.get(location, self)
