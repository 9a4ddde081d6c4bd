"""Write `docs/authors/hooks.md` from the docstrings of the hooks; `check` tells whether it is up to date."""

import ast
import inspect
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

from vorzimmer import hookspecs
from vorzimmer.plugins import GROUP
from vorzimmer.settings.config import PLUGINS

PAGE = Path(__file__).resolve().parents[1] / "docs/authors/hooks.md"
HEAD = """# The hooks

*Written by `python packaging/hooks_page.py` from `hookspecs.py`; do not edit it here.*

A hook is a method of your plugin marked `@hookimpl`, with the name below. Leave out arguments that you do not need.
A question is answered before the commit: raising refuses the act. A fact is told after it, until you do not raise.
Records and everything else named here come from `vorzimmer`: `from vorzimmer import Busy, hookimpl`.
"""


def is_hook(value: object) -> bool:
    """Whether something in `hookspecs` is a hook."""
    return hasattr(value, f"{GROUP}_spec")


def hooks() -> list[str]:
    """Names of all hooks, in the order of the source."""
    return [name for name, value in vars(hookspecs).items() if is_hook(value)]


def users(hook: str, plugins: dict[str, type]) -> list[str]:
    """Our own plugins that answer a hook."""
    return [name for name, plugin in plugins.items() if hasattr(getattr(plugin, hook, None), f"{GROUP}_impl")]


def page() -> str:
    """The whole page."""
    plugins = {name: _import(name).Plugin for name in PLUGINS}
    return HEAD + "".join(_parts(plugins))


def _import(name: str) -> ModuleType:
    return __import__(name)


def _parts(plugins: dict[str, type]) -> Iterator[str]:
    source = inspect.getsource(hookspecs)
    named = {
        node.name: node for node in ast.parse(source).body if isinstance(node, ast.FunctionDef | ast.ClassDef)
    }
    lines = source.splitlines()
    for number, line in enumerate(lines, 1):
        if banner := re.fullmatch(r"# -+ (.+?) -+", line):
            yield f"\n## {banner[1].capitalize()}\n"
        for name, node in named.items():
            if node.lineno == number and not name.startswith("_"):
                yield _hook(name, plugins) if is_hook(getattr(hookspecs, name)) else _record(node)


def _hook(name: str, plugins: dict[str, type]) -> str:
    hook = getattr(hookspecs, name)
    text, _, example = (inspect.getdoc(hook) or "").rpartition("\n\n")
    signature = inspect.signature(hook)
    used = ", ".join(f"`{user}`" for user in users(name, plugins))
    return (
        f"\n### {name}({', '.join(signature.parameters)})\n\n{text}\n\n"
        f"```python\n@hookimpl\ndef {name}(self, {', '.join(signature.parameters)}):\n{example}\n```\n\n".replace(
            "(self, )", "(self)"
        )
        + f"Returns `{signature.return_annotation}`. Used by {used}.\n"
    )


def _record(node: ast.FunctionDef | ast.ClassDef) -> str:
    if isinstance(node, ast.FunctionDef):
        return ""
    fields = [ast.unparse(part) for part in node.body if isinstance(part, ast.AnnAssign)]
    shown = f"\n\n```python\n{chr(10).join(fields)}\n```\n" if fields else "\n"
    return f"\n**{node.name}.** {inspect.cleandoc(ast.get_docstring(node) or '')}{shown}"


def main(command: str = "write") -> int:
    """Exit 1 where `check` finds an old page."""
    wanted = page()
    if command == "check":
        return 0 if PAGE.exists() and PAGE.read_text(encoding="utf-8") == wanted else 1
    PAGE.parent.mkdir(parents=True, exist_ok=True)
    PAGE.write_text(wanted, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
