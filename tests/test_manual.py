"""The manual: its pictures and links are there, its labels are those on the screen, and German says the same."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
PAGES = sorted([ROOT / "README.md", *DOCS.rglob("*.md")])
LISTS = {"hooks.md", "reference.md", "rights.md"}
"""Written by programs, from texts that are not the manual's."""
WRITTEN = [ROOT / "README.md", *(page for page in DOCS.glob("**/*/*.md") if page.name not in LISTS)]
GERMAN = sorted((DOCS / "de").glob("*/**/*.md"))
TO_BE_COPIED = re.compile(r"^ *```(?:sh|python|toml)\n(.*?)```", re.DOTALL | re.MULTILINE)


def name(page: Path) -> str:
    """How a test calls a page."""
    return str(page.relative_to(ROOT))


def without_code(page: Path) -> str:
    """What is read, not typed."""
    return re.sub(r"`[^`\n]*`", "", re.sub(r"```.*?```", "", page.read_text(), flags=re.DOTALL))


def on_screen(language: str) -> set[str]:
    """Every text of the pages in a language; what is filled in is an ellipsis."""
    texts: set[str] = set()
    for path in ROOT.glob(f"*/**/translations/{language}/LC_MESSAGES/messages.po"):
        with path.open("rb") as file:
            told = [one.string or one.id for one in read_po(file, locale=language) if one.id]
        texts |= {text for one in told for text in ([one] if isinstance(one, str) else one)}
    return {re.sub(r"%\(\w+\)[sd]", "…", text) for text in texts}


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_what_a_page_links_to_and_shows_is_there(page: Path) -> None:
    links = re.findall(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)", without_code(page))
    assert [link for link in links if not (page.parent / link).exists()] == []


@pytest.mark.parametrize("language", ["de", "en"])
def test_a_label_that_the_manual_names_in_italics_is_on_the_screen(language: str) -> None:
    screen = on_screen(language)
    assert "Neuer Termin" in screen or language == "en"
    assert [
        (name(page), label)
        for page in WRITTEN
        if (page in GERMAN) == (language == "de")
        for label in re.findall(r"(?<![*\w])\*([^*\s][^*]*)\*(?![*\w])", without_code(page))
        for step in re.sub(r"\s+", " ", label).split(" → ")
        if step not in screen
    ] == []


@pytest.mark.parametrize("page", GERMAN, ids=name)
def test_what_a_german_page_tells_to_type_is_what_the_english_one_tells(page: Path) -> None:
    english = DOCS / page.relative_to(DOCS / "de")
    known = TO_BE_COPIED.findall(english.read_text())
    assert [block for block in TO_BE_COPIED.findall(page.read_text()) if block not in known] == []


def test_every_picture_is_used_and_all_of_them_are_small() -> None:
    pictures = sorted((DOCS / "pictures").rglob("*.png"))
    used = "".join(page.read_text() for page in PAGES)
    assert [name(one) for one in pictures if f"pictures/{one.parent.name}/{one.name}" not in used] == []
    assert sum(one.stat().st_size for one in pictures) < 1_500_000
