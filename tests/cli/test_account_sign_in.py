"""``account add`` at a terminal and in a browser, and what the commands say of a sign-in that ends."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import select
import signal
import socket
import stat
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import pytest

from curate.cli.here import Here
from curate.cli.render import width
from curate.cli.sign_in import STEPS, _come_back, obtain, read_file
from curate.desk.settings import Account, load_settings
from curate.errors import CurateError, NetworkTrouble, UsageError
from curate.shares.sign_in import DOORS
from curate.shares.tokens import Secret, secret_of, store_token
from curate.web.callback import listen
from curate.web.client import Client
from tests.shares.oauth_server import APP, APP_SECRET, OAuthServer
from tests.shares.servers import as_json, serve

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tests.conftest import Curate
    from tests.shares.servers import Answer

NOW = datetime(2026, 11, 22, 8, 12, tzinfo=UTC)
CANARY = "canary-linked-in-token"
posix = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such terminal")

BROWSER = """#!{python}
import sys, urllib.error, urllib.request
try:
    print(urllib.request.urlopen(sys.argv[1]).read().decode())
except urllib.error.HTTPError as page:
    print(page.read().decode())
"""


@pytest.fixture
def network(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[OAuthServer, str]]:
    """A network that signs people in, and the permission to go there."""
    monkeypatch.setenv("CURATE_ALLOW_PRIVATE", "127.0.0.0/8")
    server = OAuthServer()
    with serve(server) as url:
        yield server, url


class LinkedInServer(OAuthServer):
    """LinkedIn's sign-in, and whose a token is."""

    def reads(self, target: str, headers: Mapping[str, str], body: bytes) -> Answer:
        if urlsplit(target).path != "/v2/userinfo":
            return super().reads(target, headers, body)
        token = headers.get("Authorization", "").removeprefix("Bearer ")
        good = token in self.granted
        return as_json(
            {"sub": "abc", "name": "Dana Okafor"} if good else {"message": f"{token}?"}, 200 if good else 401
        )


class Terminal:
    """A person at a terminal."""

    def __init__(self, *arguments: str | Path, **environment: str) -> None:
        self.ours, theirs = os.openpty()
        self.program = subprocess.Popen(
            [sys.executable, "-m", "curate", *map(str, arguments)],
            stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True, env=os.environ | environment,
        )  # fmt: skip
        os.close(theirs)
        self.shown = ""

    def until(self, words: str) -> str:
        """Read until ``words`` are shown; return everything up to there."""
        while words not in self.shown:
            assert select.select([self.ours], [], [], 60)[0], self.shown
            self.shown += os.read(self.ours, 4096).decode()
        return self.shown

    def type(self, text: str) -> None:
        os.write(self.ours, text.encode() + b"\n")

    def wait_until_it_waits(self) -> None:
        """A signal between the question and the wait for its answer would be noticed with the next one only."""
        state = Path(f"/proc/{self.program.pid}/stat")
        while state.read_text().rpartition(")")[2].split()[0] != "S":
            os.sched_yield()

    def end(self) -> int:
        with contextlib.suppress(OSError):  # how Linux says that nobody holds the other end any more
            while more := os.read(self.ours, 4096):
                self.shown += more.decode()
        os.close(self.ours)
        return self.program.wait(timeout=60)


@pytest.fixture
def port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        number: int = one.getsockname()[1]
    return number


@pytest.fixture
def browser(tmp_path: Path) -> str:
    """A browser that opens a page, follows it and says what it shows."""
    path = tmp_path / "browser"
    path.write_text(BROWSER.format(python=sys.executable))
    path.chmod(0o755)
    return f"{path} %s"


@posix
def test_the_browser_signs_in_and_nothing_is_pasted(
    curate: Curate, desk: Path, network: tuple[OAuthServer, str], browser: str, port: int
) -> None:
    person = Terminal(
        "-C", desk, "account", "add", "mastodon", "--server", network[1], "--port", str(port), BROWSER=browser
    )
    person.until("it does not show")
    person.type("")
    assert person.end() == 0, person.shown
    assert "close this page" in person.shown
    assert "Connected  mastodon: dana" in person.shown
    assert "May        read:accounts read:statuses read:notifications write:statuses write:media" in person.shown
    assert "canary" not in person.shown
    tested = curate("-C", desk, "account", "test", "mastodon", "--json").data
    assert (tested["handle"], tested["scopes"][0]) == ("dana", "read:accounts")


