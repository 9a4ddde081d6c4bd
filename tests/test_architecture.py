"""The plan of the house (docs/architecture.md), held: who may import whom, and how large things may grow."""

import ast
import json
import re
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
ROOTS = ["core", "plugins", "caldav_bridge", "web"]
CORE = ROOT / "core/vorzimmer"

# From the ground up. A module may import what stands on its own floor (no circles) and below.
FLOORS: list[set[str]] = [
    {"periods", "slots", "config", "colors", "letters", "pictures", "reasons", "failpoint"},
    {"models"},
    {
        "plugins",
        "database",
        "writers",
        "icalendar",
        "hookspecs",
        "hall",
        "stored",
        "urls",
        "texts",
        "tries",
        "contact",
        "addresses",
        "fields",
        "outgoing",
        "seen",
    },
    {"access"},
    {"accounts", "audit", "customers", "failures", "outbox"},
    {"availability", "registry", "retention", "wrong_clock"},
    {"booking", "erasure"},
    {"catalogue", "settings"},
    {"setup"},
    {"as_json", "guard", "here", "worker"},
    {"doctor", "metrics"},
    {"serve", "pages"},
    {"app"},
    {"checkup"},
    {"cli"},
    {"__main__", "testing"},
]
FLOOR = {name: height for height, floor in enumerate(FLOORS) for name in floor}

# Which part may know which library; everything else may not.
FLASK = {"flask", "flask_babel", "flask_limiter", "flask_login", "flask_security", "flask_wtf", "werkzeug"}
ALLOWED = {
    "flask": {
        "vorzimmer.app",
        "vorzimmer.pages",
        "vorzimmer.serve",
        "vorzimmer.cli",
        "vorzimmer.guard",
        "vorzimmer.here",
        "vorzimmer.testing",
    },
    "radicale": set[str](),
}


def modules(folder: Path) -> Iterator[tuple[str, Path]]:
    """Dotted name and file of each module below an import root."""
    for path in sorted(folder.rglob("*.py")):
        if "node_modules" not in path.parts:
            parts = path.relative_to(folder).with_suffix("").parts
            yield ".".join(parts[:-1] if parts[-1] == "__init__" else parts), path


def imports(name: str, path: Path) -> Iterator[str]:
    """Every import of a file, also in functions and under TYPE_CHECKING."""
    package = name if path.name == "__init__.py" else name.rpartition(".")[0]
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
            source = ".".join([*above, *([node.module] if node.module else [])])
            yield from (f"{source}.{alias.name}" for alias in node.names)


EVERY_IMPORT = [
    (name, imported)
    for root in ROOTS
    for name, path in modules(ROOT / root)
    for imported in set(imports(name, path))
]
CORE_IMPORTS = [(name, imported) for name, imported in EVERY_IMPORT if name.split(".")[0] == "vorzimmer"]


def part(name: str) -> str:
    """The module of the core that a dotted name lies in: 'vorzimmer.booking.hold' -> 'booking'."""
    steps = name.split(".")
    return steps[1] if len(steps) > 1 and steps[1] != "migrations" else ""


def core_graph() -> dict[str, set[str]]:
    """Which part of the core imports which other."""
    graph: dict[str, set[str]] = {part(name): set() for name, _ in modules(ROOT / "core")}
    for name, imported in CORE_IMPORTS:
        if imported.startswith("vorzimmer.") and part(imported) in graph and part(imported) != part(name):
            graph[part(name)].add(part(imported))
    return graph


def test_every_module_of_the_core_has_its_floor() -> None:
    assert set(core_graph()) - {""} <= set(FLOOR)


def test_the_core_imports_downwards_only() -> None:
    assert [
        f"{name} (floor {FLOOR[name]}) imports {other} (floor {FLOOR[other]})"
        for name, others in core_graph().items()
        for other in others
        if {name, other} <= set(FLOOR) and FLOOR[other] > FLOOR[name]
    ] == []


def test_no_circle_of_imports_in_the_core() -> None:
    graph = {name: others - {""} for name, others in core_graph().items() if name}
    while free := {name for name, others in graph.items() if not others & set(graph)}:
        graph = {name: others for name, others in graph.items() if name not in free}
    assert graph == {}


def test_the_core_never_imports_its_own_face() -> None:
    """`from vorzimmer import Period` is for plugins; inside the core it would be a circle."""
    inside = {f"vorzimmer.{name}" for name in FLOOR}
    assert [
        (name, imported)
        for name, imported in CORE_IMPORTS
        if imported.count(".") == 1 and imported.startswith("vorzimmer.") and imported not in inside
        if name not in {"vorzimmer", "vorzimmer.testing"}
    ] == []


