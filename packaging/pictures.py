"""Make the manual's pictures, `docs/pictures/`, from the demo: the same data, the same day, the same window each time.

It needs Chromium with its languages (Debian: chromium, chromium-l10n). The practice is served here over https under the
name of the manual's examples, which the browser is told to find on this machine. `packaging/pictures.py ill call` makes
only those.
"""

from __future__ import annotations

import io
import logging
import os
import re
import shutil
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from PIL import Image
from playwright.sync_api import Browser, Locator, Page, sync_playwright
from werkzeug.serving import make_server

from vorzimmer import database
from vorzimmer.practice import Hall
from vorzimmer.server.app import create_app
from vorzimmer.settings import setup
from vorzimmer.settings.config import Config
from vorzimmer_demo.command import prepare
from vorzimmer_demo.practice import PASSWORD, ZONE

ROOT = Path(__file__).resolve().parents[1]
PICTURES = ROOT / "docs/pictures"
NOW = datetime(2027, 3, 2, 8, 10, tzinfo=ZoneInfo(ZONE))
"""A Tuesday without a holiday near it."""
HOST = "praxis.example"
LANGUAGES = {"de": "de-DE", "en": "en-GB"}
DESK, PHONE = (1280, 800), (390, 800)
COLOURS = 64
MARGIN = 12
EXAMPLE = "kx7m-2qrd-9hfw-4tzp"
"""Stands in the picture where a page shows a secret."""


class Camera:
    """A browser in one language before one practice; what it takes goes into that language's folder."""

    def __init__(self, browser: Browser, language: str, hall: Hall) -> None:
        self.browser = browser
        self.language = language
        self.hall = hall
        self.page: Page

    @contextmanager
    def at(self, path: str, size: tuple[int, int] = DESK, who: str = "") -> Iterator[Page]:
        """A page of the practice, signed in as `who` if given."""
        context = self.browser.new_context(
            locale=LANGUAGES[self.language],
            timezone_id=ZONE,
            viewport={"width": size[0], "height": size[1]},
            ignore_https_errors=True,
            reduced_motion="reduce",
        )
        self.page = context.new_page()
        self.page.clock.set_fixed_time(NOW)
        if who:
            self.page.goto(f"https://{HOST}/office/login")
            self.page.fill("[name=email]", f"{who}@praxis.example")
            self.page.fill("[name=password]", PASSWORD)
            self.press("main form [type=submit]")
        self.page.goto(f"https://{HOST}{path}")
        try:
            yield self.page
        finally:
            context.close()

    def press(self, button: str) -> None:
        """Press a button that leads to another page."""
        with self.page.expect_navigation():
            self.page.locator(button).first.click()

    def take(self, name: str, *around: Locator) -> None:
        """The picture of everything from the first of these down to the last, over the page's whole width."""
        self.page.wait_for_load_state("networkidle")
        boxes = [box for one in around if (box := one.bounding_box())]
        top = max(0, min(box["y"] for box in boxes) - MARGIN)
        left = max(0, min(box["x"] for box in boxes) - MARGIN)
        right = max(box["x"] + box["width"] for box in boxes) + MARGIN
        bottom = max(box["y"] + box["height"] for box in boxes) + MARGIN
        clip = {"x": left, "y": top, "width": right - left, "height": bottom - top}
        self.keep(name, self.page.screenshot(full_page=True, animations="disabled", clip=clip))  # type: ignore[arg-type]  # a rectangle by name

    def take_window(self, name: str) -> None:
        """The picture of the window as it is, with what stands at its lower edge."""
        self.page.wait_for_load_state("networkidle")
        self.keep(name, self.page.screenshot(animations="disabled"))

    def keep(self, name: str, taken: bytes) -> None:
        """Store a picture with few colours."""
        folder = PICTURES / self.language
        folder.mkdir(parents=True, exist_ok=True)
        with Image.open(io.BytesIO(taken)) as image:
            few = image.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE)
            few.save(folder / f"{name}.png", optimize=True)


def first_day(camera: Camera) -> None:
    """The set-up and the list that it leads to, of a practice that has nothing yet."""
    link = camera.hall.database.write(lambda session: setup.begin(session, camera.hall)) or ""
    with camera.at(link.partition(HOST)[2]) as page:
        page.fill("[name=name]", "Petra Sommer")
        page.fill("[name=email]", "petra@praxis.example")
        page.fill("[name=password]", "drei blaue Kühe am Fluss")
        page.fill("[name=again]", "drei blaue Kühe am Fluss")
        camera.take("set-up", page.locator("h1"), page.locator("main form"))
        camera.press("main form [type=submit]")
        camera.take("checklist", page.locator("header"), page.locator(".checklist"))


def booking(camera: Camera) -> None:
    """What a customer sees: at a desk, and on a phone."""
    path = "/book/massage?staff=anna&location=markt"
    with camera.at(path) as page:
        camera.take("booking", page.locator("header").first, page.locator("main"))
    with camera.at(path, PHONE) as page:
        times = page.get_by_role("button", name=re.compile(r"^\d\d:\d\d$"))
        camera.take("booking-phone", page.locator("header").first, times.last)


