"""Names, addresses and other lines as people type them: cleaned, checked, and compared."""

from __future__ import annotations

import unicodedata

from email_validator import EmailNotValidError, ValidatedEmail, validate_email

from vorzimmer.letters import CONTROL
from vorzimmer.letters import lines as lines
from vorzimmer.letters import plain as plain
from vorzimmer.reasons import N_

NAME_LENGTH = 80
PHONE_LENGTH = 40
CODE_LENGTH = 40
LONGER_THAN_ANY = 400
"""No address is so long (RFC 5321 §4.5.3.1): to read all of what is costs time and finds nothing."""


def digits(text: str) -> str:
    """A code as it was meant: full-width digits are digits, blanks and hyphens between them nothing."""
    read = unicodedata.normalize("NFKC", text[:CODE_LENGTH])
    kept = (char for char in read if unicodedata.category(char) not in CONTROL | {"Zs", "Pd"})
    return "".join(str(unicodedata.digit(char, char)) for char in kept)


def name_of(text: str, errors: dict[str, str]) -> str:
    """A name, clean; what is wrong with it goes into `errors`."""
    name = plain(text)
    if not name:
        errors["name"] = N_("Please enter a name.")
    elif len(name) > NAME_LENGTH:
        errors["name"] = N_("At most 80 characters.")
    return name


def phone_of(text: str, errors: dict[str, str]) -> str:
    """A phone number, clean; what is wrong with it goes into `errors`."""
    phone = plain(text)
    if len(phone) > PHONE_LENGTH:
        errors["phone"] = N_("At most 40 characters.")
    return phone


def email_of(text: str, errors: dict[str, str]) -> str:
    """A valid address as typed, without blanks around it; a domain of look-alikes in punycode (A41)."""
    try:
        found = _read(text.strip()[:LONGER_THAN_ANY])
    except EmailNotValidError:
        errors["email"] = N_("Please enter a valid e-mail address.")
        return ""
    scripts = {unicodedata.name(char, "").partition(" ")[0] for char in found.domain if char.isalpha()}
    return found.normalized if len(scripts) < 2 else found.ascii_email or ""


def _read(email: str) -> ValidatedEmail:
    return validate_email(
        email, check_deliverability=False, allow_smtputf8=False, test_environment=True, strict=True
    )


def canonical(email: str) -> str:
    """The one form in which valid addresses are compared (A41): as mail servers write them, in small letters.

    Not by Unicode's folding, which makes two domains one (`straße.example`, `strasse.example`).
    """
    return (_read(email).ascii_email or email).lower()
