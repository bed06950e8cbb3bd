"""Webmentions: where a page wants to be told, and that it is told once, after ours is there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from multidict import CIMultiDict

from curate.presence.endpoint import find_endpoint
from curate.web.client import Reply
from tests.presence.test_publish import NOON, write_essay

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.conftest import Curate, Loopback

LATER = ("--now", "2026-11-23T12:10:00+00:00")
HERE = "https://rosa.example/2026/page"


def found(html: str, *links: str, kind: str = "text/html; charset=utf-8") -> str:
    headers: CIMultiDict[str] = CIMultiDict({"Content-Type": kind})
    for link in links:
        headers.add("Link", link)
    return find_endpoint(Reply(url=HERE, status=200, headers=headers, body=html.encode()))


@pytest.mark.parametrize(
    ("html", "links", "endpoint"),
    [
        ("", ["</wm>; rel=webmention"], "https://rosa.example/wm"),
        ("", ['<https://wm.example/?to=1,2>; title="a, b"; rel="other WebMention"'], "https://wm.example/?to=1,2"),
        ("", ['</css>; rel="preload", </wm>; rel="webmention"'], "https://rosa.example/wm"),
        ("", ["</a>; rel=next", "</wm>; rel=webmention"], "https://rosa.example/wm"),
        ('<a rel="webmention" href="/body">', ["</wm>; rel=webmention"], "https://rosa.example/wm"),
        ('<link rel="webmention" href="wm">', [], "https://rosa.example/2026/wm"),
        ('<a href="/a" rel="me webmention">x</a><link rel=webmention href=/b>', [], "https://rosa.example/a"),
        ('<link rel="webmention" href="">', [], HERE),
        ('<link rel="webmention"><a rel="webmention" href="/b">', [], "https://rosa.example/b"),
        ('<!-- <link rel="webmention" href="/no"> --><a rel="not-webmention" href="/no">', [], ""),
        ('<script>"<a rel=webmention href=/no>"</script>', [], ""),
        ('<link rel="webmention" href="javascript:alert(1)">', [], ""),
        ('<link rel="webmention" href="https://[bad">', [], ""),
        ('<![ <link rel="webmention" href="/x">', [], ""),
        ("", ["<" * 5000, "</wm>; rel"], ""),
    ],
)
def test_the_endpoint_is_the_first_that_is_named(html: str, links: list[str], endpoint: str) -> None:
    assert found(html, *links) == endpoint


def test_what_is_no_page_names_none() -> None:
    assert found('<a rel="webmention" href="/wm">', kind="text/plain") == ""


@pytest.fixture
def citing(curate: Curate, desk: Path, loopback: Loopback) -> Callable[[bool], None]:
    """An essay that says who pointed there, published but not deployed; call it to deploy."""
    slug, path = write_essay(curate, desk)
    text = path.read_text(encoding="utf-8")
    via = f"via: {{name: Rosa, url: {loopback.url}/page}}\nkind: essay\n"
    assert "kind: essay\n" in text
    path.write_text(text.replace("kind: essay\n", via), encoding="utf-8")
    curate("-C", desk, "publish", slug, "--no-deploy", *NOON)

    def deploy(wanted: bool) -> None:  # noqa: FBT001 - of a test
        curate("-C", desk, "config", "set", "site.send_webmentions", str(wanted).lower())
        curate("-C", desk, "site", "deploy", "--target", desk.parent / "public", "--yes", *NOON)

    return deploy


def posted(loopback: Loopback) -> list[bytes]:
    return [body for method, path, _, body in loopback.seen if (method, path) == ("POST", "/wm")]


def test_a_cited_page_is_told_once_after_the_deploy_and_only_when_wanted(
    curate: Curate, desk: Path, loopback: Loopback, citing: Callable[[bool], None]
) -> None:
    loopback.put("/page", '<link rel="webmention" href="/wm">', Content_Type="text/html")
    loopback.put("/wm", "thanks", 202)
    assert curate("-C", desk, "tick", "--json", *LATER).data["told"] == 0
    citing(False)
    assert curate("-C", desk, "tick", "--json", *LATER).data["told"] == 0
    assert [method for method, *_ in loopback.seen if method != "HEAD"] == []  # whether it is there is asked
    citing(True)
    assert "Told       1 page that you cite" in curate("-C", desk, "tick", *LATER).out
    port = loopback.url.rpartition(":")[2]
    told = b"source=https://dana.example/2026/choosing-well/&target=http://127.0.0.1:%s/page" % port.encode()
    assert [body.replace(b"%3A", b":").replace(b"%2F", b"/") for body in posted(loopback)] == [told]
    assert curate("-C", desk, "tick", "--json", *LATER).data["told"] == 0
    assert [method for method, *_ in loopback.seen if method != "HEAD"] == ["GET", "POST"]


@pytest.mark.parametrize(("status", "looks"), [(404, 1), (429, 3), (503, 3)])
def test_a_page_that_is_gone_is_left_alone_and_one_in_trouble_is_tried_thrice(
    curate: Curate, desk: Path, loopback: Loopback, citing: Callable[[bool], None], status: int, looks: int
) -> None:
    loopback.put("/page", "", status)
    citing(True)
    for day in (23, 24, 25, 26, 27):
        curate("-C", desk, "tick", "--no-fetch", "--now", f"2026-11-{day}T18:00:00+00:00")
    assert len(loopback.seen) == looks


def test_an_endpoint_that_refuses_or_redirects_is_not_told_again(
    curate: Curate, desk: Path, loopback: Loopback, citing: Callable[[bool], None]
) -> None:
    loopback.put("/page", "", Link="</wm>; rel=webmention")
    loopback.put("/wm", "", 302, Location="/elsewhere")
    citing(True)
    for day in (23, 24):
        assert curate("-C", desk, "tick", "--json", "--now", f"2026-11-{day}T18:00:00+00:00").data["told"] == 0
    assert len(posted(loopback)) == 1
    assert "/elsewhere" not in {path for _, path, _, _ in loopback.seen}


@pytest.mark.parametrize("status", [429, 503])
def test_an_endpoint_that_is_busy_is_told_later(
    curate: Curate, desk: Path, loopback: Loopback, citing: Callable[[bool], None], status: int
) -> None:
    loopback.put("/page", "", Link="</wm>; rel=webmention")
    loopback.put("/wm", "", status)
    citing(True)
    told = []
    for day in (23, 24):
        done = curate("-C", desk, "tick", "--json", "--now", f"2026-11-{day}T18:00:00+00:00")
        told.append(done.data["told"])
        loopback.put("/wm", "", 202)
    assert told == [0, 1]
    assert len(posted(loopback)) == 2
