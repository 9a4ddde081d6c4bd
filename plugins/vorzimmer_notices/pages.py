"""`/office/account/notices`: what I am told; `/office/settings/staff/<id>/notices`: what a colleague is told."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext
from sqlalchemy.orm import Session

from vorzimmer import seen
from vorzimmer.access import APPOINTMENTS, Right, open_to
from vorzimmer.hookspecs import NoticeChoice
from vorzimmer.reasons import Refused
from vorzimmer.seen import Seen
from vorzimmer.server import here
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
    return _choose(here.actor().account_id or 0, own=True) or redirect(url_for(".own"), 303)


@pages.get("/settings/staff/<int(max=2147483647):account_id>/notices")
@open_to(Right.ACCOUNTS)
def of_login(account_id: int) -> str:
    """What somebody is told."""
    return _page(account_id, own=False)


@pages.post("/settings/staff/<int(max=2147483647):account_id>/notices")
@open_to(Right.ACCOUNTS)
def choose(account_id: int) -> ResponseReturnValue:
    """Choose it for them."""
    back = redirect(url_for(".of_login", account_id=account_id), 303)
    return _choose(account_id, own=False) or back


def _page(account_id: int, *, own: bool, found: Seen | None = None) -> str:
    """The page; after somebody else's change with what was chosen here, and what was `found`."""
    actor = here.actor()
    with here.hall().database.reading() as session:
        account = known(session, actor, account_id)
        choices = Store().listed(session, actor, account_id)
        stored = _shown(choices)
        return render_template(
            "vorzimmer_notices/choices.html",
            account=account,
            own=own,
            kinds={kind: words for kind, words in TITLES.items() if any(one.kind == kind for one in choices)},
            columns=[whose for whose in Whose if any(one.whose == whose for one in choices)],
            chosen=stored if found is None else stored | request.form.to_dict(),
            stored=stored,
            seen=found or Seen(seen.mark(stored)),
            timings=TIMINGS,
            hour=here.hall().plugins.instance("vorzimmer_notices").config.hour,
        )


def _shown(choices: Sequence[NoticeChoice]) -> dict[str, str]:
    """Every choice is a field `<whose>-<kind>`."""
    return {f"{one.whose}-{one.kind}": one.timing for one in choices}


def _choose(account_id: int, *, own: bool) -> ResponseReturnValue | None:
    """Store it; the page where somebody else was quicker."""
    given = {
        (kind, whose): timing
        for name, timing in request.form.items()
        for whose, dash, kind in [name.partition("-")]
        if dash
    }

    def work(session: Session) -> None:
        actor, store = here.actor(), Store()
        mark = request.form.get(seen.FIELD)
        seen.check(session, mark, request.form, lambda: _shown(store.listed(session, actor, account_id)))
        store.choose(session, actor, account_id, given)

    try:
        here.hall().database.write(work)
    except Refused as refusal:
        if found := seen.of(refusal):
            return _page(account_id, own=own, found=found), 409
        raise
    flash(gettext("Saved. It holds from the next event on."), "good")
    return None
