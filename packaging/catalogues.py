"""The catalogues of messages: `check` what is missing in them, or `update` them from the sources.

Every package with texts has one `translations/<language>/LC_MESSAGES/messages.po` for each language. The msgids are
the English texts; `update` writes them into the English catalogue.
"""

import re
import sys
from collections.abc import Iterator
from copy import deepcopy
from io import BytesIO
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
CHANGING = tuple(
    f'"{name}:'.encode()
    for name in (
        "Project-Id-Version",
        "Report-Msgid-Bugs-To",
        "POT-Creation-Date",
        "PO-Revision-Date",
        "Last-Translator",
        "Language-Team",
        "Generated-By",
    )
)
# Trimmed as Jinja's own i18n policy of the pages is.
OPTIONS = {"**/templates/**": {"trimmed": "true"}}


def packages() -> Iterator[tuple[Path, Catalog]]:
    """Every package with texts of its own, and these."""
    for folder in sorted(path for path in ROOT.glob("*/vorzimmer*") if path.is_dir()):
        if len(wanted := template(folder)):
            yield folder, wanted


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
    for package, wanted in packages():
        for language in LANGUAGES:
            held = read(catalogue(package, language), language)
            for message in filter(lambda message: message.id, wanted):
                found = held.get(message.id, message.context)
                if not is_translated(message, found):
                    yield f"{package.name} {language}: not translated: {message.id!r}"
                elif found is not None:
                    yield from (
                        f"{package.name} {language}: {message.id!r}: {fault}" for fault in found.check()
                    )


def written(held: Catalog, comment: str) -> bytes:
    """A catalogue as a file that changes only where its texts do: no dates, no names in the header."""
    held.header_comment, held.fuzzy = comment, False
    file = BytesIO()
    write_po(file, held, width=110, include_lineno=False, sort_output=True)
    return b"".join(
        line for line in file.getvalue().splitlines(keepends=True) if not line.startswith(CHANGING)
    )


def bound(text: Any) -> Any:
    """French sets high punctuation off by a space, at which no line breaks."""
    if isinstance(text, (list, tuple)):
        return tuple(map(bound, text))
    text = re.sub(r"(?<=«) | (?=:(?:\s|$)|»)", "\N{NO-BREAK SPACE}", text)
    return re.sub(r"[ \xa0](?=[;?!])", "\N{NARROW NO-BREAK SPACE}", text)


def update() -> None:
    """Bring the catalogues up to the sources; what is new stays empty, what is gone goes."""
    for package, wanted in packages():
        for language in LANGUAGES:
            path = catalogue(package, language)
            held = read(path, language)
            held.update(deepcopy(wanted), no_fuzzy_matching=True)  # else languages share their new texts
            held.obsolete.clear()
            for message in held:
                if language == "en" and not is_translated(message, message):
                    message.string = message.id
                elif language == "fr" and message.id and message.string:
                    message.string = bound(message.string)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(written(held, f"# Texts of {package.name}: {language}\n#"))


def main(command: str) -> int:
    """Exit 1 where something is missing."""
    if command == "update":
        update()
    missing = list(faults())
    print("\n".join(missing) or f"catalogues: complete in {', '.join(LANGUAGES)}")
    return 1 if missing and command == "check" else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
