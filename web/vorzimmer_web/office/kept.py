"""Pages on the way back to a form that could not be taken."""

from __future__ import annotations

from urllib.parse import urlencode

from flask import Blueprint, abort, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue

from vorzimmer.access import SIGNED_IN, open_to
from vorzimmer_web.shell import kept
from vorzimmer_web.shell.site import local_path, may_speak


@open_to(SIGNED_IN)
def back() -> ResponseReturnValue:
    """To the form of an old page, with what was typed in it."""
    found = kept.opened(request.form.get("kept", ""))
    return kept.give_back(found) if found else redirect(url_for("office.today"), 303)


@open_to(SIGNED_IN)
def again() -> ResponseReturnValue:
    """What was typed, where no page has the form any more: it can be read, and sent."""
    found = kept.waiting()
    if found is None:
        return redirect(url_for("office.today"))
    return render_template("office/again.html", kept=kept.set_apart(found))


@open_to(SIGNED_IN)
def leave() -> ResponseReturnValue:
    """Send nothing: it is gone by the key in the form (`kept.take`)."""
    return redirect(url_for("office.today"), 303)


@open_to(SIGNED_IN)
def language() -> ResponseReturnValue:
    """Another language; the page has what was typed in one of its forms again, a form between two steps at its step."""
    if not may_speak(request.form.get("speak", "")):
        abort(400)
    session["language"] = request.form["speak"]
    action = local_path(request.values.get("form_action", "/"))
    found = kept.typed(action, over=False)
    if found and found.step:
        return redirect(f"{action}?{urlencode({found.step: kept.AGAIN})}", 307)
    return kept.give_back(found) if found else redirect(url_for("office.today"), 303)


def add_to(office: Blueprint) -> None:
    """Put the pages in their places."""
    office.post("/kept", endpoint="kept")(back)
    office.get("/again", endpoint="again")(again)
    office.post("/again", endpoint="leave")(leave)
    office.post("/language", endpoint="language")(language)
