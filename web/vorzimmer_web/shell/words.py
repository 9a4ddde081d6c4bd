"""Times, days, durations and money as people say them, in the language of the page."""

from __future__ import annotations

import re
from datetime import date, datetime
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date
from flask import g
from flask_babel import get_locale, gettext, ngettext
from markupsafe import Markup, escape

from vorzimmer import database
from vorzimmer.availability import Phrase
from vorzimmer.server.here import hall
from vorzimmer.text.texts import LONG_DAY, SHORT_DAY, YEAR, Reader
from vorzimmer_web.shell.requests import reading


def language() -> str:
    """The language of the page."""
    locale = get_locale()
    return locale.language if locale else "en"


def _reader() -> Reader:
    return hall().texts.reader(language())


def _locale() -> Locale:
    return _reader().locale


def told(phrase: Phrase) -> str:
    """A text of the core with what is put into it."""
    return phrase.told(_reader())


def this_year() -> int:
    """The year that goes without saying."""
    if "this_year" not in g:
        g.this_year = database.now(reading()).astimezone(hall().config.zone).year
    found: int = g.this_year
    return found


def day(of: date) -> str:
    """ "Mittwoch, 3. März", with another year than this; broken after the weekday at most."""
    pattern = LONG_DAY[language()] + ("" if of.year == this_year() else YEAR[language()])
    weekday, blank, rest = format_date(of, pattern, locale=_locale()).partition(" ")
    return weekday + blank + _together(rest)


def short_day(of: date) -> str:
    """ "Mi, 3. März", with another year than this."""
    return _together(_reader().short_day(of, this_year()))


def day_with_year(of: date) -> str:
    """ "Mi, 3. März 2027", "Mo, 30. Nov. 2026"; broken before the year at most."""
    short = SHORT_DAY[language()].replace("MMMM", "MMM")
    return f"{_together(format_date(of, short, locale=_locale()))} {of.year}"


def _together(text: str) -> str:
    """Not to be broken over two lines."""
    return text.replace(" ", "\N{NO-BREAK SPACE}")


def days(first: date, last: date) -> str:
    """ "23.–29. März", or "30. März – 5. April"."""
    if (first.year, first.month) != (last.year, last.month):
        return f"{day_of_year(first)}\N{NO-BREAK SPACE}– {day_of_year(last)}"
    dot = "." if language() == "de" else ""
    return f"{first.day}{dot}–{day_of_year(last)}"


def day_of_year(of: date) -> str:
    """ "24. Dezember"."""
    return _together(format_date(of, LONG_DAY[language()].removeprefix("EEEE").strip(", "), locale=_locale()))


def date_in_short(of: date) -> str:
    """2 Nov 1979, where there is no room."""
    return _together(format_date(of, "medium", locale=_locale()))


def month(of: date) -> str:
    """ "März 2027"."""
    return _together(format_date(of, "LLLL y", locale=_locale()))


def weekday(of: date) -> str:
    """ "Mi", "Wed", "mer": as people write it above a column."""
    return format_date(of, "ccc", locale=_locale()).rstrip(".")


def weekday_name(of: date) -> str:
    """ "Mittwoch"."""
    return format_date(of, "cccc", locale=_locale())


def clock(instant: datetime, zone: ZoneInfo) -> str:
    """ "10:30"; where this wall-clock time comes twice, with the zone's abbreviation: "02:00 MESZ" (rule 5)."""
    return _reader().clock(instant, zone)


def when(instant: datetime, zone: ZoneInfo) -> str:
    """ "Mi, 3. März, 10:30 Uhr", broken before the time at most; the place's time is named where it differs."""
    day, comma, time = _reader().when(instant, zone, this_year()).rpartition(", ")
    return _together(day) + comma + _together(time)


def near(of: date, today: date) -> str:
    """ "heute", "morgen", else "Mi, 3. März"."""
    said = {0: gettext("today"), 1: gettext("tomorrow")}
    return said.get((of - today).days) or short_day(of)


def near_day(of: date, today: date) -> str:
    """ "morgen, Mi, 3. März"; later days without the first word."""
    said = near(of, today)
    return said if said == short_day(of) else f"{said}, {short_day(of)}"


def money(minor: int, currency: str) -> str:
    """ "45,00 €" of 4500 minor units."""
    return _reader().money(minor, currency)


_LINK = re.compile(r"(?:https?://|mailto:)[^\s<>\"'“”„»«]+[^\s<>\"'“”„»«.,;:!?)\]]")


def linked(text: str) -> Markup:
    """A text of the practice's with its addresses to be followed, in a page of their own: what is typed stays."""
    parts, last = Markup(), 0
    for found in _LINK.finditer(text):
        link = Markup('<a href="{0}" target="_blank" rel="noopener noreferrer">{0}</a>')
        parts += escape(text[last : found.start()]) + link.format(found[0])
        last = found.end()
    return parts + escape(text[last:])


def minutes(number: int) -> str:
    """ "30 Minuten"."""
    said: str = ngettext("%(num)d minute", "%(num)d minutes", number)
    return said
