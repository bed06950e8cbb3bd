"""A preview that follows what is written: built again after a change, shown anew, and nothing of that in the output."""

from __future__ import annotations

import threading
from http.client import HTTPConnection
from typing import TYPE_CHECKING

import pytest

from curate.site.serve import Builds, make_server, watching
from tests.site.conftest import new_site

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.site.conftest import Site


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    """A desk with a preview of one draft."""
    made = new_site(tmp_path_factory.mktemp("preview") / "desk")
    made.write("plan", "First words.\n", status="draft")
    made.build(drafts=True)
    return made


@pytest.fixture
def port(site: Site) -> Iterator[int]:
    """A running preview that is built again on changes; its port."""
    builds = Builds()
    with (
        make_server(site.desk.private / "preview", 0, builds) as server,
        watching(site.desk, builds, lambda: site.build(drafts=True), every=0.02),
    ):
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        yield server.server_address[1]
        server.shutdown()
        thread.join()


def get(port: int, path: str) -> tuple[int, str]:
    connection = HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request("GET", path)
    response = connection.getresponse()
    body = response.read().decode()
    connection.close()
    return response.status, body


def test_after_a_change_the_preview_is_built_again_and_its_pages_hear_of_it(site: Site, port: int) -> None:
    status, page = get(port, "/2026/plan/")
    assert status == 200
    assert "First words" in page
    assert "A draft" in page
    assert 'let build = "0"' in page
    site.write("plan", "Second words.\n", status="draft")
    assert get(port, "/.changes?0") == (200, "1")  # the question waits for the build
    assert "Second words" in get(port, "/2026/plan/")[1]


def test_the_script_of_the_preview_stands_in_no_file(site: Site, port: int) -> None:
    served = get(port, "/")[1]
    assert ".changes" in served
    for path in (site.desk.private / "preview").rglob("*.html"):
        assert b".changes" not in path.read_bytes()


def test_a_preview_serves_no_more_than_the_site(port: int) -> None:
    for path in ("/.curate-output", "/../desk.db", "/%2e%2e/%2e%2e/curate.toml", "/nowhere/", "/.hidden/"):
        assert get(port, path)[0] == 404, path
    assert get(port, "/index.json")[0] == 200
