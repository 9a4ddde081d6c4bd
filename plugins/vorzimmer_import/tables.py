"""Tables as other programs write them: encoding and separator are found out, broken lines are told apart (D1)."""

from __future__ import annotations

import csv
import io
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import chain, islice
from pathlib import Path
from typing import Any

from vorzimmer.reasons import N_
from vorzimmer_import.letters import UnsureError, encoding_of

LONGEST_LINE = 64 * 1024
MOST_CELLS = 200
_SEPARATORS = ",;\t"
_FIRST = 30
"""So many lines are looked at to find separator and heading."""
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


@dataclass(frozen=True)
class Told:
    """What is said of a file, where it shall not be found out: its encoding, and the line of its heading."""

    encoding: str = ""
    heading: int = 0


NOTHING_TOLD = Told()


def read(
    path: Path, told: Told = NOTHING_TOLD, knows: Callable[[list[str]], int] = len
) -> tuple[Row, Iterator[Row]]:
    """The heading of a file, and its rows as they are asked for; `knows` counts the headings that are understood.

    Raises ValueError (a msgid) where there is no heading, and where the encoding has to be chosen.
    """
    csv.field_size_limit(10 * LONGEST_LINE)
    lines = ((number, text) for number, text in _lines(path, _encoding(path, told)) if number >= told.heading)
    first = list(islice((line for line in lines if line[1].strip()), _FIRST))
    separator = _told(first) or _separator([text for _number, text in first])
    if first and first[0][1].lower().startswith("sep="):
        first = first[1:]
    if not told.heading:
        first = _from_heading(first, separator, knows)
    rows = _rows(chain(first, lines), separator)
    head = next(rows, None)
    if head is None or head.flaw or not any(cell.strip() for cell in head.cells):
        raise ValueError(NO_HEADING)
    names = head.cells[:MOST_CELLS]
    while not names[-1]:
        names.pop()
    return Row(head.number, head.text, names), (_fitted(row, len(names)) for row in rows)


def _encoding(path: Path, told: Told) -> str:
    """What was told counts, but for files with two bytes a letter, which nothing else can be."""
    if not told.encoding:
        return encoding_of(path)
    with suppress(UnsureError):
        if (found := encoding_of(path)).startswith("utf-16"):
            return found
    return "utf-8-sig" if told.encoding == "utf-8" else told.encoding


def _from_heading(
    first: list[tuple[int, str]], separator: str, knows: Callable[[list[str]], int]
) -> list[tuple[int, str]]:
    """Without the title lines above the heading: it has several cells, and most that are understood."""
    rows = [[cell.strip() for cell in _row(number, text, separator).cells] for number, text in first]
    filled = [sum(map(bool, cells)) for cells in rows]
    if not filled or (filled[0] > 1 and knows(rows[0])):
        return first
    known = [knows(cells) if number > 1 else 0 for cells, number in zip(rows, filled, strict=True)]
    if max(known) > 1:
        return first[known.index(max(known)) :]
    times = Counter(number for number in filled if number)
    titles = filled[0] == 1 and max(times, key=lambda number: (times[number], number)) > 1
    return first[next(at for at, number in enumerate(filled) if number > 1) :] if titles else first


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
        if row.flaw or any(row.cells):  # a line of separators alone is an empty one
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
            flaw=N_("Cells in this line: %(found)d, in the heading: %(expected)d."),
            facts=facts,
        )
    return Row(row.number, row.text, row.cells[:width])
