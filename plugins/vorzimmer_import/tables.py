"""Tables as other programs write them: encoding and separator are found out, broken lines are told apart (D1)."""

from __future__ import annotations

import codecs
import csv
import io
from collections import Counter, deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import chain, islice
from pathlib import Path
from typing import Any

from vorzimmer.reasons import N_

LONGEST_LINE = 64 * 1024
MOST_CELLS = 200
_SEPARATORS = ",;\t"
_CHUNK = 1024 * 1024
_LINES_OF_ONE = 50
"""So many lines may one quoted cell have; a quotation mark that nobody closed would take the whole rest with it."""
_BROKEN = "\N{REPLACEMENT CHARACTER}"
_FORMULA = tuple("=+-@\t\r\n＝＋－＠")

NO_HEADING = N_("The file has no line with headings.")
TOO_LONG = N_("The line is too long.")
UNREADABLE = N_("There are characters here that cannot be read.")
OPEN_QUOTE = N_("A quotation mark is not closed.")


@dataclass(frozen=True)
class Row:
    """One line of a table: where it begins in the file, as it came, its cells; `flaw` says why it has none."""

    number: int
    text: str
    cells: list[str] = field(default_factory=list)
    flaw: str = ""
    facts: dict[str, Any] = field(default_factory=dict)


def read(path: Path) -> tuple[Row, Iterator[Row]]:
    """The heading of a file, and its rows as they are asked for; ValueError (a msgid) where there is no heading."""
    csv.field_size_limit(10 * LONGEST_LINE)
    encoding = encoding_of(path)
    lines = _lines(path, encoding)
    first = list(islice((line for line in lines if line[1].strip()), 30))
    separator = _told(first) or _separator([text for _number, text in first])
    if first and first[0][1].lower().startswith("sep="):
        first = first[1:]
    rows = _rows(chain(first, lines), separator)
    head = next(rows, None)
    if head is None or head.flaw or not any(cell.strip() for cell in head.cells):
        raise ValueError(NO_HEADING)
    names = head.cells[:MOST_CELLS]
    while not names[-1]:
        names.pop()
    return Row(head.number, head.text, names), (_fitted(row, len(names)) for row in rows)


def encoding_of(path: Path) -> str:
    """UTF-8 or UTF-16 by its mark or its zeros; Windows-1252 for what has more wrong UTF-8 than right."""
    with path.open("rb") as stream:
        start = stream.read(4096)
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    if start[1::2].count(0) > len(start) // 4:
        return "utf-16-le"
    if start[::2].count(0) > len(start) // 4:
        return "utf-16-be"
    right = wrong = 0
    decoder = codecs.getincrementaldecoder("utf-8-sig")("replace")
    with path.open("rb") as stream:
        while chunk := stream.read(_CHUNK):
            text = decoder.decode(chunk)
            wrong += text.count(_BROKEN)
            right += len(text) - len(text.encode("ascii", "ignore")) - text.count(_BROKEN)
    return "cp1252" if wrong * 3 > right else "utf-8-sig"


def _lines(path: Path, encoding: str) -> Iterator[tuple[int, str]]:
    """Numbered lines with their ends; an endless one comes in pieces of the same number, all but its start empty."""
    with path.open(encoding=encoding, errors="replace", newline=None) as stream:
        number, whole = 1, True
        while line := stream.readline(LONGEST_LINE):
            if whole:
                yield number, line.replace("\0", "")
            whole = line.endswith("\n")
            number += whole


def _told(first: list[tuple[int, str]]) -> str:
    """The separator that Excel has written into the first line."""
    text = first[0][1].strip() if first else ""
    return text[4:5] if text.lower().startswith("sep=") else ""


def _separator(lines: list[str]) -> str:
    """The one that parts most lines into the same number of cells."""

    def quality(sign: str) -> tuple[int, int]:
        widths = Counter(len(row) for row in csv.reader(lines, delimiter=sign))
        width, times = max(widths.items(), key=lambda found: (found[0] > 1, found[1]), default=(1, 0))
        return (times if width > 1 else 0), width

    return max(_SEPARATORS, key=quality)


def _rows(lines: Iterable[tuple[int, str]], separator: str) -> Iterator[Row]:
    """Rows in order. A cell in quotation marks may have several lines, but no more than all cells fit."""
    waiting: deque[tuple[int, str]] = deque()
    source = iter(lines)
    width = 0
    while waiting or (following := next(source, None)) is not None:
        if not waiting and following is not None:
            waiting.append(following)
        number, text = waiting.popleft()
        if not text.strip():
            continue
        row = _row(number, text, separator)
        if row.flaw is OPEN_QUOTE:
            row, used = _joined(row, waiting, source, separator, width)
            for _ in range(used):
                waiting.popleft()
        width = width or len(row.cells)
        yield row


def _joined(
    row: Row, waiting: deque[tuple[int, str]], source: Iterator[tuple[int, str]], separator: str, width: int
) -> tuple[Row, int]:
    """The row with as many lines after it as close its quotation mark, and how many; itself where none do."""
    text = row.text
    for used in range(1, _LINES_OF_ONE):
        if len(waiting) < used:
            following = next(source, None)
            if following is None:
                break
            waiting.append(following)
        text += waiting[used - 1][1]
        if text.count('"') % 2 == 0:
            whole = _row(row.number, text, separator)
            return (whole, used) if not whole.flaw and width in (0, len(whole.cells)) else (row, 0)
    return row, 0


def _row(number: int, text: str, separator: str) -> Row:
    whole = text.removesuffix("\n")
    if len(text) >= LONGEST_LINE and not text.endswith("\n"):
        return Row(number, whole[:1000], flaw=TOO_LONG)
    if text.count('"') % 2:
        return Row(number, text, flaw=OPEN_QUOTE)
    if _BROKEN in text:
        return Row(number, whole, flaw=UNREADABLE)
    try:
        cells = next(csv.reader(io.StringIO(text, newline=""), delimiter=separator), [])
    except csv.Error:
        return Row(number, whole, flaw=UNREADABLE)
    return Row(number, whole, [_armed(cell.strip()) for cell in cells])


def _armed(cell: str) -> str:
    """What an export of ours put an apostrophe before, lest it be a formula, without it (A84)."""
    return (
        cell[1:]
        if cell.startswith("'") and cell[1:].lstrip(" \N{NO-BREAK SPACE}").startswith(_FORMULA)
        else cell
    )


def _fitted(row: Row, width: int) -> Row:
    """The row with exactly the cells of the heading; empty ones too many go."""
    if row.flaw:
        return Row(row.number, row.text.removesuffix("\n"), flaw=row.flaw)
    if len(row.cells) < width or any(row.cells[width:]):
        facts = {"found": len(row.cells), "expected": width}
        return Row(
            row.number,
            row.text,
            flaw=N_("The line has %(found)d cells instead of %(expected)d."),
            facts=facts,
        )
    return Row(row.number, row.text, row.cells[:width])
