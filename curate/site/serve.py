"""Serve a built site on this machine alone, as a web server would: folders by their index, 404.html for the rest."""

from __future__ import annotations

import functools
import sys
from http import HTTPStatus
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from curate.errors import CurateError


class Handler(SimpleHTTPRequestHandler):
    """Answer with files of one folder; no listing of folders, no hidden files, no log."""

    protocol_version = "HTTP/1.1"
    extensions_map = {**SimpleHTTPRequestHandler.extensions_map, ".xml": "application/atom+xml"}  # noqa: RUF012 - theirs

    def send_head(self) -> Any:  # noqa: ANN401 - an open file, or None
        """Find what the path means; what is hidden or leads out of the folder is not there."""
        place = Path(self.translate_path(self.path))
        root = Path(self.directory).resolve()
        hidden = any(part.startswith(".") for part in place.relative_to(self.directory).parts)
        if hidden or not place.resolve().is_relative_to(root):
            self.send_error(HTTPStatus.NOT_FOUND)
            return None
        return super().send_head()

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


class Server(ThreadingHTTPServer):
    """Serve on, whatever a browser does to a connection it no longer wants."""

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ANN401 - the library's signature
        """Say nothing of a connection that broke off; anything else is told as the library tells it."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


def make_server(folder: Path, port: int) -> ThreadingHTTPServer:
    """Return a server of ``folder`` on 127.0.0.1, not started; port 0 takes a free one. Raises CurateError."""
    try:
        return Server(("127.0.0.1", port), functools.partial(Handler, directory=str(folder)))
    except (OSError, OverflowError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise CurateError(
            f"Port {port} cannot be used: {reason}.", "Choose another with --port; 0 finds one."
        ) from error
