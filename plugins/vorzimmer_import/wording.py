"""What became of lines, for people; and the lines that did not fit, as a file to mend."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from sqlalchemy.orm import Session

from vorzimmer_import import running
from vorzimmer_import.models import FAILED, Item, Run

Say = Callable[..., str]
"""gettext, taking the facts of a text."""


def told(item: Item, say: Say, names: Mapping[str, str]) -> str:
    """Why something became of a line, in one line; `names` are those of the fields."""
    return " ".join(_told(reason, say, names) for reason in item.reasons)


def _told(reason: Mapping[str, object], say: Say, names: Mapping[str, str]) -> str:
    facts = reason["facts"]
    text = say(str(reason["text"]), **(facts if isinstance(facts, dict) else {}))
    name = names.get(str(reason["field"]))
    return f"{name}: {text}" if name else text


def refused_file(session: Session, run: Run) -> Iterator[str]:
    """The lines that did not fit, as they came, below the heading; mended, they are imported like any file."""
    if run.heading:
        yield f"{run.heading}\n"
    for item in running.told(session, run, FAILED):
        yield f"{item.text.rstrip()}\n"
