"""Start the real counterparts: a Bluesky server, a Mastodon API, a browser, an HTML checker.

Everything listens on 127.0.0.1 on a free port, has a fresh folder, and ends with the test run. What a
machine lacks makes a test skip with the reason; where CI is set, it makes it fail.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn
from urllib.error import URLError
from urllib.request import Request, urlopen

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator

    from playwright.sync_api import Browser, ProxySettings

JAVASCRIPT = Path(__file__).parents[1] / "js"
SERVERS = {"pds", "mastodon"}  # fixtures worth starting in one worker only
PATIENCE = 90.0  # seconds a server may take to start on a machine that does much else


def lacking(reason: str) -> NoReturn:
    """Skip the test for ``reason``; in CI nothing may be lacking, so there it fails."""
    if os.environ.get("CI"):
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)


def needs(program: str, package: str) -> str:
    """Return where ``program`` is; without it (Debian's ``package``) the test is skipped, in CI it fails."""
    found = shutil.which(program)
    if found is None:
        lacking(f"{program} is not installed (Debian: apt install {package})")
    return found


def needs_npm(package: str) -> Path:
    """Return the folder of an npm package that ``make test`` installs; else as ``needs``."""
    folder = JAVASCRIPT / "node_modules" / package
    if not folder.is_dir():
        lacking(f"{package} is not installed (make test installs it where Node.js and npm are)")
    return folder


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep the tests that need a server in one worker, so that it starts once."""
    for item in items:
        if SERVERS & set(getattr(item, "fixturenames", ())) and item.get_closest_marker("xdist_group") is None:
            item.add_marker(pytest.mark.xdist_group("servers"))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Show what the servers of a failed test had to say."""
    report = yield
    if report.failed:
        for name, value in getattr(item, "funcargs", {}).items():
            log = getattr(value, "log", None)
            if name in SERVERS and isinstance(log, Path):
                report.sections.append((f"log of {name}", log.read_text(errors="replace")[-4000:]))
    return report


def free_port() -> int:
    """Return a port nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def call(method: str, url: str, body: object = None, token: str = "") -> Any:
    """Make one JSON request of a server of ours; return the JSON it answers, None for nothing."""
    headers = {"Content-Type": "application/json"} if body is not None else {}
    if token:
        headers["Authorization"] = f"Bearer {token}"
    data = json.dumps(body).encode() if body is not None else None
    request = Request(url, data=data, headers=headers, method=method)  # noqa: S310 - our own server on loopback
    with urlopen(request, timeout=30) as answer:  # noqa: S310 - the same
        content = answer.read()
        return json.loads(content) if content else None


@contextlib.contextmanager
def running(command: list[str], log: Path, probe: str) -> Iterator[None]:
    """Run a server in a process group of its own until the block ends; it is up when ``probe`` answers 200."""
    with log.open("wb") as out:
        server = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=out, stderr=subprocess.STDOUT, start_new_session=True, cwd=log.parent
        )
    try:
        deadline = time.monotonic() + PATIENCE
        while not answers(probe):
            if server.poll() is not None or time.monotonic() > deadline:
                pytest.fail(f"{command[0]} did not start:\n{log.read_text(errors='replace')[-4000:]}", pytrace=False)
            with contextlib.suppress(subprocess.TimeoutExpired):
                server.wait(0.1)
        yield
    finally:
        for signum in (signal.SIGTERM, signal.SIGKILL):
            with contextlib.suppress(ProcessLookupError):
                os.killpg(server.pid, signum)
            with contextlib.suppress(subprocess.TimeoutExpired):
                server.wait(10)
                break
        if server.stdin is not None:
            server.stdin.close()


def answers(url: str) -> bool:
    """Say whether ``url`` is answered with 200."""
    try:
        with urlopen(url, timeout=5) as answer:  # noqa: S310 - our own server on loopback
            return bool(answer.status == 200)
    except (URLError, OSError):
        return False


@dataclass(frozen=True)
class Account:
    """One account on the Bluesky server."""

    did: str
    handle: str
    password: str


@dataclass(frozen=True)
class Pds:
    """The reference Bluesky server (a personal data server), at ``url``."""

    url: str
    log: Path
    numbers: Iterator[int] = field(default_factory=lambda: count(1))

    def account(self, name: str) -> Account:
        """Make a new account; its handle starts with ``name`` and is new in every test."""
        handle = f"{name}{next(self.numbers)}.test"
        password = f"password of {handle}"
        wanted = {"handle": handle, "email": f"{handle}@mail.example", "password": password}
        made = call("POST", f"{self.url}/xrpc/com.atproto.server.createAccount", wanted)
        return Account(made["did"], handle, password)

    def records(self, did: str, collection: str = "app.bsky.feed.post") -> list[dict[str, Any]]:
        """Return the values of all records in a collection of ``did``, as anybody can read them."""
        query = f"repo={did}&collection={collection}&limit=100"
        answer = call("GET", f"{self.url}/xrpc/com.atproto.repo.listRecords?{query}")
        return [record["value"] for record in answer["records"]]


@dataclass(frozen=True)
class MastodonServer:
    """A server with Mastodon's API, at ``url``; ``token`` is that of its first account."""

    url: str
    log: Path
    token: str = "mock_token"

    def reset(self) -> None:
        """Forget every status and every fault."""
        call("POST", f"{self.url}/api/v1/_mock/reset")
        call("DELETE", f"{self.url}/api/v1/_mock/faults")

    def fail(self, method: str, path: str, *, times: int | None = None, **effect: Any) -> None:
        """Answer ``times`` matching requests (all, when None) with a fault.

        ``effect`` has a type, one of status, ratelimit, latency, malformed and timeout, and what that
        takes: status, headers, body, delay_ms.
        """
        rule = {"match": {"methods": [method], "path": path}, "effect": effect, "count": times}
        call("POST", f"{self.url}/api/v1/_mock/faults", rule)

    def statuses(self) -> list[dict[str, Any]]:
        """Return the first account's statuses, newest first."""
        me = call("GET", f"{self.url}/api/v1/accounts/verify_credentials", token=self.token)
        found: list[dict[str, Any]] = call(
            "GET", f"{self.url}/api/v1/accounts/{me['id']}/statuses?limit=40", token=self.token
        )
        return found


@pytest.fixture(scope="session")
def pds(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pds]:
    """Run the reference Bluesky server for the whole run."""
    node = needs("node", "nodejs npm")
    needs_npm("@atproto/pds")
    folder = tmp_path_factory.mktemp("pds")
    port, directory = free_port(), free_port()
    command = [node, str(JAVASCRIPT / "run-pds.mjs"), str(port), str(directory), str(folder / "data")]
    url = f"http://127.0.0.1:{port}"
    with running(command, folder / "log", f"{url}/xrpc/_health"):
        yield Pds(url, folder / "log")


@pytest.fixture(scope="session")
def mastodon_process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MastodonServer]:
    """Run the Mastodon API for the whole run."""
    folder = tmp_path_factory.mktemp("mastodon")
    port = free_port()
    command = [sys.executable, "-m", "mastodon_mock", "serve", "--in-memory"]
    command += ["--host", "127.0.0.1", "--port", str(port), "--log-level", "warning"]
    url = f"http://127.0.0.1:{port}"
    with running(command, folder / "log", f"{url}/api/v1/instance"):
        yield MastodonServer(url, folder / "log")


