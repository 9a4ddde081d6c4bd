"""PROPFIND: what is asked of a thing, and of what lies in it."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from radicale.storage import BaseCollection
from sqlalchemy import select
from sqlalchemy.orm import load_only

from vorzimmer.models import CalendarObject
from vorzimmer_caldav.properties import properties
from vorzimmer_caldav.properties.properties import Place
from vorzimmer_caldav.storage.collections import CalendarCollection, Home, StoredItem
from vorzimmer_caldav.xml import multistatus
from vorzimmer_caldav.xml.multistatus import D

_COLUMNS = (
    CalendarObject.id,
    CalendarObject.calendar_id,
    CalendarObject.href,
    CalendarObject.etag,
    CalendarObject.component,
)


class Asked:
    """What a PROPFIND wants: named properties, all, or only their names."""

    def __init__(self, request: ET.Element | None) -> None:
        kind = request[0] if request is not None else None
        self.named = [prop.tag for prop in kind] if kind is not None and kind.tag == f"{D}prop" else None
        self.only_names = kind is not None and kind.tag == f"{D}propname"

    def response(self, place: Place, path: str, thing: Any) -> str:
        """The response for one thing."""
        if self.only_names:
            return multistatus.response(path, [(name, "") for name in properties.names(thing, every=True)])
        named = self.named if self.named is not None else properties.names(thing, every=False)
        return properties.response(place, path, thing, named)

    @property
    def needs_text(self) -> bool:
        """Whether the texts of objects have to be read."""
        return not self.only_names and (self.named is None or properties.OF_TEXT in self.named)


def responses(place: Place, things: Iterable[Any], asked: Asked) -> Iterator[str]:
    """Responses for collections, and for single objects."""
    for thing in things:
        if isinstance(thing, StoredItem):
            yield asked.response(place, place.path(thing.path), thing.row)
        else:
            yield asked.response(place, place.path(_below(thing)), thing)


def _below(thing: BaseCollection) -> str:
    return f"{thing.path}/" if isinstance(thing, Home | CalendarCollection) else ""


def members(place: Place, collection: CalendarCollection, asked: Asked) -> Iterator[str]:
    """Responses for all objects of a calendar, without reading their texts unless they are asked for."""
    listed = (
        select(CalendarObject)
        .where(CalendarObject.calendar_id == collection.calendar.id)
        .order_by(CalendarObject.id)
        .execution_options(yield_per=1_000)
    )
    if asked.named is not None and set(asked.named) <= set(_QUICK):
        yield from _quick(place, collection, asked.named)
        return
    if not asked.needs_text:
        listed = listed.options(load_only(*_COLUMNS, CalendarObject.modified_at))
    for row in collection.visit.session.scalars(listed):
        path = place.path(f"{collection.path}/{row.href}")
        yield asked.response(place, path, row)


_QUICK = {f"{D}getetag": '<getetag>"{etag}"</getetag>', f"{D}resourcetype": "<resourcetype />"}
"""The two that every client asks of every object when it has no sync token."""


def _quick(place: Place, collection: CalendarCollection, named: Sequence[str]) -> Iterator[str]:
    base = multistatus.href(place.path(f"{collection.path}/")).removesuffix("</href>")
    inner = "".join(_QUICK[name] for name in named)
    tail = f"<propstat><prop>{inner}</prop><status>HTTP/1.1 200 OK</status></propstat></response>"
    rows = collection.visit.session.execute(
        select(CalendarObject.href, CalendarObject.etag)
        .where(CalendarObject.calendar_id == collection.calendar.id)
        .order_by(CalendarObject.id)
    )
    for name, etag in rows:
        told = multistatus.escaped(name)
        yield f"<response>{base}{told}</href>{tail.format(etag=etag)}"
