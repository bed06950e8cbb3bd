"""What a command costs before it does anything: no module of the command line loads a heavy library."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

CLI = Path(__file__).parents[1] / "curate" / "cli"
HEAVY = {
    "aiohttp", "asyncio", "bs4", "feedparser", "filelock", "frontmatter", "http.client", "keyring", "lxml",
    "markdown_it", "msgspec", "multiprocessing", "nh3", "pebble", "pelican", "rich", "socket", "sqlite3",
    "ssl", "textual", "tomlkit", "urllib.request", "yaml",
}  # fmt: skip


def loaded_by(statement: str) -> set[str]:
    """Return the modules that ``statement`` loads in a fresh Python."""
    program = f"{statement}\nimport sys, json\njson.dump(sorted(sys.modules), sys.stdout)"
    done = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)
    return set(json.loads(done.stdout))


@pytest.fixture(scope="module")
def always() -> set[str]:
    """What a bare Python of this environment loads before anything is imported."""
    return loaded_by("pass")


def test_the_command_line_loads_no_heavy_library(always: set[str]) -> None:
    modules = [f"curate.cli.{path.stem}" for path in sorted(CLI.glob("*.py")) if path.stem != "__init__"]
    assert "curate.cli.main" in modules
    assert loaded_by("import " + ", ".join(modules)) & HEAVY - always == set()


def test_the_check_sees_a_heavy_library(always: set[str]) -> None:
    assert {"msgspec", "tomlkit"} & (loaded_by("import msgspec, tomlkit") & HEAVY - always) == {"msgspec", "tomlkit"}
