"""No token shows anywhere: canaries for all seven networks, every command, and servers that hand back what they hear.

A canary may lie in its own file beside the desk, which only its owner reads, and nowhere else: not in what is
printed, not in any file (the database and its copies byte by byte), not in how another program is called.
"""

from __future__ import annotations

import json
import os
import signal
import stat
import subprocess
import sys
from base64 import b64encode
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import pytest

from curate.cli.main import cli
from tests.faults.field import FULL, ROOT
from tests.shares.mail import MailServer, deliver
from tests.shares.servers import serve
from tests.shares.six import HANDLES, make_servers
from tests.shares.test_plan import POST
from tests.shares.x_server import KEYS
from tests.test_docs import commands_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tests.conftest import Curate, Result
    from tests.shares.servers import Answer, Server

NOW, LATER = "2026-11-23T08:00:00Z", "2026-11-23T08:04:00Z"
MUCH_LATER = "2026-11-23T11:30:00Z"
SLUGS = ("small-models", "night-shift")
# What would show a canary: as it is, or in base64 at each of its three places.
SIGNS = (b"canary", *(b64encode(b"\0" * lead + b"canary-")[2 * lead : -4] for lead in (0, 1, 2)))
called: list[str] = []  # how other programs were called, with their environment


def _hear(event: str, arguments: tuple[Any, ...]) -> None:
    if event in ("subprocess.Popen", "os.posix_spawn", "os.exec", "os.system"):
        called.append(repr(arguments))


sys.addaudithook(_hear)


def shows(data: bytes) -> list[bytes]:
    return [data[max(0, data.index(sign) - 80) : data.index(sign) + 60] for sign in SIGNS if sign in data]


def hand_back(server: Server, status: int, headers: Mapping[str, str], target: str, body: bytes) -> Answer:
    """Answer with everything that was heard: in JSON of all shapes, in headers, with its secrets in base64, too."""
    heard = f"{headers.get('Authorization', '')} {body.decode()} {target} {server.password}"
    words = f"{heard} {b64encode(server.password.encode()).decode()}"
    fault = {"message": words, "error_user_msg": heard, "code": 1 if status >= 500 else 100, "type": heard}
    said = {
        "error": fault,
        "message": words,
        "detail": heard,
        "title": heard,
        "error_description": heard,
        "code": heard,
    }
    if status % 2:
        said["error"] = heard
    where = f"http://127.0.0.1:9/{server.password}"
    named = {"Location": where, "Retry-After": server.password, "X-RateLimit-Reset": server.password}
    return status, {"Content-Type": "application/json", **named}, json.dumps(said).encode()


def turn_bad(server: Server, status: int, *, posting: bool) -> None:
    """Let ``server`` answer so whatever it is asked, or only what is posted."""
    good = type(server).answer

    def answer(method: str, target: str, headers: Mapping[str, str], body: bytes) -> Answer:
        if posting and (method, target.partition("?")[0]) != ("POST", server.posting):
            return good(server, method, target, headers, body)
        return hand_back(server, status, headers, target, body)

    server.answer = answer  # type: ignore[method-assign]


