"""The documentation names everything there is: each setting, each command, each file it points at."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import TYPE_CHECKING

import click
import msgspec
import pytest

from curate.cli.main import HOMES, cli, global_options
from curate.desk.settings import Account, Settings

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[1]
PAGES = sorted([*(ROOT / "docs").glob("*.md"), ROOT / "README.md", ROOT / "CHANGELOG.md"])


def settings_of(struct: type[msgspec.Struct], name: str = "") -> Iterator[tuple[str, object]]:
    """Walk the settings' structs: (dotted name, default)."""
    for field in msgspec.structs.fields(struct):
        dotted = f"{name}.{field.name}" if name else field.name
        if isinstance(field.type, type) and issubclass(field.type, msgspec.Struct):
            yield from settings_of(field.type, dotted)
        elif dotted == "accounts":
            yield from settings_of(Account, "accounts.NAME")
        else:
            yield dotted, field.default


def commands_of(group: click.Group, name: str = "curate") -> Iterator[tuple[str, click.Command]]:
    """Walk the commands as a person types them."""
    context = click.Context(group)
    for word in group.list_commands(context):
        command = group.get_command(context, word)
        assert command is not None, word
        if isinstance(command, click.Group):
            yield from commands_of(command, f"{name} {word}")
        if not isinstance(command, click.Group) or command.invoke_without_command:
            yield f"{name} {word}", command


@pytest.mark.parametrize(("name", "default"), list(settings_of(Settings)))
def test_every_setting_has_a_row_with_its_default(name: str, default: object) -> None:
    page = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
    rows = [line for line in page.splitlines() if line.startswith(f"| `{name}` |")]
    assert len(rows) == 1
    if isinstance(default, str | int | float):
        shown = f'`"{default}"`' if isinstance(default, str) else f"`{str(default).lower()}`"
        assert f"| {shown} |" in rows[0]


def test_no_setting_is_described_that_does_not_exist() -> None:
    page = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
    described = re.findall(r"^\| `([a-zA-Z_.]+)` \|", page, re.MULTILINE)
    assert sorted(described) == sorted(name for name, _ in settings_of(Settings))


def own_flags(command: click.Command) -> list[tuple[str, ...]]:
    """Return the spellings of each flag a command has beside those of every command."""
    everywhere = {name for parameter in global_options() for name in parameter.opts}
    options = [parameter for parameter in command.params if isinstance(parameter, click.Option)]
    return [(*one.opts, *one.secondary_opts) for one in options if not everywhere & {*one.opts} and not one.hidden]


@pytest.mark.parametrize(("name", "command"), list(commands_of(cli)), ids=[name for name, _ in commands_of(cli)])
def test_every_command_has_a_row_with_all_its_flags(name: str, command: click.Command) -> None:
    page = (ROOT / "docs" / "commands.md").read_text(encoding="utf-8")
    rows = re.findall(rf"^\| (`{re.escape(name)}(?: [^`]*)?`) \|", page, re.MULTILINE)
    verbs = command.list_commands(click.Context(command)) if isinstance(command, click.Group) else []
    rows = [row for row in rows if not any(re.match(rf"`{re.escape(f'{name} {verb}')}\b", row) for verb in verbs)]
    assert len(rows) == 1, f"{name} has {len(rows)} rows"
    for spellings in own_flags(command):
        assert any(re.search(rf"{re.escape(flag)}(?![\w-])", rows[0]) for flag in spellings), spellings


def test_no_command_is_described_that_does_not_exist() -> None:
    page = (ROOT / "docs" / "commands.md").read_text(encoding="utf-8")
    known = [name for name, _ in commands_of(cli)]
    for row in re.findall(r"^\| `(curate [^`]*)`", page, re.MULTILINE):
        assert any(row == name or row.startswith(f"{name} ") for name in known), row


def typed_commands() -> list[tuple[str, str]]:
    """Find every command line that the pages show, in code blocks and in sentences: (page, line)."""
    found = []
    for page in PAGES:
        if page.name != "commands.md":  # its usage column has brackets; the rows are held above
            inline = re.findall(r"`(curate [^`\n]+)`", page.read_text(encoding="utf-8"))
            found += [(page.name, line) for line in inline]
        for block in re.findall(r"(?ms)^```(?:console|sh|bash)?\n(.*?)^```", page.read_text(encoding="utf-8")):
            for line in block.splitlines():
                words = line.removeprefix("$ ")
                if words.startswith("curate "):
                    found.append((page.name, re.split(r"\s{2,}|\s#\s", words)[0]))
    return found


@pytest.mark.parametrize(("page", "line"), typed_commands())
def test_every_command_line_shown_names_a_command_and_flags_that_exist(page: str, line: str) -> None:
    known = dict(commands_of(cli))
    words = re.sub(r"^curate (-C \S+ )?", "curate ", line)
    name = max((one for one in known if words == one or words.startswith(f"{one} ")), key=len, default="")
    if words.removeprefix("curate ") in cli.list_commands(click.Context(cli)) and not name:
        return  # a noun alone, as in a sentence about all its verbs
    assert name, f"{page}: {line}"
    allowed = {option for parameter in known[name].params for option in (*parameter.opts, *parameter.secondary_opts)}
    allowed |= {"-h", "--help"}
    for flag in re.findall(r"(?<=\s)--?[a-zA-Z][\w-]*", re.sub(r"'[^']*'|\"[^\"]*\"|“[^”]*”", "", words)):
        assert flag in allowed, f"{page}: {line}: {flag}"


def told_commands() -> list[tuple[str, str]]:
    """Find every command a text of the program tells a person to type: (file, line), X for what is filled in."""
    found = []
    for file in sorted((ROOT / "curate").rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.JoinedStr):
                text = "".join(part.value if isinstance(part, ast.Constant) else "X" for part in node.values)  # type: ignore[misc] # texts
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                text = node.value
            else:
                continue
            found += [(file.name, line) for line in re.findall(r"(?<![\w/.“@-])curate [a-z][^\n.;:,()“”`]*", text)]
    return found


def test_every_command_a_message_names_exists_with_its_flags() -> None:
    known, told = dict(commands_of(cli)), told_commands()
    assert len(told) > 300
    for file, line in told:
        _, noun, *rest = line.split()
        if noun not in HOMES or (not rest and f"curate {noun}" not in known):
            continue  # a sentence about curate, or about a noun with all its verbs
        name = max((one for one in known if line == one or line.startswith(f"{one} ")), key=len, default="")
        assert name or rest[0] == "X", f"{file}: {line}"
        if name:
            flags = {option for one in known[name].params for option in (*one.opts, *one.secondary_opts)} | {"--help"}
            assert set(re.findall(r"(?<=\s)--?[a-zA-Z][\w-]*", line)) <= flags, f"{file}: {line}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_file_a_page_points_at_is_there(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", text):
        if "://" not in target:
            assert (page.parent / target).exists(), target
