"""What our mails about logins say: invitation, another password, another address."""

from __future__ import annotations

from vorzimmer import urls
from vorzimmer.icalendar import writer as ical
from vorzimmer.models import Message
from vorzimmer.reasons import N_
from vorzimmer.settings.config import Config
from vorzimmer.text.texts import Reader
from vorzimmer_email.letter import Letter

SUBJECTS = {
    "invited": N_("Your login at %(practice)s"),
    "reset": N_("Set a new password at %(practice)s"),
    "password": N_("Your password at %(practice)s has been changed"),
    "new_address": N_("Confirm your new address at %(practice)s"),
    "address_changed": N_("Your address at %(practice)s has been changed"),
    "address_taken": N_("Somebody wanted to use your address at %(practice)s"),
    "calendar_given": N_("Your login at %(practice)s has a calendar"),
    "calendar_taken": N_("Your login at %(practice)s has lost its calendar"),
}
TEXTS = {
    "invited": (
        N_("You have been given a login for the office of %(practice)s. Please choose your password."),
        N_("The link works once and for one week. Afterwards the practice can send you a new one."),
    ),
    "reset": (
        N_("Somebody, probably you, has asked for a new password. Choose it by this link."),
        N_("The link works once and for one hour."),
        N_("You have not asked for it? Then simply ignore this mail; your password stays as it is."),
    ),
    "password": (
        N_("Your password has just been changed, and all other devices have been signed out."),
        N_("It was not you? Then ask the practice at once to block your login, and choose a new password."),
    ),
    "new_address": (
        N_("Please confirm that you want to sign in with this address from now on."),
        N_("The link works once and for one hour."),
        N_("You have not asked for it? Then simply ignore this mail; nothing will happen."),
    ),
    "address_changed": (
        N_("From now on you sign in with another address."),
        N_("It was not you? Then ask the practice at once to block your login."),
    ),
    "address_taken": (
        N_(
            "Somebody wanted to use this address for another login. It has one already, so nothing has changed."
        ),
        N_("Was it you? Sign in with this address, or ask for a new password there."),
    ),
    "calendar_given": (
        N_("From now on the calendar of %(person)s is yours: its appointments, mails and calendar apps."),
        N_("You did not expect this? Then please ask the practice."),
    ),
    "calendar_taken": (
        N_(
            "The calendar of %(person)s no longer belongs to your login; your calendar apps do not show it any more."
        ),
        N_("You did not expect this? Then please ask the practice."),
    ),
}
BUTTONS = {
    "invited": N_("Choose a password"),
    "reset": N_("Choose a new password"),
    "new_address": N_("Confirm this address"),
}


def login_letter(reader: Reader, config: Config, message: Message) -> Letter:
    """The mail about a login: fixed texts, the name, and a link where one is to be opened."""
    details, practice = message.details, config.settings.practice
    name = ical.plain(details.get("name", ""))
    person = ical.plain(details.get("person", ""))
    button = BUTTONS.get(message.topic)
    facts = (
        [(reader.gettext("Sign in with:"), ical.plain(message.recipient))]
        if message.topic == "invited"
        else []
    )
    if "address" in details:
        facts = [(reader.gettext("New address:"), ical.plain(details["address"]))]
    return Letter(
        language=reader.language,
        subject=reader.gettext(SUBJECTS[message.topic], practice=practice.name),
        greeting=reader.gettext("Hello %(name)s,", name=name) if name else reader.gettext("Hello,"),
        paragraphs=[
            reader.gettext(text, practice=practice.name, person=person) for text in TEXTS[message.topic]
        ],
        facts=facts,
        button=(reader.gettext(button), urls.login_link(config, details["nonce"])) if button else None,
        footer=list(filter(None, [practice.name, practice.phone])),
    )


def secret_of(config: Config, message: Message) -> str:
    """The token of the link in the mail, which the record of it must not keep (A42)."""
    return urls.token(config, "login", message.details["nonce"]) if "nonce" in message.details else ""
