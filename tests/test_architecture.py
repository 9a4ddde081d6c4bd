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

# From the ground up: a room, or a module of a room that stands on several floors. Each may import what stands on its
# own floor (no circles) and below. `docs/architecture.md` draws the same list.
FLOORS: list[list[str]] = [
    [
        "periods",
        "slots",
        "reasons",
        "failpoint",
        "letters",
        "settings.config",
        "settings.colors",
        "settings.pictures",
    ],
    ["models", "text", "writers", "outgoing", "tries", "urls", "addresses"],
    ["database", "icalendar", "seen"],
    ["hookspecs", "settings.stored", "access"],
    ["plugins", "audit"],
    ["practice", "messages.failures", "messages.wrong_clock"],
    ["messages.outbox", "questions"],
    ["availability", "accounts", "customers"],
    ["booking.parts"],
    ["booking"],
    ["catalogue", "erasure", "settings.change", "as_json", "settings.switches"],
    ["settings.setup", "messages.worker"],
    ["server"],
    ["doctor"],
    ["cli", "testing", "__main__"],
]
FLOOR = {name: height for height, floor in enumerate(FLOORS) for name in floor}
ROOMS = {
    "vorzimmer_caldav": [
        "visit",
        "frontguard",
        "xml",
        "objects",
        "storage",
        "properties",
        "reports",
        "methods",
        "http",
    ],
    "vorzimmer_web": ["shell", "signin", "public", "api", "office", "help"],
}
"""The rooms of the bridge and of the pages, from the ground up; the package itself puts them together."""

# Lists of the same thing, which may be as long as there are such things; every other room is taken in at a glance.
LISTS = {
    "core/vorzimmer/booking": "use cases",
    "core/vorzimmer": "rooms",
    "web/vorzimmer_web/api": "resources",
    "web/vorzimmer_web/office": "pages",
    "web/vorzimmer_web/office/settings": "pages",
    "web/vorzimmer_web/public": "pages",
}
AT_A_GLANCE = 16

# Which part may know which library; everything else may not.
FLASK = {"flask", "flask_babel", "flask_limiter", "flask_login", "flask_security", "flask_wtf", "werkzeug"}
FLASK_LIVES_IN = {"server", "cli", "testing"}


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
    """The room of the core that a dotted name lies in, or its module where the room stands on several floors."""
    steps = name.split(".")[1:]
    if not steps or steps[0] == "migrations":
        return ""
    return next((found for found in (".".join(steps[:2]), steps[0]) if found in FLOOR), steps[0])


def core_graph() -> dict[str, set[str]]:
    """Which part of the core imports which other."""
    graph: dict[str, set[str]] = {
        part(name): set() for name, path in modules(ROOT / "core") if not is_bare(path)
    }
    for name, imported in CORE_IMPORTS:
        if imported.startswith("vorzimmer.") and part(imported) in graph and part(imported) != part(name):
            graph[part(name)].add(part(imported))
    return graph


def is_bare(path: Path) -> bool:
    """Whether a package says no more than what it is for."""
    return path.name == "__init__.py" and not list(imports("", path))


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
    inside = {f"vorzimmer.{name.split('.')[0]}" for name in FLOOR}
    assert [
        (name, imported)
        for name, imported in CORE_IMPORTS
        if imported.count(".") == 1 and imported.startswith("vorzimmer.") and imported not in inside
        if name not in {"vorzimmer", "vorzimmer.testing"}
    ] == []


def test_the_core_knows_neither_pages_nor_caldav_nor_plugins() -> None:
    assert [(name, other) for name, other in CORE_IMPORTS if other.startswith("vorzimmer_")] == []


@pytest.mark.parametrize("package", ROOMS)
def test_rooms_of_the_bridge_and_the_pages_import_downwards_only(package: str) -> None:
    floor = {f"{package}.{room}": height for height, room in enumerate(ROOMS[package])}
    room = {name: ".".join(name.split(".")[:2]) for pair in EVERY_IMPORT for name in pair}
    assert [
        (name, other)
        for name, other in EVERY_IMPORT
        if floor.get(room[name], len(floor)) < floor.get(room[other], 0)
    ] == []


def test_a_room_is_taken_in_at_a_glance() -> None:
    """Or it is a plain list of the same thing, which this file names (decision 0013)."""
    folders: dict[str, int] = {}
    for root in ("core", "web", "caldav_bridge"):
        for _name, path in modules(ROOT / root):
            if path.name != "__init__.py" and "migrations" not in path.parts:
                folder = path.parent.relative_to(ROOT).as_posix()
                folders[folder] = folders.get(folder, 0) + 1
    crowded = {folder for folder, files in folders.items() if files > AT_A_GLANCE}
    assert crowded <= set(LISTS)


def test_the_manual_draws_the_floors_as_they_are() -> None:
    picture = (ROOT / "docs/architecture.md").read_text().split("```")[1].splitlines()
    drawn = [line.split() for line in picture if line[:1].isdigit()]
    assert drawn == [[str(height), *floor] for height, floor in reversed(list(enumerate(FLOORS)))]


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


def test_flask_lives_in_the_server_the_command_line_and_the_pages() -> None:
    assert [
        (name, other)
        for name, other in CORE_IMPORTS
        if other.split(".")[0] in FLASK
        and part(name) not in FLASK_LIVES_IN
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
