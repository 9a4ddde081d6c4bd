"""Times and money as people say them, in four languages."""

from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

import vorzimmer
from vorzimmer.reasons import TEXTS
from vorzimmer.testing import berlin
from vorzimmer.text.texts import Reader, Texts

BERLIN = ZoneInfo("Europe/Berlin")
CATALOGUES = Texts([Path(vorzimmer.__file__).parent], BERLIN)


def reader(language: str) -> Reader:
    return CATALOGUES.reader(language)


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("de", "Mi, 3. März, 10:30 Uhr"),
        ("en", "Wed, 3 March, 10:30"),
        ("fr", "mer. 3 mars, 10:30"),
        ("ru", "ср, 3 марта, 10:30"),
    ],
)
def test_a_time_as_people_say_it(language, said):
    assert reader(language).when(berlin("2027-03-03 10:30"), BERLIN, 2027) == said


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("de", "Mi, 3. März 2027, 10:30"),
        ("en", "Wed, 3 March 2027, 10:30"),
        ("fr", "mer. 3 mars 2027, 10:30"),
        ("ru", "ср, 3 марта 2027 г., 10:30"),
    ],
)
def test_a_time_of_another_year_says_so(language, said):
    assert reader(language).moment(berlin("2027-03-03 10:30"), BERLIN, 2026) == said


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("de", "Mittwoch, 3. März 2027, 10:30–11:00 Uhr"),
        ("en", "Wednesday, 3 March 2027, 10:30–11:00"),
        ("fr", "mercredi 3 mars 2027, 10:30–11:00"),
        ("ru", "среда, 3 марта 2027 г., 10:30–11:00"),
    ],
)
def test_a_period_with_its_day_and_year(language, said):
    assert reader(language).period(berlin("2027-03-03 10:30"), berlin("2027-03-03 11:00"), BERLIN) == said


@pytest.mark.parametrize(
    ("language", "said"),
    [("de", "45,00\xa0€"), ("en", "€45.00"), ("fr", "45,00\xa0€"), ("ru", "45,00\xa0€")],
)
def test_money(language, said):
    assert reader(language).money(4500, "EUR") == said


def test_money_without_minor_units():
    assert reader("de").money(4500, "JPY") == "4.500\xa0¥"


def test_a_zone_is_named_where_it_differs_from_the_practices():
    there = ZoneInfo("Europe/Lisbon")
    assert (
        reader("de").when(berlin("2027-03-03 10:30"), there, 2027)
        == "Mi, 3. März, 09:30 Uhr (Ortszeit Lissabon)"
    )


def test_a_zone_with_the_same_clock_is_not_named():
    assert "Ortszeit" not in reader("de").when(berlin("2027-03-03 10:30"), ZoneInfo("Europe/Vienna"), 2027)


@pytest.mark.parametrize(("utc", "said"), [(0, "02:30 MESZ"), (1, "02:30 MEZ")])
def test_a_time_that_comes_twice_is_told_apart(utc, said):
    """Rule 5, F41: the night of 31 October 2027."""
    assert reader("de").clock(datetime(2027, 10, 31, utc, 30, tzinfo=UTC), BERLIN) == said


def test_the_day_on_which_summer_time_begins():
    """F41: 28 March 2027."""
    assert reader("de").clock(datetime(2027, 3, 28, 7, tzinfo=UTC), BERLIN) == "09:00"


@pytest.mark.parametrize("language", ["de", "fr", "ru"])
def test_every_refusal_has_its_text_in_every_language(language):
    assert [text for text in TEXTS.values() if reader(language).gettext(text) == text] == []


def test_an_unknown_language_reads_english():
    assert reader("xx").language == "en"
