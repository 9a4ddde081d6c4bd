"""An address as a QR code, for the screen and for print (K64, K65)."""

from __future__ import annotations

from io import BytesIO

import segno
from flask import Response
from markupsafe import Markup

TYPES = {"svg": "image/svg+xml", "png": "image/png", "pdf": "application/pdf"}
SCALES = {"svg": 10, "png": 20, "pdf": 8}
"""Units of a file for each module of the code: about 700 pixels, or 10 cm on paper."""


def drawn(address: str, title: str) -> Markup:
    """The code, drawn into the page."""
    code = segno.make(address, error="m")
    return Markup(code.svg_inline(scale=4, light="#fff", title=title, omitsize=True))  # noqa: S704  (segno escapes)


def answer(address: str, kind: str, name: str) -> Response:
    """The code as a file to download: `svg`, `png` or `pdf`."""
    written = BytesIO()
    segno.make(address, error="m").save(written, kind=kind, scale=SCALES[kind], light="#fff")
    found = Response(written.getvalue(), mimetype=TYPES[kind])
    found.headers["Content-Disposition"] = f'attachment; filename="{name}.{kind}"'
    return found
