"""The practice's own words in place of a message's first sentence, by service, topic and language (D8)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from sqlalchemy import ForeignKey, MetaData, String, Text, UniqueConstraint, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from vorzimmer import access, audit, database
from vorzimmer.access import Actor, Right
from vorzimmer.hookspecs import MessageText
from vorzimmer.models import Service
from vorzimmer.models.columns import NAMES
from vorzimmer.practice import Hall
from vorzimmer.reasons import N_, Reason, Refused
from vorzimmer.text.contact import lines
from vorzimmer_email.letter import OPENINGS

LONGEST = 2000
TOPICS = tuple(OPENINGS)
"""What is said to customers. The mail with the code is not among them: nothing in it is anybody's to change (A88)."""
PLACEHOLDERS = {
    "name": N_("the customer’s name"),
    "service": N_("the service"),
    "time": N_("day and time"),
    "staff": N_("with whom"),
    "place": N_("where"),
    "practice": N_("the name of the practice"),
    "phone": N_("the phone number of the practice"),
}
_NAMED = re.compile(r"\{(\w+)\}")
_BRACES = re.compile(r"\{[^{}\n]{0,40}\}?")


class Own(DeclarativeBase):
    """The root of this plugin's tables."""

    metadata = MetaData(naming_convention=NAMES)


class OwnText(Own):
    """One text; `service_id` None for every service that has none of its own."""

    __tablename__ = "vorzimmer_email_text"
    __table_args__ = (UniqueConstraint("service_id", "topic", "language"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    service_id: Mapped[int | None] = mapped_column(ForeignKey(Service.id, ondelete="CASCADE"), index=True)
    topic: Mapped[str] = mapped_column(String(12))
    language: Mapped[str] = mapped_column(String(5))
    text: Mapped[str] = mapped_column(Text)


def find(session: Session, service_id: int | None, topic: str, language: str) -> str | None:
    """The text that is sent: the service's own, else that of all services."""
    rows = session.scalars(
        select(OwnText).where(
            OwnText.topic == topic,
            OwnText.language == language,
            (OwnText.service_id == service_id) | OwnText.service_id.is_(None),
        )
    ).all()
    found = sorted(rows, key=lambda row: row.service_id is None)
    return found[0].text if found else None


def of_service(session: Session, service_id: int | None) -> dict[tuple[str, str], str]:
    """The texts of a service itself (or of all), by topic and language."""
    mine = OwnText.service_id.is_(None) if service_id is None else OwnText.service_id == service_id
    return {(row.topic, row.language): row.text for row in session.scalars(select(OwnText).where(mine))}


def write(
    session: Session, actor: Actor, service: Service | None, topic: str, language: str, text: str
) -> None:
    """Set a text; empty means the default again. Refuses with `INVALID` (`errors`) what would not be filled in."""
    access.require(access.may(actor, Right.SETTINGS))
    clean = lines(text.strip())
    if (error := fault(clean)) is not None:
        raise Refused(Reason.INVALID, errors={"text": error})
    service_id = service.id if service else None
    mine = OwnText.service_id.is_(None) if service_id is None else OwnText.service_id == service_id
    wanted = select(OwnText).where(mine, OwnText.topic == topic, OwnText.language == language)
    row = session.scalar(wanted.with_for_update())
    before = {"text": row.text} if row else None
    if row is not None and not clean:
        session.delete(row)
    elif clean:
        row = row or OwnText(service_id=service_id, topic=topic, language=language)
        row.text = clean
        session.add(row)
    moment, subject = database.now(session), f"text {topic} {language} {service.slug if service else '*'}"
    audit.write(
        session,
        moment,
        actor,
        "text_changed",
        subject,
        before=before,
        after={"text": clean} if clean else None,
    )


def fault(text: str) -> str | None:
    """What is wrong with a text (a msgid): a placeholder that there is not would reach customers as it stands (A61)."""
    if len(text) > LONGEST:
        return N_("At most 2000 characters.")
    if any(found not in {f"{{{name}}}" for name in PLACEHOLDERS} for found in _BRACES.findall(text)):
        return N_("Braces only for the placeholders below, written as they stand there.")
    return None


def filled(text: str, values: Mapping[str, str]) -> str:
    """The text with its placeholders filled in one pass: what stands in a value is never read again (A61, A62)."""
    return _NAMED.sub(lambda found: values.get(found[1], found[0]), text)


class Store:
    """Own texts for other doors (hook `message_texts`)."""

    def listed(self, session: Session, hall: Hall, service: str) -> list[MessageText]:
        """The texts of a service, or of all; where there is none, what is sent instead is its default."""
        found = service_of(session, service)
        own = of_service(session, found.id if found else None)
        above = of_service(session, None) if found else {}
        return [
            MessageText(topic, language, service, own.get((topic, language), ""), inherited)
            for topic in TOPICS
            for language in hall.config.settings.practice.languages
            for inherited in [
                above.get((topic, language)) or hall.texts.reader(language).gettext(OPENINGS[topic])
            ]
        ]

    def write(
        self, session: Session, hall: Hall, actor: Actor, service: str, topic: str, language: str, text: str
    ) -> None:
        """Set a text; `NOT_FOUND` for a message, language or service that there is not."""
        if topic not in TOPICS or language not in hall.config.settings.practice.languages:
            raise Refused(Reason.NOT_FOUND)
        write(session, actor, service_of(session, service), topic, language, text)


def service_of(session: Session, slug: str) -> Service | None:
    """The service of a slug, None for all of them; or `NOT_FOUND`."""
    if not slug:
        return None
    found = session.scalar(select(Service).where(Service.slug == slug, Service.active))
    if found is None:
        raise Refused(Reason.NOT_FOUND)
    return found


def services(session: Session) -> Sequence[Service]:
    """The services that may have texts of their own."""
    return session.scalars(select(Service).where(Service.active).order_by(Service.name)).all()
