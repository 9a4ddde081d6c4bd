"""Texts, times and money in a reader's language, from the catalogues of the core and of the enabled plugins."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from io import BytesIO
from pathlib import Path
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date, get_timezone_location, get_timezone_name
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_currency, get_currency_precision
from babel.support import NullTranslations, Translations

LOCALES = {"en": "en_GB"}
"""English dates as Europe writes them: the day first, 24 hours."""
SHORT_DAY = {"de": "ccc, d. MMMM", "en": "ccc, d MMMM", "fr": "ccc d MMMM", "ru": "ccc, d MMMM"}
YEAR = {"de": " y", "en": " y", "fr": " y", "ru": " y 'г'."}
LONG_DAY = {"de": "EEEE, d. MMMM", "en": "EEEE, d MMMM", "fr": "EEEE d MMMM", "ru": "EEEE, d MMMM"}


class Reader:
    """Says things in one language. Zones are named only where they differ from `home`, the practice's."""

    def __init__(self, language: str, catalogue: NullTranslations, home: ZoneInfo) -> None:
        self.language = language
        self.locale = Locale.parse(LOCALES.get(language, language))
        self.home = home
        self._catalogue = catalogue

    def gettext(self, text: str, **named: object) -> str:
        """The text of a msgid; `%(name)s` are filled with `named`."""
        said = self._catalogue.ugettext(text)
        return said % named if named else said

    def ngettext(self, one: str, many: str, num: int, **named: object) -> str:
        """The plural form of a number, which is `%(num)d` in it."""
        return self._catalogue.ungettext(one, many, num) % {"num": num, **named}

    def moment(self, instant: datetime, zone: ZoneInfo, year: int) -> str:
        """ "Mi, 3. März, 10:30", as a subject says it; with the year where it is not `year`."""
        day = self.short_day(instant.astimezone(zone).date(), year)
        return f"{day}, {self.clock(instant, zone)}{self._place(instant, zone)}"

    def when(self, instant: datetime, zone: ZoneInfo, year: int) -> str:
        """ "Mi, 3. März, 10:30 Uhr"; with the year where it is not `year`."""
        day = self.short_day(instant.astimezone(zone).date(), year)
        said = self.gettext("%(day)s, %(time)s o’clock", day=day, time=self.clock(instant, zone))
        return said + self._place(instant, zone)

    def period(self, starts: datetime, ends: datetime, zone: ZoneInfo) -> str:
        """ "Mittwoch, 3. März 2027, 10:30–11:00 Uhr"; the day of the start counts."""
        time = f"{self.clock(starts, zone)}–{self.clock(ends, zone)}"
        said = self.gettext(
            "%(day)s, %(time)s o’clock", day=self.day(starts.astimezone(zone).date()), time=time
        )
        return said + self._place(starts, zone)

    def short_day(self, day: date, year: int) -> str:
        """ "Mi, 3. März", or "Mi, 3. März 2027" where another `year` goes without saying."""
        pattern = SHORT_DAY[self.language] + ("" if day.year == year else YEAR[self.language])
        return format_date(day, pattern, locale=self.locale)

    def day(self, day: date) -> str:
        """ "Mittwoch, 3. März 2027"."""
        return format_date(day, LONG_DAY[self.language] + YEAR[self.language], locale=self.locale)

    def clock(self, instant: datetime, zone: ZoneInfo) -> str:
        """ "10:30"; a time that comes twice that day with its abbreviation, "02:30 MESZ" (rule 5)."""
        local = instant.astimezone(zone)
        if local.replace(fold=0).utcoffset() == local.replace(fold=1).utcoffset():
            return f"{local:%H:%M}"
        name = get_timezone_name(local, "short", locale=self.locale)
        return f"{local:%H:%M} {name if name.isalpha() else local.tzname()}"

    def money(self, minor: int, currency: str) -> str:
        """ "45,00 €" of 4500 minor units."""
        amount = Decimal(minor).scaleb(-get_currency_precision(currency))
        return format_currency(amount, currency, locale=self.locale)

    def _place(self, instant: datetime, zone: ZoneInfo) -> str:
        if instant.astimezone(zone).utcoffset() == instant.astimezone(self.home).utcoffset():
            return ""
        city = get_timezone_location(zone, locale=self.locale, return_city=True)
        return " " + self.gettext("(%(city)s time)", city=city)


class Texts:
    """The merged catalogues of `packages`, folders that may have `translations/<language>/LC_MESSAGES/`."""

    def __init__(self, packages: Iterable[Path], home: ZoneInfo) -> None:
        self._packages = list(packages)
        self._home = home
        self._readers: dict[str, Reader] = {}

    def reader(self, language: str) -> Reader:
        """Who says things in this language; English where we have no such one."""
        language = language if language in SHORT_DAY else "en"
        if language not in self._readers:
            self._readers[language] = Reader(language, self._merged(language), self._home)
        return self._readers[language]

    def _merged(self, language: str) -> NullTranslations:
        merged = Translations()
        for package in self._packages:
            found = catalogue(package / "translations" / language / "LC_MESSAGES", language)
            merged.merge(found)
            if found.info():  # merging leaves the rule of plurals behind; an empty catalogue has none
                merged.plural = found.plural
        return merged


@cache
def catalogue(folder: Path, language: str) -> Translations:
    """One catalogue: compiled, or in a checkout that compiled nothing yet its source."""
    compiled, source = folder / "messages.mo", folder / "messages.po"
    if source.exists() and not (compiled.exists() and compiled.stat().st_mtime >= source.stat().st_mtime):
        buffer = BytesIO()
        with source.open("rb") as stream:
            write_mo(buffer, read_po(stream, locale=language))
        buffer.seek(0)
        return Translations(buffer)
    if compiled.exists():
        with compiled.open("rb") as stream:
            return Translations(stream)
    return Translations()
