"""Serving the built site on this machine: its pages, its own page for what is missing, nothing else."""

from __future__ import annotations

import socket
import threading
from http.client import HTTPConnection, HTTPResponse
from typing import TYPE_CHECKING

import pytest

from curate.errors import CurateError
from curate.site.serve import Builds, make_server

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.site.conftest import Site


@pytest.fixture
def port(sample: Site) -> Iterator[int]:
    """A running server of the sample site; its port."""
    (sample.output.parent / "secret.txt").write_text("x", encoding="utf-8")
    with make_server(sample.output, 0) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        yield server.server_address[1]
        server.shutdown()
        thread.join()


def get(port: int, path: str, method: str = "GET", host: str = "127.0.0.1") -> tuple[HTTPResponse, bytes]:
    connection = HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request(method, path, headers={"Host": host})
    response = connection.getresponse()
    body = response.read()
    connection.close()
    return response, body


def test_pages_and_the_feed_are_served_as_what_they_are(sample: Site, port: int) -> None:
    response, body = get(port, "/2026/small-models-on-call/")
    assert response.status == 200
    assert response.getheader("Content-Type") == "text/html"
    assert body.decode() == sample.page("2026/small-models-on-call")
    assert get(port, "/feeds/all.atom.xml")[0].getheader("Content-Type") == "application/atom+xml"
    assert get(port, "/2026/small-models-on-call")[0].status == 301


@pytest.mark.parametrize(
    "path",
    [
        "/nowhere/",
        "/.curate-output",
        "/../secret.txt",
        "/%2e%2e/secret.txt",
        "/feeds/",
        "/2031/",
        "//etc/passwd",
        "/%00",
    ],
)
def test_what_is_not_a_page_is_answered_with_the_sites_own_words(port: int, path: str) -> None:
    response, body = get(port, path)
    assert response.status == 404
    assert b"There is no such page" in body
    assert get(port, path, "HEAD")[1] == b""


@pytest.mark.parametrize("preview", [False, True])
def test_a_name_that_leads_here_from_elsewhere_shows_nothing(sample: Site, *, preview: bool) -> None:
    with make_server(sample.output, 0, Builds() if preview else None) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        port = server.server_address[1]
        for host in ("evil.example", f"evil.example:{port}", "127.0.0.1.evil.example", "localhost@evil.example", ""):
            response, body = get(port, "/", host=host)
            assert response.status == 421, host
            assert b"Dana" not in body
        for host in ("127.0.0.1", f"127.0.0.1:{port}", f"localhost:{port}"):
            assert get(port, "/", host=host)[0].status == 200, host
        server.shutdown()
        thread.join()


def test_it_listens_on_this_machine_alone(sample: Site) -> None:
    with make_server(sample.output, 0) as server:
        assert server.server_address[0] == "127.0.0.1"


def test_a_port_in_use_is_said_in_words(sample: Site) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(CurateError, match="cannot be used") as caught:
            make_server(sample.output, taken.getsockname()[1])
    assert "--port" in caught.value.hint
