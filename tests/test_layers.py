"""Who may import whom, and what only some rooms may know: read from the source of every module."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "curate"
MODULES = {path.relative_to(PACKAGE).as_posix(): path for path in sorted(PACKAGE.rglob("*.py"))}

# From left to right; a room knows only rooms to its left. Rooms that share a place do not know each other.
HOUSE = "errors · desk · web · feeds · inbox · posts · site, shares · presence · tui · cli"
PLACES = {room: place for place, rooms in enumerate(HOUSE.split(" · ")) for room in rooms.split(", ")}

NETWORK = {"aiohttp", "socket", "ssl", "urllib.request", "http.client", "http.server", "smtplib", "ftplib"}
TERMINAL = {"click", "textual", "rich"}
SURROUNDINGS = {
    "print", "input", "datetime.now", "datetime.utcnow", "datetime.today", "date.today", "time.time",
    "os.environ", "os.getenv", "sys.argv", "sys.stdin", "sys.stdout", "sys.stderr", "Path.cwd", "Path.home",
}  # fmt: skip
STORES = {
    "desk/db.py",
    "desk/backup.py",
    "feeds/health.py",
    "inbox/arrivals.py",
    "inbox/items.py",
    "inbox/receive.py",
    "inbox/decide.py",
    "inbox/gathering.py",
    "inbox/imports.py",
    "inbox/journal.py",
    "inbox/learn.py",
    "inbox/yields.py",
    "inbox/rules.py",
    "inbox/notes.py",
    "inbox/pages.py",
    "inbox/search.py",
    "site/cache.py",
    "site/strikes.py",
    "site/texts.py",
    "shares/evergreen.py",
    "shares/attempts.py",
    "shares/ledger.py",
    "presence/experiments.py",
    "presence/metrics.py",
    "presence/publish.py",
    "presence/replies.py",
    "presence/tending.py",
    "presence/webmentions.py",
}
# Everything that stands outside the rules, with its reason. A line nobody needs any more fails the test.
EXCEPTIONS = {
    ("cli/demo.py", "http.server"): "serves the sample feeds on loopback",
    ("desk/init.py", "os.environ"): "git runs in the person's own environment",
    ("site/branch.py", "os.environ"): "the same, less what would lead it to another repository",
    ("site/build.py", "os.environ"): "hands the few variables a Python needs to Pelican's process",
    ("site/plugin/settings.py", "datetime.now"): "Pelican's own process has no curate above it when run by hand",
    ("site/serve.py", "http.server"): "shows the built site on loopback",
}


def dotted(node: ast.expr) -> str:
    """Return ``a.b.c`` of a name or an attribute of names; '' for any other expression."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute) and (owner := dotted(node.value)):
        return f"{owner}.{node.attr}"
    return ""


def imports(source: str) -> set[str]:
    """Return the full names a module imports anywhere: at its top, in functions, for types alone."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found |= {f"{'.' * node.level}{node.module or ''}.{alias.name}" for alias in node.names}
        elif isinstance(node, ast.Call) and dotted(node.func).endswith("import_module"):
            found.add(beginning(node.args[0]) or "a module whose name cannot be read")
    return found


def beginning(node: ast.expr) -> str:
    """Return a text, or what an f-string begins with."""
    if isinstance(node, ast.JoinedStr):
        node = node.values[0]
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


def uses(source: str) -> set[str]:
    """Return the dotted names a module reads or calls, such as os.environ or datetime.now."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, (ast.Name, ast.Attribute)):
            whole = dotted(node)
            found |= {whole, ".".join(whole.split(".")[-2:])}  # datetime.datetime.now is datetime.now
    return found


def methods(source: str) -> set[str]:
    """Return the names of the methods a module calls, whatever they are called on."""
    calls = [node.func for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)]
    return {function.attr for function in calls if isinstance(function, ast.Attribute)}


def below(names: set[str], tops: set[str]) -> set[str]:
    """Return which of ``tops`` (modules) some of ``names`` are or lie in."""
    return {top for top in tops for name in names if name == top or name.startswith(f"{top}.")}


def room(module: str) -> str:
    return module.split("/", maxsplit=1)[0].removesuffix(".py")


def wrong_neighbours(module: str, source: str) -> set[str]:
    """Return the rooms a module imports though they do not lie to its left."""
    own = room(module)
    names = {name.split(".")[1] for name in imports(source) if name.startswith("curate.")}
    return {name for name in names & PLACES.keys() if name != own and PLACES[name] >= PLACES[own]}


