"""A problem reported from the office: what happened, where, with a picture of the screen (C70, S31)."""

from __future__ import annotations

import base64
import uuid
from importlib.metadata import version
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from sqlalchemy import select
from sqlalchemy.orm import Session

from vorzimmer import audit, database
from vorzimmer.access import Actor, Right, open_to
from vorzimmer.messages import outbox
from vorzimmer.models import Account, Role
from vorzimmer.reasons import N_
from vorzimmer.server.guard import LARGEST_UPLOAD, takes
from vorzimmer.server.here import hall
from vorzimmer.text import contact
from vorzimmer_web.shell import limits, words
from vorzimmer_web.shell.requests import signed_in
from vorzimmer_web.shell.site import local_path

LONGEST = 5_000
LARGEST = 1024 * 1024
KINDS = {b"\x89PNG\r\n\x1a\n": ("image/png", "png"), b"\xff\xd8\xff": ("image/jpeg", "jpg")}
"""What a picture of a screen is, by its first bytes."""


@open_to(*Right)
def ask() -> str:
    """The form; the page that it is about is known already."""
    return _page({"page": local_path(request.args.get("page", ""))[:300]}, {})


def _page(typed: dict[str, str], errors: dict[str, str]) -> str:
    return render_template(
        "office/problem.html", typed=typed, errors=errors, support=hall().config.settings.practice.support
    )


@open_to(*Right)
@takes(LARGEST_UPLOAD)
@limits.reports
def send() -> ResponseReturnValue:
    """Mail it to who helps, else to the owners."""
    typed = {name: request.form.get(name, "") for name in ("text", "page")}
    errors: dict[str, str] = {}
    text, sent = contact.lines(typed["text"]).strip(), request.files.get("picture")
    if not text:
        errors["text"] = N_("Please fill this in.")
    elif len(text) > LONGEST:
        errors["text"] = N_("This text is too long.")
    picture = sent.read(LARGEST + 1) if sent else b""
    kind = next((kind for start, kind in KINDS.items() if picture.startswith(start)), None)
    if picture and (kind is None or len(picture) > LARGEST):
        errors["picture"] = N_("Please choose a PNG or JPEG of at most 1 MB.")
    if errors:
        return _page(typed, errors), 422
    files = [[f"picture.{kind[1]}", kind[0], base64.b64encode(picture).decode()]] if kind else []
    person, page = signed_in(), contact.plain(typed["page"])[:300]
    hall().database.write(lambda session: _report(session, person, text, page, files))
    flash(gettext("Thank you. Your report is on its way."), "good")
    return redirect(local_path(page) if page.startswith("/office/") else url_for("office.today"), 303)


def _report(session: Session, person: Actor, text: str, page: str, files: list[list[str]]) -> None:
    moment, practice = database.now(session), hall().config.settings.practice
    owners = select(Account.email).where(Account.roles.any(Role.name == "owner"), Account.active)
    for address in [practice.support] if practice.support else session.scalars(owners):
        reader = hall().texts.reader(words.language())
        facts = {
            reader.gettext("Page"): page,
            reader.gettext("Login"): person.name,
            reader.gettext("Version"): version("vorzimmer"),
            reader.gettext("Browser"): contact.plain(request.user_agent.string)[:200],
        }
        details: dict[str, Any] = {
            "subject": reader.gettext("Problem report: %(practice)s", practice=practice.name),
            "paragraphs": text.split("\n"),
            "list": "\n".join(f"{name}: {value}" for name, value in facts.items() if value),
            "files": files,
        }
        key = f"problem/{uuid.uuid4()}"
        outbox.tell_address(
            session,
            hall(),
            outbox.PAPERS,
            moment,
            recipient=address,
            key=key,
            language=reader.language,
            details=details,
        )
    audit.write(session, moment, person, "problem_reported", page[:100] or "office")


def add_to(office: Blueprint) -> None:
    """Put the page in its place."""
    office.get("/problem", endpoint="problem")(ask)
    office.post("/problem", endpoint="report_problem")(send)
