"""What every test stands on: a clean environment, a desk, the command line, a server on loopback."""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import settings

from tests import tripwire

if TYPE_CHECKING:
    import subprocess

settings.register_profile("curate", deadline=None)  # a busy machine is no fault of the code's
settings.load_profile("curate")
tripwire.watch()

# curate as a shell starts it. Workers, and all that runs in a shell's background, ignore Ctrl-C, and what
# they start inherits that.
HEEDING_CTRL_C = [
    sys.executable,
    "-c",
    "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); from curate.cli.main import run; run()",
]
CORPORA = Path(__file__).parents[2] / "shared" / "corpora"
TODAY = "2026-11-22T08:12:00+00:00"  # what a command takes for now unless told: tests must not age


def pytest_make_parametrize_id(val: object) -> str | None:
    """Keep bytes out of the names of tests: workers must agree on names, and what is packed holds the time."""
    return "bytes" if isinstance(val, bytes) else None


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Give each test a home of its own, no keyring, no editor, no proxy and no terminal habits."""
    home = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(home / ".config"))
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.fail.Keyring")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(home / ".gitconfig"))
    for name in ("EDITOR", "VISUAL", "NO_COLOR", "CURATE_ALLOW_PRIVATE", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(autouse=True)
def no_way_out() -> Iterator[None]:
    """Fail the test after which something is seen that left this machine, or went around the guard."""
    yield
    seen = list(tripwire.faults)
    tripwire.faults.clear()
    assert seen == []


def press_ctrl_c(program: subprocess.Popen[bytes], terminal: int) -> str:
    """Interrupt a program that waits at a prompt on ``terminal``; return all it shows until its end.

    A signal between the prompt and the wait for its answer is only noticed with the next one, so it is
    repeated until something is shown.
    """
    for _ in range(30):
        program.send_signal(signal.SIGINT)
        if select.select([terminal], [], [], 1)[0]:
            break
    shown = b""
    with contextlib.suppress(OSError):  # how Linux says that nobody holds the other end any more
        while more := os.read(terminal, 4096):
            shown += more
    return shown.decode()


@dataclass(frozen=True)
class Result:
    """What one command line answered."""

    exit: int
    out: str
    err: str

    @property
    def data(self) -> Any:
        """The data of the one JSON object on standard output."""
        return json.loads(self.out)["data"]

    @property
    def error(self) -> Any:
        """The error of the one JSON object on standard error."""
        return json.loads(self.err)["error"]


Curate = Callable[..., Result]


@pytest.fixture
def curate(capsys: pytest.CaptureFixture[str]) -> Curate:
    """Run a command line in this process, at TODAY unless it says ``--now``; ``exit`` is what the shell would see."""
    from curate.cli.main import main

    def run(*arguments: str | Path, expect: int | None = 0) -> Result:
        capsys.readouterr()
        moment = () if "--now" in arguments else ("--now", TODAY)
        code = main([*moment, *map(str, arguments)])
        captured = capsys.readouterr()
        result = Result(code, captured.out, captured.err)
        if expect is not None:
            assert code == expect, f"exit {code}\n{result.out}\n{result.err}"
        return result

    return run


@pytest.fixture
def desk(tmp_path: Path, curate: Curate) -> Path:
    """A new desk of Dana Okafor; its folder."""
    folder = tmp_path / "desk"
    curate("init", folder, "--name", "Dana Okafor", "--url", "https://dana.example", "--no-git", "--no-input")
    return folder


@dataclass
class Loopback:
    """A real HTTP server on 127.0.0.1: ``pages`` by path, every request kept in ``seen``.

    A page is (status, headers, body), or a function of the request's (method, path, headers, body)
    that returns one.
    """

    url: str
    pages: dict[str, Any] = field(default_factory=dict)
    seen: list[tuple[str, str, dict[str, str], bytes]] = field(default_factory=list)

    def put(self, path: str, body: str | bytes, status: int = 200, **headers: str) -> str:
        """Serve ``body`` at ``path`` (header names with _ for -); return its URL."""
        raw = body.encode() if isinstance(body, str) else body
        self.pages[path] = (status, {name.replace("_", "-"): value for name, value in headers.items()}, raw)
        return self.url + path


@pytest.fixture
def loopback(monkeypatch: pytest.MonkeyPatch) -> Iterator[Loopback]:
    """Serve pages on loopback, and allow curate to go there."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            body = self.rfile.read(length)
            heard = (self.command, self.path, dict(self.headers.items()), body)
            site.seen.append(heard)
            page = site.pages.get(self.path, (404, {}, b"not here"))
            status, headers, content = page(*heard) if callable(page) else page
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            if "Content-Length" not in headers:
                self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(content)

        do_GET = do_POST = do_HEAD = do_PUT = do_DELETE = answer

        def log_message(self, *_: Any) -> None:
            pass

    class Server(ThreadingHTTPServer):
        def handle_error(self, *_: Any) -> None:
            """Say nothing when a client hangs up early: it may, and standard error is curate's."""

    server = Server(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    port = server.server_address[1]
    site = Loopback(f"http://127.0.0.1:{port}")
    monkeypatch.setenv("CURATE_ALLOW_PRIVATE", f"127.0.0.0/8:{port}")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    yield site
    server.shutdown()
    server.server_close()
    thread.join()
