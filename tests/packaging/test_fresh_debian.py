"""A fresh Debian with nothing but `docs/operator/first-day.md`: from the install to the first online booking (D7).

It needs root, the network's package mirrors, and `apt-get install debootstrap`. Where the page says `systemctl`, the
test starts the program itself: nothing in a folder is booted.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Error, Page, expect

from tests.chromium import PHONE
from tests.servers import Mailbox, eventually, free_port, mail_server

pytestmark = pytest.mark.long
ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "operator" / "first-day.md"
TRUSTED = "/etc/ssl/certs/ca-certificates.crt"
OF_THE_MACHINE = {"/etc/resolv.conf": "etc/resolv.conf", TRUSTED: "etc/mirrors.crt"}
"""How this machine reaches the mirrors: copied, where it is there."""
ENVIRONMENT = {"HOME": "/root", "PATH": f"/usr/local/bin:/usr/sbin:/sbin:{os.defpath}"}
PASSWORD = "drei blaue Kühe am Fluss"
DATA = "/var/lib/vorzimmer/praxis"
OLGA, CUSTOMER = "olga@see.example", "max@kunde.example"


@pytest.fixture(scope="module")
def debian(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a Debian without anything, and the sources' wheel in it."""
    folder = tmp_path_factory.mktemp("debian") / "root"
    subprocess.run(["debootstrap", "--variant=minbase", "bookworm", folder], check=True, capture_output=True)
    subprocess.run([sys.executable, "-m", "hatchling", "build", "-t", "wheel"], cwd=ROOT, check=True)
    for name, copy in OF_THE_MACHINE.items():
        if Path(name).exists():
            shutil.copy(name, folder / copy)
    (folder / "etc" / "hosts").write_text("127.0.0.1 localhost\n")  # an installer writes it
    (folder / "etc" / "pip.conf").write_text("[global]\ncert = /etc/mirrors.crt\n")
    for name in ("dist", "packaging"):
        shutil.copytree(ROOT / name, folder / "root" / name)
    return folder


def steps(port: int, server: int) -> list[str]:
    """The page's commands, with our ports and without what needs a booted machine."""
    commands = re.findall(r"```sh\n(.*?)```", PAGE.read_text(), re.DOTALL)
    lines = [line for block in commands for line in block.splitlines()]
    assert len(lines) == 10, "the page has changed: look at the test"
    kept = [line for line in lines if not line.startswith(("systemctl", "journalctl"))]
    text = "\n".join(kept).replace("//praxis.example", f"//localhost:{port}")
    return text.replace("/praxis.example/'", f"/localhost:{port}/; s/:8080/:{server}/'").splitlines()


def inside(debian: Path, command: str) -> list[str]:
    """The command, to be run in that Debian."""
    return ["chroot", str(debian), "sh", "-ec", f"cd /root; {command}"]


@contextmanager
def running(debian: Path, command: str) -> Iterator[subprocess.Popen[str]]:
    """What a service manager would run, until the block ends."""
    with subprocess.Popen(
        inside(debian, f"exec {command}"), stdout=subprocess.PIPE, text=True, env=ENVIRONMENT
    ) as process:
        try:
            yield process
        finally:
            process.terminate()


@pytest.fixture
def link(debian: Path) -> Iterator[str]:
    """Everything that the page has typed is typed; the link to the set-up."""
    port, server = free_port(), free_port()
    for step in steps(port, server):
        subprocess.run(inside(debian, step), check=True, env=ENVIRONMENT)
    serve = f"vorzimmer serve --data {DATA} --port {server}"
    with running(debian, "caddy run --config /etc/caddy/Caddyfile"), running(debian, serve) as process:
        assert process.stdout
        said = iter(process.stdout.readline, "")
        yield next(found[0] for line in said if (found := re.search(r"https://\S+/setup/\S+", line)))


@pytest.fixture
def desk(chromium: Browser) -> Iterator[Page]:
    """The owner's browser."""
    with context(chromium) as opened:
        yield opened.new_page()


@pytest.fixture
def phone(chromium: Browser) -> Iterator[Page]:
    """A customer's browser."""
    with context(chromium, viewport=PHONE) as opened:
        yield opened.new_page()


@contextmanager
def context(chromium: Browser, **more: object) -> Iterator[BrowserContext]:
    opened = chromium.new_context(locale="de-DE", ignore_https_errors=True, **more)  # type: ignore[arg-type]  # whatever a context takes
    yield opened
    opened.close()


