"""The pages of `docs/` as pages of the server.

A page's last line may say which pages of the office it explains, by the beginnings of their addresses:
`<!-- explains: /office/absences /office/new -->`. The longest beginning decides.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from markdown_it import MarkdownIt
from markdown_it.token import Token

ENGLISH = "en"
INDEX = "README"
RULES = "rules"
PICTURES = "pictures/"
_EXPLAINS = re.compile(r"<!-- explains: ([^>]*) -->\s*\Z")


@dataclass(frozen=True)
class Page:
    """One page: its text in each language that it is written in, English always among them."""

    name: str
    texts: Mapping[str, str]

    def text(self, language: str) -> tuple[str, str]:
        """Language and text: the reader's, else English."""
        told = language if language in self.texts else ENGLISH
        return told, self.texts[told]

    def title(self, language: str) -> str:
        """Its first heading."""
        return self.text(language)[1].partition("\n")[0].removeprefix("# ")


@dataclass(frozen=True)
class Manual:
    """Every page by name (`staff/call`), every picture by name, and what explains what."""

    folder: Path
    pages: Mapping[str, Page]
    pictures: frozenset[str]
    explained: Mapping[str, str]

    def of(self, path: str) -> str:
        """The name of the page that explains an address of this server; the index where none does."""
        fitting = [beginning for beginning in self.explained if path.startswith(beginning)]
        return self.explained[max(fitting, key=len)] if fitting else INDEX


@cache
def manual() -> Manual:
    """The manual as it was shipped: in the package, in a checkout beside the roots."""
    folder = next(path for path in _folders() if path.is_dir())
    languages = [path.name for path in folder.iterdir() if re.fullmatch("[a-z]{2}", path.name)]
    pages: dict[str, Page] = {}
    explained: dict[str, str] = {}
    for name in _names(folder, languages):
        texts, beginnings = {}, ""
        for language in (*languages, ENGLISH):
            file = folder / ("" if language == ENGLISH else language) / f"{name}.md"
            if file.is_file():
                text = file.read_text(encoding="utf-8")
                found = _EXPLAINS.search(text)
                beginnings = found[1] if found else ""
                texts[language] = _EXPLAINS.sub("", text)
        pages[name] = Page(name, texts)
        explained |= dict.fromkeys(beginnings.split(), name)
    pictures = frozenset(str(path.relative_to(folder)) for path in (folder / PICTURES).rglob("*.png"))
    return Manual(folder, pages, pictures, explained)


def _folders() -> list[Path]:
    package = Path(__file__).parents[1]
    return [package / "manual", package.parents[1] / "docs"]


def _names(folder: Path, languages: list[str]) -> Iterator[str]:
    """The English pages; a translation is another text of one of these."""
    for path in sorted(folder.rglob("*.md")):
        parts = path.relative_to(folder).with_suffix("").parts
        if parts[0] not in languages:
            yield "/".join(parts)


@cache
def html(name: str, language: str, root: str) -> str:
    """A page as HTML; links and pictures lead to addresses below `root`, and those that leave the manual are words.

    Each rule can be linked to by its number.
    """
    told, text = manual().pages[name].text(language)
    markdown = MarkdownIt("commonmark", {"html": False}).enable("table")
    tokens = markdown.parse(text)
    here = posixpath.dirname(f"{told}/{name}" if told != ENGLISH else name)
    for token in tokens:
        if name == RULES and token.type == "list_item_open":
            token.attrs["id"] = f"rule-{token.info}"
        token.children = list(_led(token.children, here, root)) if token.children else token.children
    return str(markdown.renderer.render(tokens, markdown.options, {}))


def _led(tokens: list[Token], here: str, root: str) -> Iterator[Token]:
    """The tokens of a line with every address as it is on this server."""
    dropped = 0
    for token in tokens:
        if token.type == "image":
            token.attrs["src"] = root + _resolved(here, str(token.attrs["src"]))
            token.attrs["loading"] = "lazy"
        elif token.type == "link_open":
            address = _address(here, str(token.attrs["href"]), root)
            if not address:
                dropped += 1
                continue
            token.attrs["href"] = address
        elif token.type == "link_close" and dropped:
            dropped -= 1
            continue
        yield token


def _address(here: str, target: str, root: str) -> str:
    """Where a link of the manual leads here; empty for a file that is not shipped."""
    if re.match(r"https?:", target):
        return target
    path, _, part = target.partition("#")
    name = re.sub(r"^[a-z]{2}/", "", _resolved(here, path)).removesuffix(".md") if path else here
    if name not in manual().pages:
        return ""
    return root + ("" if name == INDEX else name) + (f"#{part}" if part else "")


def _resolved(here: str, target: str) -> str:
    return posixpath.normpath(posixpath.join(here, target))
