"""What single cells say: dates, numbers and answers as people write them, and what spreadsheets leave behind (D1)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date
from typing import Any

from phonenumbers import Leniency, PhoneNumberMatcher

from vorzimmer.models import Attribute
from vorzimmer.models.customer import folded
from vorzimmer.reasons import N_

_YES = frozenset(["1", "x", "ja", "j", "yes", "y", "true", "wahr", "oui", "vrai", "да"])
_NO = frozenset(["0", "nein", "n", "no", "false", "falsch", "non", "faux", "нет"])
_LANGUAGES = {
    **dict.fromkeys(("de", "deutsch", "german", "allemand", "немецкий"), "de"),
    **dict.fromkeys(("en", "englisch", "english", "anglais", "английский"), "en"),
    **dict.fromkeys(("fr", "franzosisch", "french", "francais", "французский"), "fr"),
    **dict.fromkeys(("ru", "russisch", "russian", "russe", "русский"), "ru"),
}
_DAY = re.compile(r"(\d{1,2})[./-](\d{1,2})[./-](\d{4})")
_NO_DAY = re.compile(r"0{1,4}([./-]0{1,4}){2}")
"""How Outlook writes that there is no date."""
_ROUNDED = re.compile(r"[+-]?\d+([.,]\d+)?E\+?\d+", re.IGNORECASE)
_FAULT = re.compile(
    r"#+|#[^\W\d_][\w/]*[!?]|#N/A|#NV|#Н/Д|(Err|Fehler|Erreur|Ошибка) ?:\s?\d{3}", re.IGNORECASE
)
_SYSTEM_GROUPS = {"mycontacts", "starred"}
NEXT = " ::: "
"""Between several values of one cell, as Google writes them."""

FAULT = N_("“%(value)s” is what the spreadsheet shows instead of a value: left out.")
ROUNDED = N_("“%(value)s” is a number that the spreadsheet has rounded: left out.")
NO_PHONE = N_("“%(value)s” is no phone number: left out.")
NO_VALUE = {
    "Please choose a day.": N_("“%(value)s” is no date."),
    "Please enter a number.": N_("“%(value)s” is no number."),
    "Please choose one of these.": N_("“%(value)s” is not among the choices."),
    "Please answer yes or no.": N_("“%(value)s” is neither yes nor no."),
    "Please enter a valid e-mail address.": N_("“%(value)s” is no e-mail address."),
}
"""What is wrong with a field of a form, said of a cell."""


def unusable(field: str, text: str, region: str | None) -> str:
    """Why a cell holds no value at all (a msgid), or nothing."""
    if _FAULT.fullmatch(text):
        return FAULT
    if field in ("phone", "id") and _ROUNDED.fullmatch(text):
        return ROUNDED
    if field == "phone" and not PhoneNumberMatcher(text, region, leniency=Leniency.POSSIBLE).has_next():
        return NO_PHONE
    return ""


def plain(name: str) -> str:
    """A name in the form in which names are compared."""
    return " ".join(folded(name).split())


def language(text: str) -> str:
    """The code of a language that is called so in one of ours."""
    return _LANGUAGES.get(plain(text), text)


def groups(text: str) -> list[str]:
    """The groups of a cell; those that Google has for itself are none."""
    names = [each.strip().removeprefix("* ").strip() for each in re.split(r":::|[,;|]", text)]
    return [name for name in names if name and name.casefold() not in _SYSTEM_GROUPS]


def month_first(texts: Iterable[str]) -> bool:
    """Whether a column of dates is American: some make sense only so, and none only the other way."""
    found = [match for text in texts if (match := _DAY.fullmatch(text.strip()))]
    return any(int(one[2]) > 12 for one in found) and not any(int(one[1]) > 12 for one in found)


def value(attribute: Attribute, text: str, *, american: bool) -> Any:
    """The answer as forms give it; what cannot be read stays as it came, and is refused with the reason."""
    match attribute.kind:
        case "choice":
            wanted = plain(text)
            for item in attribute.choices:
                if wanted in {plain(str(item["value"])), *map(plain, item["labels"].values())}:
                    return item["value"]
        case "date":
            return _day(text.strip(), american=american)
        case "number":
            digits = "".join(text.split()).replace(",", ".")
            return float(digits) if re.fullmatch(r"[+-]?\d+(\.\d+)?", digits) else text
        case "yes_no":
            word = plain(text)
            return True if word in _YES else False if word in _NO else text
    return text


def _day(text: str, *, american: bool) -> str:
    """ISO for 31.12.1980 and 31/12/1980 too; the day comes first, as it does nearly everywhere."""
    if _NO_DAY.fullmatch(text):
        return ""
    found = _DAY.fullmatch(text)
    if not found:
        return re.sub(r"[T ]\d\d?:\d\d.*", "", text)
    day, month, year = map(int, found.groups())
    try:
        return date(year, *((day, month) if american else (month, day))).isoformat()
    except ValueError:
        return text
