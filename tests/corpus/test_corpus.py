"""Calendars as other programs write them: every file of the corpus means what `right.json` says (B30)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from vorzimmer.periods import Period
from vorzimmer.testing import BERLIN, berlin
from vorzimmer_external_busy.events import Reading, read

FOLDER = Path(__file__).parent
RIGHT: dict[str, Any] = json.loads((FOLDER / "right.json").read_text(encoding="utf-8"))


def files(kind: str) -> list[str]:
    return sorted(path.name for path in (FOLDER / kind).iterdir())


def test_every_file_has_its_right_value() -> None:
    assert sorted(files("ics")) == sorted(RIGHT)


@pytest.mark.parametrize("name", files("ics"))
def test_a_calendar_takes_the_time_that_it_says(name: str) -> None:
    right = RIGHT[name]
    window = Period(*(berlin(f"{day} 00:00") for day in right["between"]))
    busy, remarks = read([(FOLDER / "ics" / name).read_bytes()], Reading(window, BERLIN)).busy(())
    told = [[f"{one.astimezone(BERLIN):%Y-%m-%d %H:%M}" for one in (span.start, span.end)] for span in busy]
    assert (told, len(remarks)) == (right["busy"], right["remarks"])