def fill(page: Page, **fields: str) -> None:
    for label, value in fields.items():
        page.get_by_label(label, exact=True).fill(value)


def save(page: Page) -> None:
    page.get_by_role("button", name="Speichern").click()
    expect(page.get_by_text("Gespeichert").or_(page.get_by_role("status")).first).to_be_visible()


def begin(page: Page, link: str) -> None:
    """The owner's login."""
    page.goto(link)
    fill(page, **{"Ihr Name": "Olga Öz", "Ihre E-Mail-Adresse": OLGA, "Passwort": PASSWORD})
    fill(page, **{"Passwort noch einmal": PASSWORD})
    page.get_by_role("button", name="Einrichten").click()
    expect(page.get_by_role("heading", name="Noch 7 Schritte bis zur ersten Buchung")).to_be_visible()


def lead_through(page: Page, home: str, mail: int) -> None:
    """The steps of the list, each by the link that the list gives."""

    def step(name: str) -> None:
        page.goto(f"{home}/office/")
        page.get_by_role("link", name=name, exact=True).click()

    step("Impressum und Datenschutzhinweis")
    imprint, privacy = "Impressum (freiwillig)", "Datenschutzerklärung (freiwillig)"
    fill(page, **{imprint: "https://see.example/impressum", privacy: "https://see.example/datenschutz"})
    save(page)
    step("Ein Ort")
    page.get_by_role("link", name="Neuer Standort").click()
    fill(page, Name="Seestraße")
    save(page)
    step("Eine Leistung")
    page.get_by_role("link", name="Neue Leistung").click()
    fill(page, Name="Massage")
    page.get_by_label("Olga Öz").check()
    save(page)
    step("Arbeitszeiten")
    page.get_by_role("link", name="Olga Öz").click()
    for day in ("Montag", "Dienstag", "Mittwoch", "Donnerstag", "Freitag"):
        fill(page, **{f"{day}, von": "09:00", f"{day}, bis": "17:00"})
    save(page)
    step("E-Mail-Versand")
    fill(page, **{"Mailserver (freiwillig)": "127.0.0.1", "Port (freiwillig)": str(mail)})
    page.get_by_label("Verschlüsselung").select_option("none")
    fill(page, **{"Absender aller Mails (freiwillig)": "praxis@see.example"})
    save(page)
    page.get_by_role("button", name="Testmail schicken").click()
    expect(page.get_by_text("ist unterwegs")).to_be_visible()
    step("Veröffentlichen")
    page.get_by_role("button", name="Online-Buchung öffnen").click()
    expect(page.get_by_text("Offen: Kunden buchen selbst.")).to_be_visible()


def test_page_leads_to_the_first_booking(link: str, debian: Path, desk: Page, phone: Page) -> None:
    """D6, D7, K6, A50: every command of the page, the list in the browser, a booking by https."""
    home = link.partition("/setup/")[0]
    with mail_server() as mailbox:
        eventually(lambda: begins(desk, home), "https")
        begin(desk, link)
        lead_through(desk, home, mailbox.port)
        subprocess.run(inside(debian, f"vorzimmer backup-key --data {DATA}"), check=True, env=ENVIRONMENT)
        desk.goto(f"{home}/office/")
        expect(desk.get_by_role("heading", name=re.compile("bis zur ersten Buchung"))).to_have_count(0)
        book(phone, home, mailbox)
    expect(phone.get_by_role("heading", name="Ihr Termin ist gebucht")).to_be_visible()


def begins(page: Page, home: str) -> bool:
    """Whether the practice answers by https."""
    try:
        return page.request.get(f"{home}/healthz").ok
    except Error:  # refused: the proxy has not begun
        return False


def book(page: Page, home: str, mailbox: Mailbox) -> None:
    """The first online booking, on a phone."""
    page.goto(home)
    page.get_by_role("link", name=re.compile("Massage")).click()
    page.get_by_role("button", name="09:00").first.click()
    page.get_by_label("Name").fill("Max Muster")
    page.get_by_label("E-Mail-Adresse").fill(CUSTOMER)
    page.get_by_role("button", name="Code anfordern").click()
    mail = mailbox.wait_for(CUSTOMER, 1)
    (code,) = re.findall(r"(?<!\d)\d{6}(?!\d)", mail.get_body(("plain",)).get_content())
    page.get_by_label("Code").fill(code)
    page.get_by_role("button", name="Termin buchen").click()
