"""Settings that the office makes: over the defaults, below file and command line, in every process; C52."""

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from tests.acts import DESK
from vorzimmer.access import ROLES, Actor
from vorzimmer.models import AuditEntry, Setting
from vorzimmer.practice import Hall
from vorzimmer.reasons import Reason, Refused
from vorzimmer.settings import change, colors
from vorzimmer.settings.config import Config, Settings

OWNER = Actor("owner@praxis.example", "office", rights=ROLES["owner"])


def save(hall: Hall, table: str, actor: Actor = OWNER, **values: Any) -> None:
    hall.database.write(lambda session: change.save(session, hall, actor, table, values))
    hall.refresh(at_once=True)


def refused(hall: Hall, table: str, actor: Actor = OWNER, **values: Any) -> Refused:
    with pytest.raises(Refused) as found:
        save(hall, table, actor, **values)
    return found.value


def test_what_the_office_sets_holds_at_once(hall: Hall) -> None:
    save(hall, "practice", phone="030 1234", languages=["ru", "de"])
    assert (hall.config.settings.practice.phone, hall.config.settings.practice.languages[0]) == (
        "030 1234",
        "ru",
    )


def test_what_the_file_says_stands_above_the_office(hall: Hall) -> None:
    found = refused(hall, "practice", name="Anders")
    assert found.facts["errors"] == {"name": "This is set in config.toml."}
    assert hall.config.settings.practice.name == "Praxis am Markt"


def test_another_process_takes_it_up(hall: Hall) -> None:
    other = Hall.open(Config(hall.config.given, hall.config.data))
    save(hall, "practice", phone="030 1234")
    other.refresh(at_once=True)
    assert other.config.settings.practice.phone == "030 1234"
    other.database.dispose()


def test_a_server_that_starts_knows_what_the_office_has_set(hall: Hall) -> None:
    save(hall, "plugins.vorzimmer_booking_request", hours=12)
    other = Hall.open(Config(hall.config.given, hall.config.data))
    assert other.plugins.instance("vorzimmer_booking_request").config.hours == 12
    other.database.dispose()


def test_a_setting_is_taken_back_to_the_default(hall: Hall) -> None:
    save(hall, "practice", phone="030 1234")
    save(hall, "practice", phone=None)
    assert hall.config.settings.practice.phone == ""


@pytest.mark.parametrize(
    ("values", "key"),
    [
        ({"base_url": "praxis"}, "base_url"),
        ({"languages": []}, "languages"),
        ({"languages": ["de", "de"]}, "languages"),
        ({"languages": ["tlh"]}, "languages"),
        ({"imprint_url": "javascript:alert(1)"}, "imprint_url"),
        ({"accent": "red"}, "accent"),
        ({"accent": "#ffd700"}, "accent"),
        ({"logo": "../secret.key"}, "logo"),
        ({"no_such": 1}, "no_such"),
    ],
)
def test_what_the_file_would_not_take_the_office_cannot_set(
    hall: Hall, values: dict[str, Any], key: str
) -> None:
    found = refused(hall, "practice", **values)
    assert set(found.facts["errors"]) == {key}


def test_a_plugin_follows_its_settings_at_once(hall: Hall) -> None:
    save(hall, "plugins.vorzimmer_direct_booking", open_bookings_per_customer=2)
    assert hall.plugins.instance("vorzimmer_direct_booking").config.open_bookings_per_customer == 2


def test_a_plugins_own_model_checks_its_settings(hall: Hall) -> None:
    found = refused(hall, "plugins.vorzimmer_booking_request", hours="viele")
    assert found.facts["errors"] == {"hours": "Please enter a whole number."}


def test_a_plugin_is_switched_off_at_once_and_on_again(hall: Hall) -> None:
    save(hall, "plugins", off=["vorzimmer_absences"])
    assert not hall.plugins.is_active("vorzimmer_absences")
    save(hall, "plugins", off=[])
    assert hall.plugins.is_active("vorzimmer_absences")


def test_a_secret_is_stored_sealed_and_used_open(hall: Hall) -> None:
    """A172: neither the database nor its log shows it."""
    url = "smtp://user:geheim123@mail.example:587?tls=starttls"
    save(hall, "mail", smtp=url)
    with hall.database.reading() as session:
        kept = [row.value for row in session.scalars(select(Setting))]
        logged = [f"{entry.before} {entry.after}" for entry in session.scalars(select(AuditEntry))]
    assert not any("geheim123" in text for text in [*kept, *logged])
    assert hall.plugins.instance("vorzimmer_email").config.relay.password == "geheim123"


def test_a_secret_of_another_key_is_left_out(hall: Hall, tmp_path: Path) -> None:
    save(hall, "mail", smtp="smtp://user:geheim123@mail.example")
    (hall.config.data / "secret.key").write_text("0" * 64)
    other = Hall.open(Config(hall.config.given, hall.config.data))
    assert other.plugins.instance("vorzimmer_email").config.relay is None
    other.database.dispose()


def test_only_who_may_change_settings_does(hall: Hall) -> None:
    """A1."""
    assert refused(hall, "practice", DESK, phone="1").reason is Reason.FORBIDDEN


def test_a_pale_colour_is_refused_with_one_that_can_be_read(hall: Hall) -> None:
    """WCAG 1.4.3."""
    said = refused(hall, "practice", accent="#ffd700").facts["errors"]["accent"]
    offered = said.partition("; ")[2][:7]
    assert colors.contrast(offered, "#ffffff") >= 4.5
    Settings.model_validate({"practice": {"accent": offered}})


@pytest.mark.parametrize("color", ["#0b6b6b", "#000000", "#7a003c", "#123456"])
def test_every_allowed_colour_has_a_shade_for_the_dark(color: str) -> None:
    assert colors.contrast(colors.on_dark(colors.checked(color)), colors.DARK) >= 4.5


def test_the_office_cannot_switch_itself_off(hall: Hall) -> None:
    assert set(refused(hall, "plugins", off=["vorzimmer_web"]).facts["errors"]) == {"off"}


@pytest.mark.parametrize(
    ("typed", "held"),
    [
        ("Prax\r\nBcc: x", "Prax Bcc: x"),
        ("Praxis\x00\x1b[31m am \u202eMarkt", "Praxis[31m am Markt"),
        (" A\tB ", "A B"),
    ],
)
def test_a_line_of_the_settings_is_one_line_of_what_can_be_seen(hall: Hall, typed: str, held: str) -> None:
    """A77: whoever sets it, and however long it has been stored."""
    save(hall, "practice", phone=typed[:40])
    assert hall.config.settings.practice.phone == held
    assert Settings.model_validate({"practice": {"name": typed}}).practice.name == held


def test_a_name_of_nothing_that_can_be_seen_is_refused() -> None:
    with pytest.raises(ValueError, match="practice"):
        Settings.model_validate({"practice": {"name": "\r\n\u200b"}})


def test_a_page_keeps_its_lines_and_nothing_that_cannot_be_seen(hall: Hall) -> None:
    save(hall, "practice", imprint="Praxis\r\n\r\n  - Anna\x00\x1b\tTel\u00ad.\u00a0")
    assert hall.config.settings.practice.imprint == "Praxis\n\n  - Anna\tTel\u00ad.\u00a0"