@dataclass
class Watched:
    """A desk with an account on every network, and commands whose every word is watched."""

    curate: Curate
    desk: Path
    folder: Path
    servers: dict[str, Server]
    mail: MailServer
    ran: set[str] = field(default_factory=set)
    ids: dict[str, list[str]] = field(default_factory=dict)  # by post

    def __call__(self, *arguments: str | Path, now: str = NOW) -> Result:
        """Run a command on the desk; see that what it says shows no canary."""
        called.clear()
        done = self.curate("-C", self.desk, "--now", now, *arguments, expect=None)
        for words in (done.out, done.err, *called):
            assert not shows(words.encode()), (arguments, words)
        assert "in a way it does not know" not in done.err, (arguments, done.err)
        self.note(*map(str, arguments))
        return done

    def note(self, *arguments: str) -> None:
        """Remember which command these words are."""
        group: click.Command | None = cli
        named = "curate"
        for word in (word for word in arguments if not word.startswith("-")):
            if not isinstance(group, click.Group):
                break
            found = group.get_command(click.Context(group), word)
            if found is None:
                continue
            group, named = found, f"{named} {word}"
        self.ran.add(named)

    def plan(self, slug: str) -> None:
        """Plan and approve one share of the post ``slug`` on every account, each in words of its own."""
        accounts = [*self.servers, "email", "manual", "rehearsal"]
        files = []
        for name in accounts:
            path = self.folder / f"{slug}-{name}.txt"
            path.write_text(" ".join(f"{slug[:5]}{name}{number}" for number in range(6)), encoding="utf-8")
            files += ["--text-file", f"{name}={path}"]
        done = self("share", "plan", slug, "--to", ",".join(accounts), *files, "--at", NOW, "--json")
        assert done.exit == 0, done.err
        self.ids[slug] = [row["id"] for row in done.data]
        assert self("share", "approve", *self.ids[slug]).exit == 0

    def see_files(self, removed: int = 0) -> None:
        """Hold that canaries lie in the tokens' own files alone, and that only their owner reads them."""
        home = Path(os.environ["HOME"])
        files = [path for root in (self.desk, home, self.folder) for path in root.rglob("*") if path.is_file()]
        holding = [path for path in files if shows(path.read_bytes())]
        folder = home / ".config" / "curate" / "tokens"
        assert {path.parent for path in holding} == {folder}, holding
        assert len(holding) == len(self.servers) + 1 - removed
        assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o600}
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        private = self.desk / ".curate"
        assert stat.S_IMODE(private.stat().st_mode) == 0o700


@pytest.fixture
def watched(curate: Curate, desk: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Watched]:
    monkeypatch.setenv("CURATE_ALLOW_PRIVATE", "127.0.0.0/8")
    monkeypatch.setenv("PATH", str(tmp_path / "no programs"))  # a schedule, an editor or a browser of this machine's
    for slug in SLUGS:
        text = POST.format(slug=slug, status="published", date="2026-11-22T08:40:00Z")
        (desk / "content" / f"{slug}.md").write_text(text, encoding="utf-8")
    pages = [f"2026/{slug}/" for slug in SLUGS]
    (desk / ".curate").mkdir(mode=0o700, exist_ok=True)
    deployed = {"target": "folder:public", "at": NOW, "pages": pages}
    (desk / ".curate" / "deployed.json").write_text(json.dumps(deployed), encoding="utf-8")
    found = Watched(curate, desk, tmp_path / "words", make_servers(), MailServer(password="canary-password-5a1b"))
    found.folder.mkdir()
    with ExitStack() as stack:
        for name, server in found.servers.items():
            connect(found, name, stack.enter_context(serve(server)), tmp_path)
        port = stack.enter_context(deliver(found.mail))
        connect(found, "email", f"smtp://127.0.0.1:{port}", tmp_path)
        found("config", "set", "accounts.x.budget", "9")
        found("account", "add", "manual")
        found("account", "add", "mastodon", "--name", "rehearsal", "--server", "https://social.example", "--handle",
              "dana", "--deliver", "outbox")  # fmt: skip
        yield found


def connect(watched: Watched, name: str, url: str, folder: Path) -> None:
    """Add an account by its command, with its token in a file."""
    keys = {
        "x": KEYS,
        "email": {"user": "dana@dana.example", "password": watched.mail.password},
    }.get(name) or {"token": watched.servers[name].password}
    if name in ("linkedin", "facebook", "threads"):
        keys = {**keys, "client_id": "app-1", "client_secret": f"canary-app-secret-{name}"}
    file = folder / f"keys of {name}"
    one = keys["token"] if tuple(keys) == ("token",) else "\n".join(f"{key} = {value}" for key, value in keys.items())
    file.write_text(one, encoding="utf-8")
    handle = {"email": "dana@dana.example", **HANDLES}.get(name, "dana")
    more = ("--recipients", "reader@dana.example") if name == "email" else ()
    done = watched("account", "add", name, "--server", url, "--handle", handle, "--token-file", file, *more)
    assert done.exit == 0, done.err


