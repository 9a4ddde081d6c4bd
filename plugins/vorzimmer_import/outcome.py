"""What became of a line, and why, in words that are translated where they are read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from vorzimmer.icalendar.text import Remark
from vorzimmer.reasons import Reason, Refused
from vorzimmer_import.cells import NO_VALUE
from vorzimmer_import.models import FAILED

Why = dict[str, Any]
"""`field` (its place in a form, or nothing), `text` (an English msgid), `facts`: as they are stored."""


@dataclass(frozen=True)
class Outcome:
    """`imported`, `skipped` or `failed`, and what there is to say."""

    outcome: str
    reasons: list[Why] = field(default_factory=list)


def why(text: str, field: str = "", **facts: Any) -> Why:
    """One thing to say."""
    return {"field": field, "text": text, "facts": facts}


def remarked(remark: Remark) -> Why:
    """What the reader of calendars has remarked."""
    return why(remark.text, **remark.facts)


def refused(refusal: Refused) -> Outcome:
    """What a use case has against it."""
    if refusal.reason is Reason.INVALID:
        values = refusal.facts.get("values", {})
        return Outcome(FAILED, [_wrong(name, text, values) for name, text in refusal.facts["errors"].items()])
    return Outcome(FAILED, [why(refusal.text)])


def _wrong(name: str, text: str, values: Mapping[str, str]) -> Why:
    """What is wrong with a field, naming the value of its cell where there is one."""
    if name in values and text in NO_VALUE:
        return why(NO_VALUE[text], name, value=values[name][:80])
    return why(text, name)
