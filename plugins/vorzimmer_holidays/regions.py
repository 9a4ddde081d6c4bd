"""Calendars of public holidays to choose from: countries by name, the states of the nearest ones below them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from functools import cache

import holidays
from babel import Locale

from vorzimmer_holidays.settings import Region, Settings

NEAR = ("DE", "AT", "CH")
"""Countries whose states are offered, too."""
A_YEAR = 366


def spelled(region: Region) -> str:
    """ "DE-BE", "LU", or empty."""
    return f"{region.country}-{region.subdivision}" if region.subdivision else region.country


def read(text: str) -> dict[str, str]:
    """Country and subdivision of "DE-BE"."""
    country, _, subdivision = text.partition("-")
    return {"country": country, "subdivision": subdivision}


def choices(locale: Locale) -> Iterator[tuple[str, list[tuple[str, str]]]]:
    """Groups of regions, each as written and as people call it."""
    for country in NEAR:
        name = locale.territories.get(country, country)
        yield name, [(country, name), *((f"{country}-{code}", state) for code, state in _states(country))]
    rest = [code for code in holidays.list_supported_countries() if len(code) == 2 and code not in NEAR]
    named = sorted((locale.territories.get(code, code), code) for code in rest)
    yield "…", [(code, name) for name, code in named]


@cache
def _states(country: str) -> list[tuple[str, str]]:
    """The states of a country by name; of several spellings the longest."""
    names: dict[str, str] = {}
    for name, code in getattr(holidays, country)().subdivisions_aliases.items():
        names[code] = max(names.get(code, ""), name, key=len)
    return sorted(names.items(), key=lambda state: state[1])


def coming(config: Settings, today: date, language: str, number: int = 4) -> list[tuple[date, str]]:
    """The next closed days and their names: public holidays of the practice, and own days that close all of it."""
    ahead = (today + timedelta(days=n) for n in range(A_YEAR))
    whole = [one for one in config.own if one.is_whole and not one.location]
    own = {day: one.name for day in ahead for one in whole if one.falls_on(day)}
    found = own | dict(_public(config, today, language)[:number])
    return sorted(found.items())[:number]


def _public(region: Region, today: date, language: str) -> list[tuple[date, str]]:
    """The public holidays to come, in this language, or as people there call them."""
    if not region.country:
        return []
    years = (today.year, today.year + 1)
    known = holidays.country_holidays(region.country, subdiv=region.subdivision or None, years=years[0])
    spoken = next(
        (one for one in known.supported_languages or () if one.partition("_")[0] == language),
        known.default_language,  # else the library takes English
    )
    found = holidays.country_holidays(
        region.country, subdiv=region.subdivision or None, years=years, language=spoken
    )
    return [(day, name) for day, name in sorted(found.items()) if day >= today]