def looks(watched: Watched, now: str) -> None:
    """Run whatever tells of shares and accounts, in each form there is."""
    every = [share for shares in watched.ids.values() for share in shares]
    for form in ((), ("--json",), ("--plain",), ("--debug", "--verbose")):
        for command in (
            ("share", "history"), ("share", "queue"), ("share", "queue", "--week"), ("share", "check", *every),
            ("account", "list"), ("doctor",), ("today",), ("report",), ("config", "list"),
            ("report", "month"), ("replies", "list"),
        ):  # fmt: skip
            watched(*command, *form, now=now)
        for share in every:
            watched("share", "history", share, *form, now=now)
        for name in (*watched.servers, "email"):
            watched("account", "test", name, *form, now=now)
    watched("share", "export", watched.folder / "shares.csv", now=now)
    watched("share", "calendar", "--ics", watched.folder / "shares.ics", now=now)
    watched("share", "send", "--due", "--dry-run", "--json", now=now)
    for path in (watched.folder / "shares.csv", watched.folder / "shares.ics"):
        assert path.stat().st_size > 100
        assert not shows(path.read_bytes())


def test_all_is_well_and_nothing_shows(watched: Watched) -> None:
    watched.plan(SLUGS[0])
    report = watched("tick", "--json", now=LATER)
    assert report.exit == 0, report
    assert [len(server.posts()) for server in watched.servers.values()] == [1] * 6
    assert len(watched.mail.taken) == 1
    looks(watched, LATER)
    watched.see_files()


@pytest.mark.parametrize("posting", [True, False], ids=["what is posted", "everything"])
@pytest.mark.parametrize("status", [200, 302, 400, 401, 403, 422, 429, 500] if FULL else [200, 302, 401, 422, 500])
def test_servers_hand_back_what_they_hear_and_nothing_shows(watched: Watched, status: int, *, posting: bool) -> None:
    watched.plan(SLUGS[0])
    login = b64encode(f"\0{watched.mail.user}\0{watched.mail.password}".encode()).decode()
    at = "END" if posting else "AUTH"
    watched.mail.effects[at] = f"{550 if posting else 535} 5.7.8 {watched.mail.password} or {login} is not what I want"
    for server in watched.servers.values():
        turn_bad(server, status, posting=posting)
    for now in (LATER, "2026-11-23T08:12:00Z"):
        watched("tick", "--debug", now=now)
        watched("tick", "--json", now=now)
    watched("share", "send", *watched.ids[SLUGS[0]], "--yes", "--debug", now=MUCH_LATER)
    assert not any(server.posts() for server in watched.servers.values())
    for name in (*watched.servers, "email"):
        watched("account", "test", name, "--debug", now=MUCH_LATER)
    watched("share", "history", "--json", now=MUCH_LATER)
    stories = [watched("share", "history", share, "--json", now=MUCH_LATER).out for share in watched.ids[SLUGS[0]]]
    assert status == 429 or sum("***" in story for story in stories) >= 4  # it was there to be shown
    watched("doctor", now=MUCH_LATER)
    watched("today", now=MUCH_LATER)
    watched.see_files()


