"""Serve a built site on this machine alone, as a web server would: folders by their index, 404.html for the rest.

A preview is built again when what it is made of changes, and open pages then load themselves anew: by a
script that is put into pages on their way out of here, and stands in no file.
"""

from __future__ import annotations

import contextlib
import functools
import re
import sys
import threading
from base64 import b64encode
from hashlib import sha256
from http import HTTPStatus
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any

from curate.errors import CurateError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from curate.desk.folder import Desk

CHANGES = "/.changes"  # answers with the number of the build, once it is another than the one asked with
WAIT = 25.0  # seconds a page's question stays open
OWN = re.compile(r"(?:127\.0\.0\.1|localhost)(?::\d+)?", re.IGNORECASE)  # what a browser here calls this server
SCRIPT = b"""
(async () => {
  for (let build = "%d"; ; ) try {
    const answer = await fetch("/.changes?" + build);
    if (await answer.text() !== build) return location.reload();
  } catch { await new Promise(later => setTimeout(later, 1000)); }
})();
"""


class Handler(SimpleHTTPRequestHandler):
    """Answer with files of one folder; no listing of folders, no hidden files, no log."""

    protocol_version = "HTTP/1.1"
    extensions_map = {**SimpleHTTPRequestHandler.extensions_map, ".xml": "application/atom+xml"}  # noqa: RUF012 - theirs

    def parse_request(self) -> bool:
        """Take a request only for this machine by its own name: a page elsewhere could let its name lead here."""
        if not super().parse_request():
            return False
        if OWN.fullmatch(self.headers.get("Host", "")):
            return True
        self.close_connection = True
        self.send_error(HTTPStatus.MISDIRECTED_REQUEST)
        return False

    def send_head(self) -> Any:  # noqa: ANN401 - an open file, or None
        """Find what the path means; what is hidden or leads out of the folder is not there."""
        if self.is_shown(Path(self.translate_path(self.path))):
            return super().send_head()
        self.send_error(HTTPStatus.NOT_FOUND)
        return None

    def is_shown(self, place: Path) -> bool:
        """Say whether the file or folder at ``place`` may be looked at."""
        hidden = any(part.startswith(".") or "\0" in part for part in place.relative_to(self.directory).parts)
        return not hidden and place.resolve().is_relative_to(Path(self.directory).resolve())

    def list_directory(self, path: Any) -> None:  # noqa: ANN401 - the library's signature
        """Show no listing: a web server would not, either."""
        del path
        self.send_error(HTTPStatus.NOT_FOUND)

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """Answer what is missing with the site's own page for that."""
        page = Path(self.directory, "404.html")
        if code != HTTPStatus.NOT_FOUND or not page.is_file():
            super().send_error(code, message, explain)
            return
        body = page.read_bytes()
        self.send_response(code)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def end_headers(self) -> None:
        """Let the browser ask again each time: this is where one looks whether a change arrived."""
        self.send_header("Cache-Control", "no-cache")
        super().end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing: the command says the address, and that is all."""


class Builds:
    """Count the builds of a preview, and let pages wait for the next one."""

    def __init__(self) -> None:
        self.number = 0
        self._next = threading.Condition()

    def done(self) -> None:
        """Say that there is another build."""
        with self._next:
            self.number += 1
            self._next.notify_all()

    def after(self, seen: str) -> int:
        """Return the number of the build, waiting up to WAIT seconds while it is the one ``seen``."""
        with self._next:
            self._next.wait_for(lambda: str(self.number) != seen, timeout=WAIT)
            return self.number


class PreviewHandler(Handler):
    """Serve a preview: pages that load themselves anew after a build."""

    def __init__(self, *args: Any, builds: Builds, **rest: Any) -> None:  # noqa: ANN401 - the library's signature
        self.builds = builds
        super().__init__(*args, **rest)

    def do_GET(self) -> None:
        """Answer with a page and the script in it, with the number of the build, or with a file."""
        path, _, seen = self.path.partition("?")
        place = Path(self.translate_path(path))
        page = place / "index.html" if path.endswith("/") else place
        if path == CHANGES:
            self._send(str(self.builds.after(seen)).encode(), "text/plain")
        elif page.suffix == ".html" and self.is_shown(page) and page.is_file():
            script = SCRIPT % self.builds.number
            html = _allow(page.read_bytes(), script).replace(b"</body>", b"<script>" + script + b"</script></body>")
            self._send(html, "text/html; charset=utf-8")
        else:
            super().do_GET()

    def _send(self, body: bytes, kind: str) -> None:
        self.send_response(HTTPStatus.OK)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def _allow(html: bytes, script: bytes) -> bytes:
    """Let the page's own policy know the preview's script by its hash, and let that one ask this server."""
    known = b"script-src 'sha256-%s'" % b64encode(sha256(script).digest())
    if b"; connect-src " not in html:
        known = b"connect-src 'self'; " + known
    if b"; script-src " in html:
        return html.replace(b"; script-src", b"; " + known, 1)
    return html.replace(b"base-uri 'none'", b"base-uri 'none'; " + known, 1)


@contextlib.contextmanager
def watching(desk: Desk, builds: Builds, build: Callable[[], object], *, every: float = 0.5) -> Iterator[None]:
    """While the block runs, look ``every`` so many seconds whether the desk changed, and then ``build`` again."""
    stopped = threading.Event()

    def watch() -> None:
        before = state(desk)
        while not stopped.wait(every):
            now = state(desk)
            if now != before:
                before = now
                build()
                builds.done()

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    try:
        yield
    finally:
        stopped.set()
        thread.join()


def state(desk: Desk) -> dict[str, tuple[int, int]]:
    """Return size and time of change of every file the site is made of."""
    files = [desk.settings, desk.pelicanconf, desk.root / "publishconf.py"]
    for folder in (desk.content, desk.root / "themes"):
        files += [path for path in folder.rglob("*") if not path.name.startswith(".")]
    found = {}
    for path in files:
        with contextlib.suppress(OSError):  # gone between the two looks
            said = path.stat()
            found[str(path)] = (said.st_size, said.st_mtime_ns)
    return found


class Server(ThreadingHTTPServer):
    """Serve on, whatever a browser does to a connection it no longer wants."""

    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ANN401 - the library's signature
        """Say nothing of a connection that broke off; anything else is told as the library tells it."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


def make_server(folder: Path, port: int, builds: Builds | None = None) -> ThreadingHTTPServer:
    """Return a server of ``folder`` on 127.0.0.1, not started; port 0 takes a free one. Raises CurateError.

    With ``builds`` it serves a preview, whose pages load themselves anew after each.
    """
    serve = functools.partial(PreviewHandler, builds=builds) if builds else Handler
    try:
        return Server(("127.0.0.1", port), functools.partial(serve, directory=str(folder)))
    except (OSError, OverflowError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise CurateError(
            f"Port {port} cannot be used: {reason}.", "Choose another with --port; 0 finds one."
        ) from error
