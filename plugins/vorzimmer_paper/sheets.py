"""Sheets of paper as PDF: the list of a day, an appointment slip, a reminder card."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape
from zoneinfo import ZoneInfo

import segno
from reportlab.lib.colors import HexColor
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Flowable, Paragraph, SimpleDocTemplate, Spacer, Table, TableStyle

from vorzimmer.icalendar import writer as ical
from vorzimmer.models import Booking
from vorzimmer.reasons import N_
from vorzimmer.settings.config import Practice
from vorzimmer.text.texts import Reader
from vorzimmer_paper.days import List, with_whom

FONTS = Path(__file__).parent / "fonts"
PLAIN, BOLD = "DejaVuSans", "DejaVuSans-Bold"
SOFT, LINE = HexColor("#566166"), HexColor("#b9c2c4")
SLIP = (105 * mm, 148 * mm)
"""A6."""
CARD = (85 * mm, 55 * mm)
"""As a business card."""
ON_CARD = 4
"""So many appointments stand on a card."""
MARGIN, FRAME = 15 * mm, 6
"""From the edge of a list; reportlab leaves another 6 points of its own."""
HEADS = (N_("Time"), N_("Customer"), N_("Service"), N_("With"))
COLUMNS = (25 * mm, 68 * mm, 46 * mm, 41 * mm)


@cache
def _fonts() -> None:
    """Latin, Cyrillic, Greek and more; read once."""
    for name in (PLAIN, BOLD):
        pdfmetrics.registerFont(TTFont(name, FONTS / f"{name}.ttf"))
    pdfmetrics.registerFontFamily(PLAIN, normal=PLAIN, bold=BOLD, italic=PLAIN, boldItalic=BOLD)


def style(size: float, **more: Any) -> ParagraphStyle:
    """How a text of this size is set."""
    return ParagraphStyle(
        "", fontName=PLAIN, fontSize=size, leading=size * 1.3, embeddedHyphenation=1, **more
    )


def text(said: str, size: float = 9, **more: Any) -> Paragraph:
    """A text without markup."""
    return Paragraph(escape(ical.plain(said)), style(size, **more))


def _two(first: str, second: str, size: float = 9) -> Paragraph:
    """A line, and a small one below it where there is anything to say."""
    below = (
        f'<br/><font size="{size - 1.5}" color="#566166">{escape(ical.plain(second))}</font>'
        if second
        else ""
    )
    return Paragraph(f"{escape(ical.plain(first))}{below}", style(size))


# ---- the list of a day -----------------------------------------------------------------------------------------------


def day_list(reader: Reader, practice: Practice, found: List) -> bytes:
    """The list of a day on as many pages as it takes."""
    _fonts()
    written = BytesIO()
    whose = " · ".join(one.name for one in (found.person, found.place) if one)
    title = reader.day(found.day)
    title = title[0].upper() + title[1:]
    page = SimpleDocTemplate(
        written,
        pagesize=A4,
        leftMargin=MARGIN - FRAME,
        rightMargin=MARGIN - FRAME,
        topMargin=MARGIN,
        bottomMargin=18 * mm,
        title=f"{title} – {practice.name}",
        lang=reader.language,
    )
    number = reader.ngettext("%(num)d appointment", "%(num)d appointments", len(found.bookings))
    head: list[Flowable] = [
        text(title, 16, spaceAfter=2),
        text(" · ".join(filter(None, [whose, number])), 10, textColor=SOFT),
        *([text(_away(reader, found), 10)] if found.away else []),
        Spacer(1, 5 * mm),
    ]
    foot = f"{practice.name}{f', {practice.phone}' if practice.phone else ''}"

    def footer(canvas: Canvas, document: Any) -> None:
        canvas.setFont(PLAIN, 7.5)
        canvas.setFillColor(SOFT)
        canvas.drawString(MARGIN, 10 * mm, ical.plain(foot))
        canvas.drawRightString(A4[0] - MARGIN, 10 * mm, str(document.page))

    page.build(
        [*head, _table(reader, found)] if found.bookings else head, onFirstPage=footer, onLaterPages=footer
    )
    return written.getvalue()


def _away(reader: Reader, found: List) -> str:
    return f"{reader.gettext('Away:')} {', '.join(' '.join(filter(None, one)) for one in found.away)}"


def _table(reader: Reader, found: List) -> Table:
    heads = [text(reader.gettext(name), 8, textColor=SOFT) for name in HEADS]
    rows = [heads, *(_row(reader, one, found) for one in found.bookings)]
    ruled = TableStyle(
        [
            ("VALIGN", (0, 0), (-1, -1), "TOP"),
            ("LINEBELOW", (0, 0), (-1, -1), 0.4, LINE),
            ("LEFTPADDING", (0, 0), (0, -1), 0),
            ("TOPPADDING", (0, 0), (-1, -1), 4),
            ("BOTTOMPADDING", (0, 0), (-1, -1), 5),
        ]
    )
    return Table(rows, colWidths=COLUMNS, repeatRows=1, style=ruled)


def _row(reader: Reader, one: Booking, found: List) -> list[Flowable]:
    zone = found.zone
    time = f"{reader.clock(one.starts, zone)}–{reader.clock(one.ends, zone)}"
    waits = reader.gettext("request open") if one.status == "requested" else ""
    return [
        _two(time, waits),
        _two(one.whom, one.telephone),
        _two(one.service.name, " · ".join(filter(None, [one.message[:200], _note(reader, found, one)]))),
        _two(with_whom(one), ", ".join(filter(None, [one.location.name if found.spread else "", one.place]))),
    ]


def _note(reader: Reader, found: List, one: Booking) -> str:
    return f"{reader.gettext('Note:')} {one.note[:200]}" if found.notes and one.note else ""


# ---- for the customer's hand -----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Key:
    """What opens an appointment: a link, as a code for cameras; and address, reference and code to be typed (D4)."""

    link: str
    address: str
    reference: str
    code: str

    def lines(self, reader: Reader) -> list[str]:
        """The words and signs to be typed; nothing where the appointment has no reference."""
        if not self.reference:
            return []
        return [
            self.address,
            reader.gettext("Reference: %(number)s", number=self.reference),
            reader.gettext("Code: %(code)s", code=self.code),
        ]


def slip(reader: Reader, practice: Practice, booking: Booking, key: Key) -> bytes:
    """An appointment on a sheet of A6, with what opens it as a code for cameras and to be typed (D4)."""
    canvas, written = sheet(SLIP, f"{booking.service.name} – {practice.name}")
    left, width = 9 * mm, SLIP[0] - 18 * mm
    zone = ZoneInfo(booking.zone)
    times = f"{reader.clock(booking.starts, zone)}–{reader.clock(booking.ends, zone)}"
    parts = [
        text(practice.name, 9, textColor=SOFT, spaceAfter=6),
        text(reader.gettext("Your appointment"), 9, spaceAfter=1),
        Paragraph(f"<b>{escape(reader.day(booking.starts.astimezone(zone).date()))}</b>", style(12.5)),
        Paragraph(f"<b>{escape(times)}</b>", style(19, spaceAfter=6)),
        text(booking.service.name, 11),
        text(
            ", ".join(
                dict.fromkeys(a.resource.name for a in booking.allocations if a.resource.kind == "staff")
            ),
            10,
            spaceAfter=4,
        ),
        text(ical.where(booking), 9, spaceAfter=4),
        text(booking.name, 9, textColor=SOFT),
    ]
    flow(canvas, parts, left, SLIP[1] - 9 * mm, width)
    size = 34 * mm
    code(canvas, key.link, left, 9 * mm, size)
    said = reader.gettext("See, move or cancel the appointment: point the camera of your phone at the code.")
    lines = key.lines(reader)
    typed = [text(reader.gettext("Or type:"), 8.5), *(text(line, 8.5) for line in lines)] if lines else []
    beside = [text(said, 8.5, spaceAfter=3), *typed, Spacer(1, 3), text(practice.phone, 10)]
    flow(canvas, beside, left + size + 4 * mm, 9 * mm + size, width - size - 4 * mm)
    canvas.save()
    return written.getvalue()


def card(reader: Reader, practice: Practice, bookings: Sequence[Booking], key: Key) -> bytes:
    """A card with the next appointments, and what opens the first one (D4, K65)."""
    title = reader.gettext("Your appointments")
    canvas, written = sheet(CARD, f"{title} – {practice.name}")
    left, size = 5 * mm, 23 * mm
    width = CARD[0] - 3 * left - size
    parts: list[Flowable] = [text(practice.name, 7.5, textColor=SOFT, spaceAfter=3)]
    for one in bookings[:ON_CARD]:
        moment = reader.when(one.starts, ZoneInfo(one.zone), year=0)
        parts.append(Paragraph(f"<b>{escape(moment)}</b>", style(8)))
        what = ", ".join(filter(None, [one.service.name, one.staff.name if one.staff else ""]))
        parts.append(text(what, 6.5, spaceAfter=2.5))
    flow(canvas, parts, left, CARD[1] - left, width)
    code(canvas, key.link, CARD[0] - left - size, CARD[1] - left - size, size)
    said = [
        text(reader.gettext("Move or cancel"), 6.5, alignment=1),
        text(practice.phone, 6.5, alignment=1),
    ]
    said += [text(line, 5, alignment=1) for line in key.lines(reader)]
    flow(canvas, said, CARD[0] - left - size, CARD[1] - left - size - 1.5 * mm, size)
    canvas.save()
    return written.getvalue()


def sheet(size: tuple[float, float], title: str) -> tuple[Canvas, BytesIO]:
    """An empty sheet, and where it is written to when it is saved."""
    _fonts()
    written = BytesIO()
    canvas = Canvas(written, pagesize=size, pageCompression=1)
    canvas.setTitle(ical.plain(title))
    return canvas, written


def flow(
    canvas: Canvas, parts: Sequence[Flowable], left: float, top: float, width: float, *, least: float = 4
) -> None:
    """Texts below each other from the top; what finds no room above `least` is left out."""
    for part in parts:
        _width, height = part.wrap(width, top)
        if top - height < least:
            return
        part.drawOn(canvas, left, top - height)
        top -= height + part.getSpaceAfter()


def code(canvas: Canvas, link: str, left: float, bottom: float, size: float) -> None:
    """A QR code of a link, in squares."""
    rows = list(segno.make(link, error="m", micro=False).matrix_iter(border=1))
    unit = size / len(rows)
    canvas.setFillColorRGB(0, 0, 0)
    for number, row in enumerate(rows):
        for column, dark in enumerate(row):
            if dark:
                y = bottom + size - (number + 1) * unit
                canvas.rect(left + column * unit, y, unit * 1.02, unit * 1.02, stroke=0, fill=1)