def test_the_core_knows_neither_pages_nor_caldav_nor_plugins() -> None:
    assert [(name, other) for name, other in CORE_IMPORTS if other.startswith("vorzimmer_")] == []


def test_siblings_of_the_top_floor_never_import_each_other() -> None:
    assert [
        (name, other)
        for name, other in EVERY_IMPORT
        if other.startswith("vorzimmer_") and other.split(".")[0] != name.split(".")[0]
    ] == []


def test_the_ground_floor_needs_only_the_standard_library_and_pydantic() -> None:
    known = {*sys.stdlib_module_names, "pydantic", "vorzimmer"}
    assert [
        (name, other)
        for name, other in CORE_IMPORTS
        if part(name) in FLOORS[0] and other.split(".")[0] not in known
    ] == []


def test_flask_lives_in_app_serve_cli_and_the_pages() -> None:
    assert [
        (name, other)
        for name, other in CORE_IMPORTS
        if other.split(".")[0] in FLASK
        and ".".join(name.split(".")[:2]) not in ALLOWED["flask"]
        # The one exception: the account takes the model mixins of flask_security.
        and not (name == "vorzimmer.models.account" and other.startswith("flask_security"))
    ] == []


def test_radicale_lives_in_the_caldav_bridge() -> None:
    assert [
        (name, other)
        for name, other in EVERY_IMPORT
        if other.split(".")[0] == "radicale" and name.split(".")[0] != "vorzimmer_caldav"
    ] == []


def test_icalendar_lives_in_its_room_of_the_core() -> None:
    assert [
        (name, other)
        for name, other in EVERY_IMPORT
        if other.split(".")[0] in {"icalendar", "recurring_ical_events", "vobject"}
        and part(name) != "icalendar"
    ] == []


def test_every_library_that_is_imported_is_named_in_pyproject() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    named = {normal(re.split(r"[\[<>=!~ ;]", line)[0]) for line in project["dependencies"]}
    # Their own packages bring these along and hand them out as part of their interface.
    brought = {"werkzeug", "jinja2", "markupsafe", "wtforms", "limits", "blinker", "itsdangerous"}
    # Fixtures for plugin authors; whoever installs no pytest never imports them.
    brought |= {"pytest", "vobject", "cryptography"}
    homes = packages_distributions()
    libraries = {other.split(".")[0] for _, other in EVERY_IMPORT} - sys.stdlib_module_names
    foreign = {name for name in libraries if not name.startswith("vorzimmer")}
    assert (
        sorted(
            name
            for name in foreign
            if not {normal(home) for home in homes.get(name, [name])} & (named | brought)
        )
        == []
    )


def normal(name: str) -> str:
    """A distribution's name as package indexes compare it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def lines(*paths: Path) -> int:
    """How many lines the files have together."""
    return sum(len(path.read_text().splitlines()) for path in paths)


def test_the_readme_is_short() -> None:
    assert lines(ROOT / "README.md") < 120


@pytest.mark.parametrize("page", sorted((ROOT / "docs").rglob("*.md")), ids=lambda page: page.name)
def test_a_page_of_the_manual_is_short(page: Path) -> None:
    """But for the lists of hooks, names and rules, which are looked up and not read."""
    if page.name in {"hooks.md", "reference.md", "rights.md", "rules.md"}:
        return
    assert lines(page) < 80


@pytest.mark.parametrize(
    "decision", sorted((ROOT / "docs/decisions").glob("[0-9]*.md")), ids=lambda page: page.name
)
def test_a_decision_names_context_choice_and_cost(decision: Path) -> None:
    assert re.findall(r"^\*\*(\w+)\.\*\*", decision.read_text(), re.MULTILINE) == [
        "Context",
        "Choice",
        "Cost",
    ]


def lock_files() -> list[Path]:
    """Every lock file that is in the repository."""
    found = [
        *ROOT.glob("web/**/package-lock.json"),
        *ROOT.glob("tests/**/package-lock.json"),
        *ROOT.glob("*.lock"),
    ]
    return [path for path in found if "node_modules" not in path.parts]


def test_lock_files_name_no_host() -> None:
    assert [
        (path.name, line.strip())
        for path in lock_files()
        for line in path.read_text().splitlines()
        if "://" in line or '"resolved"' in line
    ] == []


def test_lock_files_hold_a_hash_of_every_package() -> None:
    for path in lock_files():
        packages = json.loads(path.read_text())["packages"]
        assert [name for name, package in packages.items() if name and "integrity" not in package] == []


def test_packaging_is_no_package() -> None:
    assert list((ROOT / "packaging").glob("__init__.py")) == []