@pytest.fixture
def mastodon(mastodon_process: MastodonServer) -> MastodonServer:
    """Hand out the Mastodon API with nothing posted and no fault set."""
    mastodon_process.reset()
    return mastodon_process


@pytest.fixture(scope="session")
def chromium() -> str:
    """Where the browser is."""
    usual = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
    return next((found for name in usual if (found := shutil.which(name))), "") or needs("chromium", "chromium")


@pytest.fixture
def browser(chromium: str) -> Iterator[Browser]:
    """Start a browser that reaches loopback and nothing else: all other requests fail.

    While it runs, this thread has a running event loop: what a test needs ``asyncio.run`` for comes
    before it, through ``request.getfixturevalue("browser")`` afterwards.
    """
    from playwright.sync_api import sync_playwright

    nowhere = f"http://127.0.0.1:{free_port()}"  # no proxy is there for what is not loopback
    flags = [
        "--disable-dev-shm-usage",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
    ]
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        flags.append("--no-sandbox")  # it refuses to run as root with one
    proxy: ProxySettings = {"server": nowhere, "bypass": "127.0.0.1,localhost"}
    with (
        sync_playwright() as playwright,
        playwright.chromium.launch(executable_path=chromium, args=flags, proxy=proxy) as window,
    ):
        yield window


@pytest.fixture(scope="session")
def vnu() -> Callable[[Path], list[dict[str, Any]]]:
    """Check every HTML file below a folder with the Nu HTML checker; its errors, each as the checker says it."""
    java = needs("java", "default-jre-headless")
    jar = needs_npm("vnu-jar") / "build" / "dist" / "vnu.jar"

    def check(folder: Path) -> list[dict[str, Any]]:
        assert any(folder.rglob("*.html")), f"nothing to check below {folder}"
        command = [
            java,
            "-jar",
            str(jar),
            "--errors-only",
            "--skip-non-html",
            "--format",
            "json",
            "--stdout",
            str(folder),
        ]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode in (0, 1), done.stderr
        messages: list[dict[str, Any]] = json.loads(done.stdout)["messages"]
        return messages

    return check
