"""Write `docs/authors/reference.md` from what is public; `check` tells whether it is up to date."""

import inspect
import re
import sys
from collections.abc import Iterator
from enum import Enum
from pathlib import Path
from types import ModuleType
from typing import is_typeddict

import vorzimmer
from vorzimmer import testing

PAGE = Path(__file__).resolve().parents[1] / "docs/authors/reference.md"
HEAD = """# Every name

*Written by `python packaging/reference_page.py` from the docstrings; do not edit it here.*

What a plugin may import; anything else may change without notice. Hooks and their records: [hooks.md](hooks.md).
"""


class Bare(str):
    """An annotation without quotation marks, and without the modules that its names are from."""

    __slots__ = ()

    def __repr__(self) -> str:
        return re.sub(r"\b(?:[A-Za-z_]+\.)+(?=[A-Za-z])", "", self)


def page() -> str:
    """The whole page."""
    return HEAD + "".join(_part(module) for module in (vorzimmer, testing))


def _part(module: ModuleType) -> str:
    names = [name for name in module.__all__ if not name.startswith("pytest_")]
    return f"\n## {module.__name__}\n\n" + "\n".join(_entry(name, getattr(module, name)) for name in names)


def _entry(name: str, value: object) -> str:
    """A name, its first line, and what it has inside."""
    inside = "".join(f"  - {line}\n" for line in _inside(value))
    return f"- **{_title(name, value)}** {_first_line(value)}".rstrip() + "\n" + inside


def _title(name: str, value: object) -> str:
    if _is_fixture(value):
        return f"`{name}` (fixture)"
    if isinstance(value, ModuleType):
        return f"`{name}` (module)"
    return f"`{_call(name, value)}`" if inspect.isfunction(value) or _is_record(value) else f"`{name}`"


def _inside(value: object) -> Iterator[str]:
    """Members of an enumeration, columns of a table, methods of a class, functions and classes of a module."""
    if isinstance(value, type) and issubclass(value, Enum):
        yield ", ".join(f"`{member.name}`" for member in value)
    elif isinstance(value, type) and hasattr(value, "__table__"):
        yield ", ".join(f"`{name}`" for name in inspect.get_annotations(value) if not name.startswith("_"))
    elif isinstance(value, type | ModuleType):
        for name, member in _own(value):
            yield f"`{_call(name, member)}` {_first_line(member)}"


def _own(value: type | ModuleType) -> Iterator[tuple[str, object]]:
    home = value.__name__ if isinstance(value, ModuleType) else value.__module__
    for name, member in vars(value).items():
        if name.startswith("_") or getattr(member, "__module__", "") != home:
            continue
        if (inspect.isfunction(member) and inspect.getdoc(member)) or is_typeddict(member):
            yield name, member
        elif isinstance(member, type) and isinstance(value, ModuleType):
            yield from ((f"{name}.{method}", function) for method, function in _own(member))


def _is_record(value: object) -> bool:
    return isinstance(value, type) and (hasattr(value, "__dataclass_fields__") or hasattr(value, "_fields"))


def _is_fixture(value: object) -> bool:
    return type(value).__name__ == "FixtureFunctionDefinition"


def _call(name: str, value: object) -> str:
    if is_typeddict(value):
        keys = inspect.get_annotations(value)  # type: ignore[arg-type]  # a class, as it turned out
        return f"{name}: " + ", ".join(f"{key}: {_key(given)}" for key, given in keys.items())
    signature = inspect.signature(value)  # type: ignore[arg-type]
    bare = [
        part.replace(annotation=_annotation(part.annotation))
        for part in signature.parameters.values()
        if part.name != "self"
    ]
    returned = _annotation(signature.return_annotation)
    said = str(signature.replace(parameters=bare, return_annotation=returned)).removesuffix(" -> None")
    return name + re.sub(r"<function [^>]*<lambda> at 0x[0-9a-f]+>", "…", said)  # another place each time


def _key(given: object) -> str:
    """The type of a key, as it was written."""
    return str(getattr(given, "__forward_arg__", given))


def _annotation(given: object) -> object:
    if given is inspect.Parameter.empty:
        return given
    return Bare(given if isinstance(given, str) else inspect.formatannotation(given))


def _first_line(value: object) -> str:
    if _is_fixture(value):
        value = value._get_wrapped_function()  # type: ignore[attr-defined]
    named = isinstance(value, type | ModuleType) or inspect.isfunction(value)
    return (inspect.getdoc(value) or "").partition("\n\n")[0].replace("\n", " ") if named else ""


def main(command: str = "write") -> int:
    """Exit 1 where `check` finds an old page."""
    wanted = page()
    if command == "check":
        return 0 if PAGE.exists() and PAGE.read_text(encoding="utf-8") == wanted else 1
    PAGE.write_text(wanted, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
