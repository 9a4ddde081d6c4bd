"""The catalogues of messages: `check` what is missing in them, or `update` them from the sources.

Every package with a folder `translations/` has one `messages.po` for each language. The msgids are the English
texts; `update` writes them into the English catalogue.
"""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parent.parent
LANGUAGES = ["de", "en", "fr", "ru"]
METHODS = [("**.py", "python"), ("**/templates/**", "jinja2"), ("**.js", "javascript")]
KEYWORDS: dict[str, Any] = {
    "_": None,
    "N_": None,
    "gettext": None,
    "lazy_gettext": None,
    "ngettext": (1, 2),
    "pgettext": ((1, "c"), 2),
}
# Trimmed as Jinja's own i18n policy of the pages is.
OPTIONS = {"**/templates/**": {"trimmed": "true"}}


def packages() -> list[Path]:
    """Every package with texts of its own."""
    return sorted(path.parent for path in ROOT.glob("*/vorzimmer*/translations"))


def catalogue(package: Path, language: str) -> Path:
    """Where a package keeps a language."""
    return package / "translations" / language / "LC_MESSAGES/messages.po"


def template(package: Path) -> Catalog:
    """What the sources of a package want translated."""
    found = Catalog(project=package.name, charset="utf-8")
    for name, line, text, comments, context in extract_from_dir(
        package, METHODS, OPTIONS, KEYWORDS, ("L10n:",), strip_comment_tags=True
    ):
        found.add(text, None, [(f"{package.name}/{name}", line)], auto_comments=comments, context=context)
    return found


def read(path: Path, language: str) -> Catalog:
    """A catalogue, empty where there is none yet."""
    if not path.exists():
        return Catalog(locale=language)
    with path.open("rb") as file:
        return read_po(file, locale=language)


def is_translated(wanted: Message, held: Message | None) -> bool:
    """All plural forms there, and nobody only guessed them."""
    if held is None or held.fuzzy:
        return False
    texts = held.string if isinstance(held.string, (list, tuple)) else [held.string]
    return isinstance(wanted.id, (list, tuple)) == isinstance(held.id, (list, tuple)) and all(texts)


def faults() -> Iterator[str]:
    """What a reader of some language would miss, or read wrongly."""
    for package in packages():
        wanted = [message for message in template(package) if message.id]
        for language in LANGUAGES:
            held = read(catalogue(package, language), language)
            for message in wanted:
                found = held.get(message.id, message.context)
                if not is_translated(message, found):
                    yield f"{package.name} {language}: not translated: {message.id!r}"
                elif found is not None:
                    yield from (
                        f"{package.name} {language}: {message.id!r}: {fault}" for fault in found.check()
                    )


def update() -> None:
    """Bring the catalogues up to the sources; what is new stays empty, what is gone goes."""
    for package in packages():
        wanted = template(package)
        for language in LANGUAGES:
            path = catalogue(package, language)
            held = read(path, language)
            held.update(wanted, no_fuzzy_matching=True)
            held.obsolete.clear()
            if language == "en":
                for message in held:
                    message.string = message.string if is_translated(message, message) else message.id
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("wb") as file:
                write_po(file, held, width=110, omit_header=False, include_lineno=False, sort_output=True)


def main(command: str) -> int:
    """Exit 1 where something is missing."""
    if command == "update":
        update()
    missing = list(faults())
    print("\n".join(missing) or f"catalogues: complete in {', '.join(LANGUAGES)}")
    return 1 if missing and command == "check" else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