@posix
def test_the_address_of_a_browser_elsewhere_can_be_pasted(
    curate: Curate, desk: Path, network: tuple[OAuthServer, str], port: int
) -> None:
    server, url = network
    person = Terminal("-C", desk, "account", "add", "mastodon", "--server", url, "--port", str(port), BROWSER="false")
    person.until("it does not show")
    person.type("")
    shown = person.until("paste it here")
    assert "Open this address in a browser" in shown
    page = re.search(rf"{re.escape(url)}/oauth/authorize\S+", shown)
    assert page
    asked = parse_qs(urlsplit(page[0]).query)
    server.codes["canary-code"] = {name: values[0] for name, values in asked.items()}
    person.type(f"http://127.0.0.1:{port}/callback?code=canary-code&state={asked['state'][0]}")
    assert person.end() == 0, person.shown
    assert curate("-C", desk, "account", "test", "mastodon", "--json").data["handle"] == "dana"


@posix
def test_a_person_who_says_no_in_the_browser_ends_it_with_nothing_stored(
    desk: Path, network: tuple[OAuthServer, str], browser: str, port: int
) -> None:
    network[0].says = "access_denied"
    before = (desk / "curate.toml").read_text()
    person = Terminal(
        "-C", desk, "account", "add", "mastodon", "--server", network[1], "--port", str(port), BROWSER=browser
    )
    person.until("it does not show")
    person.type("")
    assert person.end() == 4, person.shown
    assert "not allowed in the browser" in person.shown
    assert (desk / "curate.toml").read_text() == before


@posix
def test_a_strange_visit_is_turned_away_and_a_strange_address_refused(
    desk: Path, network: tuple[OAuthServer, str], browser: str, port: int
) -> None:
    server, url = network
    server.state = "somebody-elses"
    person = Terminal("-C", desk, "account", "add", "mastodon", "--server", url, "--port", str(port), BROWSER=browser)
    person.until("it does not show")
    person.type("")
    assert "page belongs to another sign-in" in person.until("paste it here")
    person.type(f"http://127.0.0.1:{port}/callback?code=1&state=somebody-elses")
    assert person.end() == 4, person.shown
    assert "belongs to another sign-in, so it is not used" in person.shown
    assert server.granted == []


@posix
def test_signing_in_again_asks_for_no_keys_and_what_fails_shows_none(
    curate: Curate, desk: Path, browser: str, port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CURATE_ALLOW_PRIVATE", "127.0.0.0/8")
    server = LinkedInServer(returns=f"http://127.0.0.1:{port}/callback")
    with serve(server) as url:
        for key, value in (("network", "linkedin"), ("sign_in", url), ("server", url)):
            curate("-C", desk, "config", "set", f"accounts.linkedin.{key}", value)
        said = ""
        for again in (False, True):
            person = Terminal("-C", desk, "account", "add", "linkedin", "--port", str(port), BROWSER=browser)
            person.until("it does not show")
            person.type("")
            if not again:
                person.until("Client ID:")
                person.type(APP)
                person.until("Client Secret (")
                person.type(APP_SECRET)
            assert person.end() == 0, person.shown
            assert "Connected  linkedin: Dana Okafor" in person.shown
            assert ("1. Open" in person.shown) is not again
            said += person.shown
        assert len(server.granted) == 2
        soon = (datetime.now(UTC) + timedelta(days=58)).isoformat()
        for flags in ((), ("--json",)):
            tested = curate("-C", desk, "account", "test", "linkedin", "--now", soon, *flags)
            assert "w_member_social" in tested.out
            assert "ends in 1 day: curate account add linkedin" in tested.out + tested.err
            said += f"{tested}"
        server.granted.clear()
        for flags in ((), ("--json",), ("--debug",)):
            said += str(curate("-C", desk, "account", "test", "linkedin", *flags, expect=4))
    assert "canary" not in said


@posix
def test_the_keys_of_x_are_asked_for_one_by_one_and_do_not_show(desk: Path) -> None:
    person = Terminal("-C", desk, "account", "add", "x", "--offline")
    person.until("1. Open https://console.x.com")
    for words in ("API key (", "API key secret (", "Access token (", "Access token secret ("):
        person.until(words)
        person.type(f"canary-{words}")
    person.end()
    assert "canary" not in person.shown


def test_the_steps_fit_a_terminal_of_80_columns() -> None:
    for network, steps in STEPS.items():
        returns = DOORS[network].returns.format(port=8917) if network in DOORS else ""
        for line in steps.format(server="https://mastodon.social", returns=returns).splitlines():
            assert width(line) <= 80, (network, line)


@pytest.mark.skipif(sys.platform != "linux", reason="/proc says whether a program waits")
@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("mastodon", "--server", "https://social.example"), "or paste a token"),
        (("x",), "API key ("),
        (("email", "--server", "smtps://mail.example:465", "--recipients", "a@example.org"), "User name"),
    ],
)
def test_ctrl_c_at_a_question_ends_it_at_once_and_nothing_is_stored(
    curate: Curate, desk: Path, arguments: tuple[str, ...], words: str
) -> None:
    person = Terminal("-C", desk, "account", "add", *arguments, "--handle", "dana@example.org", "--offline")
    person.until(words)
    person.wait_until_it_waits()
    person.program.send_signal(signal.SIGINT)
    try:
        assert person.program.wait(timeout=30) == 130
    finally:
        person.program.kill()
        person.end()
    assert "Stopped." in person.shown
    assert curate("-C", desk, "account", "list", "--json").data == []


