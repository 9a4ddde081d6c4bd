"""What messages say by API: the practice's own words; the store is a plugin's (D8)."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify
from pydantic import BaseModel
from werkzeug.exceptions import NotFound

from vorzimmer import access, hookspecs
from vorzimmer.access import Right, open_to
from vorzimmer.hookspecs import MessageTexts
from vorzimmer.server.here import hall
from vorzimmer_web.api import shapes
from vorzimmer_web.api.documented import call
from vorzimmer_web.api.door import staff_caller

messages = Blueprint("api_messages", __name__)


class TextQuery(shapes.Query):
    """Whose texts: those of a service, else those of every service."""

    service: shapes.Slug | None = None


class NewText(shapes.Taken):
    """The first sentence of a mail; empty for the default. Without a `service` it holds for all."""

    service: shapes.Slug | None = None
    text: shapes.Text


class TextOut(BaseModel):
    """A text; where it is empty the `default` is sent."""

    topic: str
    language: str
    service: str | None
    text: str
    default: str


class Texts(BaseModel):
    """One for each message and language."""

    texts: list[TextOut]


def _store() -> MessageTexts:
    found = hall().plugins.ask_first(hookspecs.message_texts)
    if found is None:
        raise NotFound
    return found


@messages.get("/message-texts")
@open_to(Right.SETTINGS)
@call(Texts, key=True)
def listed(query: TextQuery) -> Response:
    """What customers are told when."""
    access.require(access.may(staff_caller(), Right.SETTINGS))
    return jsonify(_out(query.service))


@messages.put("/message-texts/<topic>/<language>")
@open_to(Right.SETTINGS)
@call(Texts, key=True)
def write(topic: str, language: str, json: NewText) -> Response:
    """Say it in other words; `{name}` and its like are filled in."""
    actor, store, service = staff_caller(), _store(), json.service or ""
    hall().database.write(
        lambda session: store.write(session, hall(), actor, service, topic, language, json.text)
    )
    return jsonify(_out(json.service))


def _out(service: str | None) -> dict[str, object]:
    with hall().database.reading() as session:
        found = _store().listed(session, hall(), service or "")
    return {"texts": [vars(one) | {"service": one.service or None} for one in found]}
