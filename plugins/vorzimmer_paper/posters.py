"""What tells people that one can book online: a poster, and business cards to be cut out (O72)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

from reportlab.lib.colors import HexColor
from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.pdfbase.pdfmetrics import stringWidth
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Flowable, Paragraph

from vorzimmer.icalendar import writer as ical
from vorzimmer.reasons import N_
from vorzimmer.settings.config import Practice
from vorzimmer.text.texts import Reader
from vorzimmer_paper.sheets import BOLD, CARD, SOFT, code, flow, sheet, style, text

ACCENT = "#0b6b6b"
SAID = N_("Book your appointment online")
HOW = N_("Point the camera of your phone at the code.")
COLUMNS, ROWS = 2, 5
CUT = 3 * mm
"""How long the marks are along which one cuts."""


@dataclass(frozen=True)
class Offer:
    """Who offers, at which address, and where that is if there is one place alone."""

    practice: Practice
    address: str
    where: str

    @property
    def short(self) -> str:
        """The address as one types it."""
        return self.address.partition("://")[2].rstrip("/")


def poster(offer: Offer, readers: Sequence[Reader]) -> bytes:
    """A sheet of A4: what, in every language of the practice; the code, the address, the telephone."""
    canvas, written = sheet(A4, f"{readers[0].gettext(SAID)} – {offer.practice.name}")
    left, width = 20 * mm, A4[0] - 40 * mm
    canvas.setFillColor(HexColor(offer.practice.accent or ACCENT))
    canvas.rect(0, A4[1] - 8 * mm, A4[0], 8 * mm, stroke=0, fill=1)
    first, *others = readers
    head: list[Flowable] = [
        text(offer.practice.name, 22, alignment=1, textColor=SOFT, spaceAfter=14 * mm),
        Paragraph(f"<b>{escape(first.gettext(SAID))}</b>", style(38, alignment=1, spaceAfter=6 * mm)),
        *(text(one.gettext(SAID), 17, alignment=1, textColor=SOFT, spaceAfter=2 * mm) for one in others),
    ]
    flow(canvas, head, left, A4[1] - 26 * mm, width)
    size = 95 * mm
    code(canvas, offer.address, (A4[0] - size) / 2, 72 * mm, size)
    foot = [
        text(first.gettext(HOW), 13, alignment=1, textColor=SOFT, spaceAfter=4 * mm),
        Paragraph(
            f"<b>{escape(ical.plain(offer.short))}</b>",
            style(_fitting(offer.short, 18, width), alignment=1, spaceAfter=4 * mm),
        ),
        text(" · ".join(filter(None, [offer.where, offer.practice.phone])), 13, alignment=1),
    ]
    flow(canvas, foot, left, 66 * mm, width)
    canvas.save()
    return written.getvalue()


def _fitting(line: str, size: float, width: float) -> float:
    """The size, or a smaller one in which the line is not broken."""
    needed = stringWidth(line, BOLD, size)
    return size if needed <= width else max(9, size * width / needed * 0.98)


def cards(offer: Offer, readers: Sequence[Reader]) -> bytes:
    """Ten business cards on a sheet of A4, with marks to cut along."""
    canvas, written = sheet(A4, f"{readers[0].gettext(SAID)} – {offer.practice.name}")
    left, bottom = (A4[0] - COLUMNS * CARD[0]) / 2, (A4[1] - ROWS * CARD[1]) / 2
    _marks(canvas, left, bottom)
    for row in range(ROWS):
        for column in range(COLUMNS):
            _card(canvas, offer, readers[0], left + column * CARD[0], bottom + row * CARD[1])
    canvas.save()
    return written.getvalue()


def _marks(canvas: Canvas, left: float, bottom: float) -> None:
    canvas.setLineWidth(0.3)
    right, top = left + COLUMNS * CARD[0], bottom + ROWS * CARD[1]
    for column in range(COLUMNS + 1):
        x = left + column * CARD[0]
        canvas.line(x, bottom - CUT, x, bottom)
        canvas.line(x, top, x, top + CUT)
    for row in range(ROWS + 1):
        y = bottom + row * CARD[1]
        canvas.line(left - CUT, y, left, y)
        canvas.line(right, y, right + CUT, y)


def _card(canvas: Canvas, offer: Offer, reader: Reader, left: float, bottom: float) -> None:
    edge, size = 6 * mm, 27 * mm
    practice = offer.practice
    parts: list[Flowable] = [
        Paragraph(f"<b>{escape(ical.plain(practice.name))}</b>", style(11, spaceAfter=2 * mm)),
        text(offer.where, 7, textColor=SOFT, spaceAfter=1),
        text(practice.phone, 8, spaceAfter=3 * mm),
        text(reader.gettext(SAID), 7.5, textColor=HexColor(practice.accent or ACCENT), spaceAfter=1),
        text(offer.short, 6.5),
    ]
    top = bottom + CARD[1] - edge
    flow(canvas, parts, left + edge, top, CARD[0] - 3 * edge / 2 - size - edge, least=bottom + 2 * mm)
    code(canvas, offer.address, left + CARD[0] - edge - size, bottom + (CARD[1] - size) / 2, size)
