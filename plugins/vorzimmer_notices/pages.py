"""`/office/account/notices`: what I am told; `/office/settings/staff/<id>/notices`: what a colleague is told."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext

from vorzimmer import here
from vorzimmer.access import APPOINTMENTS, Right, open_to
from vorzimmer_notices.choosing import Store, known
from vorzimmer_notices.kinds import TIMINGS, TITLES, Whose

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

pages = Blueprint("vorzimmer_notices", __name__, url_prefix="/office", template_folder="templates")


@pages.get("/account/notices")
@open_to(*APPOINTMENTS)
def own() -> str:
    """What I am told."""
    return _page(here.actor().account_id or 0, own=True)


@pages.post("/account/notices")
@open_to(*APPOINTMENTS)
def choose_own() -> ResponseReturnValue:
    """Choose it."""
    _choose(here.actor().account_id or 0)
    return redirect(url_for(".own"), 303)


@pages.get("/settings/staff/<int(max=2147483647):account_id>/notices")
@open_to(Right.ACCOUNTS)
def of_login(account_id: int) -> str:
    """What somebody is told."""
    return _page(account_id, own=False)


@pages.post("/settings/staff/<int(max=2147483647):account_id>/notices")
@open_to(Right.ACCOUNTS)
def choose(account_id: int) -> ResponseReturnValue:
    """Choose it for them."""
    _choose(account_id)
    return redirect(url_for(".of_login", account_id=account_id), 303)


def _page(account_id: int, *, own: bool) -> str:
    actor = here.actor()
    with here.hall().database.reading() as session:
        account = known(session, actor, account_id)
        choices = Store().listed(session, actor, account_id)
        return render_template(
            "vorzimmer_notices/choices.html",
            account=account,
            own=own,
            kinds={kind: words for kind, words in TITLES.items() if any(one.kind == kind for one in choices)},
            columns=[whose for whose in Whose if any(one.whose == whose for one in choices)],
            choices={(one.kind, one.whose): one for one in choices},
            timings=TIMINGS,
            hour=here.hall().plugins.instance("vorzimmer_notices").config.hour,
        )


def _choose(account_id: int) -> None:
    """Every choice is a field `<whose>-<kind>`."""
    given = {
        (kind, whose): timing
        for name, timing in request.form.items()
        for whose, dash, kind in [name.partition("-")]
        if dash
    }
    here.hall().database.write(lambda session: Store().choose(session, here.actor(), account_id, given))
    flash(gettext("Saved. It holds from the next event on."), "good")
