"""What owners are told of their backups: by `doctor`, on the office's health page, and where they look first (B14)."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy.orm import Session

from vorzimmer import database
from vorzimmer.hookspecs import Finding, Level
from vorzimmer.practice import Hall
from vorzimmer.reasons import N_
from vorzimmer_backup import state

OLD = timedelta(hours=26)
"""A night, and two hours for the making."""


def told(session: Session, hall: Hall) -> list[Finding]:
    """The last good backup and its key."""
    known = state.read(session)
    found = [_age(session, hall, known)]
    if known is None or not known.key_shown:
        found.append(
            Finding(
                Level.WARNING,
                N_(
                    "backup: nobody has its key yet; run “vorzimmer backup-key” and keep a copy away from this server"
                ),
            )
        )
    return found


def _age(session: Session, hall: Hall, known: state.State | None) -> Finding:
    moment = database.now(session)
    since = known and (known.good or known.since)
    late = bool(since and moment - since > OLD)
    if known and known.good:
        when = known.good.astimezone(hall.config.zone)
        facts = {"when": f"{when:%Y-%m-%d %H:%M}", "file": known.file, "error": known.error}
        if known.error:
            text = N_("backup: the last one failed: %(error)s; the last good one is of %(when)s")
            return Finding(Level.WRONG if late else Level.WARNING, text, facts)
        text = N_("backup: the last good one is of %(when)s (%(file)s)")
        return Finding(Level.WRONG if late else Level.GOOD, text, facts)
    if known and known.error:
        return Finding(
            Level.WRONG,
            N_("backup: there is none yet, the last one failed: %(error)s"),
            {"error": known.error},
        )
    if late:
        return Finding(Level.WRONG, N_("backup: there is none yet"))
    return Finding(Level.GOOD, N_("backup: the first one is made tonight"))