def forbidden(module: str, source: str) -> set[str]:
    """Return what a module imports or uses though its room must not know it, exceptions included."""
    own = room(module)
    found = set() if own == "web" else below(imports(source), NETWORK)
    if own not in {"cli", "tui"}:
        found |= below(imports(source), TERMINAL) | (uses(source) & SURROUNDINGS)
    if module not in STORES:
        found |= methods(source) & {"execute", "executemany", "executescript"}
    return found


def test_every_module_lies_in_a_room_of_the_house() -> None:
    strangers = {module for module in MODULES if room(module) not in PLACES}
    assert strangers == {"__init__.py", "__main__.py"}


@pytest.mark.parametrize("module", [module for module in MODULES if room(module) in PLACES])
def test_a_room_knows_only_rooms_to_its_left(module: str) -> None:
    source = MODULES[module].read_text(encoding="utf-8")
    assert wrong_neighbours(module, source) == set()
    assert [name for name in imports(source) if name.startswith(".")] == [], "imports are written whole"
    assert "a module whose name cannot be read" not in imports(source)
    assert not {"__import__", "exec", "eval"} & uses(source)


@pytest.mark.parametrize("module", [module for module in MODULES if room(module) in PLACES])
def test_network_terminal_surroundings_and_sql_stay_in_their_rooms(module: str) -> None:
    allowed = {name for where, name in EXCEPTIONS if where == module}
    assert forbidden(module, MODULES[module].read_text(encoding="utf-8")) - allowed == set()


@pytest.mark.parametrize(("module", "name"), EXCEPTIONS)
def test_every_exception_is_still_needed(module: str, name: str) -> None:
    assert name in forbidden(module, MODULES[module].read_text(encoding="utf-8"))


def test_no_module_is_too_long_to_read() -> None:
    lengths = {module: len(path.read_text(encoding="utf-8").splitlines()) for module, path in MODULES.items()}
    assert {module: length for module, length in lengths.items() if length > 400} == {}


def test_no_module_is_named_for_having_no_subject() -> None:
    empty_words = {"util", "utils", "helper", "helpers", "common", "misc", "manager", "managers"}
    assert [module for module in MODULES if set(Path(module).with_suffix("").parts) & empty_words] == []


@pytest.mark.parametrize("module", MODULES)
def test_no_module_hands_a_line_to_a_shell(module: str) -> None:
    tree = ast.parse(MODULES[module].read_text(encoding="utf-8"))
    keywords = [word for node in ast.walk(tree) if isinstance(node, ast.Call) for word in node.keywords]
    assert [word.lineno for word in keywords if word.arg == "shell"] == []
    assert not {"os.system", "os.popen", "subprocess.getoutput"} & uses(MODULES[module].read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    ("module", "source", "neighbours", "strangers"),
    [
        ("feeds/a.py", "from curate.web.client import Client", set(), set()),
        ("feeds/a.py", "def f():\n    from curate.inbox.items import Item", {"inbox"}, set()),
        ("site/a.py", "if TYPE_CHECKING:\n    from curate.shares import ledger", {"shares"}, set()),
        ("site/a.py", "import curate.cli.render", {"cli"}, set()),
        ("site/a.py", "from curate import shares, __version__", {"shares"}, set()),
        ("site/a.py", "importlib.import_module(f'curate.shares.{x}')", {"shares"}, set()),
        ("feeds/a.py", "import aiohttp.web", set(), {"aiohttp"}),
        ("feeds/a.py", "from http import server", set(), {"http.server"}),
        ("feeds/a.py", "from urllib.parse import urlsplit", set(), set()),
        ("web/a.py", "import aiohttp, socket", set(), set()),
        ("posts/a.py", "def f(x=print): ...", set(), {"print"}),
        ("posts/a.py", "import datetime\ndatetime.datetime.now(UTC)", set(), {"datetime.now"}),
        ("posts/a.py", "os.environ['HOME']", set(), {"os.environ"}),
        ("posts/a.py", "import click", set(), {"click"}),
        ("posts/a.py", "connection.cursor().execute(sql)", set(), {"execute"}),
        ("inbox/items.py", "connection.execute(sql)", set(), set()),
        ("cli/a.py", "import click\nprint(os.environ)", set(), set()),
        ("cli/a.py", "import socket", set(), {"socket"}),
    ],
)
def test_the_rules_see_what_they_are_to_see(
    module: str, source: str, neighbours: set[str], strangers: set[str]
) -> None:
    assert wrong_neighbours(module, source) == neighbours
    assert forbidden(module, source) == strangers
