"""Tables that leave the house as CSV: Excel opens them as they are, and no cell becomes a formula (C21, A84)."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Sequence

from flask import Response, request
from flask_babel import get_locale

SEPARATORS = {"semicolon": ";", "comma": ","}
FORMULA = tuple("=+-@\t\r\n＝＋－＠")
PHONE = re.compile(r"\+\d[\d ()/.-]{4,30}")
"""A plain telephone number, which no spreadsheet can take for more than a number."""
BOM = "\N{ZERO WIDTH NO-BREAK SPACE}"


def separator() -> str:
    """The one that was chosen, else the one that Excel expects in the language of the page."""
    locale = get_locale()
    usual = "," if locale is not None and locale.language == "en" else ";"
    return SEPARATORS.get(request.form.get("separator", ""), usual)


def written(rows: Iterable[Sequence[str]], separator: str) -> str:
    """All cells quoted; what would be a formula has an apostrophe before it."""
    text = io.StringIO()
    writer = csv.writer(text, delimiter=separator, quoting=csv.QUOTE_ALL)
    writer.writerows([defused(cell) for cell in row] for row in rows)
    return text.getvalue()


def defused(cell: str) -> str:
    """The cell as a text in any spreadsheet, also behind blanks, which some leave away."""
    if PHONE.fullmatch(cell):
        return cell
    return f"'{cell}" if cell.lstrip(" \N{NO-BREAK SPACE}").startswith(FORMULA) else cell


def answer(rows: Iterable[Sequence[str]], name: str) -> Response:
    """A file to keep, UTF-8 with the mark that Excel needs to see it."""
    body = (BOM + written(rows, separator())).encode()
    headers = {
        "Content-Disposition": f'attachment; filename="{name}.csv"',
        "Cache-Control": "no-store",
    }
    return Response(body, content_type="text/csv; charset=utf-8", headers=headers)