def calendar(camera: Camera) -> None:
    """An app password, just made."""
    with camera.at("/office/connect", who="anna") as page:
        page.fill("#label", "iPhone")
        camera.press("form:has(#label) [type=submit]")
        secret = page.locator("output.code").inner_text()
        page.evaluate(
            "([secret, example]) => document.querySelectorAll('output, code').forEach("
            "(one) => { one.textContent = one.textContent.replace(secret, example); })",
            [secret, EXAMPLE],
        )
        camera.take("app-password", page.locator("h1"), page.locator("details.app").last)


def call(camera: Camera) -> None:
    """Max Muster calls and wants the same as last time."""
    with camera.at("/office/new", who="empfang") as page:
        page.locator("#name").press_sequentially("max")
        page.locator("#hits [role=option]").first.wait_for()
        camera.take("call-customer", page.locator("h1"), page.locator("#who"), page.locator("#hits"))
        page.locator("#name").press("Enter")
        page.locator(".caller").wait_for()
        page.locator(".next-times input:checked").wait_for()
        page.keyboard.press("6")  # any of the times is taken by its figure
        camera.take("call-time", page.locator("h1"), page.locator("main form"))
        camera.press("[data-enters]")
        camera.take_window("call-done")


def ill(camera: Camera) -> None:
    """Ben is ill tomorrow."""
    tomorrow = (NOW.date() + timedelta(days=1)).isoformat()
    with camera.at("/office/absences/", who="empfang") as page:
        page.select_option("#resource", "ben")
        page.select_option("#kind", "sick")
        page.fill("[name=first]", tomorrow)
        page.fill("[name=last]", tomorrow)
        form = "form:has(#resource)"
        camera.press(f"{form} .acts [type=submit]")
        camera.press(f"{form} [name=all][value=suggested]")
        for left in page.locator(".decisions select").all():
            if not left.input_value():  # nobody is free
                left.select_option("offer" if left.locator("[value=offer]").count() else "cancel")
        camera.take("ill", page.locator("h1"), page.locator(form))
        camera.press(f"{form} .acts:last-of-type [type=submit]")
        camera.take("ill-done", page.locator("[aria-labelledby=away]"))


def health(camera: Camera) -> None:
    """The end of what the server says of itself; before it stands what is true of this machine only."""
    with camera.at("/office/settings/health", who="owner") as page:
        camera.take("health", page.locator(".health li").nth(-4), page.locator(".health li").last)


def plugin(camera: Camera) -> None:
    """The plugin of the page for authors closes the practice on a first Monday at noon."""
    with camera.at("/office/calendar?day=2027-05-03", who="owner") as page:
        page.get_by_text("Closed for cleaning").first.wait_for()
        camera.take("plugin", page.locator("main"))


EMPTY: list[Callable[[Camera], None]] = [first_day]
"""These want a practice that has just been installed."""
FILLED: list[Callable[[Camera], None]] = [booking, calendar, call, ill, health, plugin]


@contextmanager
def practice(language: str, *, filled: bool) -> Iterator[Hall]:
    """A practice of its own: the demo's, or one that nobody has set up."""
    with tempfile.TemporaryDirectory() as folder:
        known = {"name": "Praxis am Markt", "zone": ZONE} if filled else {"name": "Praxis am See"}
        over = {"practice": {**known, "base_url": f"https://{HOST}"}}
        under = {
            "booking": {"undo_seconds": 0},
            "mail": {"directory": "mail"},
            "plugins": {"vorzimmer_holidays": {"country": "DE", "subdivision": "BE"}},
        }
        page = (ROOT / "docs/authors/plugins.md").read_text()
        (Path(folder) / "plugins").mkdir()
        code = re.search(r"```python\n(.*?)```", page, re.DOTALL)
        assert code, "the page for authors has lost its plugin"
        (Path(folder) / "plugins/cleaning.py").write_text(code[1])
        hall = Hall.open(
            Config.load(
                data=Path(folder) / "data", plugin_dir=Path(folder) / "plugins", under=under, over=over
            )
        )
        prepare(hall) if filled else hall.migrate()
        try:
            yield hall
        finally:
            hall.database.dispose()


@contextmanager
def served(hall: Hall) -> Iterator[int]:
    """Serve it over https with a certificate of a minute; the port."""
    server = make_server("127.0.0.1", 0, create_app(hall), threaded=True, ssl_context="adhoc")
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield server.port
    finally:
        server.shutdown()


def main() -> None:
    """Make all of them, or those that are named."""
    wanted = set(sys.argv[1:])
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    setattr(database, "now", lambda session: NOW.astimezone(UTC))  # noqa: B010  (mypy takes no plain assignment to a function)
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    for language in LANGUAGES:
        for filled, shots in ((False, EMPTY), (True, FILLED)):
            chosen = [shot for shot in shots if not wanted or shot.__name__ in wanted]
            if not chosen:
                continue
            with practice(language, filled=filled) as hall, served(hall) as port, sync_playwright() as play:
                rules = f"--host-resolver-rules=MAP {HOST}:443 127.0.0.1:{port}"
                browser = play.chromium.launch(
                    executable_path=chromium,
                    args=["--no-sandbox", rules, f"--lang={LANGUAGES[language]}"],
                    env={**os.environ, "LANGUAGE": LANGUAGES[language].replace("-", "_")},  # of date fields
                )
                for shot in chosen:
                    shot(Camera(browser, language, hall))
                browser.close()


if __name__ == "__main__":
    main()
