"""Ready texts that tell customers of the online booking, in every language of the practice (O73)."""

from __future__ import annotations

from dataclasses import dataclass

from vorzimmer.reasons import N_
from vorzimmer.server.here import hall
from vorzimmer_web.shell.site import LANGUAGES

WHERE = {
    N_("Mail signature"): N_("Book your appointment online, at any time: %(address)s"),
    N_("Website"): N_(
        "You can book your appointment at %(practice)s online at any time: choose a service and a time, type the code"
        " that we send you by e-mail, and the time is yours. %(address)s"
    ),
    N_("Answering machine"): N_(
        "This is %(practice)s. We cannot take your call at the moment. At %(spoken)s you can book, move and cancel your"
        " appointment at any time. Or call us again during our opening hours. Thank you."
    ),
}
"""Where a text stands, and the text."""


@dataclass(frozen=True)
class ReadyText:
    """A text for one place in one language; `title` is a msgid."""

    title: str
    language: str
    language_name: str
    text: str


def texts(address: str) -> list[ReadyText]:
    """All of them, with this address of the booking."""
    practice = hall().config.settings.practice
    spoken = address.partition("://")[2].partition("?")[0].rstrip("/")
    facts = {"practice": practice.name, "address": address, "spoken": spoken}
    return [
        ReadyText(title, code, LANGUAGES[code], hall().texts.reader(code).gettext(text, **facts))
        for title, text in WHERE.items()
        for code in practice.languages
    ]
