"""The rules of free time (docs/rules.md): what code and `explain` call by a number is there, and a test holds each."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs/rules.md"
GERMAN = ROOT / "docs/de/rules.md"
ROOTS = ("core", "plugins", "caldav_bridge", "web", "packaging", "docs")
SOURCES = {".py", ".html", ".js", ".css", ".md"}
BUILT = {"node_modules", "dist"}
NOT_YET = "not done yet"
LATER = {
    9: "zone data that change are not looked for",
    16: "hours know weekdays and dates only",
    28: "no setting looks at what a start would leave",
    29: "an appointment has one service",
    39: "nothing is counted by day, week or month",
    43: "a person's appointments overlap by hand only",
    51: "nothing is paid in advance",
    58: "who is free is chosen by load alone",
    **dict.fromkeys((65, 66, 67), "there are no courses"),
    68: "there is no waiting list",
    **dict.fromkeys((69, 70), "there are no series of appointments"),
}
"""Rules that no code keeps, and why. Whoever brings one names it in its tests and takes it out of here."""

ONE = re.compile(r"\b(?:rule|Regel) (\d+)", re.IGNORECASE)
SEVERAL = re.compile(
    r"\b(?:rules|Regeln) (\d+(?:(?:, and |, | and | or | und | to | bis |-|–)\d+)*)", re.IGNORECASE
)
RANGE = re.compile(r"(\d+)(?:(?: to | bis |-|–)(\d+))?")
REASON = re.compile(r"\b(?:Why|Busy|Refusal|Closing)\(")


def rules(page: Path) -> dict[int, str]:
    """The text of each rule by its number, in the order of the page."""
    found = re.findall(r"^(\d+)\. (.*(?:\n    .*)*)", page.read_text(), re.MULTILINE)
    return {int(number): re.sub(r"\s+", " ", text) for number, text in found}


def named(text: str) -> set[int]:
    """The rules that a text calls by their numbers: "rule 45", "rules 44 to 47", "(rules 52, 53)"."""
    line = re.sub(r"\s+(?:# )?", " ", text)
    spans = [(number, "") for number in ONE.findall(line)]
    spans += [span for several in SEVERAL.findall(line) for span in RANGE.findall(several)]
    return {number for first, last in spans for number in range(int(first), int(last or first) + 1)}


def files(*roots: str) -> Iterator[Path]:
    """What people wrote below these folders."""
    for path in (path for root in roots for path in sorted((ROOT / root).rglob("*"))):
        if path.suffix in SOURCES and not BUILT & set(path.parts) and path != Path(__file__):
            yield path


def explained() -> dict[int, Path]:
    """The numbers in `explain`'s answers: modules that give reasons have no other texts of digits alone."""
    return {
        int(node.value): path
        for path in files(*ROOTS)
        if path.suffix == ".py" and REASON.search(path.read_text())
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value.isdigit()
    }


@pytest.mark.parametrize("page", [PAGE, GERMAN], ids=["en", "de"])
def test_the_rules_are_numbered_without_a_gap(page: Path) -> None:
    assert list(rules(page)) == [*range(1, 83)]


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("nothing (rule 45).", {45}),
        ("Rules 44 to 47, and more", {44, 45, 46, 47}),
        ("(rules 2, 4-6 and\n    # 10)", {2, 4, 5, 6, 10}),
        ("rule 5: 31 October; rule 7", {5, 7}),
        ("three overrule 9", set()),
    ],
)
def test_numbers_are_read_as_people_write_them(text: str, numbers: set[int]) -> None:
    assert named(text) == numbers


def test_every_rule_that_code_and_manual_name_is_there() -> None:
    found = {path: named(path.read_text()) for path in files(*ROOTS)}
    assert set().union(*found.values()) >= {1, 45, 81}
    known = set(rules(PAGE))
    assert {path: unknown for path, numbers in found.items() if (unknown := numbers - known)} == {}


def test_every_number_that_the_explainer_answers_is_there() -> None:
    found = explained()
    assert found.keys() >= {2, 12, 17, 18, 36, 40, 52, 79}
    known = set(rules(PAGE))
    assert {number: path for number, path in found.items() if number not in known} == {}


def test_every_rule_is_named_by_a_test_but_for_those_that_are_not_done_yet() -> None:
    tested = set().union(*(named(path.read_text()) for path in files("tests")))
    assert sorted(set(rules(PAGE)) - tested) == sorted(LATER)


def test_a_rule_that_is_not_done_yet_says_so() -> None:
    assert [number for number in LATER if NOT_YET not in rules(PAGE)[number]] == []
