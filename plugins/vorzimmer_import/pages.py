"""`/office/settings/import`: a file is taken, its columns are named, it is tried out, it comes in (D1, D2)."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask_babel import get_locale, gettext, ngettext
from sqlalchemy import select
from sqlalchemy.orm import Session

from vorzimmer.access import Right, open_to
from vorzimmer.models import Resource
from vorzimmer.reasons import N_, Reason, Refused
from vorzimmer.server import here
from vorzimmer.server.guard import LARGEST_UPLOAD, takes
from vorzimmer_import import choosing, headings, running, staging, wording
from vorzimmer_import.letters import ENCODINGS, UnsureError
from vorzimmer_import.models import (
    CHECKING,
    CSV,
    FAILED,
    GONE,
    IMPORTED,
    READING,
    RUNNING,
    SKIPPED,
    Item,
    Run,
)
from vorzimmer_import.tables import Told

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue


pages = Blueprint("vorzimmer_import", __name__, template_folder="templates")

PREFIX = "/office/settings/import"
LARGEST = 10 * 1024 * 1024
SAMPLES = 3
SHOWN = 100
ONE = f"{PREFIX}/<int(max=2147483647):number>"


@pages.get(PREFIX)
@open_to(Right.SETTINGS)
def overview() -> str:
    """What came in lately, and the form for another file."""
    return _overview()


def _overview(error: str = "", readings: Mapping[str, str] | None = None) -> str:
    with here.hall().database.reading() as session:
        whole = Run.account_id.is_not(None), Run.state.not_in((READING, GONE))
        runs = session.scalars(select(Run).where(*whole).order_by(Run.id.desc())).all()
        counted = {run.id: running.progress(session, run) for run in runs}
    return render_template(
        "vorzimmer_import/overview.html",
        runs=runs,
        counted=counted,
        error=error,
        encodings=ENCODINGS,
        readings=readings or {},
    )


@pages.post(PREFIX)
@takes(LARGEST_UPLOAD)
@open_to(Right.SETTINGS)
def upload() -> ResponseReturnValue:
    """Take a file; nothing comes in yet."""
    sent = request.files.get("file")
    if sent is None or not sent.filename:
        return _overview(N_("Please choose a file that ends with .csv or .ics.")), 422
    name = sent.filename
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "file"
        sent.save(path)
        if path.stat().st_size > LARGEST:
            return _overview(N_("This file is too large: at most 10 MB.")), 422
        try:
            how = _how()
            number = staging.stage(here.hall().database, here.actor(), path, name, how)
        except UnsureError as error:
            return _overview(str(error), error.readings), 422
        except ValueError as error:
            return _overview(str(error)), 422
    return redirect(url_for(".show", number=number), 303)


def _how() -> Told:
    """What the form says of the table; ValueError (a msgid)."""
    encoding, heading = request.form.get("encoding", ""), request.form.get("heading", "").strip()
    if heading and not (heading.isascii() and heading.isdigit() and 0 < int(heading) <= staging.MOST_ITEMS):
        raise ValueError(N_("Please enter the number of a line."))
    return Told(encoding if encoding in ENCODINGS else "", int(heading or 0))


@pages.get(ONE)
@open_to(Right.SETTINGS)
def show(number: int) -> str:
    """Where a file is: to be told what is what, tried out, coming in, or in."""
    return _page(number)


def _page(number: int, error: str = "") -> str:
    with here.hall().database.reading() as session:
        run = _found(session, number)
        counted = running.progress(session, run)
        told = {outcome: _told(session, run, outcome) for outcome in (FAILED, SKIPPED, IMPORTED)}
        choices = _choices(session, run)
    working = run.state in (CHECKING, RUNNING)
    return render_template(
        "vorzimmer_import/run.html",
        run=run,
        counted=counted,
        told=told,
        working=working,
        error=error,
        **choices,
    )


def _choices(session: Session, run: Run) -> dict[str, Any]:
    """What the form offers and has chosen: what was sent, what was told before, or what can be guessed."""
    locale = get_locale()
    language = locale.language if locale else "en"
    if run.kind == CSV:
        known = choosing.attributes(session)
        chosen = _columns() if request.method == "POST" else run.options.get("columns")
        fields = headings.choices(known, language)
        samples = session.scalars(
            select(Item.cells)
            .where(Item.run_id == run.id, Item.flawed.is_(False))
            .order_by(Item.number)
            .limit(SAMPLES)
        ).all()
        return {
            "fields": {name: gettext(title) for name, title in fields.items()},
            "columns": headings.guessed(run.head, known) if chosen is None else chosen,
            "samples": samples,
        }
    services = choosing.services(session)
    told = {slug: phrase for phrase, slug in run.options.get("phrases", {}).items()}
    phrases = {one.slug: told.get(one.slug, "" if run.options else one.name) for one in services}
    resources = session.scalars(
        select(Resource).where(Resource.active).order_by(Resource.kind.desc(), Resource.name)
    )
    return {
        "services": services,
        "resources": resources.all(),
        "phrases": _phrases() if request.method == "POST" else phrases,
        "resource": request.form.get("resource", run.options.get("resource", "")),
    }


def _told(session: Session, run: Run, outcome: str) -> list[tuple[int, str]]:
    """Line and reason of the first items of which there is something to say."""
    locale = get_locale()
    names = headings.choices(choosing.attributes(session), locale.language if locale else "en")
    names = {name: gettext(title) for name, title in names.items()}
    query = select(Item).where(Item.run_id == run.id, Item.outcome == outcome).order_by(Item.number)
    said = query.where(Item.remarked).limit(SHOWN)
    return [(item.number, wording.told(item, _say, names)) for item in session.scalars(said)]


def _say(text: str, **facts: object) -> str:
    said: str = gettext(text, **facts)
    return said


@pages.post(f"{ONE}/check")
@open_to(Right.SETTINGS)
def check(number: int) -> ResponseReturnValue:
    """Try the file out."""
    base = here.hall().database
    try:
        with base.reading() as session:
            options = _options(session, _found(session, number))
    except ValueError as error:
        return _page(number, str(error)), 422
    base.write(lambda s: running.begin(s, here.actor(), _found(s, number), CHECKING, options))
    return redirect(url_for(".show", number=number), 303)


def _options(session: Session, run: Run) -> dict[str, Any]:
    """What the form says of the file; ValueError (a msgid)."""
    if run.kind == CSV:
        return choosing.columns(session, run, _columns())
    phrases = {phrase: slug for slug, phrase in _phrases().items() if phrase}
    return choosing.calendar(session, here.hall(), request.form.get("resource", ""), phrases)


def _columns() -> dict[str, str]:
    return {
        name.removeprefix("column-"): value
        for name, value in request.form.items()
        if name.startswith("column-")
    }


def _phrases() -> dict[str, str]:
    named = {name: value for name, value in request.form.items() if name.startswith("service-")}
    return {name.removeprefix("service-"): value.strip()[:80] for name, value in named.items()}


@pages.post(f"{ONE}/begin")
@open_to(Right.SETTINGS)
def begin(number: int) -> ResponseReturnValue:
    """Let it in, as it was tried out."""

    def work(session: Session) -> None:
        run = _found(session, number)
        if not run.options:
            raise Refused(Reason.WRONG_STATE)
        running.begin(session, here.actor(), run, RUNNING, run.options)

    here.hall().database.write(work)
    return redirect(url_for(".show", number=number), 303)


@pages.route(f"{ONE}/delete", methods=["GET", "POST"])
@open_to(Right.SETTINGS)
def delete(number: int) -> ResponseReturnValue:
    """The question, then forget the file; what came in stays. Also stops what is under way."""
    if request.method != "POST":
        with here.hall().database.reading() as session:
            run = _found(session, number)
            lost = running.progress(session, run).failed
        said = ngettext(
            "The list of one line that did not fit is gone with it.",
            "The list of %(num)d lines that did not fit is gone with it.",
            lost,
        )
        return render_template(
            "office/sure.html",
            title=gettext("Forget the file?"),
            consequences=[gettext("What has come in stays."), *([said] if lost else [])],
            button=gettext("Forget the file"),
            back=url_for(".show", number=number),
        )
    with here.hall().database.reading() as session:
        _found(session, number)
    staging.delete(here.hall().database, here.actor(), number)
    flash(gettext("The file is forgotten."), "good")
    return redirect(url_for(".overview"), 303)


@pages.get(f"{ONE}/refused")
@open_to(Right.SETTINGS)
def refused(number: int) -> Response:
    """The lines that did not fit, as a file to mend."""
    with here.hall().database.reading() as session:
        run = _found(session, number)
        text = "".join(wording.refused_file(session, run))
    mark = "\N{ZERO WIDTH NO-BREAK SPACE}" if run.kind == CSV else ""
    headers = {
        "Content-Disposition": f'attachment; filename="refused.{run.kind}"',
        "Cache-Control": "no-store",
    }
    kind = "text/csv" if run.kind == CSV else "text/calendar"
    return Response((mark + text).encode(), content_type=f"{kind}; charset=utf-8", headers=headers)


def _found(session: Session, number: int) -> Run:
    """A run of the office, or `NOT_FOUND`; a command's is its own."""
    run = session.get(Run, number)
    if run is None or run.account_id is None or run.state in (READING, GONE):
        raise Refused(Reason.NOT_FOUND)
    running.require(here.actor())
    return run
