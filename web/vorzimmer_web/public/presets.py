"""What an address presets (C42 to C46): service, person, place, categories, and what is typed into the form."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

from flask import Blueprint, redirect, request, session, url_for
from flask.typing import ResponseReturnValue

TYPED = ("name", "email", "phone", "message")
"""Fields of the form; a message is never preset, for whoever made the address would put words into a mouth."""
PRESET = TYPED[:3]
CHOSEN = ("staff", "location", "category")


def are_given() -> bool:
    """Whether the address presets what belongs into no further address."""
    return bool(set(PRESET) & request.args.keys())


def kept(endpoint: str, **place: str) -> ResponseReturnValue:
    """A preset name or address goes into the session, not into the next addresses (C46)."""
    given = {key: request.args[key][:254] for key in PRESET if key in request.args}
    session["typed"] = session.get("typed", {}) | given
    rest = {key: value for key, value in request.args.to_dict(flat=False).items() if key in CHOSEN}
    return redirect(url_for(endpoint, **place, **rest), 303)  # type: ignore[arg-type]  # lists are repeated


def path(target: Mapping[str, Any], *, framed: bool = False) -> str:
    """The address that presets what `target` says: `service`, `staff`, `location`, and a list `category`."""
    service = target.get("service")
    start, below = ("/embed/", "/embed/") if framed else ("/", "/book/")
    query = urlencode({key: target[key] for key in CHOSEN if target.get(key)}, doseq=True)
    return (below + quote(service) if service else start) + (f"?{query}" if query else "")


def in_query(address: str) -> list[tuple[str, str]]:
    """What an address carries, as a form needs it that is sent by GET: a browser drops the query of its action."""
    return parse_qsl(urlsplit(address).query)


def add_to(pages: Blueprint) -> None:
    """Preset categories stay, so that another choice of service is one among them (C44, C45)."""

    @pages.context_processor
    def in_forms() -> dict[str, Any]:
        return {"in_query": in_query}

    @pages.url_defaults
    def stay(_endpoint: str, values: dict[str, Any]) -> None:
        if request.blueprint == pages.name and "category" in request.args:
            values.setdefault("category", request.args.getlist("category"))