# How each command is called; words in capitals stand for what there is.
ARGUMENTS = """
today
fetch --force
triage --by-line --no-input
write --kind essay --title T --question Q? --no-edit
publish small-models --no-deploy --yes
tick --no-fetch
report --since 7d
report week
report month
report balance
report sources
report import TEXT
report experiment
report experiment add mornings --hypothesis Early --until 4w
report experiment remove mornings
replies list
replies open kfmt --print
replies done kfmt
replies receive http://127.0.0.1:9/feed
undo
redo
feed add http://127.0.0.1:9/feed
feed check
feed edit 127.0.0.1 --title Other
feed export
feed import FEEDS --merge
feed list
feed pause 127.0.0.1
feed resume 127.0.0.1
feed remove 127.0.0.1 --yes
item add http://127.0.0.1:9/item
item keep ITEM
item later ITEM --until 2026-12-01
item list
item note ITEM words
item open ITEM --print
item quote ITEM words
item search words
item show ITEM
item skip ITEM
item split ITEM
item tag ITEM tag
item via ITEM who
item why ITEM
rule add words --skip --name r
rule apply r
rule edit r --tag t
rule list
rule test words
rule remove r
rank reset
post check
post edit small-models
post list
post show small-models
prompt edit
prompt list
share approve SHARE
share board
share calendar
share cancel SHARE
share check SHARE
share copy SHARE --print
share edit SHARE --text-file TEXT
share evergreen small-models --to mastodon --every 30d --times 3
share export -
share history SHARE
share import TEXT --dry-run
share log SHARE https://social.example/@dana/1
share move SHARE --at next
share plan small-models --to mastodon --at next --dry-run
share queue
share resolve SHARE --not-sent
share send SHARE --dry-run
account add mastodon --token-file TEXT
account list
account test mastodon
account remove mastodon --yes
site build
site cards
site check --online
site deploy --dry-run
theme eject
profile show
profile add roles
profile check
profile confirm results
profile edit
profile export
profile import TEXT
predict add words --confidence 70% --due 2027-01-01 --no-edit
predict due
predict grade words --outcome right --evidence https://example.org/
predict list
predict review 2026
predict score
post correct small-models --text words
post archive small-models --copy https://archive.example/1
post mail small-models --to email
post unpublish small-models --reason words --yes
import TEXT --dry-run
backup create
backup list
backup verify
backup restore --dry-run
init FOLDER --no-git --no-input
schedule install --kind systemd --print
schedule install --kind cron --print --tokens-in-file --yes
schedule status --kind systemd
schedule remove --kind launchd
doctor
doctor --adopt --yes
config get site.name
config list
config path
config set site.name Dana
completion bash
help
help exit-codes
""".strip().splitlines()
# What goes on until it is stopped, or takes a terminal or minutes; seen as processes of their own, or not at all.
LASTING = {"curate run", "curate site serve"}
ELSEWHERE = {"curate demo"}  # on a desk of its own that has no accounts


def test_every_command_and_every_way_to_get_it_wrong_shows_nothing(watched: Watched) -> None:
    watched.plan(SLUGS[0])
    (watched.folder / "text.txt").write_text("Words\n", encoding="utf-8")
    stand_ins = {
        "ITEM": "kfmt", "SHARE": watched.ids[SLUGS[0]][0], "TEXT": str(watched.folder / "text.txt"),
        "FEEDS": str(watched.desk / "feeds.opml"), "FOLDER": str(watched.folder / "another"),
    }  # fmt: skip
    for line in ARGUMENTS:
        words = [stand_ins.get(word, word) for word in line.split()]
        watched(*words)
        watched(*words, "--json", "--debug", now=LATER)
        watched(*words, "--offline", "--plain", now=LATER)
        watched(*words[:2], "no such thing", "--nor-this", "--json")
    watched.see_files(removed=1)
    names = {name for name, _ in commands_of(cli)}
    assert names - watched.ran == LASTING | ELSEWHERE


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.parametrize("command", [("run",), ("site", "serve", "--port", "0")], ids=" ".join)
def test_what_goes_on_shows_nothing_while_it_does(watched: Watched, command: tuple[str, ...]) -> None:
    watched.plan(SLUGS[0])
    server = watched.servers["mastodon"]
    server.effects.append("hang after")
    program = [sys.executable, "-m", "curate", "-C", str(watched.desk), "--now", LATER, *command]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(program, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as process:
        assert process.stdout is not None
        first = process.stdout.readline()
        assert command[0] != "run" or server.stored.wait(60)  # it waits for an answer, with its token in mind
        for entry in Path("/proc").glob("[0-9]*"):
            for name in ("cmdline", "environ"):
                try:
                    assert not shows((entry / name).read_bytes()), (entry, name)
                except OSError:
                    continue  # it is gone, or another person's
        server.hang.set()
        process.send_signal(signal.SIGTERM)
        said = first + process.stdout.read()
        process.wait(60)
    assert not shows(said), said
    watched.see_files()
