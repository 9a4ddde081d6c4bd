"""A calendar is made as it was asked for, or not at all (S3)."""

from __future__ import annotations

import pytest

from tests import acts
from tests.caldav.desk import NAMESPACES, C, D, Phone, conditions, event
from vorzimmer.testing import Practice, berlin

FREE = "<C:schedule-calendar-transp><C:transparent /></C:schedule-calendar-transp>"
CALENDAR = "<resourcetype><collection /><C:calendar /></resourcetype>"


@pytest.mark.parametrize(
    ("method", "root", "props"),
    [("MKCALENDAR", "C:mkcalendar", FREE), ("MKCOL", "mkcol", CALENDAR + FREE)],
)
def test_calendar_that_is_made_free_closes_nothing(
    practice: Practice, anna: Phone, method: str, root: str, props: str
) -> None:
    body = f"<{root} {NAMESPACES}><set><prop>{props}<displayname>Frei</displayname></prop></set></{root}>"
    assert anna.ask(method, "free/", body).status_code == 201
    told = anna.propfind("free/", "C:schedule-calendar-transp", "D:displayname")
    assert told.find(f".//{C}transparent") is not None
    assert told.findtext(f".//{D}displayname") == "Frei"
    assert anna.ask("PUT", "free/a.ics", event("a")).status_code == 201
    offered = acts.offered(practice.hall, "massage", "2027-03-02", staff="anna")
    assert berlin("2027-03-02 10:00") in offered
    assert anna.ask("MKCALENDAR", "busy/").status_code == 201
    assert anna.ask("PUT", "busy/a.ics", event("a")).status_code == 201
    offered = acts.offered(practice.hall, "massage", "2027-03-02", staff="anna")
    assert berlin("2027-03-02 10:00") not in offered


@pytest.mark.parametrize(
    ("props", "condition"),
    [
        ("<getetag>1</getetag>", f"{D}cannot-modify-protected-property"),
        ("<resourcetype><collection /></resourcetype>", f"{D}valid-resourcetype"),
        (
            "<C:supported-calendar-component-set><C:comp name='VCARD' /></C:supported-calendar-component-set>",
            f"{C}supported-calendar-component",
        ),
    ],
)
def test_what_cannot_be_honoured_makes_no_calendar(anna: Phone, props: str, condition: str) -> None:
    body = f"<C:mkcalendar {NAMESPACES}><set><prop>{props}</prop></set></C:mkcalendar>"
    refused = anna.ask("MKCALENDAR", "odd/", body)
    assert refused.status_code == 403
    assert condition in conditions(refused)
    assert anna.ask("PROPFIND", "odd/").status_code == 404
    assert anna.ask("MKCALENDAR", "odd/", body.replace("mkcalendar", "other")).status_code == 400