def test_the_wait_for_a_browser_ends(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    async def go() -> None:
        reading, writing = os.pipe()
        with os.fdopen(reading) as nobody, os.fdopen(writing, "w"):
            monkeypatch.setattr("sys.stdin", nobody)
            async with listen(port, "state") as callback:
                await _come_back(callback, patience=0.01)

    with pytest.raises(NetworkTrouble, match="did not come back within"):
        asyncio.run(go())


# Without anybody at a terminal


def from_file(
    tmp_path: Path, network: str, text: str, url: str = "", handle: str = "", *, offline: bool = False
) -> Secret:
    file = tmp_path / "token"
    file.write_text(text)
    account = Account(network=network, server=url, sign_in=url, handle=handle)  # type: ignore[arg-type]

    async def go() -> Secret:
        async with Client(allow_private=["127.0.0.0/8"], timeout=5.0, offline=offline) as client:
            here = Here(no_input=True, moment=NOW, offline=offline)
            return await obtain(here, client, "mine", account, file=str(file), port=8917, old=None)

    return asyncio.run(go())


@pytest.mark.parametrize(
    ("network", "text", "parts"),
    [
        ("linkedin", f"{CANARY}==\n", {"token": f"{CANARY}=="}),
        ("linkedin", f"token = {CANARY}\nclient_id = a\nclient_secret='b'", {"token": CANARY, "client_secret": "b"}),
        ("x", "api_key=a\napi_secret=b\n\ntoken=c\ntoken_secret=d", {"api_secret": "b", "token_secret": "d"}),
        ("x", '{"api_key": "a", "api_secret": "b", "token": "c", "token_secret": "d"}', {"token": "c"}),
        ("email", "secret word", {"user": "dana@example.org", "password": "secret word"}),
        ("email", "user = d\npassword = a=b", {"user": "d", "password": "a=b"}),
        ("mastodon", "\ufeff plain ", {"token": "plain"}),
    ],
)
def test_a_file_holds_a_token_or_named_keys(tmp_path: Path, network: str, text: str, parts: dict[str, str]) -> None:
    secret = from_file(tmp_path, network, text, handle="dana@example.org")
    assert {name: secret.part(name) for name in parts} == parts


@pytest.mark.parametrize(
    ("network", "text", "words"),
    [
        ("x", "canary", "api_key, api_secret, token"),
        ("x", "api_key = canary\napi_secret = canary", "token, token_secret"),
        ("x", '{"api_key": ["canary"]', "api_key"),
        ("linkedin", '{"client_id": "canary"}', "token"),
        ("linkedin", "canary\ncanary", "no token in it"),
        ("email", "user = canary", "password"),
        ("linkedin", "token = can\x07ary", "no token in it"),
    ],
)
def test_what_lacks_a_key_is_told_which_and_shows_none(tmp_path: Path, network: str, text: str, words: str) -> None:
    (tmp_path / "token").write_text(text)
    with pytest.raises(CurateError, match=words) as caught:
        read_file(Here(), Account(network=network), str(tmp_path / "token"))  # type: ignore[arg-type]
    assert "canary" not in f"{caught.value.message} {caught.value.hint}"


def test_one_page_is_taken_and_of_several_the_one_named(tmp_path: Path, network: tuple[OAuthServer, str]) -> None:
    server, url = network
    server.granted.append("canary-user")
    keys = f"token = canary-user\nclient_id = {APP}\nclient_secret = {APP_SECRET}"
    only = from_file(tmp_path, "facebook", keys, url)
    assert (only.part("token"), only.part("client_id")) == ("canary-page-101", APP)
    server.pages.append(("102", "Dana Okafor"))
    for handle in ("102", "Dana Okafor"):
        assert from_file(tmp_path, "facebook", keys, url, handle).part("token") == "canary-page-102"
    with pytest.raises(UsageError, match=r"2 pages: 1\. Night Shift Notes \(101\); 2\. Dana Okafor \(102\)") as caught:
        from_file(tmp_path, "facebook", keys, url)
    assert "--handle" in caught.value.hint
    server.pages.clear()
    with pytest.raises(UsageError, match="no page"):
        from_file(tmp_path, "facebook", keys, url)


def test_a_pages_own_token_and_one_that_cannot_be_asked_about_stay_as_they_are(
    tmp_path: Path, network: tuple[OAuthServer, str]
) -> None:
    network[0].granted.append("canary-page-7")
    assert from_file(tmp_path, "facebook", "canary-page-7", network[1]).part("token") == "canary-page-7"
    assert from_file(tmp_path, "facebook", "canary-x", network[1], offline=True).part("token") == "canary-x"


# A sign-in that ends


@pytest.fixture
def linkedin(curate: Curate, desk: Path) -> Any:
    """Make the desk's LinkedIn account end some time after NOW."""

    def ends(after: timedelta | None) -> None:
        for key, value in (("network", "linkedin"), ("handle", "Dana Okafor")):
            curate("-C", desk, "config", "set", f"accounts.linkedin.{key}", value)
        account = load_settings(desk / "curate.toml").accounts["linkedin"]
        until = (NOW + after).isoformat() if after is not None else ""
        secret = secret_of(
            token=CANARY, client_id=APP, client_secret=APP_SECRET, scopes="w_member_social", expires_at=until
        )
        store_token(Here().config_folder(), account, secret)

    return ends


@pytest.mark.parametrize(
    ("after", "words", "listed", "today"),
    [
        (timedelta(days=15), "ends in 15 days", False, False),
        (timedelta(days=14), "ends in 14 days", True, False),
        (timedelta(days=7, hours=1), "ends in 7 days", True, False),
        (timedelta(days=7), "ends in 7 days", True, True),
        (timedelta(days=1), "ends in 1 day", True, True),
        (timedelta(hours=3), "ends within a day", True, True),
        (timedelta(0), "ended on 22 Nov 2026", True, True),
    ],
)
def test_a_sign_in_that_ends_is_told_in_time_with_what_to_type(
    curate: Curate, desk: Path, linkedin: Any, after: timedelta, words: str, *, listed: bool, today: bool
) -> None:
    linkedin(after)
    again = "curate account add linkedin --name linkedin"
    found = curate("-C", desk, "account", "list")
    assert words in found.out
    assert (again in found.err) is listed
    whole = curate("-C", desk, "account", "list", "--json")
    assert whole.data[0]["expires_at"] == (NOW + after).isoformat().replace("+00:00", "Z")
    assert whole.data[0]["scopes"] == ["w_member_social"]
    [check] = [
        row for row in curate("-C", desk, "doctor", "--json", expect=None).data if row["name"] == "account linkedin"
    ]
    assert check["ok"] is not listed
    assert words in check["message"]
    assert check["hint"] == again
    day = curate("-C", desk, "today")
    assert (f"Ending     The sign-in of linkedin {words}:\n             {again}\n" in day.out) is today
    assert len(curate("-C", desk, "today", "--json").data["shares"]["endings"]) == today


@pytest.mark.parametrize(
    ("version", "words", "listed", "today"),
    [
        ("202512", "ends on 15 Dec 2026", False, False),
        ("202511", "ended on 15 Nov 2026", True, True),
        ("", "", False, False),
        ("none", "", False, False),
    ],
)
def test_a_version_of_linkedins_api_that_ends_is_told(
    curate: Curate, desk: Path, linkedin: Any, version: str, words: str, *, listed: bool, today: bool
) -> None:
    linkedin(None)
    curate("-C", desk, "config", "set", "accounts.linkedin.version", f'"{version}"')
    assert (words in curate("-C", desk, "account", "list").err) is (listed or not words)
    checks = curate("-C", desk, "doctor", "--json", expect=None).data
    wrong = [row for row in checks if row["name"] == "account linkedin" and not row["ok"]]
    assert [words in row["message"] and "accounts.linkedin.version" in row["hint"] for row in wrong] == [True] * listed
    assert ("Ending" in curate("-C", desk, "today").out) is today
    later = curate("-C", desk, "today", "--now", "2026-12-09T08:00:00Z").out
    assert ("Ending" in later) is (version.startswith("2025"))


def test_a_sign_in_without_an_end_warns_of_none_and_neither_does_a_forgotten_one(
    curate: Curate, desk: Path, linkedin: Any
) -> None:
    linkedin(timedelta(days=1))
    linkedin(None)
    assert curate("-C", desk, "account", "list", "--json").data[0]["expires_at"] is None
    assert "Ending" not in curate("-C", desk, "today").out
    linkedin(timedelta(days=1))
    curate("-C", desk, "account", "remove", "linkedin", "--yes")
    assert list((Here().config_folder() / "tokens").iterdir()) == []


def test_nothing_of_a_token_is_in_any_answer_and_its_files_are_the_persons_alone(
    curate: Curate, desk: Path, linkedin: Any
) -> None:
    linkedin(timedelta(days=3))
    for file in (Here().config_folder() / "tokens").iterdir():
        assert os.name != "posix" or stat.S_IMODE(file.stat().st_mode) == 0o600
    said = ""
    for flags in ((), ("--json",), ("--plain",), ("--debug",)):
        for command in (
            ("account", "list"),
            ("account", "add", "linkedin", "--no-input"),
            ("account", "add", "linkedin", "--no-input", "--token-file", "/nowhere"),
            ("doctor",),
            ("today",),
            ("config", "list"),
            ("account", "remove", "linkedin"),
        ):
            answer = curate("-C", desk, *command, *flags, expect=None)
            said += answer.out + answer.err
    said += str(curate("-C", desk, "account", "remove", "linkedin", "--yes"))
    assert "linkedin" in said
    assert "canary" not in said


@pytest.mark.parametrize(
    ("arguments", "pace"),
    [
        (("linkedin",), (1, 4)),
        (("facebook",), (1, 3)),
        (
            (
                "email",
                "--server",
                "smtp.example.org:587",
                "--handle",
                "d@example.org",
                "--recipients",
                "a@b.org,c@d.org",
            ),
            (1, 1),
        ),
        (("threads",), (3, 12)),
    ],
)
def test_each_network_begins_at_its_own_pace(curate: Curate, desk: Path, arguments: tuple[str, ...], pace: Any) -> None:
    curate("-C", desk, "account", "add", *arguments, "--deliver", "outbox")
    account = load_settings(desk / "curate.toml").accounts[arguments[0]]
    assert (account.per_day, account.per_week) == pace
    if account.network == "email":
        assert (account.server, account.recipients) == ("smtp://smtp.example.org:587", ("a@b.org", "c@d.org"))
    curate("-C", desk, "config", "set", f"accounts.{arguments[0]}.per_day", "2")
    curate("-C", desk, "account", "add", *arguments, "--deliver", "outbox")
    assert load_settings(desk / "curate.toml").accounts[arguments[0]].per_day == 2
